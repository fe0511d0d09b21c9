// SPDX-License-Identifier: Apache-2.0
// What masking faults costs (ZZ-9.1): the same execution-bound load on one application of each
// comparison mode, all in one data center, one after the other, round after round, so that a busy
// minute of the machine falls on all of them. A measurement counts only if nobody was woken or
// skipped work by fetching state, and every active replica executed what the client was answered
// for: near the end of the load and after it, none is further behind the head than a checkpoint,
// nor than a part of what was executed.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "tests/bench/benchmark.h"

namespace zz::bench {
namespace {

constexpr std::array<const char*, 4> kModes{"zz", "sep", "base", "unreplicated"};
constexpr unsigned kLanes = 32;
constexpr unsigned kCostUs = 5000;
constexpr unsigned kRepeats = 2; // of a measurement that does not count
constexpr unsigned kRounds = 5, kQuickRounds = 3;
constexpr unsigned kSeconds = 21, kQuickSeconds = 10; // the first one warms up
constexpr double kLagPart = 0.05;                     // of the batches of a measurement
constexpr double kInFlight = 2; // batches: one that executes, one that is on its way

// zz must do so many times the work of another mode.
struct Target {
    const char* mode;
    double ratio;
};
constexpr std::array<Target, 2> kTargets{Target{"sep", 1.35}, Target{"base", 1.7}};

struct Standing {
    std::uint64_t head = 0, lowest = 0, fetched = 0, wakeups = 0, checkpoint = 0;
    std::uint64_t lag() const { return head - std::min(head, lowest); }
};

Result<Standing> standing_of(const Site& site, const std::string& application) {
    const auto status = site.ctl().ask({"status"}, seconds(20));
    if (!status)
        return status.error();
    for (const Json& app : demo::list(*status, "applications")) {
        if (demo::text(app, "name") != application)
            continue;
        Standing out;
        out.head = demo::number(app, "last_executed").value_or(0);
        out.lowest = UINT64_MAX;
        out.checkpoint = demo::number(app, "checkpoint_interval").value_or(0);
        out.wakeups = demo::number(demo::child(app, "counters"), "wakeups").value_or(0);
        for (const Json& replica : demo::list(app, "execution")) {
            const std::string state = demo::text(replica, "state");
            if (state == "sleeping")
                continue;
            const auto executed = demo::number(replica, "executed");
            if (state != "active" || !executed)
                return Error{fmt::format("{}: {} is {}, or does not say what it executed",
                                         application, demo::text(replica, "id"), state)};
            out.head = std::max(out.head, *executed);
            out.lowest = std::min(out.lowest, *executed);
            out.fetched += demo::number(replica, "nodes_fetched").value_or(0);
        }
        return out;
    }
    return Error{"the status has no application " + application};
}

Status check_lag(const std::string& mode, const Standing& before, const Standing& now) {
    const auto done = static_cast<double>(now.head - std::min(now.head, before.head));
    const auto allowed = std::min(static_cast<double>(now.checkpoint), done * kLagPart + kInFlight);
    if (static_cast<double>(now.lag()) > allowed)
        return Error{fmt::format("{}: does not count: a replica is {} batches behind the head, "
                                 "allowed are {:.0f}",
                                 mode, now.lag(), allowed)};
    if (now.fetched != before.fetched)
        return Error{fmt::format("{}: does not count: a replica fetched {} nodes of state", mode,
                                 now.fetched - before.fetched)};
    if (now.wakeups != before.wakeups)
        return Error{fmt::format("{}: does not count: spares were woken", mode)};
    return Ok{};
}

// All seconds but the first.
double steady(const Json& load) {
    const Json& series = demo::list(load, "series");
    double requests = 0;
    for (std::size_t i = 1; i < series.size(); ++i)
        requests += static_cast<double>(demo::number(series[i], "requests").value_or(0));
    return series.size() < 2 ? 0 : requests / static_cast<double>(series.size() - 1);
}

Result<Json> measure(const Site& site, const std::string& mode, unsigned length) {
    const auto before = standing_of(site, mode);
    if (!before)
        return before.error();
    auto load =
        Background::begin(site, {"--app", mode, "--clients", std::to_string(kLanes), "--seconds",
                                 std::to_string(length), "--cost-us", std::to_string(kCostUs),
                                 "--size", "100", "--read-ratio", "0"});
    if (!load)
        return load.error();
    if (!site.ctl().rest(std::chrono::milliseconds((length - 1) * 1000)))
        return Error{"interrupted"};
    const auto during = standing_of(site, mode);
    if (!during)
        return during.error();
    (*load)->wait(seconds(length + 30));
    const auto result = (*load)->end();
    const auto after = standing_of(site, mode);
    if (!result || !after)
        return result ? after.error() : result.error();
    if (const auto errors = demo::number(*result, "errors").value_or(1); errors != 0)
        return Error{fmt::format("{}: {} requests got no reply", mode, errors)};
    for (const Standing& seen : {*during, *after})
        if (const Status good = check_lag(mode, *before, seen); !good)
            return good.error();
    return Json{{"throughput", steady(*result)},
                {"p50_us", demo::number(*result, "p50_us").value_or(0)},
                {"p99_us", demo::number(*result, "p99_us").value_or(0)},
                {"cpu_us_per_request", (*result)["cpu_us_per_request"]},
                {"checked", demo::number(*result, "checked").value_or(0)},
                {"batches", after->head - before->head},
                {"lag_during", during->lag()},
                {"lag_after", after->lag()},
                {"checkpoint_interval", after->checkpoint}};
}

std::vector<double> figures(const std::vector<Json>& runs, const char* key) {
    std::vector<double> out;
    for (const Json& run : runs)
        out.push_back(run[key].get<double>());
    return out;
}

Json print_mode(const char* mode, const std::vector<Json>& runs) {
    const auto throughput = figures(runs, "throughput");
    const auto lag = std::max(std::ranges::max(figures(runs, "lag_during")),
                              std::ranges::max(figures(runs, "lag_after")));
    const double median = percentile(throughput, 50);
    print_line(fmt::format(
        "{:<13} {:>10.1f} {:>8.1f} - {:<8.1f} {:>8.0f} {:>8.0f} {:>15.0f} {:>10.0f} / {}", mode,
        median, std::ranges::min(throughput), std::ranges::max(throughput),
        percentile(figures(runs, "p50_us"), 50) / 1000,
        percentile(figures(runs, "p99_us"), 50) / 1000,
        percentile(figures(runs, "cpu_us_per_request"), 50), lag,
        runs.front()["checkpoint_interval"].dump()));
    return {{"mode", mode}, {"throughput", median}, {"runs", runs}};
}

// By rounds, so that both sides of a ratio were measured within the same minute.
Json print_ratio(const std::vector<Json>& zz, const std::vector<Json>& other,
                 const Target& target) {
    const auto mine = figures(zz, "throughput"), theirs = figures(other, "throughput");
    std::vector<double> ratios;
    for (std::size_t i = 0; i < mine.size(); ++i)
        ratios.push_back(theirs[i] > 0 ? mine[i] / theirs[i] : 0);
    const double median = percentile(ratios, 50);
    const bool met = median >= target.ratio;
    print_line(
        fmt::format("zz : {:<5} {:.2f}, {:.2f} to {:.2f} by rounds; at least {:.2f} wanted{}",
                    target.mode, median, std::ranges::min(ratios), std::ranges::max(ratios),
                    target.ratio, met ? "" : ": MISSED"));
    return {{"mode", target.mode},
            {"ratio", median},
            {"rounds", ratios},
            {"wanted", target.ratio},
            {"met", met}};
}

} // namespace

Result<Json> run_modes(const Plan& plan) {
    Words init{"--hosts", "4", "--f", "1"};
    for (const std::string mode : kModes) {
        init.insert(init.end(), {"--app", mode + "=compute"});
        init.insert(init.end(), {"--mode", mode + "=" + mode});
    }
    auto site = Site::make(plan.bin, "modes", init);
    if (!site)
        return site.error();
    for (const char* mode : kModes)
        if (const auto ready = (*site)->rest(mode, seconds(60)); !ready)
            return ready.error();
    std::map<std::string, std::vector<Json>> runs;
    const unsigned rounds = plan.quick ? kQuickRounds : kRounds;
    const unsigned length = plan.quick ? kQuickSeconds : kSeconds;
    for (unsigned round = 0; round < rounds; ++round)
        for (const char* mode : kModes) {
            note(fmt::format("modes: {}, {} s, round {} of {}", mode, length, round + 1, rounds));
            auto run = measure(**site, mode, length);
            for (unsigned again = 0; !run && again < kRepeats; ++again) {
                note(fmt::format("modes: {}; measured again", run.error().text));
                run = measure(**site, mode, length);
            }
            if (!run)
                return run.error();
            runs[mode].push_back(std::move(run).value());
        }
    if (const Status closed = (*site)->close(); !closed)
        return closed.error();
    print_line(fmt::format("{} lanes, {} us of work in each request, f = 1, {} rounds of {} s",
                           kLanes, kCostUs, rounds, length));
    print_line(fmt::format("{:<13} {:>10} {:>19} {:>8} {:>8} {:>15} {:>14}", "mode", "requests/s",
                           "lowest to highest", "p50 ms", "p99 ms", "CPU us/request",
                           "worst lag / C"));
    Json rows = Json::array(), ratios = Json::array();
    for (const char* mode : kModes)
        rows.push_back(print_mode(mode, runs[mode]));
    bool met = true;
    for (const Target& target : kTargets) {
        ratios.push_back(print_ratio(runs["zz"], runs[target.mode], target));
        met = met && ratios.back()["met"].get<bool>();
    }
    return Json{{"lanes", kLanes}, {"cost_us", kCostUs}, {"seconds", length},
                {"rows", rows},    {"ratios", ratios},   {"met", met}};
}

} // namespace zz::bench
