// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/fold_state.h"

#include <algorithm>
#include <array>
#include <functional>
#include <tuple>

namespace zz::telemetry {
namespace {

// hv::MachineState and message::MemberState, as telemetry.proto lists them.
constexpr std::uint32_t kDefined = 1, kPaused = 3, kSaved = 4, kStopped = 5;
constexpr std::string_view kCold = "cold"; // sleeps as no machine at all (ZZ-7.7)
constexpr std::uint32_t kEmpty = 0, kActive = 1, kAsleep = 2, kConvicted = 3;

struct Claims { // of one application, fresh ones only
    AgreementClaims agreement;
    std::map<Member, const ExecutionFacts*> execution;
    std::map<Member, std::uint32_t> machines;  // states of execution machines
    std::map<std::uint32_t, bool> controllers; // hosts whose controller is heard
};

Claims claims_of(const SourceBook& book, const ApplicationEntry& app, std::int64_t now_ns) {
    Claims claims;
    claims.agreement.needed = fact_quorum(app);
    for (const auto& [key, known] : book.sources()) {
        if (!book.is_fresh(known, now_ns))
            continue;
        const Facts& facts = known.facts;
        if (facts.has_controller()) {
            claims.controllers[known.host] = true;
            for (const auto& machine : facts.controller().machines())
                if (machine.application() == app.id() &&
                    principal_of(machine.principal()).role == Role::Execution)
                    claims.machines[{machine.principal().index(),
                                     machine.principal().incarnation()}] = machine.state();
        }
        if (key.application != app.id() + 1)
            continue;
        if (facts.has_agreement() && key.principal.role == Role::Agreement)
            claims.agreement.of[key.principal.index] = &facts.agreement();
        else if (facts.has_execution() && key.principal.role == Role::Execution)
            claims.execution[{key.principal.index, key.principal.incarnation}] = &facts.execution();
    }
    return claims;
}

ExecutionState state_of(const Claims& claims, const Member& member,
                        std::optional<std::uint32_t> slot_state, const std::string& spare) {
    if (!slot_state)
        return ExecutionState::Unknown;
    if (*slot_state == kEmpty)
        return ExecutionState::Reimaging;
    if (*slot_state == kConvicted)
        return ExecutionState::Convicted;
    if (listed_unresponsive(claims.agreement, member))
        return ExecutionState::Unresponsive;
    const auto machine = claims.machines.find(member);
    const auto said = claims.execution.find(member);
    const bool known = machine != claims.machines.end();
    const bool stopped = known && machine->second == kStopped;
    const bool awake = listed_awake(claims.agreement, member);
    if (*slot_state == kAsleep && !awake)
        return stopped && spare != kCold ? ExecutionState::Stopped : ExecutionState::Sleeping;
    if (stopped)
        return ExecutionState::Stopped;
    const bool heard = said != claims.execution.end();
    if (*slot_state == kAsleep &&
        (!heard || (known && (machine->second == kPaused || machine->second == kSaved))))
        return ExecutionState::Waking;
    if (heard && said->second->recovering())
        return ExecutionState::Recovering;
    return *slot_state == kActive || heard ? ExecutionState::Active : ExecutionState::Unknown;
}

// Whether a sleeper's machine is as its kind of spare sleeps (ZZ-7.7): a fresh one still runs.
bool is_ready(const std::string& spare, const Claims& claims, const Member& member) {
    const auto machine = claims.machines.find(member);
    const std::uint32_t state = machine == claims.machines.end() ? 0 : machine->second;
    if (spare == "paused")
        return state == kPaused;
    if (spare == "hibernated")
        return state == kSaved;
    return state <= kDefined || state == kStopped;
}

void fold_agreement(const SourceBook& book, const ApplicationEntry& app, const Claims& claims,
                    std::int64_t now_ns, ApplicationView& out) {
    const auto replicas = static_cast<std::uint64_t>(app.agreement_size());
    for (const auto& entry : app.agreement()) {
        AgreementView view;
        view.index = entry.index();
        view.host = entry.host();
        const auto it = claims.agreement.of.find(entry.index());
        if (it == claims.agreement.of.end()) {
            view.state =
                book.is_up(entry.host(), now_ns) ? AgreementState::Silent : AgreementState::Unknown;
        } else {
            const bool behind =
                out.committed &&
                it->second->committed() + app.checkpoint_interval() < *out.committed;
            view.state = behind ? AgreementState::Behind : AgreementState::Up;
        }
        if (out.view && replicas != 0)
            view.primary = *out.view % replicas == entry.index() - 1U;
        view.suspicion = suspicion_of(claims.agreement, principal(AgreementId(entry.index())));
        out.agreement.push_back(view);
    }
}

void fold_execution(const ApplicationEntry& app, const Claims& claims,
                    const std::optional<Configuration>& configuration, ApplicationView& out) {
    for (const auto& entry : app.execution()) {
        ExecutionView view;
        view.slot = entry.index();
        view.host = entry.host();
        std::optional<std::uint32_t> state;
        if (configuration && configuration->slots.contains(entry.index()))
            std::tie(view.incarnation, state) = configuration->slots.at(entry.index());
        const Member member{entry.index(),
                            static_cast<std::uint32_t>(view.incarnation.value_or(0))};
        view.state = state_of(claims, member, state, entry.spare());
        const bool sleeps = view.state == ExecutionState::Sleeping;
        if (state == kAsleep) {
            view.spare = entry.spare();
            if (sleeps && claims.controllers.contains(entry.host()))
                view.ready = is_ready(entry.spare(), claims, member);
        }
        const auto said = claims.execution.find(member);
        if (!sleeps && said != claims.execution.end()) {
            view.complete = said->second->complete();
            view.executed = said->second->executed();
            view.bytes_fetched = said->second->bytes_fetched();
        }
        view.suspicion =
            suspicion_of(claims.agreement,
                         principal(ExecutionId{SlotId(member.first), Incarnation(member.second)}));
        out.execution.push_back(std::move(view));
    }
}

std::vector<ConfigurationFacts> fold_history(const Claims& claims) {
    std::map<std::pair<std::uint64_t, std::string>, std::uint32_t> count; // number, encoded
    for (const auto& [id, facts] : claims.agreement.of)
        for (const auto& change : facts->history())
            ++count[{change.number(), change.SerializeAsString()}];
    std::vector<ConfigurationFacts> out;
    for (const auto& [key, times] : count)
        if (times >= claims.agreement.needed) {
            out.emplace_back();
            out.back().ParseFromString(key.second);
        }
    return out;
}

} // namespace

std::string_view to_string(AgreementState state) {
    constexpr std::array<std::string_view, 4> kWords{"unknown", "silent", "behind", "up"};
    return kWords[static_cast<std::size_t>(state)];
}

std::string_view to_string(ExecutionState state) {
    constexpr std::array<std::string_view, 9> kWords{"unknown",    "sleeping",  "waking",
                                                     "recovering", "active",    "unresponsive",
                                                     "convicted",  "reimaging", "stopped"};
    return kWords[static_cast<std::size_t>(state)];
}

ApplicationView view_of(const SourceBook& book, const ApplicationEntry& application,
                        std::int64_t now_ns) {
    const Claims claims = claims_of(book, application, now_ns);
    ApplicationView out;
    out.id = application.id();
    out.f = application.f();
    const auto mark = [&](auto read) { return reached(claims.agreement, read); };
    out.view = agreed(claims.agreement, [](const auto& f) { return f.view(); });
    const auto configuration = configuration_of(claims.agreement);
    if (configuration)
        out.configuration = configuration->number;
    out.epoch = mark([](const auto& f) { return f.epoch(); });
    out.last_executed = mark([](const auto& f) { return f.settled(); });
    out.stable = mark([](const auto& f) { return f.stable(); });
    out.committed = mark([](const auto& f) { return f.committed(); });
    out.counters.requests = mark([](const auto& f) { return f.requests(); });
    out.counters.wakeups = mark([](const auto& f) { return f.wakeups(); });
    out.counters.removals = mark([](const auto& f) { return f.removals(); });
    out.counters.nonblocking = mark([](const auto& f) { return f.nonblocking(); });
    out.counters.blocking = mark([](const auto& f) { return f.blocking(); });
    out.counters.view_changes = mark([](const auto& f) { return f.view_changes(); });
    out.counters.evidence_rounds = mark([](const auto& f) { return f.evidence_rounds(); });
    fold_agreement(book, application, claims, now_ns, out);
    fold_execution(application, claims, configuration, out);
    out.convictions = convictions_of(claims.agreement);
    out.history = fold_history(claims);
    return out;
}

const AgreementView* ApplicationView::replica(std::uint32_t index) const {
    const auto it = std::find_if(agreement.begin(), agreement.end(),
                                 [&](const auto& one) { return one.index == index; });
    return it == agreement.end() ? nullptr : &*it;
}

const ExecutionView* ApplicationView::slot(std::uint32_t index) const {
    const auto it = std::find_if(execution.begin(), execution.end(),
                                 [&](const auto& one) { return one.slot == index; });
    return it == execution.end() ? nullptr : &*it;
}

std::size_t ApplicationView::count(ExecutionState state) const {
    return static_cast<std::size_t>(std::count_if(
        execution.begin(), execution.end(), [&](const auto& one) { return one.state == state; }));
}

std::uint32_t ApplicationView::agreement_faults() const {
    return static_cast<std::uint32_t>(
        std::count_if(agreement.begin(), agreement.end(),
                      [](const auto& one) { return one.state != AgreementState::Up; }));
}

std::uint32_t ApplicationView::execution_faults() const {
    return static_cast<std::uint32_t>(
        count(ExecutionState::Unresponsive) + count(ExecutionState::Convicted) +
        count(ExecutionState::Reimaging) + count(ExecutionState::Stopped));
}

bool ApplicationView::at_rest() const {
    return count(ExecutionState::Active) == f + 1 && count(ExecutionState::Sleeping) == f &&
           execution.size() == 2 * f + 1 &&
           std::none_of(execution.begin(), execution.end(), [](const auto& one) {
               return one.complete == false || one.ready == false;
           });
}

} // namespace zz::telemetry
