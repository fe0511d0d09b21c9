// SPDX-License-Identifier: Apache-2.0
// What the rules predict for a drill (ZZ-10.4), computed from what is played: pure, of no thread.
// It follows ZZ-6.2 to ZZ-6.9 for one sequence number with all messages arriving in time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/base/quorum.h"
#include "protocol/matrix/verdict.h"

namespace zz::drill {

// How an application decides that replicas wake up (ZZ-6.6).
enum class Policy : std::uint8_t { Evidence, Matrix };

// One thing that a replica says about a batch. Wrong digests are numbered from 1, so that a drill
// can be planned before the right digest of any batch is known.
struct Saying {
    enum class What : std::uint8_t { Nothing, Truth, Wrong };
    What what = What::Truth;
    std::uint32_t wrong = 0; // 1.. when what is Wrong, else 0

    static constexpr Saying nothing() { return {What::Nothing, 0}; }
    static constexpr Saying truth() { return {What::Truth, 0}; }
    static constexpr Saying lie(std::uint32_t number) { return {What::Wrong, number}; }
    friend constexpr bool operator==(const Saying&, const Saying&) = default;
};

// An execution replica as it will behave in the drill.
struct PlayedReplica {
    SlotId slot;
    bool active = false;       // else it sleeps until it is woken
    bool liar = false;         // counts against f
    bool signs_twice = false;  // signs the truth as well as `signs`
    bool gone = false;         // cannot be woken
    std::vector<Saying> sends; // its REPORT to A1, A2, ...
    Saying signs;              // when asked for SIGNED-REPORT
};

// What is played: every slot, actives first, and what agreement replicas make of it.
struct Play {
    Faults faults;
    VoteKind kind = VoteKind::Reply;
    std::vector<PlayedReplica> replicas;
    // By agreement replica: nothing when it follows the protocol, else the column it claims, in
    // the order of `replicas`; an empty column when it is never heard of.
    std::vector<std::optional<std::vector<Saying>>> claims;
};

enum class WakeCause : std::uint8_t {
    None,
    Demands,     // ZZ-6.6 (i): f+1 demands over two unequal signed reports
    NoSigns,     // ZZ-6.6 (ii): f+1 saw no signature of one replica
    Replacement, // ZZ-6.6 (iii): an active replica was convicted
    Columns,     // the published rule: 2f+1 columns whose verdict is blocking
};
std::string_view to_string(WakeCause cause);

struct Margin {
    std::int32_t agreement = 0; // what is left of f; below zero when the drill exceeds it
    std::int32_t execution = 0;
    friend bool operator==(const Margin&, const Margin&) = default;
};

struct Prediction {
    matrix::Kind verdict = matrix::Kind::Agreed; // over the rows of the actives
    VoteKind kind = VoteKind::Reply;
    WakeCause cause = WakeCause::None;
    std::vector<SlotId> wakes;        // ascending, as all lists
    std::vector<SlotId> convicted;    // by f+1 accusations or two signatures
    std::vector<SlotId> unresponsive; // ZZ-6.3, or named by f+1 NOSIGN
    Margin margin;
    std::string text; // one sentence
    friend bool operator==(const Prediction&, const Prediction&) = default;
};

// Precondition: play.replicas has 2f+1 entries, the f+1 actives first; 3f+1 claims and sendings.
// More than f liars of a cluster give a margin below zero and a prediction that promises nothing.
Prediction predict(const Play& play, Policy policy);

// The response matrix that the first `rows` replicas of the play lead to. The truth is the zero
// digest, wrong digest k has the value k.
matrix::Matrix played_matrix(const Play& play, std::size_t rows);

} // namespace zz::drill
