// SPDX-License-Identifier: GPL-3.0-or-later
// What the placement view shows: hosts x applications and who sits where. Plain values.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "console/model/replica_look.h"
#include "protocol/base/quorum.h"

namespace zz::console {

struct PlacedReplica {
    Role role = Role::Execution; // Agreement or Execution
    std::uint32_t index = 0;     // A3 -> 3, E1 -> 1
    std::uint32_t incarnation = 0;
    ReplicaState state = ReplicaState::Unknown;
    Badges badges;
    bool primary = false;
    bool stale = false;   // no recent word of it
    bool counted = false; // what is left of f has it as a fault already

    friend bool operator==(const PlacedReplica&, const PlacedReplica&) = default;
};
QString name_of(const PlacedReplica& replica); // "A3", "E1", "E1.2"

struct PlacementHost {
    QString name;
    std::uint32_t id = 0;
    std::optional<double> cpu;                 // 0..1; none: not told
    std::optional<std::uint64_t> memory_bytes; // that its processes hold, all together
    bool stale = false;                        // its zz-host is not heard
    bool lost = false;
    std::optional<std::int64_t> age_ms; // of the last heartbeat

    friend bool operator==(const PlacementHost&, const PlacementHost&) = default;
};

struct PlacementApplication {
    QString name;      // "B"
    QString kind;      // "kv"
    QString mode;      // "zz", "sep", "base", "unreplicated"
    int position = -1; // in the cluster file, for Selection
    Faults faults;
    // Faults that can still happen without harm, below 0: beyond f; none: not known.
    std::optional<int> agreement_left, execution_left;

    friend bool operator==(const PlacementApplication&, const PlacementApplication&) = default;
};

struct Placed {
    std::uint32_t host = 0;        // index into hosts
    std::uint32_t application = 0; // index into applications
    PlacedReplica replica;

    friend bool operator==(const Placed&, const Placed&) = default;
};

struct PlacementData {
    std::vector<PlacementHost> hosts;
    std::vector<PlacementApplication> applications;
    std::vector<Placed> placed; // in any order; indices beyond hosts or applications are ignored

    friend bool operator==(const PlacementData&, const PlacementData&) = default;
};

} // namespace zz::console
