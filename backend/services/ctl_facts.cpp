// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>

#include "backend/services/ctl.h"
#include "backend/services/operator_client.h"

namespace zz::services::ctl {
namespace {

int facts(const std::string& dir) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    const auto snapshots = (*client)->snapshots(seconds(3));
    for (const auto& [host, snapshot] : snapshots)
        fmt::print("# host {}\n{}\n", cluster->host(host)->name, snapshot.DebugString());
    return snapshots.empty() ? failed("no host answers: is the data center up?") : kDone;
}

} // namespace

void add_facts(CLI::App& parent, Chosen& chosen) {
    auto dir = std::make_shared<std::string>();
    auto* command =
        parent.add_subcommand("facts", "what each process last said of itself, unconfirmed");
    command->add_option("--dir", *dir, "folder of the data center")->required();
    command->callback([=, &chosen] { chosen.run = [=] { return facts(*dir); }; });
}

} // namespace zz::services::ctl
