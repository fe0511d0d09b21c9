// SPDX-License-Identifier: Apache-2.0
// Soak: whether memory stays flat. A data center under steady load; resident memory of every
// service as it tells it, and its slope once caches are warm: the median of the slopes between all
// pairs of samples, which a single step or a saw-tooth does not move. Misses what is wanted if any
// service grows faster than the bound.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "tests/bench/benchmark.h"

namespace zz::bench {
namespace {

struct Lengths {
    unsigned seconds, warm_up, every;
    double slope_max; // MiB a minute; a short run sees caches fill
};
constexpr Lengths kLong{600, 150, 3, 1.0};
constexpr Lengths kQuick{75, 30, 1, 12.0};
constexpr double kMiB = 1024.0 * 1024.0;
constexpr std::size_t kSamplesMin = 10;
constexpr auto kAskPatience = seconds(20);
constexpr auto kRestPatience = seconds(60);

struct Sample {
    double at_s, mib;
};
struct Service {
    std::string name;
    std::vector<Sample> samples;
};
using Services = std::map<std::string, Service>; // by name and process id

double slope_per_minute(const std::vector<Sample>& samples) {
    std::vector<double> slopes;
    for (std::size_t i = 0; i < samples.size(); ++i)
        for (std::size_t j = i + 1; j < samples.size(); ++j)
            if (samples[j].at_s > samples[i].at_s)
                slopes.push_back((samples[j].mib - samples[i].mib) /
                                 (samples[j].at_s - samples[i].at_s) * 60);
    return percentile(std::move(slopes), 50);
}

// What each service says now; those that sleep say nothing new and are left out.
Status take_samples(const Site& site, double at_s, Services& services) {
    const auto facts = site.ctl().ask({"facts", "--json"}, kAskPatience);
    if (!facts)
        return facts.error();
    for (const auto& process : demo::list(*facts, "processes")) {
        const auto pid = demo::number(process, "pid").value_or(0);
        const auto rss = demo::number(process, "rss_bytes").value_or(0);
        if (pid == 0 || rss == 0 || demo::number(process, "told_ms_ago").value_or(60'000) > 4'000)
            continue;
        const std::string app = demo::text(process, "app");
        const std::string id = demo::text(process, "id");
        // A load client tells every host the same, and is no service.
        if (id == "load")
            continue;
        const std::string name = app.empty()
                                     ? fmt::format("{} of {}", id, demo::text(process, "host"))
                                     : fmt::format("{}.{}", app, id);
        auto& service = services[fmt::format("{} {}", name, pid)];
        service.name = name;
        service.samples.push_back({at_s, static_cast<double>(rss) / kMiB});
    }
    return Ok{};
}

Words load_words(const char* application, unsigned length) {
    return {"--app",        application, "--clients", "16", "--seconds", std::to_string(length),
            "--read-ratio", "0.5"};
}

// A row for each service that was there long enough; "met" if none grows.
Json judge(const Services& services, double slope_max) {
    Json rows = Json::array();
    bool met = true;
    print_line(fmt::format("{:<22} {:>10} {:>10} {:>10} {:>14}", "service", "first MiB", "last MiB",
                           "most MiB", "MiB a minute"));
    for (const auto& [key, service] : services) {
        const auto& s = service.samples;
        if (s.size() < kSamplesMin)
            continue;
        const double most =
            std::ranges::max_element(s, {}, [](const Sample& one) { return one.mib; })->mib;
        const double slope = slope_per_minute(s);
        met = met && slope <= slope_max;
        print_line(fmt::format("{:<22} {:>10.1f} {:>10.1f} {:>10.1f} {:>14.3f}{}", service.name,
                               s.front().mib, s.back().mib, most, slope,
                               slope > slope_max ? "  grows" : ""));
        rows.push_back({{"service", service.name},
                        {"first_mib", s.front().mib},
                        {"last_mib", s.back().mib},
                        {"most_mib", most},
                        {"mib_per_minute", slope},
                        {"samples", s.size()}});
    }
    const bool any = !rows.empty();
    return {{"met", met && any}, {"services", std::move(rows)}};
}

} // namespace

Result<Json> run_soak(const Plan& plan) {
    const Lengths& lengths = plan.quick ? kQuick : kLong;
    auto made = Site::make(plan.bin, "soak",
                           {"--hosts", "4", "--app", "A=kv", "--app", "W=web", "--f", "1"});
    if (!made)
        return made.error();
    Site& site = **made;
    for (const char* app : {"A", "W"})
        if (const auto ready = site.rest(app, kRestPatience); !ready)
            return ready.error();
    std::vector<std::unique_ptr<Background>> loads;
    for (const char* app : {"A", "W"}) {
        auto load = Background::begin(site, load_words(app, lengths.seconds + 60));
        if (!load)
            return load.error();
        loads.push_back(std::move(load).value());
    }
    note(fmt::format("soak: {} s, the first {} s to warm up", lengths.seconds, lengths.warm_up));
    const auto begun = demo::Clock::now();
    Services services;
    for (double at = 0; at < lengths.seconds;
         at = std::chrono::duration<double>(demo::Clock::now() - begun).count()) {
        if (at >= lengths.warm_up)
            if (const Status taken = take_samples(site, at, services); !taken)
                return taken.error();
        for (auto& load : loads)
            load->wait(seconds(0)); // reads what it prints
        if (!site.ctl().rest(seconds(lengths.every)))
            return Error{"interrupted"};
    }
    double rate = 0;
    for (auto& load : loads) {
        const auto result = load->end();
        if (!result)
            return result.error();
        rate += result->value("throughput", 0.0);
    }
    if (const Status closed = site.close(); !closed)
        return closed.error();
    Json out = judge(services, lengths.slope_max);
    print_line(fmt::format("{:.0f} requests/s; wanted: no service grows by more than {} MiB a "
                           "minute",
                           rate, lengths.slope_max));
    out["requests_per_second"] = rate;
    out["slope_max"] = lengths.slope_max;
    return out;
}

} // namespace zz::bench
