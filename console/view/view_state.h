// SPDX-License-Identifier: GPL-3.0-or-later
// What every view must say about its data, beside the data: one shared mechanism (ViewPane draws
// it). Plain values.
#pragma once

#include <QString>
#include <cstdint>

namespace zz::console {

enum class Condition : std::uint8_t {
    Live,
    NoProfile,    // nothing was connected yet
    NoData,       // connected, but nothing happened that this view shows
    Filtered,     // the filter hides everything
    Connecting,   // attempt, retry_s
    Partial,      // sources_known of sources_all
    Stale,        // age_ms; values kept, read "as of"
    Lost,         // age_ms; history only
    Gap,          // missing
    Incompatible, // every host refuses, or speaks another version; detail: which one and why
    Replay,
    Paused,
    Error, // detail
};
inline constexpr int kConditions = 13;

struct ViewState {
    Condition condition = Condition::NoProfile;
    QString detail;
    QString as_of; // "12:04:31", for Stale, Lost, Paused, Replay
    int attempt = 0;
    int retry_s = 0;
    int sources_known = 0;
    int sources_all = 0;
    std::int64_t age_ms = 0;
    std::uint64_t missing = 0;
    bool other_version = false; // why Incompatible

    friend bool operator==(const ViewState&, const ViewState&) = default;
};

// True when there is nothing to draw below: the message takes the whole view.
bool covers(Condition condition);
// Values below are not of now: they are hatched.
bool hatches(Condition condition);

// What to say: a short title, one sentence, the word on the one button ("" = none).
struct StateWords {
    QString title;
    QString sentence;
    QString action;
};
StateWords words(const ViewState& state);

} // namespace zz::console
