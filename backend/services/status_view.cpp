// SPDX-License-Identifier: Apache-2.0
#include "backend/services/status_view.h"

#include <array>
#include <fmt/format.h>

#include "backend/runtime/clock.h"
#include "protocol/outline/outline.h"
#include "protocol/telemetry/fold_state.h"

namespace zz::services {
namespace {

using nlohmann::json;

template <class T> json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json();
}

std::string host_name(const cluster::Cluster& cluster, std::uint32_t host) {
    const auto* entry = cluster.host(HostId(host));
    return entry != nullptr ? entry->name : std::string();
}

telemetry::SourceBook book_of(const cluster::Cluster& cluster,
                              const std::map<HostId, telemetry::Snapshot>& snapshots,
                              std::int64_t now_ns) {
    telemetry::SourceBook book(outline::describe(cluster));
    for (const auto& [host, snapshot] : snapshots) {
        telemetry::Update update;
        update.set_host(host.value);
        *update.mutable_snapshot() = snapshot;
        update.mutable_snapshot()->set_host(host.value); // Whose link it came over, not its word.
        book.take(now_ns, update);
    }
    return book;
}

constexpr std::array<std::string_view, 6> kMachineStates{"absent", "defined", "running",
                                                         "paused", "saved",   "stopped"};

// Machines of a host as its controller sees them. None without the controller, and none of those
// whose hypervisor does not answer.
std::vector<telemetry::MachineFacts> machines_of(const telemetry::SourceBook& book, HostId host,
                                                 std::int64_t now_ns) {
    std::vector<telemetry::MachineFacts> out;
    for (const auto& [key, known] : book.sources())
        if (known.host == host.value && key.principal.role == Role::Controller &&
            book.is_fresh(known, now_ns))
            for (const auto& machine : known.facts.controller().machines())
                if (machine.state() < kMachineStates.size())
                    out.push_back(machine);
    return out;
}

void add_hypervisor(const telemetry::SourceBook& book, const cluster::Cluster& cluster,
                    const cluster::Host& host, std::int64_t now_ns, json& out) {
    constexpr std::string_view kUnknown = "unknown: ";
    std::string word(cluster::to_string(host.hypervisor));
    for (const auto& [key, known] : book.sources())
        if (known.host == host.id.value && key.principal.role == Role::Host &&
            book.is_fresh(known, now_ns) && !known.facts.host().hypervisor().empty())
            word = known.facts.host().hypervisor();
    const bool lost = word.starts_with(kUnknown);
    out["hypervisor"] = lost ? "unknown" : word;
    out["hypervisor_trouble"] = lost ? json(word.substr(kUnknown.size())) : json();
    out["machines"] = json::array();
    for (const auto& machine : machines_of(book, host.id, now_ns)) {
        const ApplicationId id(static_cast<std::uint16_t>(machine.application()));
        if (const auto* app = cluster.application(id))
            out["machines"].push_back(
                {{"app", app->name},
                 {"name", to_string(telemetry::principal_of(machine.principal()))},
                 {"state", kMachineStates[machine.state()]},
                 {"trouble", machine.trouble().empty() ? json() : json(machine.trouble())}});
    }
}

// Of the whole application, as one document.
class Words {
  public:
    Words(const cluster::Cluster& cluster, const cluster::Application& app,
          const telemetry::SourceBook& book, std::int64_t now_ns)
        : cluster_(cluster), app_(app), book_(book), now_ns_(now_ns),
          view_(telemetry::view_of(book, *telemetry::find_application(book.cluster(), app.id.value),
                                   now_ns)) {}

    json application() const;

  private:
    json agreement() const;
    json execution() const;
    json convictions() const;
    json counters() const;
    json machine(std::uint32_t host, std::uint32_t slot, std::uint32_t incarnation) const;
    const telemetry::Facts* facts(const PrincipalId& who) const {
        return book_.facts({app_.id.value + 1U, who});
    }

    const cluster::Cluster& cluster_;
    const cluster::Application& app_;
    const telemetry::SourceBook& book_;
    std::int64_t now_ns_;
    telemetry::ApplicationView view_;
};

json Words::agreement() const {
    json out = json::array();
    for (const auto& replica : view_.agreement) {
        const bool heard = replica.state == telemetry::AgreementState::Up ||
                           replica.state == telemetry::AgreementState::Behind;
        const auto* said = heard ? facts(principal(AgreementId(replica.index))) : nullptr;
        out.push_back({{"id", fmt::format("A{}", replica.index)},
                       {"host", host_name(cluster_, replica.host)},
                       {"state", telemetry::to_string(replica.state)},
                       {"primary", or_null(replica.primary)},
                       {"mute", said != nullptr ? json(said->agreement().mute()) : json()},
                       {"suspicion", or_null(replica.suspicion)}});
    }
    return out;
}

// The word of its host; null if it has none.
json Words::machine(std::uint32_t host, std::uint32_t slot, std::uint32_t incarnation) const {
    const auto wanted = principal(ExecutionId{SlotId(slot), Incarnation(incarnation)});
    for (const auto& machine : machines_of(book_, HostId(host), now_ns_))
        if (machine.application() == app_.id.value &&
            telemetry::principal_of(machine.principal()) == wanted)
            return kMachineStates[machine.state()];
    return nullptr;
}

json Words::execution() const {
    json out = json::array();
    for (const auto& slot : view_.execution) {
        const auto incarnation = static_cast<std::uint32_t>(slot.incarnation.value_or(0));
        const auto* said =
            slot.executed
                ? facts(principal(ExecutionId{SlotId(slot.slot), Incarnation(incarnation)}))
                : nullptr;
        out.push_back(
            {{"id", fmt::format("E{}", slot.slot)},
             {"incarnation", or_null(slot.incarnation)},
             {"host", host_name(cluster_, slot.host)},
             {"state", telemetry::to_string(slot.state)},
             {"machine", machine(slot.host, slot.slot, incarnation)},
             {"spare", slot.spare.empty() ? json() : json(slot.spare)},
             {"ready", or_null(slot.ready)},
             {"complete", or_null(slot.complete)},
             {"executed", or_null(slot.executed)},
             {"nodes_fetched", said != nullptr ? json(said->execution().nodes_fetched()) : json()},
             {"suspicion", or_null(slot.suspicion)}});
    }
    return out;
}

json Words::convictions() const {
    json out = json::array();
    for (const auto& conviction : view_.convictions)
        out.push_back({{"id", fmt::format("E{}", conviction.slot)},
                       {"incarnation", conviction.incarnation},
                       {"n", conviction.n},
                       {"proof", conviction.proof}});
    return out;
}

json Words::counters() const {
    const auto& c = view_.counters;
    return {
        {"requests", or_null(c.requests)},         {"wakeups", or_null(c.wakeups)},
        {"removals", or_null(c.removals)},         {"convictions", view_.convictions.size()},
        {"nonblocking", or_null(c.nonblocking)},   {"blocking", or_null(c.blocking)},
        {"view_changes", or_null(c.view_changes)}, {"evidence_rounds", or_null(c.evidence_rounds)}};
}

json Words::application() const {
    return {{"name", app_.name},
            {"kind", cluster::to_string(app_.kind)},
            {"f", app_.f},
            {"mode", cluster::to_string(app_.mode)},
            {"checkpoint_interval", app_.limits.checkpoint_interval},
            {"view", or_null(view_.view)},
            {"configuration", or_null(view_.configuration)},
            {"epoch", or_null(view_.epoch)},
            {"last_executed", or_null(view_.last_executed)},
            {"stable_checkpoint", or_null(view_.stable)},
            {"agreement", agreement()},
            {"execution", execution()},
            {"convictions", convictions()},
            {"counters", counters()}};
}

} // namespace

json status_json(const cluster::Cluster& cluster,
                 const std::map<HostId, telemetry::Snapshot>& snapshots) {
    const std::int64_t now_ns = runtime::wall_ns();
    const telemetry::SourceBook book = book_of(cluster, snapshots, now_ns);
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
        json entry{{"name", host.name},
                   {"state", snapshots.contains(host.id) ? "up" : "down"},
                   {"replicas", replicas}};
        add_hypervisor(book, cluster, host, now_ns, entry);
        hosts.push_back(std::move(entry));
    }
    for (const auto& app : cluster.applications) {
        applications.push_back(Words(cluster, app, book, now_ns).application());
        for (const auto& client : app.clients)
            if (!client.front.empty())
                gateways.push_back({{"app", app.name},
                                    {"protocol", cluster::to_string(client.protocol)},
                                    {"address", client.front}});
    }
    return {{"hosts", hosts}, {"applications", applications}, {"gateways", gateways}};
}

} // namespace zz::services
