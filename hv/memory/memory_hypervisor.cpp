// SPDX-License-Identifier: Apache-2.0
#include "hv/memory/memory_hypervisor.h"

#include <fmt/format.h>
#include <utility>

namespace zz::hv {

namespace {

// Only the number of machines bounds the events that matter; older ones say nothing that list()
// does not.
constexpr std::size_t kEventsMax = 1024;

Error injected(Call call, const MachineName& name) {
    return Error{fmt::format("cannot {} machine {}: the hypervisor was told to fail this call",
                             to_string(call), to_string(name))};
}

} // namespace

MemoryHypervisor::Failure MemoryHypervisor::next_failure(Call call) {
    ++calls_;
    if (const auto it = numbered_.find(calls_); it != numbered_.end()) {
        const FailureMode mode = it->second;
        numbered_.erase(it);
        return {true, mode};
    }
    const auto it = rules_.find(call);
    if (it == rules_.end())
        return {};
    const FailureMode mode = it->second.mode;
    if (--it->second.count == 0)
        rules_.erase(it);
    return {true, mode};
}

void MemoryHypervisor::enter(const MachineName& name, MachineState state) {
    const MachineState before = this->state(name);
    if (before == state)
        return;
    if (state == MachineState::Absent)
        machines_.erase(name);
    else
        machines_[name].state = state;
    if (observer_)
        observer_({name, before, state});
}

Status MemoryHypervisor::define(const MachineName& name, const MachineSpec& spec) {
    const Failure failure = next_failure(Call::Define);
    if (failure.fails && failure.mode == FailureMode::NoEffect)
        return injected(Call::Define, name);
    const auto it = machines_.find(name);
    if (it != machines_.end()) {
        if (it->second.state != MachineState::Defined || !(it->second.spec == spec))
            return refusal(Call::Define, name, it->second.state);
    } else {
        machines_[name] = {spec, MachineState::Defined};
        if (observer_)
            observer_({name, MachineState::Absent, MachineState::Defined});
    }
    if (failure.fails)
        return injected(Call::Define, name);
    return Ok{};
}

Status MemoryHypervisor::change(Call call, const MachineName& name) {
    const Failure failure = next_failure(call);
    if (failure.fails && failure.mode == FailureMode::NoEffect)
        return injected(call, name);
    const MachineState now = state(name);
    switch (step_for(call, now)) {
    case Step::Refuse:
        return refusal(call, name, now);
    case Step::AlreadyDone:
        break;
    case Step::Act:
        enter(name, target_of(call));
        break;
    }
    if (failure.fails)
        return injected(call, name);
    return Ok{};
}

Status MemoryHypervisor::destroy(const MachineName& name, Disk disk) {
    const Failure failure = next_failure(Call::Destroy);
    if (failure.fails && failure.mode == FailureMode::NoEffect)
        return injected(Call::Destroy, name);
    if (disk == Disk::Erase)
        enter(name, MachineState::Absent);
    else if (state(name) == MachineState::Absent)
        return refusal(Call::Destroy, name, MachineState::Absent);
    else
        enter(name, MachineState::Stopped);
    if (failure.fails)
        return injected(Call::Destroy, name);
    return Ok{};
}

Result<std::vector<MachineInfo>> MemoryHypervisor::list() {
    if (next_failure(Call::List).fails)
        return Error{"cannot list the machines: the hypervisor was told to fail this call"};
    std::vector<MachineInfo> out;
    for (const auto& [name, machine] : machines_)
        out.push_back({name, machine.state, {}});
    return out;
}

std::vector<MachineEvent> MemoryHypervisor::poll_events() {
    return std::exchange(events_, {});
}

void MemoryHypervisor::fail_next(Call call, std::uint32_t count, FailureMode mode) {
    if (count == 0)
        rules_.erase(call);
    else
        rules_[call] = {count, mode};
}

void MemoryHypervisor::fail_at(std::uint64_t number, FailureMode mode) {
    numbered_[number] = mode;
}

void MemoryHypervisor::clear_failures() {
    rules_.clear();
    numbered_.clear();
}

bool MemoryHypervisor::crash(const MachineName& name, int signal) {
    const MachineState now = state(name);
    if (now != MachineState::Running && now != MachineState::Paused)
        return false;
    if (events_.size() == kEventsMax)
        events_.erase(events_.begin());
    events_.push_back({name, EventKind::Killed, signal});
    enter(name, MachineState::Stopped);
    return true;
}

void MemoryHypervisor::crash_host() {
    for (auto& [name, machine] : machines_) {
        if (machine.state != MachineState::Running && machine.state != MachineState::Paused)
            continue;
        enter(name, MachineState::Stopped);
    }
    events_.clear(); // The controller that would have read them died too.
}

MachineState MemoryHypervisor::state(const MachineName& name) const {
    const auto it = machines_.find(name);
    return it == machines_.end() ? MachineState::Absent : it->second.state;
}

const MachineSpec* MemoryHypervisor::spec(const MachineName& name) const {
    const auto it = machines_.find(name);
    return it == machines_.end() ? nullptr : &it->second.spec;
}

} // namespace zz::hv
