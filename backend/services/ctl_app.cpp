// SPDX-License-Identifier: Apache-2.0
#include "backend/services/ctl_app.h"

#include <cstdio>
#include <cstdlib>

#include "backend/runtime/log.h"
#include "backend/services/ctl.h"

namespace zz::services::ctl {

int failed(const std::string& text) {
    std::fprintf(stderr, "zzctl: %s\n", text.c_str());
    return kFailed;
}

int bad_usage(const std::string& text) {
    std::fprintf(stderr, "zzctl: %s\n", text.c_str());
    return kBadUsage;
}

void add_cluster(CLI::App& parent, Chosen& chosen) {
    auto* cluster =
        parent.add_subcommand("cluster", "makes, checks, starts and stops a data center");
    cluster->require_subcommand(1);
    add_cluster_init(*cluster, chosen);
    add_cluster_check(*cluster, chosen);
    add_cluster_up(*cluster, chosen);
    add_cluster_down(*cluster, chosen);
}

int run(int argc, char** argv) {
    runtime::start_log("zzctl");
    CLI::App app("Operates ZZ data centers.", "zzctl");
    app.require_subcommand(1);
    app.add_option_function<std::string>(
        "--operator", [](const std::string& name) { setenv("ZZ_OPERATOR", name.c_str(), 1); },
        "whose key signs commands; default: of the first operator whose key file is there");
    Chosen chosen;
    add_keygen(app, chosen);
    add_cluster(app, chosen);
    add_host(app, chosen);
    add_status(app, chosen);
    add_facts(app, chosen);
    add_events(app, chosen);
    add_load(app, chosen);
    add_fill(app, chosen);
    add_drill(app, chosen);
    add_evidence(app, chosen);
    add_audit(app, chosen);
    add_cost(app, chosen);
    add_recover(app, chosen);
    add_classify(app, chosen);
    add_session(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kBadUsage;
    }
    return chosen.run ? chosen.run() : kBadUsage;
}

} // namespace zz::services::ctl
