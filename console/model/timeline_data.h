// SPDX-License-Identifier: GPL-3.0-or-later
// What the timeline shows: lanes, bars, marks, drills as bands, gaps; and the phases of ZZ-7.6 of
// each run. Plain values. Times are wall nanoseconds since 1970 (UTC), corrected for clock offsets
// by whoever fills them in.
#pragma once

#include <QString>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "console/model/selection.h"

namespace zz::console {

// The points of time of ZZ-7.6 in their usual order.
enum class Phase : std::uint8_t {
    Injected,
    FirstDeviation,
    Detected,
    Evidence,
    Decided,
    ResumeAsked,
    Resumed,
    LogReceived,
    Replayed,
    FirstMatch,
    Convicted,
    Removed,
    SpareReady,
    Complete,
};
inline constexpr int kPhases = 14;
QString words(Phase phase);      // translated: "first deviation"
QString phase_word(Phase phase); // for exports: "first_deviation"

enum class BarKind : std::uint8_t {
    Executing,
    Asleep,
    Detecting,
    Deciding,
    Resuming,
    FetchingLog,
    Replaying,  // and fetching on demand
    Completing, // serves, state not yet whole
    Convicting,
    Removing,
    Reimaging,
    Ordering, // an agreement replica at work
    ViewChange,
    Silent,
    Stopped,
    Unknown,
};
inline constexpr int kBarKinds = 16;
QString words(BarKind kind);

enum class MarkKind : std::uint8_t {
    Deviation,
    Suspicion,
    Blocking,
    Wake,
    FirstReply,
    Conviction,
    Drill,
    Note,
    Pin
};
QString words(MarkKind kind);

inline constexpr std::int64_t kOpenEnd = std::numeric_limits<std::int64_t>::max();

struct TimelineBar {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = kOpenEnd; // kOpenEnd: goes on
    BarKind kind = BarKind::Unknown;
    QString text; // shown if there is room and in the tooltip; empty: words(kind)

    friend bool operator==(const TimelineBar&, const TimelineBar&) = default;
};

struct TimelineMark {
    std::int64_t at_ns = 0;
    MarkKind kind = MarkKind::Note;
    QString text;

    friend bool operator==(const TimelineMark&, const TimelineMark&) = default;
};

struct TimelineLane {
    Selection selection;             // who this lane is, for selecting it everywhere
    QString name;                    // "E3"
    QString group;                   // "B": lanes of a group stand together
    QString detail;                  // "spare, host-4"
    std::vector<TimelineBar> bars;   // ascending, disjoint
    std::vector<TimelineMark> marks; // ascending

    friend bool operator==(const TimelineLane&, const TimelineLane&) = default;
};

struct DrillBand {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = kOpenEnd;
    QString name; // "matrix"
    QString id;

    friend bool operator==(const DrillBand&, const DrillBand&) = default;
};

// Events that never came: nothing is known between these times of these lanes.
struct TimelineGap {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    std::uint64_t missing = 0;
    int lane = -1; // -1: all

    friend bool operator==(const TimelineGap&, const TimelineGap&) = default;
};

// One fault from injection to rest; absent phases did not happen.
struct PhaseRun {
    QString id;   // of the drill
    QString name; // "wrong-reply"
    QString application;
    std::int64_t injected_ns = 0;
    std::array<std::optional<double>, kPhases> ms{}; // since injected

    std::optional<double> at(Phase phase) const { return ms[static_cast<std::size_t>(phase)]; }

    friend bool operator==(const PhaseRun&, const PhaseRun&) = default;
};

struct TimelineData {
    QString title;              // "application B, around n = 4711"
    std::int64_t from_ns = 0;   // of what is kept
    std::int64_t to_ns = 0;     // "now"
    std::int64_t origin_ns = 0; // 0 ms of the axis: the fault, or from_ns
    std::vector<TimelineLane> lanes;
    std::vector<DrillBand> drills;
    std::vector<TimelineGap> gaps;
    std::vector<PhaseRun> runs; // newest last

    friend bool operator==(const TimelineData&, const TimelineData&) = default;
};

} // namespace zz::console
