// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/expiry.h"

#include <fmt/format.h>

#include "backend/application/kv/command_table.h"

namespace zz::application::kv {

std::optional<ExpiryOption> expiry_option(ByteView word) {
    if (same_word(word, "ex")) {
        return ExpiryOption::Seconds;
    }
    if (same_word(word, "px")) {
        return ExpiryOption::Milliseconds;
    }
    if (same_word(word, "exat")) {
        return ExpiryOption::AtSeconds;
    }
    if (same_word(word, "pxat")) {
        return ExpiryOption::AtMilliseconds;
    }
    return std::nullopt;
}

ParsedExpiry parse_deadline(ByteView number, ExpiryOption option, std::int64_t now_ms) {
    const auto parsed = parse_integer(number);
    if (!parsed) {
        return {std::nullopt, ExpiryFault::NotAnInteger};
    }
    std::int64_t value = *parsed;
    const bool seconds = option == ExpiryOption::Seconds || option == ExpiryOption::AtSeconds;
    if (seconds && __builtin_mul_overflow(value, std::int64_t{1000}, &value)) {
        return {std::nullopt, ExpiryFault::Invalid};
    }
    const bool relative = option == ExpiryOption::Seconds || option == ExpiryOption::Milliseconds;
    if (relative && __builtin_add_overflow(value, now_ms, &value)) {
        return {std::nullopt, ExpiryFault::Invalid};
    }
    return {value, {}};
}

ParsedExpiry parse_expiry(ByteView number, ExpiryOption option, std::int64_t now_ms) {
    const auto parsed = parse_integer(number);
    if (parsed && *parsed <= 0) {
        return {std::nullopt, ExpiryFault::Invalid};
    }
    return parse_deadline(number, option, now_ms);
}

std::string expiry_error(ExpiryFault fault, std::string_view command) {
    if (fault == ExpiryFault::NotAnInteger) {
        return std::string(kNotAnInteger);
    }
    const Command* found = find_command(view_of(command));
    return fmt::format("ERR invalid expire time in '{}' command",
                       found != nullptr ? found->name : command);
}

} // namespace zz::application::kv
