// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/script.h"

#include <algorithm>

#include <fmt/format.h>

namespace zz::demo {
namespace {

constexpr const char* kNonBlocking = ",A1,A2,A3,A4\nE1,Q,Q,Q,Q\nE2,P,Q,Q,Q\n";
constexpr const char* kBlocking = ",A1,A2,A3,A4\nE1,P,Q,Q,Q\nE2,P,P,P,Q\n";

std::string names(const std::vector<std::string>& ids) {
    std::string out;
    for (const auto& id : ids)
        out += (out.empty() ? "" : " ") + id;
    return out.empty() ? "nobody" : out;
}

// Milliseconds of a phase, by any of the names it may have in a report.
std::optional<double> phase(const Json& report, std::initializer_list<const char*> keys) {
    const Json& phases = child(report, "phases_ms");
    for (const char* key : keys)
        if (phases.contains(key) && phases[key].is_number())
            return phases[key].get<double>();
    return std::nullopt;
}

class Judge {
  public:
    explicit Judge(const StepResult& r)
        : r_(r), step_(r.step), where_(fmt::format("{} on {}: ", r.step.name, r.step.application)) {
    }

    std::vector<std::string> sentences() {
        reports();
        counters();
        members();
        order();
        return std::move(out_);
    }

  private:
    void say(const std::string& text) { out_.push_back(where_ + text); }

    void reports() {
        const Json predicted = essence(child(r_.report, "predicted"));
        const Json observed = essence(child(r_.report, "observed"));
        if (predicted != observed)
            say(fmt::format("predicted {}, observed {}", predicted.dump(), observed.dump()));
        if (const auto verdict = text(observed, "verdict"); verdict != step_.verdict)
            say(fmt::format("the verdict observed is '{}', expected '{}'", verdict, step_.verdict));
    }

    void counters() {
        const std::uint64_t wakes = step_.woken.empty() ? 0 : 1;
        const std::uint64_t convictions = step_.convicted.empty() ? 0 : 1;
        if (!r_.before.wakeups || !r_.after.wakeups ||
            *r_.after.wakeups != *r_.before.wakeups + wakes)
            say(fmt::format("wake-ups went {}, expected {} more",
                            moved(r_.before.wakeups, r_.after.wakeups), wakes));
        if (r_.after.convicted.size() != r_.before.convicted.size() + convictions)
            say(fmt::format("convictions went {} -> {}, expected {} more",
                            r_.before.convicted.size(), r_.after.convicted.size(), convictions));
    }

    void members() {
        if (!r_.after.at_rest())
            say(fmt::format("not at rest: active {}, asleep {}", names(r_.after.in_state("active")),
                            names(r_.after.in_state("sleeping"))));
        for (const auto& before : r_.before.execution) {
            const auto* after = r_.after.slot(before.id);
            if (after == nullptr || !after->incarnation || !before.incarnation) {
                say(fmt::format("the incarnation of {} is not known", before.id));
                continue;
            }
            const bool renewed = before.id == step_.convicted;
            if (*after->incarnation != *before.incarnation + (renewed ? 1 : 0))
                say(fmt::format("{} has incarnation {}, had {}{}", before.id, *after->incarnation,
                                *before.incarnation, renewed ? "; a fresh one was expected" : ""));
            if (renewed && after->state != "sleeping")
                say(fmt::format("the fresh {} is {}, expected asleep", before.id, after->state));
            if (before.id == step_.woken && after->state != "active")
                say(fmt::format("{} is {}, expected active", before.id, after->state));
        }
        if (step_.convicted.empty())
            return;
        const auto* accused = r_.before.slot(step_.convicted);
        const std::string who = fmt::format(
            "{}.{}", step_.convicted, accused != nullptr ? accused->incarnation.value_or(0) : 0);
        if (std::find(r_.after.convicted.begin(), r_.after.convicted.end(), who) ==
            r_.after.convicted.end())
            say(fmt::format("{} is not among the convicted ({})", who, names(r_.after.convicted)));
    }

    // ZZ-6.4: if E1 signs the truth the certificate serves the client, E3 comes only afterwards.
    void order() {
        if (!step_.served_first)
            return;
        const auto served = phase(r_.report, {"accepted", "first_accepted", "served", "evidence"});
        const auto asked =
            phase(r_.report, {"resume_asked", "resume asked", "wake_decided", "decided"});
        if (!served || !asked)
            say("the report does not say when the client was served and when E3 was asked to wake");
        else if (*served > *asked)
            say(fmt::format("the client was served at {:.0f} ms, after {} was asked to wake at "
                            "{:.0f} ms",
                            *served, step_.woken, *asked));
    }

    const StepResult& r_;
    const Step& step_;
    std::string where_;
    std::vector<std::string> out_;
};

} // namespace

std::vector<Step> script() {
    return {
        {"non-blocking",
         "B",
         "non-blocking fault: E2 tells A1 something else; nobody wakes",
         kNonBlocking,
         {},
         "non-blocking",
         "",
         "",
         false},
        {"blocking-matrix",
         "A",
         "blocking fault, policy matrix: columns wake E3, E1 is convicted",
         kBlocking,
         {"--truth", "P"},
         "blocking",
         "E1",
         "E3",
         false},
        {"blocking-evidence",
         "B",
         "blocking fault, policy evidence: E1 signs its lie",
         kBlocking,
         {"--truth", "P", "--sign", "E1=Q"},
         "blocking",
         "E1",
         "E3",
         false},
        {"blocking-served",
         "C",
         "blocking fault, E1 signs the truth: the client is served at once",
         kBlocking,
         {"--truth", "P", "--sign", "E1=P"},
         "blocking",
         "E1",
         "E3",
         true},
    };
}

std::vector<Step> guest_script() {
    std::vector<Step> all = script();
    std::vector<Step> out(all.begin(), all.begin() + 2);
    for (Step& step : out)
        step.application = "A";
    return out;
}

std::vector<std::string> judge_guests(const StepResult& result, const DataCenterFacts& facts) {
    std::vector<std::string> out;
    for (const auto& replica : result.after.execution) {
        if (replica.id != result.step.convicted && replica.id != result.step.woken)
            continue;
        const bool woken = replica.id == result.step.woken;
        const std::uint64_t now = replica.incarnation.value_or(0);
        for (std::uint64_t incarnation = 0; incarnation <= now; ++incarnation) {
            const std::string name = fmt::format("{}.{}", replica.id, incarnation);
            const std::string state = facts.machine_state(result.step.application, name);
            const std::string wanted = incarnation < now ? "" : woken ? "running" : "paused";
            if (state != wanted)
                out.push_back(fmt::format("{}: the machine of {} is {}, expected {}",
                                          result.step.name, name, state.empty() ? "gone" : state,
                                          wanted.empty() ? "gone" : wanted));
        }
    }
    return out;
}

std::vector<std::string> judge(const StepResult& result) {
    return Judge(result).sentences();
}

Json essence(const Json& side) {
    Json out = Json::object();
    for (const char* key : {"verdict", "wakes", "convicted", "unresponsive"})
        if (side.is_object() && side.contains(key))
            out[key] = side[key];
    return out;
}

std::string moved(std::optional<std::uint64_t> before, std::optional<std::uint64_t> after) {
    const auto word = [](std::optional<std::uint64_t> value) {
        return value ? fmt::format("{}", *value) : std::string("?");
    };
    return word(before) + " -> " + word(after);
}

} // namespace zz::demo
