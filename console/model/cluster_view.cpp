// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/cluster_view.h"

#include <algorithm>
#include <functional>
#include <set>

namespace zz::console {
namespace {

using telemetry::AgreementFacts;
using telemetry::Member;

constexpr std::uint32_t kDefined = 1, kPaused = 3, kSaved = 4, kStopped = 5; // hv::MachineState

struct Words { // of one application
    telemetry::AgreementClaims agreement;
    std::map<Member, const telemetry::ExecutionFacts*> execution;
    std::map<Member, const telemetry::MachineFacts*> machines;
    std::map<std::uint32_t, std::int64_t> agreement_at;
    std::set<std::uint32_t> controllers; // hosts whose controller tells about its machines
    std::map<Member, std::int64_t> execution_at;
    int clients = 0;
};

bool is_fresh(std::int64_t at_ns, std::int64_t now_ns) {
    const Contact how = contact(at_ns, now_ns);
    return how == Contact::Live || how == Contact::Stale;
}

void add_machines(const telemetry::ControllerFacts& controller, std::vector<Words>& out) {
    for (const auto& machine : controller.machines())
        if (machine.application() < out.size() &&
            machine.principal().role() == static_cast<std::uint32_t>(Role::Execution))
            out[machine.application()]
                .machines[{machine.principal().index(), machine.principal().incarnation()}] =
                &machine;
}

std::vector<Words> words_of(std::size_t applications, const State& state, std::int64_t now_ns) {
    std::vector<Words> out(applications);
    for (const auto& [key, source] : state.sources()) {
        const bool fresh = is_fresh(source.at_ns, now_ns);
        const auto& facts = *source.facts;
        if (facts.has_controller() && fresh) {
            add_machines(facts.controller(), out);
            for (auto& words : out)
                words.controllers.insert(key.host);
        }
        if (key.application == 0 || key.application > applications)
            continue;
        Words& words = out[key.application - 1];
        if (facts.has_agreement()) {
            words.agreement_at[key.index] = source.at_ns;
            if (fresh)
                words.agreement.of[key.index] = &facts.agreement();
        } else if (facts.has_execution()) {
            words.execution_at[{key.index, key.incarnation}] = source.at_ns;
            if (fresh)
                words.execution[{key.index, key.incarnation}] = &facts.execution();
        } else if (facts.has_client() && fresh) {
            ++words.clients;
        }
    }
    return out;
}

ReplicaState asleep_as(const QString& spare) {
    return spare == "hibernated" ? ReplicaState::Hibernated
           : spare == "cold"     ? ReplicaState::Cold
                                 : ReplicaState::Paused;
}

ReplicaState execution_state(const Words& words, const Member& member, std::uint32_t slot_state,
                             bool awake, const QString& spare) {
    const auto machine = words.machines.find(member);
    const std::uint32_t machine_state =
        machine == words.machines.end() ? 0 : machine->second->state();
    const bool heard = words.execution.contains(member);
    if (slot_state == 0)
        return ReplicaState::Reimaging;
    if (slot_state == 3)
        return ReplicaState::Convicted;
    if (telemetry::listed_unresponsive(words.agreement, member))
        return ReplicaState::Unresponsive;
    if (slot_state == 2 && !awake)
        return machine_state == kStopped && spare != "cold" ? ReplicaState::Stopped
                                                            : asleep_as(spare);
    if (machine_state == kStopped)
        return ReplicaState::Stopped;
    if (slot_state == 2 && (machine_state == kPaused || machine_state == kSaved || !heard))
        return ReplicaState::Waking;
    if (heard && words.execution.at(member)->recovering())
        return ReplicaState::Recovering;
    return heard || slot_state == 1 ? ReplicaState::Active : ReplicaState::Unknown;
}

// Whether a sleeper's machine is as its kind of spare sleeps (ZZ-7.7): a fresh one still runs.
bool is_ready(const QString& spare, std::uint32_t machine_state) {
    return spare == "paused"       ? machine_state == kPaused
           : spare == "hibernated" ? machine_state == kSaved
                                   : machine_state <= kDefined || machine_state == kStopped;
}

struct Context {
    const cluster::Cluster& cluster;
    const cluster::Application& app;
    const Words& words;
    const ClusterNow& now; // its hosts
};

void place(const Context& c, HostId host, ReplicaNow& out) {
    out.host = host.value;
    if (const auto* entry = c.now.host(out.host)) {
        out.host_name = entry->name;
        out.stale = entry->contact != Contact::Live;
    }
}

void add_agreement(const Context& c, ApplicationNow& out) {
    for (const auto& replica : c.app.agreement) {
        ReplicaNow one;
        one.role = Role::Agreement;
        one.index = replica.id.value;
        place(c, replica.host, one);
        const auto at = c.words.agreement_at.find(one.index);
        const auto facts = c.words.agreement.of.find(one.index);
        one.age_ns = at == c.words.agreement_at.end() ? -1 : c.now.now_ns - at->second;
        one.heard = facts != c.words.agreement.of.end();
        const HostNow* host = c.now.host(one.host);
        if (one.heard) {
            const bool behind =
                out.committed &&
                facts->second->committed() + c.app.limits.checkpoint_interval < *out.committed;
            one.state = behind ? ReplicaState::Recovering : ReplicaState::Active;
            one.executed = facts->second->committed();
            ++out.heard;
            out.age_ns = std::max(out.age_ns, one.age_ns);
        } else if (host != nullptr && host->contact == Contact::Live) {
            one.state = ReplicaState::Unresponsive;
        }
        one.stale = one.stale || (one.heard && contact(at->second, c.now.now_ns) != Contact::Live);
        one.primary = out.view && *out.view % c.app.agreement.size() == one.index - 1U;
        one.suspicion = telemetry::suspicion_of(c.words.agreement, {Role::Agreement, one.index, 0});
        if (one.suspicion.value_or(0) > 0)
            one.badges |= Badge::Suspected;
        out.agreement.push_back(std::move(one));
    }
    out.sources = static_cast<int>(c.app.agreement.size());
}

void add_execution(const Context& c, const telemetry::Slots& slots, ApplicationNow& out) {
    for (const auto& slot : c.app.execution) {
        ReplicaNow one;
        one.index = slot.id.value;
        place(c, slot.host, one);
        if (const auto* host = c.cluster.host(slot.host))
            one.spare = QString::fromStdString(
                std::string(cluster::to_string(cluster::spare_of(c.app, *host))));
        if (const auto known = slots.find(one.index); known != slots.end()) {
            one.incarnation = known->second.first;
            const Member member{one.index, one.incarnation};
            one.awake =
                known->second.second == 2 && telemetry::listed_awake(c.words.agreement, member);
            one.state =
                execution_state(c.words, member, known->second.second, one.awake, one.spare);
            if (is_asleep(one.state) && c.words.controllers.contains(one.host)) {
                const auto machine = c.words.machines.find(member);
                one.ready = is_ready(
                    one.spare, machine == c.words.machines.end() ? 0 : machine->second->state());
                if (!*one.ready && one.incarnation > 0) // it takes the place of a removed one
                    one.state = ReplicaState::Reimaging;
            }
        }
        const Member member{one.index, one.incarnation};
        if (const auto at = c.words.execution_at.find(member); at != c.words.execution_at.end())
            one.age_ns = c.now.now_ns - at->second;
        if (const auto said = c.words.execution.find(member); said != c.words.execution.end()) {
            one.heard = true;
            one.executed = said->second->executed();
            one.fetched_bytes = said->second->bytes_fetched();
            if (!is_asleep(one.state))
                one.complete = said->second->complete();
        }
        if (const auto machine = c.words.machines.find(member); machine != c.words.machines.end())
            one.trouble = QString::fromStdString(machine->second->trouble());
        one.suspicion = telemetry::suspicion_of(c.words.agreement,
                                                {Role::Execution, one.index, one.incarnation});
        if (one.suspicion.value_or(0) > 0)
            one.badges |= Badge::Suspected;
        out.execution.push_back(std::move(one));
    }
}

void count_up(const Context& c, ApplicationNow& out) {
    const int f = static_cast<int>(c.app.faults().f);
    int unknown = 0;
    for (const auto& one : out.execution) {
        out.asleep += is_asleep(one.state) ? 1 : 0;
        out.active += one.state == ReplicaState::Active ? 1 : 0;
        unknown += one.state == ReplicaState::Unknown ? 1 : 0;
        out.faulty += one.state == ReplicaState::Convicted || one.state == ReplicaState::Stopped ||
                              one.state == ReplicaState::Unresponsive ||
                              (one.state == ReplicaState::Reimaging && !one.ready)
                          ? 1
                          : 0;
    }
    if (out.heard >= static_cast<int>(c.words.agreement.needed)) {
        out.agreement_left = f - (out.sources - out.heard);
        if (unknown < static_cast<int>(out.execution.size()))
            out.execution_left = f - out.faulty - unknown;
    }
    out.at_rest = out.faulty == 0 && unknown == 0 &&
                  out.active == static_cast<int>(c.app.faults().active_replicas()) &&
                  out.active + out.asleep == static_cast<int>(out.execution.size()) &&
                  std::none_of(out.execution.begin(), out.execution.end(), [](const auto& one) {
                      return one.complete == false || one.ready == false;
                  });
}

ApplicationNow application_now(const Context& c) {
    ApplicationNow out;
    const auto text = [](std::string_view word) {
        return QString::fromStdString(std::string(word));
    };
    out.index = c.app.id.value;
    out.name = QString::fromStdString(c.app.name);
    out.kind = text(cluster::to_string(c.app.kind));
    out.mode = text(cluster::to_string(c.app.mode));
    out.policy = text(cluster::to_string(c.app.wakeup));
    for (const auto& client : c.app.clients)
        if (!client.front.empty())
            out.front = QString::fromStdString(client.front);
    out.faults = c.app.faults();
    const auto& claims = c.words.agreement;
    out.view = telemetry::agreed(claims, [](const auto& facts) { return facts.view(); });
    const auto count = [&](std::uint64_t (AgreementFacts::*read)() const) {
        return telemetry::reached(claims, [=](const auto& facts) { return (facts.*read)(); });
    };
    const auto configuration = telemetry::configuration_of(claims);
    if (configuration)
        out.configuration = configuration->number;
    out.epoch = count(&AgreementFacts::epoch);
    out.committed = count(&AgreementFacts::committed);
    out.settled = count(&AgreementFacts::settled);
    out.stable = count(&AgreementFacts::stable);
    out.requests = count(&AgreementFacts::requests);
    out.wakeups = count(&AgreementFacts::wakeups);
    out.removals = count(&AgreementFacts::removals);
    out.nonblocking = count(&AgreementFacts::nonblocking);
    out.blocking = count(&AgreementFacts::blocking);
    out.view_changes = count(&AgreementFacts::view_changes);
    out.clients = c.words.clients;
    add_agreement(c, out);
    add_execution(c, configuration ? configuration->slots : telemetry::Slots(), out);
    for (const auto& one : telemetry::convictions_of(claims))
        out.convictions.push_back(
            {one.slot, one.incarnation, one.n, QString::fromStdString(one.proof)});
    count_up(c, out);
    return out;
}

HostNow host_now(const cluster::Host& host, const State& state, std::int64_t now_ns) {
    HostNow out;
    out.id = host.id.value;
    out.name = QString::fromStdString(host.name);
    out.hypervisor = QString::fromStdString(std::string(cluster::to_string(host.hypervisor)));
    out.address = QString::fromStdString(host.operator_endpoint());
    if (const auto* link = state.host(out.id)) {
        out.link = *link;
        out.contact = contact(*link, now_ns);
        out.age_ns = link->heard_ns == 0 ? -1 : std::max<std::int64_t>(0, now_ns - link->heard_ns);
    }
    const auto words =
        state.sources().find({out.id, 0, static_cast<std::uint32_t>(Role::Host), out.id, 0});
    if (words != state.sources().end() && words->second.facts->has_host()) {
        const auto& facts = words->second.facts->host();
        out.load = static_cast<double>(facts.load_milli()) / 1000;
        out.drills.assign(facts.drills().begin(), facts.drills().end());
        if (!facts.hypervisor().empty())
            out.hypervisor = QString::fromStdString(facts.hypervisor());
    }
    return out;
}

} // namespace

QString ReplicaNow::name() const {
    if (role == Role::Agreement)
        return QString("A%1").arg(index);
    return incarnation == 0 ? QString("E%1").arg(index)
                            : QString("E%1.%2").arg(index).arg(incarnation);
}

const ReplicaNow* ApplicationNow::replica(Role role, std::uint32_t number) const {
    const auto& list = role == Role::Agreement ? agreement : execution;
    for (const auto& one : list)
        if (one.index == number)
            return &one;
    return nullptr;
}

std::size_t ClusterNow::playing() const {
    return static_cast<std::size_t>(std::count_if(under_way.begin(), under_way.end(),
                                                  [](const auto& one) { return !one.over; }));
}

const DrillNow* ClusterNow::drill(const QString& id) const {
    for (const auto& one : under_way)
        if (one.id == id)
            return &one;
    return nullptr;
}

const HostNow* ClusterNow::host(std::uint32_t id) const {
    // Ids ascend in the cluster file, mostly from 1 without holes.
    if (id >= 1 && id <= hosts.size() && hosts[id - 1].id == id)
        return &hosts[id - 1];
    for (const auto& one : hosts)
        if (one.id == id)
            return &one;
    return nullptr;
}

ClusterNow cluster_now(const cluster::Cluster& cluster, const State& state, std::int64_t now_ns) {
    ClusterNow out;
    out.name = QString::fromStdString(cluster.name);
    out.environment = QString::fromStdString(cluster.environment);
    out.drills = cluster.drills;
    out.now_ns = now_ns;
    for (const auto& host : cluster.hosts) {
        out.hosts.push_back(host_now(host, state, now_ns));
        const auto& last = out.hosts.back();
        out.hosts_heard += last.contact == Contact::Live ? 1 : 0;
        out.worst_age_ns = std::max(out.worst_age_ns, last.age_ns);
    }
    auto words = words_of(cluster.applications.size(), state, now_ns);
    for (std::size_t i = 0; i < cluster.applications.size(); ++i) {
        const auto& app = cluster.applications[i];
        words[i].agreement.needed = app.faults().weak_quorum();
        out.applications.push_back(application_now({cluster, app, words[i], out}));
    }
    out.under_way = drills_now(out.hosts, out.applications, state);
    mark_drills(out.under_way, out.applications);
    return out;
}

} // namespace zz::console
