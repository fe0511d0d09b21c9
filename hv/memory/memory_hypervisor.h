// SPDX-License-Identifier: Apache-2.0
// MemoryHypervisor: a host whose machines are entries of a table. Deterministic and complete: every
// state and refusal of hv/hypervisor.h, and failures on request. It runs nothing itself: who wants
// machines to do something (the simulator) observes the transitions. Owned by one thread; not
// copied.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "hv/hypervisor.h"

namespace zz::hv {

// One change of a machine's state, told after it was made.
struct Transition {
    MachineName name;
    MachineState before = MachineState::Absent;
    MachineState after = MachineState::Absent;
    friend bool operator==(const Transition&, const Transition&) = default;
};

// How a call that was told to fail does so.
enum class FailureMode : std::uint8_t {
    NoEffect,         // refused: nothing changed
    EffectThenFailure // done, but the answer was lost (a timeout): the caller must look again (C5)
};

class MemoryHypervisor final : public Hypervisor {
  public:
    Status define(const MachineName& name, const MachineSpec& spec) override;
    Status start(const MachineName& name) override { return change(Call::Start, name); }
    Status suspend(const MachineName& name) override { return change(Call::Suspend, name); }
    Status resume(const MachineName& name) override { return change(Call::Resume, name); }
    Status save(const MachineName& name) override { return change(Call::Save, name); }
    Status restore(const MachineName& name) override { return change(Call::Restore, name); }
    Status destroy(const MachineName& name, Disk disk) override;
    Result<std::vector<MachineInfo>> list() override;
    std::vector<MachineEvent> poll_events() override;

    // The next `count` calls of this kind fail; later rules for one kind replace earlier ones.
    void fail_next(Call call, std::uint32_t count, FailureMode mode);
    // The call with this number (counted from 1 over all kinds) fails: for a run per k (layer L6).
    void fail_at(std::uint64_t number, FailureMode mode);
    void clear_failures();
    std::uint64_t calls() const { return calls_; }

    // The machine dies as if killed from outside. False if it is neither Running nor Paused.
    bool crash(const MachineName& name, int signal);
    // The power of the host fails: every machine in memory is gone, Saved ones and data stay.
    void crash_host();

    // Called after every transition; one observer.
    void observe(std::function<void(const Transition&)> observer) {
        observer_ = std::move(observer);
    }
    MachineState state(const MachineName& name) const;
    // Null if absent.
    const MachineSpec* spec(const MachineName& name) const;

  private:
    struct Machine {
        MachineSpec spec;
        MachineState state = MachineState::Defined;
    };
    struct Rule {
        std::uint32_t count = 0;
        FailureMode mode = FailureMode::NoEffect;
    };
    struct Failure {
        bool fails = false;
        FailureMode mode = FailureMode::NoEffect;
    };

    Failure next_failure(Call call);
    Status change(Call call, const MachineName& name);
    void enter(const MachineName& name, MachineState state);

    std::map<MachineName, Machine> machines_;
    std::map<Call, Rule> rules_;
    std::map<std::uint64_t, FailureMode> numbered_;
    std::uint64_t calls_ = 0;
    std::vector<MachineEvent> events_;
    std::function<void(const Transition&)> observer_;
};

} // namespace zz::hv
