// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "backend/services/ctl.h"
#include "backend/services/operator_client.h"
#include "backend/services/status_view.h"

namespace zz::services::ctl {
namespace {

std::string word(const nlohmann::json& value) {
    return value.is_null()     ? "unknown"
           : value.is_string() ? value.get<std::string>()
                               : value.dump();
}

std::size_t count_mute(const nlohmann::json& app) {
    return static_cast<std::size_t>(
        std::count_if(app["agreement"].begin(), app["agreement"].end(),
                      [](const auto& replica) { return replica["mute"] == true; }));
}

void print_table(const nlohmann::json& status) {
    for (const auto& host : status["hosts"])
        fmt::print("host {:<12} {:<8} {}{}{}\n", word(host["name"]), word(host["state"]),
                   word(host["hypervisor"]), host["hypervisor_trouble"].is_null() ? "" : ": ",
                   host["hypervisor_trouble"].is_null() ? "" : word(host["hypervisor_trouble"]));
    for (const auto& app : status["applications"]) {
        fmt::print(
            "\napplication {} ({}, f={}, {}): view {}, configuration {}, executed {}, stable {}\n",
            word(app["name"]), word(app["kind"]), word(app["f"]), word(app["mode"]),
            word(app["view"]), word(app["configuration"]), word(app["last_executed"]),
            word(app["stable_checkpoint"]));
        for (const auto& replica : app["agreement"])
            fmt::print("  {:<6} {:<12} {}{}{}\n", word(replica["id"]), word(replica["host"]),
                       word(replica["state"]), replica["primary"] == true ? ", primary" : "",
                       replica["mute"] == true ? ", mute: its journal may lack votes" : "");
        if (count_mute(app) > app["f"].get<std::size_t>())
            fmt::print("  DOWN: more than f agreement replicas cannot show their votes; see "
                       "`zzctl recover --dir ... --app {}`\n",
                       word(app["name"]));
        for (const auto& replica : app["execution"])
            fmt::print("  {:<6} {:<12} {}, incarnation {}, machine {}{}\n", word(replica["id"]),
                       word(replica["host"]), word(replica["state"]), word(replica["incarnation"]),
                       word(replica["machine"]),
                       replica["complete"] == false ? ", state incomplete" : "");
        for (const auto& conviction : app["convictions"])
            fmt::print("  convicted: {} incarnation {} at n={} by {}\n", word(conviction["id"]),
                       word(conviction["incarnation"]), word(conviction["n"]),
                       word(conviction["proof"]));
    }
    fmt::print("\n");
    for (const auto& gateway : status["gateways"])
        fmt::print("gateway of {}: {} at {}\n", word(gateway["app"]), word(gateway["protocol"]),
                   word(gateway["address"]));
}

int status(const std::string& dir, bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    const auto view = status_json(*cluster, (*client)->snapshots(kAnswerPatience));
    if (as_json)
        fmt::print("{}\n", view.dump());
    else
        print_table(view);
    return kDone;
}

} // namespace

void add_status(CLI::App& parent, Chosen& chosen) {
    auto dir = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    auto* command =
        parent.add_subcommand("status", "what f+1 agreement replicas confirm; else unknown");
    command->add_option("--dir", *dir, "folder of the data center")->required();
    command->add_flag("--json", *json, "one JSON document");
    command->callback([=, &chosen] { chosen.run = [=] { return status(*dir, *json); }; });
}

} // namespace zz::services::ctl
