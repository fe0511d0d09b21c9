// SPDX-License-Identifier: Apache-2.0
// zzctl load.
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "backend/application/compute/compute.h"
#include "backend/services/ctl.h"
#include "backend/services/load_run.h"

namespace zz::services::ctl {
namespace {

nlohmann::json result_json(const LoadResult& r) {
    nlohmann::json series = nlohmann::json::array();
    for (std::size_t i = 0; i < r.series.size(); ++i)
        series.push_back({{"second", i + 1},
                          {"requests", r.series[i].requests},
                          {"p50_us", r.series[i].p50_us},
                          {"p99_us", r.series[i].p99_us}});
    return {{"throughput", r.throughput},
            {"p50_us", r.p50_us},
            {"p99_us", r.p99_us},
            {"max_us", r.max_us},
            {"errors", r.errors},
            {"checked", r.checked},
            {"wrong", r.wrong},
            {"requests", r.requests},
            {"cpu_us_per_request", r.cpu_us_per_request},
            {"series", std::move(series)}};
}

int load(const LoadOptions& options, bool as_json) {
    if (options.dirtied > options.touched)
        return bad_usage(fmt::format("--dirtied {}: no more than --touched {} keys can be written",
                                     options.dirtied, options.touched));
    const auto result = run_load(options);
    if (!result)
        return failed(result.error().text);
    if (as_json)
        fmt::print("{}\n", result_json(*result).dump());
    else
        fmt::print(
            "{:.0f} requests/s, p50 {} us, p99 {} us; {} replies checked, {} wrong, {} errors; "
            "{:.0f} us of CPU per request\n",
            result->throughput, result->p50_us, result->p99_us, result->checked, result->wrong,
            result->errors, result->cpu_us_per_request);
    if (result->wrong > 0)
        return failed("wrong replies, the first: " + result->first_wrong);
    if (result->errors > 0)
        return failed(fmt::format("{} requests got no reply: see zzctl status", result->errors));
    return kDone;
}

} // namespace

void add_load(CLI::App& parent, Chosen& chosen) {
    auto o = std::make_shared<LoadOptions>();
    auto json = std::make_shared<bool>(false);
    auto* command =
        parent.add_subcommand("load", "lanes of one client in a closed loop; checks every reply");
    command->add_option("--dir", o->dir, "folder of the data center")->required();
    command->add_option("--app", o->application, "application")->required();
    command->add_option("--clients", o->clients, "lanes, default 16")
        ->check(CLI::Range(1U, 65536U));
    command->add_option("--seconds", o->seconds, "default 10")->check(CLI::Range(1U, 86400U));
    command->add_option("--size", o->size, "bytes of a value, default 128")
        ->check(CLI::Range(1U, 500000U));
    command->add_option("--cost-us", o->cost_us, "work of each request")
        ->check(CLI::Range(0U, 100000U));
    command->add_option("--read-ratio", o->read_ratio, "part that reads, default 0.5")
        ->check(CLI::Range(0.0, 1.0));
    command->add_option("--touched", o->touched, "compute: keys that each request reads, default 1")
        ->check(CLI::Range(0U, std::uint32_t{application::compute::kKeysMax}));
    command
        ->add_option("--dirtied", o->dirtied,
                     "compute: how many of them a request that is no read writes, default 1")
        ->check(CLI::Range(0U, std::uint32_t{application::compute::kKeysMax}));
    command->add_flag("--json", *json, "one JSON document");
    command->callback([=, &chosen] { chosen.run = [=] { return load(*o, *json); }; });
}

} // namespace zz::services::ctl
