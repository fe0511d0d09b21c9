// SPDX-License-Identifier: Apache-2.0
// What the controller core knows of machines and asks of them. The shell translates to and from
// hv/hypervisor.h; the core never calls it. A machine is named by its principal with incarnation,
// as its image records it (ZZ-6.8).
#pragma once

#include <string>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/core/io.h"

namespace zz::controller {

enum class MachineState : std::uint8_t { Absent, Defined, Running, Paused, Saved, Stopped };

struct MachineFact {
    PrincipalId machine;
    MachineState state = MachineState::Absent;
    // False: it runs, but its service is not heard yet: a guest that still boots.
    bool linked = true;
    friend bool operator==(const MachineFact&, const MachineFact&) = default;
};

enum class Ask : std::uint8_t {
    Start,     // define it if it is absent, then start it
    Wake,      // resume a paused one, restore a saved one, start a cold one
    Pause,     // running -> paused (a spare in memory, ZZ-7.7)
    Save,      // running -> saved (a hibernated spare)
    Stop,      // destroy, the disk is kept as a source (ZZ-7.3)
    Erase,     // destroy with its disk
    MakeImage, // make fresh keys and a fresh image of this incarnation; answered by KeysMade
};

// One thing to do with one machine, not before record `after` is durable. At most one is open for
// each machine.
struct MachineAsk {
    Ask ask = Ask::Start;
    PrincipalId machine;
    RecordIndex after;
    friend bool operator==(const MachineAsk&, const MachineAsk&) = default;
};

// "start", "wake", "pause", "save", "stop", "erase", "make image".
std::string to_string(Ask ask);
std::string to_string(MachineState state);

} // namespace zz::controller
