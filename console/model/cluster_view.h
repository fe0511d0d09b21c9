// SPDX-License-Identifier: GPL-3.0-or-later
// ClusterNow: the data center as a state has it: a fact is what f+1 agreement replicas say the
// same, freshly; all else is unknown. Everything a view shows about "now" comes from here. Pure:
// `now` is handed in, so that a moment of the past is looked at the same way.
#pragma once

#include <QString>
#include <optional>
#include <vector>

#include "console/core/state.h"
#include "console/model/drills_now.h"
#include "console/model/replica_look.h"
#include "protocol/cluster/cluster.h"

namespace zz::console {

struct ReplicaNow {
    Role role = Role::Execution;
    std::uint32_t index = 0, incarnation = 0;
    std::uint32_t host = 0;
    QString host_name;
    ReplicaState state = ReplicaState::Unknown;
    Badges badges;
    bool primary = false;
    bool heard = false;                     // its own words are fresh
    bool stale = false;                     // they are old, or its host is not heard
    bool awake = false;                     // beyond the actives: woken in this epoch
    std::int64_t age_ns = -1;               // of its own words; negative: none
    std::optional<std::uint64_t> suspicion; // ZZ-6.10, of f+1
    std::optional<std::uint64_t> executed;  // its own word
    std::optional<std::uint64_t> fetched_bytes;
    std::optional<bool> complete;
    std::optional<bool> ready; // of a sleeper: its machine sleeps as its kind of spare does
    QString spare;             // kind of spare, of a sleeper
    QString trouble;           // as its controller tells
    QString name() const;      // "A3", "E1", "E1.2"
};

struct ConvictionNow {
    std::uint32_t slot = 0, incarnation = 0;
    std::uint64_t n = 0;
    QString proof;
};

struct ApplicationNow {
    int index = 0; // position in the cluster file
    QString name, kind, mode, policy, front;
    Faults faults;
    std::optional<std::uint64_t> view, epoch, configuration, committed, settled, stable;
    std::optional<std::uint64_t> requests, wakeups, removals, nonblocking, blocking, view_changes;
    std::vector<ReplicaNow> agreement, execution;
    std::vector<ConvictionNow> convictions;
    // Faults that can still happen without harm; none: fewer than f+1 replicas are heard.
    std::optional<int> agreement_left, execution_left;
    int active = 0, asleep = 0, faulty = 0; // execution slots
    int heard = 0, sources = 0;             // agreement replicas
    int clients = 0;                        // gateways and load clients that are heard
    std::int64_t age_ns = -1;               // of the oldest agreement replica's words
    bool at_rest = false; // f+1 active and whole, the others asleep and ready (ZZ-1.7)

    const ReplicaNow* replica(Role role, std::uint32_t number) const;
};

struct HostNow {
    std::uint32_t id = 0;
    QString name, hypervisor, address;
    Contact contact = Contact::Never;
    HostLink link;
    std::int64_t age_ns = -1;
    std::optional<double> load; // average of one minute
    std::vector<telemetry::DrillFacts> drills;
    QString trouble;
};

struct ClusterNow {
    QString name, environment;
    bool drills = false; // the cluster file allows them
    std::int64_t now_ns = 0;
    std::vector<HostNow> hosts;
    std::vector<ApplicationNow> applications;
    std::vector<DrillNow> under_way; // those whose lease holds, also such that are over
    int hosts_heard = 0;
    std::int64_t worst_age_ns = -1;

    const HostNow* host(std::uint32_t id) const;
    std::size_t playing() const; // drills that are not over
    const DrillNow* drill(const QString& id) const;
};

ClusterNow cluster_now(const cluster::Cluster& cluster, const State& state, std::int64_t now_ns);

} // namespace zz::console
