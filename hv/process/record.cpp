// SPDX-License-Identifier: Apache-2.0
#include "hv/process/record.h"

#include <charconv>
#include <fmt/format.h>
#include <string_view>

namespace zz::hv {

namespace {

constexpr std::string_view kHead = "zz-machine 1\n";
constexpr std::string_view kTail = "end\n";

void append(std::string& out, std::string_view key, std::string_view value) {
    out += fmt::format("{} {}:{}\n", key, value.size(), value);
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

// Takes "LENGTH:BYTES\n".
bool take_value(std::string_view& text, std::string& out) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc())
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!take(text, ":") || length >= text.size() || text[length] != '\n')
        return false;
    out = std::string(text.substr(0, length));
    text.remove_prefix(length + 1);
    return true;
}

} // namespace

std::string to_text(const MachineRecord& record) {
    std::string out(kHead);
    append(out, "name", to_string(record.name));
    for (const std::string& argument : record.spec.program)
        append(out, "argument", argument);
    for (const auto& [name, value] : record.spec.environment)
        append(out, "environment", name + "=" + value);
    out += kTail;
    return out;
}

std::optional<MachineRecord> record_from_text(const std::string& whole) {
    std::string_view text = whole;
    MachineRecord out;
    std::string value;
    if (!take(text, kHead) || !take(text, "name ") || !take_value(text, value))
        return std::nullopt;
    const Result<MachineName> name = machine_from_text(value);
    if (!name)
        return std::nullopt;
    out.name = *name;
    while (take(text, "argument ")) {
        if (!take_value(text, value))
            return std::nullopt;
        out.spec.program.push_back(value);
    }
    while (take(text, "environment ")) {
        const bool good = take_value(text, value);
        const std::size_t equals = value.find('=');
        if (!good || equals == std::string::npos)
            return std::nullopt;
        out.spec.environment[value.substr(0, equals)] = value.substr(equals + 1);
    }
    if (text != kTail || out.spec.program.empty())
        return std::nullopt;
    return out;
}

} // namespace zz::hv
