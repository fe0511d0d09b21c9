// SPDX-License-Identifier: Apache-2.0
// Times of expiry as commands give them: relative or absolute, in seconds or milliseconds. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/bytes.h"

namespace zz::application::kv {

enum class ExpiryOption : std::uint8_t { Seconds, Milliseconds, AtSeconds, AtMilliseconds };
enum class ExpiryFault : std::uint8_t { NotAnInteger, Invalid };

// EX, PX, EXAT, PXAT in any case.
std::optional<ExpiryOption> expiry_option(ByteView word);

struct ParsedExpiry { // milliseconds since 1970, or what is wrong
    std::optional<std::int64_t> milliseconds;
    ExpiryFault fault = ExpiryFault::Invalid;

    explicit operator bool() const { return milliseconds.has_value(); }
    std::int64_t value() const { return *milliseconds; }
    ExpiryFault error() const { return fault; }
};

// For SET and its kin: must be positive.
ParsedExpiry parse_expiry(ByteView number, ExpiryOption option, std::int64_t now_ms);
// For EXPIRE and its kin: may lie in the past.
ParsedExpiry parse_deadline(ByteView number, ExpiryOption option, std::int64_t now_ms);

std::string expiry_error(ExpiryFault fault, std::string_view command);

} // namespace zz::application::kv
