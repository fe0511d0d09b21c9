// SPDX-License-Identifier: GPL-3.0-or-later
// EventLog: events of all hosts by the time they tell, newest last, bounded. A value in one thread.
#pragma once

#include <deque>

#include "console/core/arrival.h"

namespace zz::console {

inline constexpr std::size_t kLogEventsMax = 60'000;

struct EventRecord {
    std::int64_t wall_ns = 0;    // as its source told, but not far ahead of its arrival
    std::int64_t arrived_ns = 0; // by the console's clock
    std::uint64_t serial = 0;    // of arrival, upward from 1
    std::shared_ptr<const telemetry::Update> update;
    // Here too: who looks for some kinds among very many touches no other memory.
    telemetry::EventKind kind = telemetry::EVENT_NONE;

    const telemetry::Event& event() const { return update->event(); }
    std::uint32_t host() const { return update->host(); }
};

class EventLog {
  public:
    // `most`: by the time they tell; `arrived_most`: in the order of arrival.
    explicit EventLog(std::size_t most = kLogEventsMax, std::size_t arrived_most = kLogEventsMax)
        : most_(most), arrived_most_(arrived_most) {}

    // Not an event, or one that is in already: nothing.
    void take(const Arrival& arrival);
    // What arrived at another log after what came from there before, until then.
    void take_from(const EventLog& other, std::int64_t arrived_until_ns);

    const std::deque<EventRecord>& all() const { return records_; }
    // How many are not younger than this, as they tell.
    std::size_t count_until(std::int64_t wall_ns) const;
    // The same by arrival, newest last; [arrived_before(serial), size) came from that one on.
    const std::deque<EventRecord>& arrived() const { return arrived_; }
    std::size_t arrived_before(std::uint64_t serial) const;
    std::uint64_t newest_serial() const { return serial_; }
    // Grows when one was put in before others: who shows rows begins anew.
    std::uint64_t reordered() const { return reordered_; }
    std::uint64_t forgotten() const { return forgotten_; } // left at the old end

  private:
    void put(EventRecord record);

    std::size_t most_, arrived_most_;
    std::deque<EventRecord> records_, arrived_; // serial numbers of the latter have no holes
    std::uint64_t serial_ = 0, reordered_ = 0, forgotten_ = 0;
};

} // namespace zz::console
