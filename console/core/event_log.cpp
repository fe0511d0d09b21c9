// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/event_log.h"

#include <algorithm>

#include "console/core/state.h"

namespace zz::console {
namespace {

bool same(const telemetry::Event& a, const telemetry::Event& b) {
    return a.number() == b.number() && a.source().boot() == b.source().boot() &&
           console::key_of(a.source()) == console::key_of(b.source());
}

} // namespace

std::size_t EventLog::count_until(std::int64_t wall_ns) const {
    const auto end = std::upper_bound(
        records_.begin(), records_.end(), wall_ns,
        [](std::int64_t at, const EventRecord& record) { return at < record.wall_ns; });
    return static_cast<std::size_t>(end - records_.begin());
}

std::size_t EventLog::arrived_before(std::uint64_t serial) const {
    if (arrived_.empty() || serial <= arrived_.front().serial)
        return 0;
    return std::min(arrived_.size(), static_cast<std::size_t>(serial - arrived_.front().serial));
}

void EventLog::take(const Arrival& arrival) {
    if (!arrival.update || !arrival.update->has_event())
        return;
    const auto& event = arrival.update->event();
    // What is dated far ahead would stay the newest for as long, and the older ones go first.
    const std::int64_t at = std::min(event.wall_ns(), arrival.at_ns + kAheadMaxNs);
    put({at, arrival.at_ns, serial_ + 1, arrival.update, event.kind()});
}

void EventLog::take_from(const EventLog& other, std::int64_t arrived_until_ns) {
    const auto& from = other.arrived();
    for (std::size_t i = other.arrived_before(serial_ + 1);
         i < from.size() && from[i].arrived_ns <= arrived_until_ns; ++i)
        put(from[i]);
}

void EventLog::put(EventRecord record) {
    auto place = records_.end();
    while (place != records_.begin() && std::prev(place)->wall_ns > record.wall_ns)
        --place;
    // The backlog of a new connection repeats what came over the old one.
    for (auto it = place; it != records_.begin() && std::prev(it)->wall_ns == record.wall_ns; --it)
        if (same(std::prev(it)->event(), record.event()))
            return;
    // Who folds events begins anew then; plain texts are folded by nobody.
    reordered_ += place != records_.end() && record.kind != telemetry::TEXT ? 1 : 0;
    serial_ = record.serial;
    records_.insert(place, record);
    arrived_.push_back(std::move(record));
    if (arrived_.size() > arrived_most_)
        arrived_.pop_front();
    while (records_.size() > most_) {
        records_.pop_front();
        ++forgotten_;
    }
}

} // namespace zz::console
