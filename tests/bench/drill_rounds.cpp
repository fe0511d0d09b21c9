// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/drill_rounds.h"

#include <fstream>

#include <fmt/format.h>

#include "backend/demo/drill.h"

namespace zz::bench {
namespace {

constexpr auto kRestPatience = seconds(180); // guests boot
constexpr auto kReportPatience = seconds(20);
constexpr auto kFlowing = std::chrono::milliseconds(1500); // until requests flow

// The talk's blocking matrix over those that are active now; the first one signs its lie.
Result<Words> matrix_words(const Site& site, const std::vector<std::string>& actives) {
    if (actives.size() != 2)
        return Error{"the matrix is drawn for f = 1"};
    const std::string file = site.ctl().dir() + "/blocking.csv";
    std::ofstream out(file, std::ios::trunc);
    out << fmt::format(",A1,A2,A3,A4\n{},P,Q,Q,Q\n{},P,P,P,Q\n", actives[0], actives[1]);
    out.close();
    if (!out)
        return Error{"cannot write " + file};
    return Words{"matrix", "--file", file, "--truth", "P", "--sign", actives[0] + "=Q"};
}

} // namespace

const char* to_string(Fault fault) {
    switch (fault) {
    case Fault::WrongReply:
        return "wrong-reply";
    case Fault::SignedMatrix:
        return "matrix";
    case Fault::Silent:
        return "silent";
    }
    return "unknown";
}

Words one_lane() {
    return {"--app",  "A",   "--clients",    "1", "--seconds", "86400",
            "--size", "100", "--read-ratio", "0"};
}

Result<Phases> play_round(const Site& site, const std::string& application, Fault fault,
                          seconds patience) {
    const auto before = site.rest(application, kRestPatience);
    if (!before)
        return before.error();
    const auto actives = before->in_state("active");
    Words words{to_string(fault), "--target", actives.front()};
    if (fault == Fault::SignedMatrix) {
        auto drawn = matrix_words(site, actives);
        if (!drawn)
            return drawn.error();
        words = std::move(drawn).value();
    }
    words.insert(words.end(), {"--app", application});
    auto load = Background::begin(site, one_lane());
    if (!load)
        return load.error();
    if (!site.ctl().rest(kFlowing))
        return Error{"interrupted"};
    const auto run = demo::play_drill(site.ctl(), words, patience);
    if (!run.complaint.empty())
        return Error{fmt::format("{}: {}", to_string(fault), run.complaint)};
    const auto report = site.ctl().ask({"drill", "report", run.id}, kReportPatience);
    if (!report)
        return report.error();
    const auto after = site.rest(application, patience);
    if (!after)
        return after.error();
    if (after->wakeups.value_or(0) != before->wakeups.value_or(0) + 1)
        return Error{fmt::format("{}: {} wake-ups instead of one", to_string(fault),
                                 after->wakeups.value_or(0) - before->wakeups.value_or(0))};
    const auto lane = (*load)->end();
    if (!lane)
        return lane.error();
    Phases phases;
    for (const auto& [name, value] : demo::child(*report, "phases_ms").items())
        if (value.is_number())
            phases[name] = value.get<double>();
    if (phases.empty())
        return Error{fmt::format("{}: the report has no phases", to_string(fault))};
    phases[kFirstAccepted] = static_cast<double>(demo::number(*lane, "max_us").value_or(0)) / 1e3;
    return phases;
}

} // namespace zz::bench
