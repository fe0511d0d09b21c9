// SPDX-License-Identifier: Apache-2.0
// Spares: the same fault over paused, hibernated and cold spares (ZZ-7.7), one lane of load; as
// processes, and as guests of libvirt.
#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "tests/bench/drill_rounds.h"

namespace zz::bench {
namespace {

struct Kind {
    const char* name;
    unsigned rounds, guest_rounds; // how fast a paused guest serves is what one wants to know
};
constexpr std::array kKinds{Kind{"paused", 12, 10}, Kind{"hibernated", 12, 5}, Kind{"cold", 12, 5}};
constexpr unsigned kQuickRounds = 3;
constexpr auto kRoundPatience = seconds(120);
constexpr auto kGuestRoundPatience = seconds(240);
// What is shown before the first accepted reply.
constexpr std::array kShown{"resume_asked", "resumed",     "log_received", "replayed",
                            "first_report", "first_match", "complete"};
// From the wake-up that was asked for to the reply that a client accepted.
constexpr const char* kServedAfter = "resume_to_accepted";

Json spread(std::vector<double> values) {
    return {{"min", *std::min_element(values.begin(), values.end())},
            {"p50", percentile(values, 50)},
            {"p99", percentile(values, 99)},
            {"rounds", values.size()}};
}

Result<Json> measure(const Plan& plan, const Words& hypervisor, unsigned Kind::*wanted,
                     seconds patience) {
    Json out = Json::object();
    print_line(fmt::format("{:<12} {:<22} {:>9} {:>9} {:>9} {:>7}", "spare",
                           "phase, ms since fault", "min", "p50", "p99", "rounds"));
    for (const Kind& one : kKinds) {
        const char* kind = one.name;
        const unsigned rounds = plan.quick ? kQuickRounds : one.*wanted;
        Words words{"--hosts", "4", "--apps", "1", "--f", "1", "--drills", "--spare", kind};
        words.insert(words.end(), hypervisor.begin(), hypervisor.end());
        auto site = Site::make(plan.bin, fmt::format("spares-{}", kind), words);
        if (!site)
            return site.error();
        std::map<std::string, std::vector<double>> seen;
        for (unsigned round = 0; round < rounds; ++round) {
            note(fmt::format("spares: {}, round {} of {}", kind, round + 1, rounds));
            const auto phases = play_round(**site, "A", Fault::WrongReply, patience);
            if (!phases)
                return Error{fmt::format("{}: {}", kind, phases.error().text)};
            for (const auto& [phase, ms] : *phases)
                seen[phase].push_back(ms);
            // The client's clock begins with the request, so before the first deviation.
            if (const auto asked = phases->find("resume_asked"); asked != phases->end())
                seen[kServedAfter].push_back(phases->at(kFirstAccepted) - asked->second);
        }
        if (const Status closed = (*site)->close(); !closed)
            return closed.error();
        std::vector<std::string> shown(kShown.begin(), kShown.end());
        shown.emplace_back(kFirstAccepted);
        shown.emplace_back(kServedAfter);
        for (const std::string& phase : shown) {
            if (seen[phase].empty())
                continue;
            const Json s = spread(seen[phase]);
            out[kind][phase] = s;
            print_line(fmt::format("{:<12} {:<22} {:>9.1f} {:>9.1f} {:>9.1f} {:>7}", kind, phase,
                                   s["min"].get<double>(), s["p50"].get<double>(),
                                   s["p99"].get<double>(), s["rounds"].get<std::size_t>()));
        }
    }
    return out;
}

} // namespace

Result<Json> run_spares(const Plan& plan) {
    return measure(plan, {}, &Kind::rounds, kRoundPatience);
}

Result<Json> run_guests(const Plan& plan) {
    if (!std::filesystem::exists(demo::build_folder() + "/guest/guest.sha256")) {
        print_line("not measured: there is no guest image, see ./zz guest build");
        return Json{{"measured", false}};
    }
    return measure(plan, {"--hypervisor", "libvirt"}, &Kind::guest_rounds, kGuestRoundPatience);
}

} // namespace zz::bench
