// SPDX-License-Identifier: Apache-2.0
// The arithmetic of ZZ-1.1 and of PBFT's quorums, for one application with its bound f >= 1, and of
// the comparison modes (ZZ-9.1), where f is 0 for an unreplicated one.
#pragma once

#include <cstdint>

namespace zz {

// Who executes at rest.
enum class Executors : std::uint8_t {
    Few,  // f+1 of 2f+1; the others sleep until a fault needs them
    Most, // all 2f+1: enough to mask f of them
    All,  // 3f+1, one with each agreement replica
};

struct Faults {
    std::uint32_t f = 1;
    Executors executors = Executors::Few;

    constexpr std::uint32_t agreement_replicas() const { return 3 * f + 1; }
    constexpr std::uint32_t execution_slots() const {
        return executors == Executors::All ? 3 * f + 1 : 2 * f + 1;
    }
    constexpr std::uint32_t active_replicas() const {
        return executors == Executors::Few ? f + 1 : execution_slots();
    }
    // Whether faulty execution replicas are woken for, convicted and replaced. Else they are
    // masked: nobody sleeps who could take their place, so the membership never changes.
    constexpr bool replaces() const { return executors == Executors::Few; }
    // Any two quorums of agreement replicas share a correct one.
    constexpr std::uint32_t quorum() const { return 2 * f + 1; }
    // Any weak quorum has a correct member.
    constexpr std::uint32_t weak_quorum() const { return f + 1; }
    friend constexpr bool operator==(const Faults&, const Faults&) = default;
};

} // namespace zz
