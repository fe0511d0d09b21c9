// SPDX-License-Identifier: Apache-2.0
// The clocks of a process: the only place where the runtime asks for the time.
#pragma once

#include <chrono>

#include "protocol/base/ids.h"
#include "protocol/base/instant.h"

namespace zz::runtime {

// CLOCK_MONOTONIC: survives clock steps (scenario G5); the origin is that of the host.
inline Instant now() {
    return {
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())
            .count()};
}

// Nanoseconds since 1970, for people and for proposed times (ZZ-3.4).
inline std::int64_t wall_ns() {
    return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}
inline Timestamp wall() {
    return Timestamp(static_cast<std::uint64_t>(wall_ns()));
}

} // namespace zz::runtime
