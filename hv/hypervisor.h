// SPDX-License-Identifier: Apache-2.0
// Hypervisor: what a controller asks of the thing that runs replicas on one host. Nine calls;
// drivers are hv/process (local processes), hv/memory (deterministic, for tests and the simulator),
// hv/libvirt (domains).
//
// Owned by one thread, the controller's shell. Calls are synchronous and bounded in time by the
// driver; whatever the world refuses comes back as an Error and leaves the machine in a state that
// list() tells. A call whose target state already holds succeeds and does nothing, so that a
// level-triggered controller may repeat it (ZZ-6.8).
//
// A machine is named by application, principal and incarnation; its image records that name itself,
// so that a call never touches another incarnation than the one it names (ZZ-6.8).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/base/instant.h"
#include "protocol/base/result.h"

namespace zz::hv {

// A replica's machine. Execution replicas carry their incarnation; agreement replicas and gateways
// have incarnation 0.
struct MachineName {
    ApplicationId application;
    PrincipalId principal;

    friend constexpr auto operator<=>(const MachineName&, const MachineName&) = default;
};

constexpr MachineName machine(ApplicationId application, SlotId slot, Incarnation incarnation) {
    return {application, zz::principal(ExecutionId{slot, incarnation})};
}
constexpr MachineName machine(ApplicationId application, AgreementId id) {
    return {application, zz::principal(id)};
}

// "0-E1.2", "3-A4": application number, principal. Fit for a file name; from_text is its inverse.
std::string to_string(const MachineName& name);
Result<MachineName> machine_from_text(const std::string& text);

// What a machine is made of. Drivers ignore what is not theirs.
struct MachineSpec {
    std::vector<std::string> program; // process: argv, the first is the path of the program
    std::map<std::string, std::string> environment; // process: added to the controller's own
    std::string image;                              // virtual machine: base image
    std::string kernel;                             // virtual machine: kernel, when booted directly
    std::string command_line;                       // virtual machine: of the kernel
    std::uint32_t memory_mib = 256;                 // virtual machine
    friend bool operator==(const MachineSpec&, const MachineSpec&) = default;
};

enum class MachineState : std::uint8_t {
    Absent,  // nothing is left of it
    Defined, // spec and data folder exist, it never ran
    Running,
    Paused,  // in memory, gets no CPU
    Saved,   // hibernated: no memory, continues with restore()
    Stopped, // died or was destroyed; its data is kept
};

struct MachineStats {
    Duration cpu{0};
    std::uint64_t rss_bytes = 0; // zero when nothing is in memory
    std::int64_t pid = 0;        // of the process or of the emulator; 0 = none
};

struct MachineInfo {
    MachineName name; // as the image records it
    MachineState state = MachineState::Absent;
    MachineStats stats;
};

enum class EventKind : std::uint8_t {
    Exited,  // it ended by itself: `code` is its exit status
    Killed,  // it was ended from outside this interface: `code` is the signal
    Vanished // a machine this driver adopted is gone and its exit status is not known
};

// A machine left Running or Paused without a call of this interface asking for it; its state is now
// Stopped.
struct MachineEvent {
    MachineName name;
    EventKind kind = EventKind::Exited;
    int code = 0;
    friend bool operator==(const MachineEvent&, const MachineEvent&) = default;
};

// What destroy() does with the data: kept as a hash-checked source for recovery (ZZ-7.3), or
// erased.
enum class Disk : std::uint8_t { Keep, Erase };

class Hypervisor {
  public:
    virtual ~Hypervisor() = default;

    // Absent -> Defined. Makes the data folder and records the name in the image.
    virtual Status define(const MachineName& name, const MachineSpec& spec) = 0;
    // Defined, Stopped -> Running.
    virtual Status start(const MachineName& name) = 0;
    // Running -> Paused: returns when the machine stands still.
    virtual Status suspend(const MachineName& name) = 0;
    // Paused -> Running.
    virtual Status resume(const MachineName& name) = 0;
    // Running, Paused -> Saved.
    virtual Status save(const MachineName& name) = 0;
    // Saved -> Running.
    virtual Status restore(const MachineName& name) = 0;
    // Any -> Stopped (Keep), Absent (Erase): without asking the machine.
    virtual Status destroy(const MachineName& name, Disk disk) = 0;
    // Every machine of this host that is not Absent, ordered by name.
    virtual Result<std::vector<MachineInfo>> list() = 0;
    // What happened since the last call, oldest first. Never blocks.
    virtual std::vector<MachineEvent> poll_events() = 0;
};

// The calls that change a state, for drivers and for tests.
enum class Call : std::uint8_t { Define, Start, Suspend, Resume, Save, Restore, Destroy, List };

// What a driver must do with `call` in `state`.
enum class Step : std::uint8_t { Act, AlreadyDone, Refuse };
// Precondition: call is neither Define, Destroy nor List, which every state allows or decides
// itself.
Step step_for(Call call, MachineState state);
// The state of a machine after a call that suspends, saves, starts, resumes or restores it.
MachineState target_of(Call call);

std::string to_string(MachineState state);
std::string to_string(Call call);
// "cannot resume 0-E1.2: it is Stopped, ..."
Error refusal(Call call, const MachineName& name, MachineState state);

} // namespace zz::hv
