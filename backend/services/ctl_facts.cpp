// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "backend/runtime/clock.h"
#include "backend/services/ctl.h"
#include "backend/services/operator_client.h"
#include "protocol/telemetry/source_book.h"

namespace zz::services::ctl {
namespace {

using Json = nlohmann::json;

// "gateway" for a client that the cluster file names so, "A1", "E1.0", "zz-host", "zz-controller".
std::string name_of(const cluster::Application* app, const PrincipalId& who) {
    if (who.role == Role::Host || who.role == Role::Controller)
        return who.role == Role::Host ? "zz-host" : "zz-controller";
    const auto* client =
        app != nullptr && who.role == Role::Client ? app->client(ClientId(who.index)) : nullptr;
    return client != nullptr ? client->name : to_string(who);
}

Json process_json(const cluster::Cluster& cluster, HostId host, const telemetry::Facts& facts) {
    const telemetry::SourceKey key = telemetry::key_of(facts.source());
    const auto* app =
        key.application == 0
            ? nullptr
            : cluster.application(ApplicationId(static_cast<std::uint16_t>(key.application - 1)));
    const auto& process = facts.process();
    return {{"host", cluster.host(host)->name},
            {"app", app != nullptr ? Json(app->name) : Json(nullptr)},
            {"id", name_of(app, key.principal)},
            {"pid", process.pid()},
            {"told_ms_ago", (runtime::wall_ns() - facts.wall_ns()) / 1'000'000},
            {"cpu_ns", process.cpu_ns()},
            {"rss_bytes", process.rss_bytes()},
            {"threads", process.threads()},
            {"open_files", process.open_files()},
            {"frames_in", process.frames_in()},
            {"frames_out", process.frames_out()},
            {"events_dropped", process.events_dropped()},
            {"sends_dropped", process.sends_dropped()}};
}

Json facts_json(const cluster::Cluster& cluster,
                const std::map<HostId, telemetry::Snapshot>& snapshots) {
    Json processes = Json::array(), metrics = Json::object();
    for (const auto& [host, snapshot] : snapshots)
        for (const auto& facts : snapshot.sources()) {
            processes.push_back(process_json(cluster, host, facts));
            if (facts.has_host() && !facts.host().metrics().empty())
                metrics[cluster.host(host)->name] = facts.host().metrics();
        }
    return {{"processes", std::move(processes)}, {"metrics", std::move(metrics)}};
}

int facts(const std::string& dir, bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    const auto snapshots = (*client)->snapshots(seconds(3));
    if (snapshots.empty())
        return failed("no host answers: is the data center up?");
    if (as_json) {
        fmt::print("{}\n", facts_json(*cluster, snapshots).dump());
        return kDone;
    }
    for (const auto& [host, snapshot] : snapshots)
        fmt::print("# host {}\n{}\n", cluster->host(host)->name, snapshot.DebugString());
    return kDone;
}

} // namespace

void add_facts(CLI::App& parent, Chosen& chosen) {
    auto dir = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    auto* command =
        parent.add_subcommand("facts", "what each process last said of itself, unconfirmed");
    command->add_option("--dir", *dir, "folder of the data center")->required();
    command->add_flag("--json", *json, "processes and addresses of metrics, one JSON document");
    command->callback([=, &chosen] { chosen.run = [=] { return facts(*dir, *json); }; });
}

} // namespace zz::services::ctl
