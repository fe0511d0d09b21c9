// SPDX-License-Identifier: Apache-2.0
// zzctl cluster up, cluster down, host kill, host up.
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "backend/runtime/clock.h"
#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/host_processes.h"
#include "backend/services/operator_client.h"
#include "backend/services/operators.h"

namespace zz::services::ctl {
namespace {

constexpr Duration kFactsFresh = seconds(5);
constexpr Duration kTellPatience = seconds(1);

// Applications of which no client that serves is known.
std::vector<std::string> not_serving(const cluster::Cluster& cluster,
                                     const std::map<HostId, telemetry::Snapshot>& snapshots,
                                     std::int64_t since_wall_ns) {
    std::vector<std::string> out;
    for (const auto& app : cluster.applications) {
        bool serves = false;
        for (const auto& [host, snapshot] : snapshots)
            for (const auto& facts : snapshot.sources())
                serves = serves || (facts.has_client() && facts.client().serving() &&
                                    facts.source().application() == app.id.value + 1U &&
                                    facts.wall_ns() >= since_wall_ns);
        if (!serves)
            out.push_back(app.name);
    }
    return out;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : ", ") + word;
    return out;
}

int up(const std::string& dir, bool as_json, std::uint32_t patience_s) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    const Instant began = runtime::now();
    const std::int64_t wall = runtime::wall_ns();
    for (const auto& host : cluster->hosts)
        if (const Status started = start_host(layout, host); !started)
            return failed(started.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    std::vector<std::string> waiting;
    do {
        const auto snapshots = (*client)->snapshots(seconds(1));
        waiting = not_serving(*cluster, snapshots, wall - kFactsFresh.count());
        if (waiting.empty() && snapshots.size() == cluster->hosts.size())
            break;
        (*client)->transport().poll(milliseconds(100));
        if (runtime::now() - began > seconds(patience_s))
            return failed(fmt::format("after {} s {} of {} hosts answer, and these applications do "
                                      "not serve: {}. See the *.log files below {}",
                                      patience_s, snapshots.size(), cluster->hosts.size(),
                                      waiting.empty() ? "none" : joined(waiting), layout.hosts()));
    } while (true);
    const auto ms = (runtime::now() - began) / milliseconds(1);
    if (as_json)
        fmt::print("{}\n", nlohmann::json{{"serving", true}, {"milliseconds", ms}}.dump());
    else
        fmt::print("{} hosts, {} applications serve after {} ms\n", cluster->hosts.size(),
                   cluster->applications.size(), ms);
    return kDone;
}

// How the one at the keyboard confirmed what stops processes.
struct Confirmation {
    std::string reason, yes;
    bool force = false;
};

// What is to be done to processes of this machine, outside of any protocol: confirmed by the rules
// of the environment (O6), and told to every host that answers, so that their audit logs have it.
Status announce(const Layout& layout, const cluster::Cluster& cluster, const std::string& action,
                const std::string& target, const Confirmation& given) {
    telemetry::CommandBody body;
    body.set_reason(given.reason);
    body.set_confirm(given.yes);
    body.mutable_announce()->set_action(action);
    body.mutable_announce()->set_target(target);
    body.mutable_announce()->set_harmful(true);
    if (const Status good = confirmed(cluster, body); !good)
        return good;
    std::vector<HostId> alive;
    for (const auto& host : cluster.hosts)
        if (runtime::living_pid(layout.pid_file(host, "zz-host")) != 0)
            alive.push_back(host.id);
    if (alive.empty())
        return Ok{};
    auto client = OperatorClient::make(layout, cluster);
    if (!client) {
        // Who may end processes here needs no key for it; production wants its audit.
        if (cluster.environment == cluster::kProduction)
            return client.error();
        fmt::print(stderr, "zzctl: no audit log has it: {}\n", client.error().text);
        return Ok{};
    }
    for (const auto& [host, answer] : (*client)->ask(body, kTellPatience, alive))
        if (!answer.ok())
            return Error{
                fmt::format("host {} refuses: {}", cluster.host(host)->name, answer.error())};
    return Ok{};
}

int down(const std::string& dir, const Confirmation& given) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    if (const Status told = announce(layout, *cluster, "cluster down", cluster->name, given); !told)
        return failed(told.error().text);
    if (const Status stopped = stop_hosts(layout, cluster->hosts); !stopped)
        return failed(stopped.error().text);
    fmt::print("all processes of {} have ended\n", layout.cluster_file());
    return kDone;
}

// Applications that would have more than f replicas of a kind on hosts that are down.
std::vector<std::string> beyond_f(const Layout& layout, const cluster::Cluster& cluster,
                                  const cluster::Host& killed) {
    std::set<HostId> down{killed.id};
    for (const auto& host : cluster.hosts)
        if (host_pids(layout, host).empty())
            down.insert(host.id);
    std::vector<std::string> out;
    for (const auto& app : cluster.applications) {
        const auto lost = [&](const auto& list) {
            return std::count_if(list.begin(), list.end(),
                                 [&](const auto& entry) { return down.contains(entry.host); });
        };
        if (std::max(lost(app.agreement), lost(app.execution)) > static_cast<long>(app.f))
            out.push_back(app.name);
    }
    return out;
}

int host_command(const std::string& dir, const std::string& name, bool start,
                 const Confirmation& given) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    const cluster::Host* host = cluster->host(name);
    if (host == nullptr)
        return bad_usage(fmt::format("{} has no host '{}'", layout.cluster_file(), name));
    if (!start) {
        // A lab is for trying that out; elsewhere it has to be meant (O6).
        const auto beyond = beyond_f(layout, *cluster, *host);
        const bool meant = given.force && !given.reason.empty();
        if (!beyond.empty() && !meant && cluster->environment != cluster::kEnvironments[0])
            return failed(fmt::format("more than f replicas of {} would be down: it needs --force "
                                      "and --reason TEXT",
                                      joined(beyond)));
        if (!beyond.empty())
            fmt::print(stderr, "zzctl: more than f replicas of {} are down now\n", joined(beyond));
        if (const Status told = announce(layout, *cluster, "host kill", name, given); !told)
            return failed(told.error().text);
    }
    const Status done = start ? start_host(layout, *host) : kill_host(layout, *host);
    if (!done)
        return failed(done.error().text);
    fmt::print("host {} {}\n", name, start ? "started" : "killed");
    return kDone;
}

void add_confirmation(CLI::App& command, const std::shared_ptr<Confirmation>& given) {
    command.add_option("--reason", given->reason, "for the audit; needed in production");
    command.add_option("--yes", given->yes, "in production: the name of what is stopped, typed");
}

} // namespace

void add_cluster_up(CLI::App& parent, Chosen& chosen) {
    auto dir = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    auto patience = std::make_shared<std::uint32_t>(120);
    auto* command = parent.add_subcommand(
        "up", "starts it on this machine; returns when every application serves");
    command->add_option("--dir", *dir, "folder of the data center")->required();
    command->add_option("--patience", *patience, "seconds until it gives up, default 120");
    command->add_flag("--json", *json, "one JSON document");
    command->callback([=, &chosen] { chosen.run = [=] { return up(*dir, *json, *patience); }; });
}

void add_cluster_down(CLI::App& parent, Chosen& chosen) {
    auto dir = std::make_shared<std::string>();
    auto* command = parent.add_subcommand("down", "stops all of it");
    command->add_option("--dir", *dir, "folder of the data center")->required();
    auto given = std::make_shared<Confirmation>();
    add_confirmation(*command, given);
    command->callback([=, &chosen] { chosen.run = [=] { return down(*dir, *given); }; });
}

void add_host(CLI::App& parent, Chosen& chosen) {
    auto* host = parent.add_subcommand("host", "a host as a whole");
    host->require_subcommand(1);
    for (const bool start : {false, true}) {
        auto dir = std::make_shared<std::string>();
        auto name = std::make_shared<std::string>();
        auto* command = start ? host->add_subcommand("up", "starts its processes again")
                              : host->add_subcommand("kill", "all its processes die at once");
        command->add_option("NAME", *name, "of the cluster file")->required();
        command->add_option("--dir", *dir, "folder of the data center")->required();
        auto given = std::make_shared<Confirmation>();
        if (!start) {
            add_confirmation(*command, given);
            command->add_flag("--force", given->force, "beyond f; not needed in a lab");
        }
        command->callback([=, &chosen] {
            chosen.run = [=] { return host_command(*dir, *name, start, *given); };
        });
    }
}

} // namespace zz::services::ctl
