// SPDX-License-Identifier: Apache-2.0
// The one rule by which a request of a batch executes or is skipped (ZZ-2.4, ZZ-4.4): agreement
// applies it to its lane table at commit, execution to its reply cache, clients need not know it.
// `last` is 0 for a fresh lane.
#pragma once

#include "protocol/base/ids.h"

namespace zz::message {

inline constexpr std::uint64_t kMaxNumberStep =
    1u << 20; // K4: a lane cannot jump to the end of its numbers

constexpr bool executes(RequestNumber last, RequestNumber number) {
    return number > last && number - last <= kMaxNumberStep;
}

} // namespace zz::message
