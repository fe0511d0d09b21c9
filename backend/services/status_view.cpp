// SPDX-License-Identifier: Apache-2.0
#include "backend/services/status_view.h"

#include <fmt/format.h>
#include <set>

#include "backend/runtime/clock.h"
#include "backend/runtime/convert.h"

namespace zz::services {
namespace {

using nlohmann::json;
using Member = std::pair<std::uint32_t, std::uint32_t>; // slot, incarnation

constexpr Duration kFresh = seconds(4);
constexpr std::uint32_t kDefined = 1, kPaused = 3, kSaved = 4, kStopped = 5; // hv::MachineState

struct Claims { // of one application, fresh ones only
    std::map<std::uint32_t, telemetry::AgreementFacts> agreement;
    std::map<Member, telemetry::ExecutionFacts> execution;
    std::map<Member, std::uint32_t> machines; // hv::MachineState of execution machines
    std::set<std::uint32_t> hosts_with_controller;
};

bool fresh(const telemetry::Facts& facts) {
    return runtime::wall_ns() - facts.wall_ns() < kFresh.count();
}

Claims claims_of(const cluster::Application& app,
                 const std::map<HostId, telemetry::Snapshot>& snapshots) {
    Claims claims;
    for (const auto& [host, snapshot] : snapshots) {
        for (const auto& facts : snapshot.sources()) {
            if (!fresh(facts))
                continue;
            const auto& source = facts.source();
            if (facts.has_controller()) {
                claims.hosts_with_controller.insert(host.value);
                for (const auto& machine : facts.controller().machines())
                    if (machine.application() == app.id.value &&
                        machine.principal().role() == static_cast<std::uint32_t>(Role::Execution))
                        claims.machines[{machine.principal().index(),
                                         machine.principal().incarnation()}] = machine.state();
            }
            if (source.application() != app.id.value + 1U)
                continue;
            if (facts.has_agreement())
                claims.agreement[source.principal().index()] = facts.agreement();
            else if (facts.has_execution())
                claims.execution[{source.principal().index(), source.principal().incarnation()}] =
                    facts.execution();
        }
    }
    return claims;
}

// What at least f+1 agreement replicas say the same; null otherwise.
template <class Read> auto agreed(const Claims& claims, std::uint32_t needed, Read read) {
    using Value = decltype(read(std::declval<const telemetry::AgreementFacts&>()));
    std::map<Value, std::uint32_t> count;
    std::optional<Value> out;
    for (const auto& [id, facts] : claims.agreement)
        if (++count[read(facts)] >= needed)
            out = std::max(out.value_or(read(facts)), read(facts));
    return out;
}

// The highest value that f+1 replicas have reached: of marks that only grow.
template <class Read> json reached(const Claims& claims, std::uint32_t needed, Read read) {
    std::vector<std::uint64_t> values;
    for (const auto& [id, facts] : claims.agreement)
        values.push_back(read(facts));
    std::sort(values.rbegin(), values.rend());
    return values.size() < needed ? json() : json(values[needed - 1]);
}

std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>
slots_of(const telemetry::AgreementFacts& facts) {
    std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> out;
    for (const auto& slot : facts.slots())
        out[slot.slot()] = {slot.incarnation(), slot.state()};
    return out;
}

// How many replicas list this member in `list`.
template <class List>
bool listed(const Claims& claims, std::uint32_t needed, const Member& member, List list) {
    std::uint32_t count = 0;
    for (const auto& [id, facts] : claims.agreement)
        for (const auto& entry : list(facts))
            count += entry.slot() == member.first && entry.incarnation() == member.second ? 1 : 0;
    return count >= needed;
}

std::string execution_state(const Claims& claims, std::uint32_t needed, const Member& member,
                            std::optional<std::uint32_t> slot_state) {
    if (!slot_state)
        return "unknown";
    if (*slot_state == 0)
        return "reimaging";
    if (*slot_state == 3)
        return "convicted";
    if (listed(
            claims, needed, member, [](const auto& f) -> const auto& { return f.unresponsive(); }))
        return "unresponsive";
    const auto machine = claims.machines.find(member);
    const auto said = claims.execution.find(member);
    const std::uint32_t machine_state = machine == claims.machines.end() ? 0 : machine->second;
    const bool awake = listed(
        claims, needed, member, [](const auto& f) -> const auto& { return f.awake(); });
    if (*slot_state == 2 && !awake)
        return machine_state == kStopped && machine != claims.machines.end() ? "stopped"
                                                                             : "sleeping";
    if (machine != claims.machines.end() && machine_state == kStopped)
        return "stopped";
    if (*slot_state == 2 &&
        (machine_state == kPaused || machine_state == kSaved || said == claims.execution.end()))
        return "waking";
    if (said != claims.execution.end() && said->second.recovering())
        return "recovering";
    return *slot_state == 1 || said != claims.execution.end() ? "active" : "unknown";
}

// Whether a sleeper's machine is as its kind of spare sleeps (ZZ-7.7): a fresh one still runs.
bool is_ready(cluster::SpareKind kind, const std::map<Member, std::uint32_t>& machines,
              const Member& member) {
    const auto machine = machines.find(member);
    const std::uint32_t state = machine == machines.end() ? 0 : machine->second;
    switch (kind) {
    case cluster::SpareKind::Paused:
        return state == kPaused;
    case cluster::SpareKind::Hibernated:
        return state == kSaved;
    case cluster::SpareKind::Cold:
        break;
    }
    return state <= kDefined || state == kStopped;
}

json suspicion_of(const Claims& claims, std::uint32_t needed, const PrincipalId& who) {
    std::vector<std::uint64_t> counts;
    for (const auto& [id, facts] : claims.agreement) {
        std::uint64_t count = 0;
        for (const auto& entry : facts.suspicion())
            if (runtime::from_proto(entry.subject()) == who)
                count = entry.count();
        counts.push_back(count);
    }
    std::sort(counts.rbegin(), counts.rend());
    return counts.size() < needed ? json() : json(counts[needed - 1]);
}

json agreement_json(const cluster::Cluster& cluster, const cluster::Application& app,
                    const Claims& claims, std::uint32_t needed, std::optional<std::uint64_t> view,
                    const json& committed, const std::map<HostId, telemetry::Snapshot>& snapshots) {
    json out = json::array();
    const auto n = app.agreement.size();
    for (const auto& replica : app.agreement) {
        const auto it = claims.agreement.find(replica.id.value);
        std::string state = snapshots.contains(replica.host) ? "silent" : "unknown";
        if (it != claims.agreement.end()) {
            const bool behind =
                !committed.is_null() && it->second.committed() + app.limits.checkpoint_interval <
                                            committed.get<std::uint64_t>();
            state = behind ? "behind" : "up";
        }
        const auto suspicion = suspicion_of(claims, needed, principal(replica.id));
        out.push_back({{"id", fmt::format("A{}", replica.id.value)},
                       {"host", cluster.host(replica.host)->name},
                       {"state", state},
                       {"primary", view ? json(*view % n == replica.id.value - 1U) : json()},
                       {"mute", it != claims.agreement.end() ? json(it->second.mute()) : json()},
                       {"suspicion", suspicion}});
    }
    return out;
}

json execution_json(const cluster::Cluster& cluster, const cluster::Application& app,
                    const Claims& claims, std::uint32_t needed) {
    json out = json::array();
    const auto slots = agreed(claims, needed, slots_of);
    for (const auto& slot : app.execution) {
        std::optional<std::uint32_t> state;
        json incarnation;
        Member member{slot.id.value, 0};
        if (slots && slots->contains(slot.id.value)) {
            const auto& [k, s] = slots->at(slot.id.value);
            member.second = k;
            incarnation = k;
            state = s;
        }
        const auto said = claims.execution.find(member);
        const std::string word = execution_state(claims, needed, member, state);
        json spare, ready;
        if (state == 2U) {
            const auto kind = cluster::spare_of(app, *cluster.host(slot.host));
            spare = cluster::to_string(kind);
            if (word == "sleeping" && claims.hosts_with_controller.contains(slot.host.value))
                ready = is_ready(kind, claims.machines, member);
        }
        out.push_back(
            {{"id", fmt::format("E{}", slot.id.value)},
             {"incarnation", incarnation},
             {"host", cluster.host(slot.host)->name},
             {"state", word},
             {"spare", spare},
             {"ready", ready},
             {"complete", word == "sleeping" || said == claims.execution.end()
                              ? json()
                              : json(said->second.complete())},
             {"executed", said == claims.execution.end() ? json() : json(said->second.executed())},
             {"nodes_fetched",
              said == claims.execution.end() ? json() : json(said->second.nodes_fetched())},
             {"suspicion",
              suspicion_of(claims, needed,
                           principal(ExecutionId{slot.id, Incarnation(member.second)}))}});
    }
    return out;
}

json convictions_json(const Claims& claims, std::uint32_t needed) {
    using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>;
    std::map<Key, std::pair<std::uint32_t, std::string>> count;
    for (const auto& [id, facts] : claims.agreement)
        for (const auto& c : facts.convictions()) {
            auto& entry = count[{c.slot(), c.incarnation(), c.n()}];
            ++entry.first;
            entry.second = c.proof();
        }
    json out = json::array();
    for (const auto& [key, entry] : count)
        if (entry.first >= needed)
            out.push_back({{"id", fmt::format("E{}", std::get<0>(key))},
                           {"incarnation", std::get<1>(key)},
                           {"n", std::get<2>(key)},
                           {"proof", entry.second}});
    return out;
}

json application_json(const cluster::Cluster& cluster, const cluster::Application& app,
                      const std::map<HostId, telemetry::Snapshot>& snapshots) {
    const Claims claims = claims_of(app, snapshots);
    const std::uint32_t needed = app.faults().weak_quorum();
    const auto view = agreed(claims, needed, [](const auto& f) { return f.view(); });
    const json committed = reached(claims, needed, [](const auto& f) { return f.committed(); });
    const auto count = [&](auto read) { return reached(claims, needed, read); };
    return {{"name", app.name},
            {"kind", cluster::to_string(app.kind)},
            {"f", app.f},
            {"mode", cluster::to_string(app.mode)},
            {"checkpoint_interval", app.limits.checkpoint_interval},
            {"view", view ? json(*view) : json()},
            {"configuration", count([](const auto& f) { return f.configuration(); })},
            {"epoch", count([](const auto& f) { return f.epoch(); })},
            {"last_executed", count([](const auto& f) { return f.settled(); })},
            {"stable_checkpoint", count([](const auto& f) { return f.stable(); })},
            {"agreement", agreement_json(cluster, app, claims, needed, view, committed, snapshots)},
            {"execution", execution_json(cluster, app, claims, needed)},
            {"convictions", convictions_json(claims, needed)},
            {"counters",
             {{"requests", count([](const auto& f) { return f.requests(); })},
              {"wakeups", count([](const auto& f) { return f.wakeups(); })},
              {"removals", count([](const auto& f) { return f.removals(); })},
              {"convictions", convictions_json(claims, needed).size()},
              {"nonblocking", count([](const auto& f) { return f.nonblocking(); })},
              {"blocking", count([](const auto& f) { return f.blocking(); })},
              {"view_changes", count([](const auto& f) { return f.view_changes(); })},
              {"evidence_rounds", count([](const auto& f) { return f.evidence_rounds(); })}}}};
}

} // namespace

json status_json(const cluster::Cluster& cluster,
                 const std::map<HostId, telemetry::Snapshot>& snapshots) {
    json hosts = json::array(), applications = json::array(), gateways = json::array();
    for (const auto& host : cluster.hosts) {
        json replicas = json::array();
        for (const auto& app : cluster.applications) {
            for (const auto& replica : app.agreement)
                if (replica.host == host.id)
                    replicas.push_back(fmt::format("{}.A{}", app.name, replica.id.value));
            for (const auto& slot : app.execution)
                if (slot.host == host.id)
                    replicas.push_back(fmt::format("{}.E{}", app.name, slot.id.value));
        }
        hosts.push_back({{"name", host.name},
                         {"state", snapshots.contains(host.id) ? "up" : "down"},
                         {"hypervisor", cluster::to_string(host.hypervisor)},
                         {"replicas", replicas}});
    }
    for (const auto& app : cluster.applications) {
        applications.push_back(application_json(cluster, app, snapshots));
        for (const auto& client : app.clients)
            if (!client.front.empty())
                gateways.push_back({{"app", app.name},
                                    {"protocol", cluster::to_string(client.protocol)},
                                    {"address", client.front}});
    }
    return {{"hosts", hosts}, {"applications", applications}, {"gateways", gateways}};
}

} // namespace zz::services
