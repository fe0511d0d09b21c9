// SPDX-License-Identifier: GPL-3.0-or-later
// History: everything that arrived, for as long as it fits, and the state at any point of it: a
// state is kept every two seconds, and the arrivals after it are applied again. Live, pause, scrub
// and replay of a file read it the same way. A value in one thread.
#pragma once

#include <deque>

#include "console/core/event_log.h"
#include "console/core/series.h"
#include "console/core/state.h"

namespace zz::console {

struct HistoryBounds {
    std::size_t arrivals = 200'000;
    std::size_t bytes = 192u << 20; // of their encoded size
    std::int64_t frame_ns = 2 * kNs;
    std::size_t events = kLogEventsMax; // in the order of arrival
};

class History {
  public:
    // `faults`: f by ApplicationId, for what f+1 say.
    explicit History(HistoryBounds bounds = {}, std::vector<std::uint32_t> faults = {})
        : bounds_(bounds), log_(kLogEventsMax, bounds.events), series_(std::move(faults)) {}

    void take(Arrival arrival);

    const State& newest() const { return newest_; }
    // The state as of then; the first one that is known if that is earlier.
    State at(std::int64_t at_ns) const;
    const EventLog& log() const { return log_; }
    // The log as it was then: what is told of the past but came later is not in it.
    EventLog log_at(std::int64_t at_ns) const;
    const SeriesBook& series() const { return series_; }

    bool empty() const { return arrivals_.empty(); }
    std::int64_t first_ns() const { return empty() ? 0 : arrivals_.front().at_ns; }
    std::int64_t last_ns() const { return empty() ? 0 : arrivals_.back().at_ns; }
    std::size_t size() const { return arrivals_.size(); }
    std::size_t bytes() const { return bytes_; }
    std::uint64_t forgotten() const { return first_; } // arrivals that left at the old end
    const std::deque<Arrival>& arrivals() const { return arrivals_; }

  private:
    struct Frame {
        std::int64_t at_ns = 0;
        std::uint64_t next = 0; // number of the first arrival that is not in it
        State state;
    };
    void forget();

    HistoryBounds bounds_;
    std::deque<Arrival> arrivals_;
    std::uint64_t first_ = 0; // number of arrivals_.front(), from 0
    std::size_t bytes_ = 0;
    std::deque<Frame> frames_;
    State newest_;
    EventLog log_;
    SeriesBook series_;
};

} // namespace zz::console
