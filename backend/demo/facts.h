// SPDX-License-Identifier: Apache-2.0
// What `zzctl status --json` says of a data center, as plain values. A fact that f+1 agreement
// replicas do not confirm is absent here. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/demo/ctl.h"

namespace zz::demo {

struct ReplicaFacts {
    std::string id, host, state;
    bool primary = false; // agreement
    std::optional<std::uint64_t> incarnation;
    bool incomplete = false; // execution: said that it does not hold the whole state yet
    bool unready = false;    // execution: asleep, but its machine is not yet as its kind of spare
};

struct ApplicationFacts {
    std::string name, mode = "zz";
    std::uint64_t f = 1;
    std::optional<std::uint64_t> view, last_executed, stable_checkpoint;
    std::vector<ReplicaFacts> agreement, execution;
    std::vector<std::string> convicted; // "E1.0", each conviction that was ever executed
    std::optional<std::uint64_t> requests, wakeups, removals, nonblocking, blocking;

    const ReplicaFacts* slot(const std::string& id) const;
    std::vector<std::string> in_state(const std::string& state) const;
    // ZZ-1.7 as far as a status shows it: f+1 active with their state, the others asleep; all
    // active where nobody sleeps (ZZ-9.1).
    bool at_rest() const;
};

struct MachineFacts {
    std::string application, name, state; // "A", "E1.0", "paused"
};

struct HostFacts {
    std::string name, state;
    std::string hypervisor = {};
    std::vector<MachineFacts> machines = {};
};

struct DataCenterFacts {
    std::vector<HostFacts> hosts;
    std::vector<ApplicationFacts> applications;

    const ApplicationFacts* application(const std::string& name) const;
    // Empty: no host has it.
    std::string machine_state(const std::string& application, const std::string& name) const;
};

DataCenterFacts read_facts(const Json& status);

} // namespace zz::demo
