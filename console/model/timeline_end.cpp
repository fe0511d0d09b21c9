// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/timeline_end.h"

#include <algorithm>

namespace zz::console {
namespace {

// Facts come once a second: a bar that began since may be newer than they are.
constexpr std::int64_t kFactsLateNs = 2 * kHeartbeatNs;

// The kinds of bars that go with what is known of a replica; the first one stands for it if the
// lane reads none of them.
std::vector<BarKind> fitting(const ReplicaNow& replica, bool host_heard) {
    using enum BarKind;
    switch (replica.state) {
    case ReplicaState::Convicted: // f+1 agreement replicas say so, wherever its host is
        return {Removing, Reimaging, Stopped};
    case ReplicaState::Unresponsive:
        return {Silent, Stopped, Removing};
    case ReplicaState::Stopped:
        return {Stopped};
    default:
        break;
    }
    if (!host_heard)
        return {Unknown};
    switch (replica.state) {
    case ReplicaState::Paused:
    case ReplicaState::Hibernated:
    case ReplicaState::Cold:
        return {Asleep};
    case ReplicaState::Waking:
        return {Resuming, FetchingLog, Replaying};
    case ReplicaState::Reimaging:
        return {Reimaging, Removing};
    case ReplicaState::Unknown:
        return {Unknown};
    default:
        break;
    }
    if (!replica.heard) // a member by its slot alone
        return {Silent, Stopped};
    if (replica.role == Role::Agreement)
        return {Ordering, Detecting, Deciding, Convicting, ViewChange};
    if (replica.state == ReplicaState::Recovering)
        return {Completing, Resuming, FetchingLog, Replaying};
    return {Executing, Completing, Resuming, FetchingLog, Replaying};
}

void end_lane(const ReplicaNow& replica, const HostNow* host, std::int64_t now_ns,
              TimelineLane& lane) {
    const bool heard = host != nullptr && host->contact == Contact::Live;
    const auto kinds = fitting(replica, heard);
    TimelineBar& last = lane.bars.back();
    if (std::find(kinds.begin(), kinds.end(), last.kind) != kinds.end())
        return;
    const BarKind kind = kinds.front();
    const bool guessed = lane.bars.size() == 1;           // by the cluster file: no event told it
    const std::int64_t word_ns = now_ns - replica.age_ns; // its last one
    const bool gone = last.kind == BarKind::Silent || last.kind == BarKind::Stopped;
    if (!guessed && (now_ns - last.from_ns < kFactsLateNs ||
                     (gone && heard && replica.heard && word_ns <= last.from_ns)))
        return;
    if (guessed && (kind == BarKind::Executing || kind == BarKind::Asleep)) {
        last.kind = kind;
        return;
    }
    // From the last word on; who never told one was not known all along.
    std::int64_t from_ns = guessed ? last.from_ns : now_ns;
    if (kind == BarKind::Unknown && !heard && host != nullptr)
        from_ns = host->link.heard_ns;
    else if (replica.age_ns >= 0)
        from_ns = word_ns;
    change(lane, kind, from_ns);
}

} // namespace

void change(TimelineLane& lane, BarKind kind, std::int64_t at_ns) {
    if (!lane.bars.empty()) {
        auto& last = lane.bars.back();
        if (last.kind == kind)
            return;
        at_ns = std::max(at_ns, last.from_ns);
        last.to_ns = at_ns;
        if (last.from_ns == last.to_ns)
            lane.bars.pop_back();
    }
    lane.bars.push_back({at_ns, kOpenEnd, kind, {}});
}

void end_lanes(const ClusterNow& then, TimelineData& out) {
    for (auto& lane : out.lanes) {
        const auto& of = lane.selection;
        const auto& app = then.applications[static_cast<std::size_t>(of.application)];
        const auto* replica =
            app.replica(of.part == Part::Agreement ? Role::Agreement : Role::Execution, of.index);
        if (replica != nullptr && !lane.bars.empty())
            end_lane(*replica, then.host(replica->host), then.now_ns, lane);
    }
}

} // namespace zz::console
