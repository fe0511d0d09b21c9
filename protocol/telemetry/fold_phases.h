// SPDX-License-Identifier: Apache-2.0
// PhaseFold: the faults of one application as a line of episodes, each with the time of every phase
// of ZZ-7.6 that was told, and who told it. An episode begins with the first sign of a fault and is
// over when a later sign comes after the application was at rest again. Bounded: the newest
// kEpisodesMax. A plain value.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "protocol/telemetry/source_book.h"

namespace zz::telemetry {

inline constexpr std::size_t kEpisodesMax = 256;
inline constexpr std::size_t kNumbersSettledMax = 256; // of one episode

// In the order in which they usually come.
enum class Phase : std::uint8_t {
    Injected,       // a drill began
    FirstDeviation, // a column of somebody does not match
    Evidence,       // signatures are asked for
    Detected,       // DEMAND or NOSIGN
    Decided,        // a controller holds a proof
    ResumeAsked,
    Resumed,
    LogReceived,
    Replayed,
    FirstReport, // of the woken one, at the tip
    FirstMatch,  // the number in dispute is settled
    Convicted,   // executed
    Complete,    // the woken one holds the whole state
    Removed,     // the next epoch's configuration was executed
    SpareReady,  // a fresh incarnation sleeps as its kind of spare does
    Count
};
// "injected", "first_deviation", ... as `drill report` names them.
std::string_view to_string(Phase phase);

struct PhaseMark {
    std::int64_t first_ns = 0; // by the clock of who told it first; 0: not told
    SourceKey first_by;
    std::int64_t confirmed_ns = 0; // f+1 agreement replicas told it; 0: not, or not theirs to tell
    std::set<std::uint32_t> reporters; // agreement replicas
};

struct Episode {
    std::uint64_t number = 0; // of the application, upward from 1
    std::array<PhaseMark, static_cast<std::size_t>(Phase::Count)> phases;
    std::string drill; // id, if one began it
    std::uint64_t n = 0;
    std::uint32_t vote = 0;                                             // of the number in dispute
    std::uint64_t epoch_after = 0;                                      // once removed
    std::set<std::pair<std::uint32_t, std::uint32_t>> convicted, woken; // slot, incarnation
    std::int64_t newest_ns = 0;

    const PhaseMark& at(Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
    // Nanoseconds from the first deviation (else the first phase that was told); none: not told.
    std::optional<std::int64_t> since_first(Phase phase) const;
    bool woke() const { return at(Phase::Decided).first_ns != 0; }
    bool is_over() const;

    std::map<std::pair<std::uint64_t, std::uint32_t>, PhaseMark> settled; // by n and vote
};

class PhaseFold {
  public:
    // `needed`: f+1.
    explicit PhaseFold(std::uint32_t needed) : needed_(needed) {}

    void take(const SourceKey& source, const Event& event);
    const std::deque<Episode>& episodes() const { return episodes_; }

  private:
    Episode* current(const Event& event, bool begins);
    void mark(PhaseMark& mark, const SourceKey& source, const Event& event);
    void on_settled(const SourceKey& source, const Event& event);
    void on_dispute(Episode& episode, const Event& event, bool firm);

    std::uint32_t needed_;
    std::uint64_t count_ = 0;
    std::deque<Episode> episodes_;
    std::optional<std::pair<SourceKey, Event>> drill_; // began, no sign of it yet
};

} // namespace zz::telemetry
