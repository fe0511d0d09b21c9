// SPDX-License-Identifier: Apache-2.0
// Ordering and execution together: closed loops of 100-byte writes on one application. CPU is that
// of all processes of the data center, the client not among them. Repeats go round all lane counts,
// so that a busy minute of the machine does not fall on one of them alone.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "tests/bench/benchmark.h"

namespace zz::bench {
namespace {

constexpr std::array<unsigned, 4> kLanes{1, 50, 200, 1000};
constexpr unsigned kWarmUpSeconds = 2;
constexpr unsigned kRepeats = 3;
constexpr std::array<const char*, 4> kFigures{"throughput", "p50_us", "p99_us",
                                              "cpu_us_per_request"};

Words load_words(unsigned lanes, unsigned seconds_of_load) {
    return {"load",
            "--app",
            "A",
            "--clients",
            std::to_string(lanes),
            "--seconds",
            std::to_string(seconds_of_load),
            "--size",
            "100",
            "--read-ratio",
            "0"};
}

Result<Json> measure(const Site& site, unsigned lanes, unsigned length) {
    const auto warm = site.ctl().ask(load_words(lanes, kWarmUpSeconds), seconds(60));
    if (!warm)
        return warm.error();
    auto result = site.ctl().ask(load_words(lanes, length), seconds(length + 60));
    if (!result)
        return result.error();
    if (demo::number(*result, "wrong").value_or(1) != 0)
        return Error{fmt::format("{} lanes: wrong replies", lanes)};
    result->erase("series");
    return result;
}

double figure(const Json& run, const char* key) {
    return run.contains(key) && run[key].is_number() ? run[key].get<double>() : 0;
}

// The median of each figure, and between what throughput lay.
Json summary(unsigned lanes, const std::vector<Json>& runs) {
    Json out{{"lanes", lanes}, {"runs", runs}};
    for (const char* key : kFigures) {
        std::vector<double> values;
        for (const auto& run : runs)
            values.push_back(figure(run, key));
        out[key] = percentile(values, 50);
        if (std::string(key) == "throughput")
            out["throughput_range"] = {*std::min_element(values.begin(), values.end()),
                                       *std::max_element(values.begin(), values.end())};
    }
    return out;
}

} // namespace

Result<Json> run_agreement(const Plan& plan) {
    auto site = Site::make(plan.bin, "agreement",
                           {"--hosts", "4", "--apps", "1", "--f", "1", "--durability", "async"});
    if (!site)
        return site.error();
    if (const auto ready = (*site)->rest("A", seconds(60)); !ready)
        return ready.error();
    std::map<unsigned, std::vector<Json>> runs;
    const unsigned length = plan.quick ? 5 : 20;
    for (unsigned repeat = 0; repeat < (plan.quick ? 1 : kRepeats); ++repeat)
        for (const unsigned lanes : kLanes) {
            note(fmt::format("agreement: {} lanes, {} s, round {}", lanes, length, repeat + 1));
            auto run = measure(**site, lanes, length);
            if (!run)
                return run.error();
            runs[lanes].push_back(std::move(run).value());
        }
    if (const Status closed = (*site)->close(); !closed)
        return closed.error();
    Json rows = Json::array();
    print_line(fmt::format("{:>6} {:>12} {:>19} {:>10} {:>10} {:>16}", "lanes", "requests/s",
                           "lowest to highest", "p50 us", "p99 us", "CPU us/request"));
    for (const auto& [lanes, results] : runs) {
        const Json row = summary(lanes, results);
        print_line(fmt::format("{:>6} {:>12.0f} {:>8.0f} - {:>8.0f} {:>10.0f} {:>10.0f} {:>16.0f}",
                               lanes, figure(row, "throughput"),
                               row["throughput_range"][0].get<double>(),
                               row["throughput_range"][1].get<double>(), figure(row, "p50_us"),
                               figure(row, "p99_us"), figure(row, "cpu_us_per_request")));
        rows.push_back(row);
    }
    return Json{{"seconds", length}, {"rows", rows}};
}

} // namespace zz::bench
