// SPDX-License-Identifier: Apache-2.0
// Monotonic time as it is handed to a core. An Instant has no meaning outside its process; agreed
// time is `Timestamp`.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace zz {

using Duration = std::chrono::nanoseconds;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Instant {
    std::int64_t ns = 0; // since an origin of the shell's choice

    friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
    friend constexpr Instant operator+(Instant a, Duration d) { return {a.ns + d.count()}; }
    friend constexpr Instant operator-(Instant a, Duration d) { return {a.ns - d.count()}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return Duration(a.ns - b.ns); }
};

inline constexpr Instant kNever{INT64_MAX};

} // namespace zz
