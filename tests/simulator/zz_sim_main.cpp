// SPDX-License-Identifier: Apache-2.0
// zz-sim: runs seeds of the simulator; a failing seed prints the command that replays it.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "protocol/cluster/names.h"
#include "protocol/message/fields.h"
#include "tests/simulator/scenario.h"

namespace {

using zz::simulator::Outcome;

void print(const Outcome& o, std::uint32_t f, const std::string& mode, bool json) {
    if (json) {
        const nlohmann::json line = {{"seed", o.seed},
                                     {"f", f},
                                     {"mode", mode},
                                     {"violations", o.violations},
                                     {"trace_hash", fmt::format("{:016x}", o.trace_hash)},
                                     {"events", o.events},
                                     {"replies", o.replies},
                                     {"faults", o.faults},
                                     {"convictions", o.convictions},
                                     {"wakeups", o.wakeups},
                                     {"view_changes", o.view_changes},
                                     {"batches", o.batches}};
        fmt::print("{}\n", line.dump());
    } else if (!o.violations.empty()) {
        fmt::print("seed {} f {} FAILED:\n", o.seed, f);
        for (const std::string& violation : o.violations)
            fmt::print("  {}\n", violation);
        fmt::print("  replay: ./zz sim --first {} --seeds 1 --f {}{} --trace\n", o.seed, f,
                   mode == "zz" ? "" : " --mode " + mode);
    }
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "ZZ simulator: production cores under a seeded network, crashes and Byzantine replicas.",
        "zz sim");
    std::uint64_t seeds = 100, first = 1;
    std::uint32_t f = 1;
    std::string mode = "zz";
    bool trace = false, json = false, crashes_only = false;
    app.add_option("--seeds", seeds, "How many seeds to run")
        ->capture_default_str()
        ->check(CLI::Range(1, 100000000));
    app.add_option("--first", first, "The first seed")->capture_default_str();
    app.add_option("--f", f, "Faults tolerated in each cluster")
        ->capture_default_str()
        ->check(CLI::Range(1, 7));
    app.add_option("--mode", mode, "zz, sep, base or unreplicated")
        ->capture_default_str()
        ->check(CLI::IsMember({"zz", "sep", "base", "unreplicated"}));
    app.add_flag("--trace", trace, "Tell each message and event of the run as a story");
    app.add_flag("--json", json, "One JSON document a seed");
    app.add_flag("--crashes-only", crashes_only, "No Byzantine replicas");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    zz::cluster::Mode chosen = zz::cluster::Mode::Zz;
    zz::cluster::from_word(mode, chosen);
    if (zz::cluster::counts(chosen, f).execution > zz::message::kMaxSlots) {
        fmt::print(stderr, "zz sim: f = {} in mode {} needs more than {} execution replicas\n", f,
                   mode, zz::message::kMaxSlots);
        return 2;
    }
    std::uint64_t failed = 0, events = 0, replies = 0, faults = 0, convictions = 0, wakeups = 0,
                  views = 0;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        zz::simulator::Request request;
        request.seed = seed;
        request.f = f;
        request.mode = chosen;
        request.byzantine = !crashes_only;
        if (trace)
            request.story = [](zz::Instant now, const std::string& line) {
                fmt::print("{:11.6f} {}\n", static_cast<double>(now.ns) / 1e9, line);
            };
        const Outcome o = zz::simulator::run(request);
        print(o, f, mode, json);
        failed += !o.violations.empty();
        events += o.events;
        replies += o.replies;
        faults += o.faults;
        convictions += o.convictions;
        wakeups += o.wakeups;
        views += o.view_changes;
        if (seeds == 1 && !json)
            fmt::print("seed {} f {}: trace hash {:016x}\n", seed, f, o.trace_hash);
    }
    if (!json)
        fmt::print(
            "{} seeds, f = {}, mode {}: {} failed; {} events, {} replies checked, {} faults, {} "
            "wake-ups, {} convictions, "
            "{} views entered\n",
            seeds, f, mode, failed, events, replies, faults, wakeups, convictions, views);
    return failed == 0 ? 0 : 1;
}
