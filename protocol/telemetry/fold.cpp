// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/fold.h"

#include <algorithm>

namespace zz::telemetry {
namespace {} // namespace

Fold::Fold(ClusterFacts cluster) : book_(std::move(cluster)) {
    for (const ApplicationEntry& app : book_.cluster().applications()) {
        const Faults faults{app.mode() == "unreplicated" ? 0 : app.f()};
        parts_.try_emplace(app.id(), Part{{}, PhaseFold(fact_quorum(app)), DisputeFold(faults), 0});
    }
}

bool Fold::take(std::int64_t received_ns, const Update& update) {
    newest_ns_ = std::max(newest_ns_, received_ns);
    const bool news = book_.take(newest_ns_, update);
    if (news && update.has_facts() && update.facts().has_client()) {
        const SourceKey key = key_of(update.facts().source());
        if (const auto part = parts_.find(key.application - 1); part != parts_.end())
            part->second.throughput.take(key, update.facts());
    }
    if (news && update.has_event())
        take_event(update.event());
    sample();
    return news;
}

void Fold::take(const SessionKeyframe& keyframe) {
    newest_ns_ = std::max(newest_ns_, keyframe.received_wall_ns());
    for (const Snapshot& snapshot : keyframe.snapshots()) {
        Update update;
        update.set_host(snapshot.host());
        *update.mutable_snapshot() = snapshot;
        book_.take(newest_ns_, update);
    }
}

void Fold::take_event(const Event& event) {
    const SourceKey source = key_of(event.source());
    if (source.application != 0) {
        if (const auto part = parts_.find(source.application - 1); part != parts_.end()) {
            part->second.phases.take(source, event);
            part->second.disputes.take(source, event);
        }
        return;
    }
    // A controller speaks of machines of all applications.
    const auto part = parts_.find(event.application() - 1);
    if (part != parts_.end())
        part->second.phases.take(source, event);
}

void Fold::sample() {
    const std::int64_t second = newest_ns_ / kNsPerSecond;
    for (auto& [id, part] : parts_) {
        if (part.sampled_s == second)
            continue;
        // The first update of a second closes the one before.
        if (part.sampled_s != 0)
            part.throughput.sample(part.sampled_s * kNsPerSecond, view(id, newest_ns_));
        part.sampled_s = second;
    }
}

ApplicationView Fold::view(std::uint32_t application, std::int64_t now_ns) const {
    return view_of(book_, *find_application(cluster(), application), now_ns);
}

const ThroughputFold& Fold::throughput(std::uint32_t application) const {
    return parts_.at(application).throughput;
}

const PhaseFold& Fold::phases(std::uint32_t application) const {
    return parts_.at(application).phases;
}

const DisputeFold& Fold::disputes(std::uint32_t application) const {
    return parts_.at(application).disputes;
}

} // namespace zz::telemetry
