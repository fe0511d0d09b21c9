// SPDX-License-Identifier: Apache-2.0
// The arithmetic of ZZ-1.1 and of PBFT's quorums, for one application with its bound f >= 1.
#pragma once

#include <cstdint>

namespace zz {

struct Faults {
    std::uint32_t f = 1;

    constexpr std::uint32_t agreement_replicas() const { return 3 * f + 1; }
    constexpr std::uint32_t execution_slots() const { return 2 * f + 1; }
    constexpr std::uint32_t active_replicas() const { return f + 1; }
    // Any two quorums of agreement replicas share a correct one.
    constexpr std::uint32_t quorum() const { return 2 * f + 1; }
    // Any weak quorum has a correct member.
    constexpr std::uint32_t weak_quorum() const { return f + 1; }
    friend constexpr bool operator==(const Faults&, const Faults&) = default;
};

} // namespace zz
