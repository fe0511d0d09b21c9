// SPDX-License-Identifier: Apache-2.0
// Does recovery grow with the state (ZZ-7.4 says no)? The same fault and the same few keys written
// meanwhile, once over a little state and once over a lot.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tests/bench/drill_rounds.h"

namespace zz::bench {
namespace {

struct Size {
    const char* name;
    std::uint64_t bytes;
};
constexpr std::array<Size, 2> kSizes{Size{"10 MB", 10'000'000}, Size{"1 GB", 1'000'000'000}};
constexpr std::array<Size, 2> kQuickSizes{Size{"1 MB", 1'000'000}, Size{"50 MB", 50'000'000}};
constexpr unsigned kRounds = 3;
constexpr auto kCheckpointPatience = seconds(300);
constexpr auto kFillPatience = seconds(3600);
constexpr auto kRoundPatience = seconds(900); // the rest of the state comes in the background

// The filling itself must not be what is replayed: a checkpoint after it has to be stable.
Status wait_for_checkpoint(const Site& site, std::uint64_t n) {
    const auto end = demo::Clock::now() + kCheckpointPatience;
    while (demo::Clock::now() < end) {
        const auto app = site.rest("A", kCheckpointPatience);
        if (!app)
            return app.error();
        if (app->stable_checkpoint.value_or(0) >= n)
            return Ok{};
        if (!site.ctl().rest(std::chrono::milliseconds(500)))
            return Error{"interrupted"};
    }
    return Error{fmt::format("no checkpoint at or above {} is stable after {} s", n,
                             kCheckpointPatience.count())};
}

// Milliseconds to the first accepted reply, a round each.
Result<std::vector<double>> measure(const Plan& plan, const Size& size, unsigned rounds) {
    auto site = Site::make(plan.bin, fmt::format("state-{}", size.bytes),
                           {"--hosts", "4", "--apps", "1", "--f", "1", "--drills"});
    if (!site)
        return site.error();
    note(fmt::format("state: filling {}", size.name));
    const auto filled = (*site)->ctl().ask(
        {"fill", "--app", "A", "--bytes", std::to_string(size.bytes), "--value-size", "16384"},
        kFillPatience);
    if (!filled)
        return filled.error();
    const auto full = (*site)->rest("A", seconds(60));
    if (!full)
        return full.error();
    {
        auto load = Background::begin(**site, one_lane());
        if (!load)
            return load.error();
        if (const Status stable = wait_for_checkpoint(**site, full->last_executed.value_or(1));
            !stable)
            return stable.error();
        if (const auto ended = (*load)->end(); !ended)
            return ended.error();
    }
    std::vector<double> out;
    for (unsigned round = 0; round < rounds; ++round) {
        note(fmt::format("state: {}, round {} of {}", size.name, round + 1, rounds));
        const auto phases = play_round(**site, "A", Fault::WrongReply, kRoundPatience);
        if (!phases)
            return phases.error();
        out.push_back(phases->at(kFirstAccepted));
    }
    if (const Status closed = (*site)->close(); !closed)
        return closed.error();
    return out;
}

} // namespace

Result<Json> run_state(const Plan& plan) {
    const auto& sizes = plan.quick ? kQuickSizes : kSizes;
    const unsigned rounds = plan.quick ? 1 : kRounds;
    std::vector<double> medians;
    Json rows = Json::array();
    for (const auto& size : sizes) {
        const auto values = measure(plan, size, rounds);
        if (!values)
            return values.error();
        medians.push_back(percentile(*values, 50));
        rows.push_back({{"bytes", size.bytes}, {"first_accepted_ms", *values}});
    }
    print_line(fmt::format("{:>8} {:>24} {:>8}", "state", "first accepted reply, ms", "rounds"));
    for (std::size_t i = 0; i < sizes.size(); ++i)
        print_line(fmt::format("{:>8} {:>24.1f} {:>8}", sizes[i].name, medians[i], rounds));
    const double ratio = medians[0] > 0 ? medians[1] / medians[0] : 0;
    print_line(fmt::format("ratio {:.2f}: {} to {}", ratio, sizes[1].name, sizes[0].name));
    return Json{{"rows", rows}, {"ratio", ratio}};
}

} // namespace zz::bench
