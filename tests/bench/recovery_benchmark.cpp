// SPDX-License-Identifier: Apache-2.0
// Recovery: the same blocking faults again and again with one lane of load, each from rest to rest.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tests/bench/drill_rounds.h"

namespace zz::bench {
namespace {

constexpr std::array<Fault, 3> kFaults{Fault::WrongReply, Fault::SignedMatrix, Fault::Silent};
constexpr unsigned kRounds = 20;
constexpr unsigned kQuickRounds = 2;
constexpr auto kRoundPatience = seconds(240);

Json spread(const std::vector<double>& values) {
    return {{"min", *std::min_element(values.begin(), values.end())},
            {"p50", percentile(values, 50)},
            {"p99", percentile(values, 99)},
            {"rounds", values.size()}};
}

void print_row(const char* fault, const std::string& phase, const Json& s) {
    print_line(fmt::format("{:<12} {:<22} {:>9.1f} {:>9.1f} {:>9.1f} {:>7}", fault, phase,
                           s["min"].get<double>(), s["p50"].get<double>(), s["p99"].get<double>(),
                           s["rounds"].get<std::size_t>()));
}

} // namespace

Result<Json> run_recovery(const Plan& plan) {
    std::map<Fault, std::map<std::string, std::vector<double>>> seen;
    const unsigned rounds = plan.quick ? kQuickRounds : kRounds;
    for (const Fault fault : kFaults) {
        std::unique_ptr<Site> site;
        for (unsigned round = 0; round < rounds; ++round) {
            note(fmt::format("recovery: {}, round {} of {}", to_string(fault), round + 1, rounds));
            // A wake-up without a conviction doubles the deadlines for a minute (ZZ-6.1): each
            // silence is measured on a data center that knows of none.
            if (!site || fault == Fault::Silent) {
                site.reset();
                auto made =
                    Site::make(plan.bin, fmt::format("recovery-{}-{}", to_string(fault), round),
                               {"--hosts", "4", "--apps", "1", "--f", "1", "--drills"});
                if (!made)
                    return made.error();
                site = std::move(made).value();
            }
            const auto phases = play_round(*site, "A", fault, kRoundPatience);
            if (!phases)
                return phases.error();
            for (const auto& [phase, ms] : *phases)
                seen[fault][phase].push_back(ms);
        }
        if (const Status closed = site->close(); !closed)
            return closed.error();
    }
    print_line(fmt::format("{:<12} {:<22} {:>9} {:>9} {:>9} {:>7}", "fault",
                           "phase, ms since fault", "min", "p50", "p99", "rounds"));
    Json out = Json::object();
    for (const auto& [fault, phases] : seen) {
        std::vector<std::pair<double, std::string>> by_time;
        for (const auto& [phase, values] : phases) {
            out[to_string(fault)][phase] = spread(values);
            by_time.emplace_back(percentile(values, 50), phase);
        }
        std::sort(by_time.begin(), by_time.end());
        for (const auto& [ms, phase] : by_time)
            print_row(to_string(fault), phase, out[to_string(fault)][phase]);
    }
    return out;
}

} // namespace zz::bench
