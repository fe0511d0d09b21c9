// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/fold_throughput.h"

#include <algorithm>

namespace zz::telemetry {
namespace {

constexpr std::size_t kOpenSeconds = 16; // a client may come late by so many

} // namespace

// Null: older than what is kept.
ThroughputSecond* ThroughputFold::at(std::int64_t wall_s) {
    auto it = std::lower_bound(seconds_.begin(), seconds_.end(), wall_s,
                               [](const auto& one, std::int64_t s) { return one.wall_s < s; });
    if (it != seconds_.end() && it->wall_s == wall_s)
        return &*it;
    if (it == seconds_.begin() && seconds_.size() >= kThroughputSecondsMax)
        return nullptr;
    ThroughputSecond fresh;
    fresh.wall_s = wall_s;
    const auto at = std::distance(seconds_.begin(), seconds_.insert(it, fresh));
    if (seconds_.size() <= kThroughputSecondsMax)
        return &seconds_[static_cast<std::size_t>(at)];
    seconds_.pop_front();
    return &seconds_[static_cast<std::size_t>(at - 1)];
}

void ThroughputFold::take(const SourceKey& client, const Facts& facts) {
    const std::int64_t now_s = facts.wall_ns() / kNsPerSecond;
    for (const ClientSecond& told : facts.client().seconds()) {
        // Seconds are told when they are over, and soon.
        if (told.wall_s() > now_s || told.wall_s() < now_s - std::int64_t{kOpenSeconds})
            continue;
        if (told_.size() >= kOpenSeconds && told.wall_s() < told_.begin()->first)
            continue;
        auto& clients = told_[told.wall_s()].clients;
        if (clients.size() >= kThroughputClientsMax || !clients.try_emplace(client, told).second)
            continue;
        while (told_.size() > kOpenSeconds)
            told_.erase(told_.begin());
        ThroughputSecond* second = at(told.wall_s());
        if (second == nullptr || !told_.contains(told.wall_s()))
            continue;
        second->replies += told.replies();
        second->max_us = std::max(second->max_us, told.max_us());
        const auto& all = told_[told.wall_s()].clients;
        if (all.size() == 1) {
            second->p50_us = told.p50_us();
            second->p99_us = told.p99_us();
            continue;
        }
        LatencyHistogram merged;
        for (const auto& [who, one] : all)
            merged.add(one);
        second->p50_us = std::min(merged.percentile(50), second->max_us);
        second->p99_us = std::min(merged.percentile(99), second->max_us);
    }
}

void ThroughputFold::sample(std::int64_t now_ns, const ApplicationView& view) {
    ThroughputSecond* second = at(now_ns / kNsPerSecond);
    if (second == nullptr)
        return;
    second->ordered = view.counters.requests;
    second->wakeups = view.counters.wakeups;
    second->bytes_fetched = 0;
    std::uint64_t active = 0, awake = 0;
    bool known = false;
    for (const ExecutionView& slot : view.execution) {
        known = known || slot.incarnation;
        active += slot.state == ExecutionState::Active ? 1U : 0U;
        awake += slot.state == ExecutionState::Active || slot.state == ExecutionState::Waking ||
                         slot.state == ExecutionState::Recovering
                     ? 1U
                     : 0U;
        second->bytes_fetched += slot.bytes_fetched.value_or(0);
    }
    second->active = known ? Known(active) : Known();
    second->awake = known ? Known(awake) : Known();
}

} // namespace zz::telemetry
