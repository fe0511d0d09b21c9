// SPDX-License-Identifier: Apache-2.0
// The two quorum sizes that ordering rests on. Internal linkage on purpose: one test compiles this
// room a second time with ZZ_TEST_QUORUM_OFF_BY_ONE and shows that the checkers notice a quorum
// that is one too small.
#pragma once

#include <cstdint>

#include "protocol/base/quorum.h"

namespace zz::agreement {

// Any two of these share a correct replica.
static constexpr std::uint32_t strong_quorum(const Faults& faults) {
#ifdef ZZ_TEST_QUORUM_OFF_BY_ONE
    return 2 * faults.f;
#else
    return 2 * faults.f + 1;
#endif
}

// Any of these has a correct member.
static constexpr std::uint32_t weak_quorum(const Faults& faults) {
    return faults.f + 1;
}

} // namespace zz::agreement
