// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>

#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/guests.h"
#include "backend/services/placement_view.h"
#include "protocol/cluster/cluster.h"

namespace zz::services::ctl {
namespace {

int check(const std::string& file) {
    const auto text = runtime::read_file(file, cluster::kFileBytesMax);
    if (!text)
        return bad_usage(text.error().text);
    const cluster::Checked checked = cluster::check(text.value());
    if (!checked.violations.empty()) {
        fmt::print(stderr, "{}", cluster::to_text(checked.violations, file));
        return kBadUsage;
    }
    fmt::print("{}: valid, cluster {}, {} hosts, {} applications\n", file,
               to_hex(checked.cluster.id.view()), checked.cluster.hosts.size(),
               checked.cluster.applications.size());
    fmt::print("{}{}", placement_text(checked.cluster), hypervisor_text(checked.cluster));
    return kDone;
}

} // namespace

void add_cluster_check(CLI::App& parent, Chosen& chosen) {
    auto file = std::make_shared<std::string>();
    auto* command = parent.add_subcommand("check", "reports every violation with its line");
    command->add_option("FILE", *file, "cluster file")->required();
    command->callback([file, &chosen] { chosen.run = [file] { return check(*file); }; });
}

} // namespace zz::services::ctl
