// SPDX-License-Identifier: Apache-2.0
#include "backend/controller/reconcile.h"

#include <algorithm>

namespace zz::controller {
namespace {

MachineState state_of(const PrincipalId& machine, std::span<const MachineFact> machines) {
    const auto at = std::ranges::find(machines, machine, &MachineFact::machine);
    return at == machines.end() ? MachineState::Absent : at->state;
}

// It shall run.
std::optional<Ask> toward_running(MachineState state) {
    switch (state) {
    case MachineState::Running:
        return std::nullopt;
    case MachineState::Paused:
    case MachineState::Saved:
        return Ask::Wake;
    case MachineState::Absent:
    case MachineState::Defined:
    case MachineState::Stopped:
        break;
    }
    return Ask::Start;
}

// It shall rest as a spare of this kind. A paused or hibernated one runs first, so that its
// connections are in place.
std::optional<Ask> toward_rest(MachineState state, const SlotWanted& wanted) {
    if (wanted.spare == cluster::SpareKind::Cold) {
        const bool in_memory = state == MachineState::Running || state == MachineState::Paused ||
                               state == MachineState::Saved;
        return in_memory ? std::optional(Ask::Stop) : std::nullopt;
    }
    const bool paused = wanted.spare == cluster::SpareKind::Paused;
    switch (state) {
    case MachineState::Running:
        if (!wanted.settled_in)
            return std::nullopt;
        return paused ? Ask::Pause : Ask::Save;
    case MachineState::Paused:
        return paused ? std::nullopt : std::optional(Ask::Save);
    case MachineState::Saved:
        return paused ? std::optional(Ask::Wake) : std::nullopt;
    case MachineState::Absent:
    case MachineState::Defined:
    case MachineState::Stopped:
        break;
    }
    return Ask::Start;
}

std::optional<Ask> for_member(const SlotWanted& wanted, MachineState state) {
    switch (wanted.member) {
    case message::MemberState::Active:
        return toward_running(state);
    case message::MemberState::Asleep:
        if (!wanted.awake)
            return toward_rest(state, wanted);
        // Also a cold one is woken: so it is told as what it is.
        return wanted.may_wake && state != MachineState::Running ? std::optional(Ask::Wake)
                                                                 : std::nullopt;
    case message::MemberState::Convicted: // Its machine ends with the next SETTLED (ZZ-6.7).
    case message::MemberState::Empty:
        break;
    }
    return std::nullopt;
}

// A removed incarnation is stopped; its disk goes once nobody needs it.
std::optional<Ask> for_removed(const SlotWanted& wanted, MachineState state) {
    if (state == MachineState::Absent)
        return std::nullopt;
    if (wanted.others_complete)
        return Ask::Erase;
    const bool ended = state == MachineState::Stopped || state == MachineState::Defined;
    return ended ? std::nullopt : std::optional(Ask::Stop);
}

} // namespace

std::vector<MachineAsk> reconcile_slot(const SlotWanted& wanted,
                                       std::span<const MachineFact> machines) {
    std::vector<MachineAsk> asks;
    const bool empty = wanted.member == message::MemberState::Empty;
    const ExecutionId member{wanted.slot, wanted.incarnation};
    for (const MachineFact& fact : machines) {
        if (fact.machine.role != Role::Execution || fact.machine.index != wanted.slot.value)
            continue;
        const ExecutionId id = execution_id(fact.machine);
        const bool removed =
            id.incarnation < wanted.incarnation || (empty && id.incarnation == wanted.incarnation);
        if (!removed)
            continue;
        if (const auto ask = for_removed(wanted, fact.state))
            asks.push_back({*ask, fact.machine, RecordIndex(0)});
    }
    if (!empty) {
        if (const auto ask = for_member(wanted, state_of(principal(member), machines)))
            asks.push_back({*ask, principal(member), RecordIndex(0)});
        return asks;
    }
    // A fresh incarnation with fresh keys; it is enrolled, then sleeps.
    if (wanted.others_complete && !wanted.next_made)
        asks.push_back(
            {Ask::MakeImage, principal(ExecutionId{wanted.slot, wanted.next}), RecordIndex(0)});
    return asks;
}

std::optional<MachineAsk> reconcile_agreement(AgreementId id,
                                              std::span<const MachineFact> machines) {
    if (const auto ask = toward_running(state_of(principal(id), machines)))
        return MachineAsk{*ask, principal(id), RecordIndex(0)};
    return std::nullopt;
}

bool is_spare_ready(const SlotWanted& wanted, std::span<const MachineFact> machines) {
    if (wanted.member != message::MemberState::Asleep)
        return false;
    const MachineState state =
        state_of(principal(ExecutionId{wanted.slot, wanted.incarnation}), machines);
    switch (wanted.spare) {
    case cluster::SpareKind::Paused:
        return state == MachineState::Paused;
    case cluster::SpareKind::Hibernated:
        return state == MachineState::Saved;
    case cluster::SpareKind::Cold:
        return state == MachineState::Absent || state == MachineState::Defined ||
               state == MachineState::Stopped;
    }
    return false;
}

std::string to_string(Ask ask) {
    switch (ask) {
    case Ask::Start:
        return "start";
    case Ask::Wake:
        return "wake";
    case Ask::Pause:
        return "pause";
    case Ask::Save:
        return "save";
    case Ask::Stop:
        return "stop";
    case Ask::Erase:
        return "erase";
    case Ask::MakeImage:
        return "make image";
    }
    return "unknown";
}

std::string to_string(MachineState state) {
    switch (state) {
    case MachineState::Absent:
        return "absent";
    case MachineState::Defined:
        return "defined";
    case MachineState::Running:
        return "running";
    case MachineState::Paused:
        return "paused";
    case MachineState::Saved:
        return "saved";
    case MachineState::Stopped:
        return "stopped";
    }
    return "unknown";
}

} // namespace zz::controller
