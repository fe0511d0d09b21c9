// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/console.h"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

namespace zz::demo {
namespace {

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

} // namespace

bool has_display() {
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("QT_QPA_PLATFORM");
}

Status Console::open(std::uint32_t seconds) {
    const std::string program = bin_ + "/zz-console";
    if (!std::filesystem::exists(program))
        return Error{fmt::format("{} is not there: build it with ./zz build", program)};
    Words words{program, "--dir", ctl_.dir()};
    if (!screenshots_.empty()) {
        const auto patience = std::to_string(seconds);
        words.insert(words.end(), {"--screenshots", screenshots_, "--seconds", patience});
    }
    if (tour_)
        words.push_back("--tour");
    auto child = Child::start(words);
    if (!child)
        return child.error();
    child_ = std::move(child).value();
    return Ok{};
}

void Console::tick() {
    if (child_ && child_->running())
        child_->poll(0);
}

Status Console::finish(std::chrono::seconds patience,
                       const std::function<void(const std::string&)>& told) {
    constexpr auto kToldEvery = std::chrono::seconds(5);
    if (!child_ || screenshots_.empty())
        return Ok{};
    auto newest = Clock::now(), said = newest;
    std::string line;
    while (child_->running() && Clock::now() < newest + patience &&
           ctl_.rest(std::chrono::milliseconds(100))) {
        child_->poll(0);
        auto lines = child_->take_lines();
        if (!lines.empty()) {
            newest = Clock::now();
            line = lines.back();
        }
        if (!line.empty() && Clock::now() > said + kToldEvery) {
            said = Clock::now();
            told(line);
        }
    }
    if (child_->running())
        return Error{fmt::format("for {} s there was no further picture{}", patience.count(),
                                 line.empty() ? "" : " after " + line)};
    if (child_->exit_code() != 0)
        return Error{fmt::format("zz-console: {}", child_->err())};
    return Ok{};
}

void Console::stop() {
    if (child_)
        child_->stop();
}

} // namespace zz::demo
