// SPDX-License-Identifier: Apache-2.0
// zzctl cost: executing replicas of each way to bear f faults, and what is placed.
#include <fmt/format.h>
#include <memory>

#include "backend/services/ctl.h"
#include "backend/services/operator_client.h"
#include "backend/services/placement_view.h"
#include "backend/services/status_view.h"

namespace zz::services::ctl {
namespace {

using nlohmann::json;

std::string row(const std::string& name, const json& cost) {
    const auto number = [](const json& value) { return value.get<std::uint64_t>(); };
    const auto& placed = cost["placed"];
    const std::string unknown =
        number(placed["unknown"]) == 0 ? "" : fmt::format(" {} unknown", number(placed["unknown"]));
    return fmt::format("{:<12} {:>8} {:>10} {:>10} {:>6} awake {:>3} asleep {:>6} awake {:>3} "
                       "asleep{}\n",
                       name, number(cost["crash"]), number(cost["bft"]), number(cost["separated"]),
                       number(cost["zz"]["awake"]), number(cost["zz"]["asleep"]),
                       number(placed["awake"]), number(placed["asleep"]), unknown);
}

int cost(const std::string& file, const std::string& dir, bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(file.empty() ? layout.cluster_file() : file);
    if (!cluster)
        return bad_usage(cluster.error().text);
    json status;
    if (file.empty())
        if (auto client = OperatorClient::make(layout, *cluster)) {
            const auto snapshots = (*client)->snapshots(kAnswerPatience);
            if (!snapshots.empty())
                status = status_json(*cluster, snapshots);
        }
    json out = cost_json(*cluster, status);
    out["placed_as_of"] = status.is_object() ? "now" : "cluster file";
    if (as_json) {
        fmt::print("{}\n", out.dump());
        return kDone;
    }
    fmt::print("executing replicas of N applications that bear f faults each\n{:<12} {:>8} {:>10} "
               "{:>10} {:>23} {:>23}\n",
               "", "crash", "BFT", "separated", "ZZ",
               status.is_object() ? "placed now" : "placed at the start");
    for (const auto& app : out["applications"])
        fmt::print("{}", row(app["name"].get<std::string>(), app));
    fmt::print("{}{:<12} {:>8} {:>10} {:>10} {:>23}\n", row("data center", out["data_center"]), "",
               "N(f+1)", "N(3f+1)", "N(2f+1)", "N(f+1) and Nf");
    return kDone;
}

} // namespace

void add_cost(CLI::App& parent, Chosen& chosen) {
    auto file = std::make_shared<std::string>();
    auto dir = std::make_shared<std::string>();
    auto as_json = std::make_shared<bool>(false);
    auto* command =
        parent.add_subcommand("cost", "replicas that execute: crash, Byzantine, separated, ZZ");
    auto* one = command->add_option("FILE", *file, "cluster file");
    command->add_option("--dir", *dir, "folder of the data center: what is placed now")
        ->excludes(one);
    command->add_flag("--json", *as_json, "one JSON document");
    command->callback([=, &chosen] {
        chosen.run = [=] {
            return file->empty() == dir->empty() ? bad_usage("cost: say FILE or --dir DIR")
                                                 : cost(*file, *dir, *as_json);
        };
    });
}

} // namespace zz::services::ctl
