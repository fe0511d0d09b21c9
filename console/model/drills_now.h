// SPDX-License-Identifier: GPL-3.0-or-later
// DrillNow: a drill that hosts list, and what has become of each of its targets. A drill is over
// when no target plays it any more, although its lease may still run: who was removed plays
// nothing, and who is done said so. Pure.
#pragma once

#include <QString>
#include <vector>

#include "console/core/state.h"
#include "protocol/base/ids.h"

namespace zz::console {

struct ApplicationNow;
struct HostNow;

struct DrillTarget {
    Role role = Role::Execution;
    std::uint32_t index = 0, incarnation = 0;
    QString name;  // "E1", "A4", "host 2"
    QString ended; // how: "convicted and removed", "finished"; empty: it plays
};

struct DrillNow {
    QString id, name;
    int application = -1; // position in the cluster file; negative: not known here
    std::int64_t started_ns = 0;
    std::int64_t lease_ms = 0; // what is left of it, as of the newest word
    std::vector<DrillTarget> targets;
    bool over = false;
    QString ended; // of one that is over: "E1 convicted and removed, A4 finished"
};

// Targets in the orders of a drill, its JSON text.
std::vector<DrillTarget> targets_of(const std::string& parameters);
// Each one once, however many hosts list it; the newest first.
std::vector<DrillNow> drills_now(const std::vector<HostNow>& hosts,
                                 const std::vector<ApplicationNow>& applications,
                                 const State& state);
// Those who play carry the badge.
void mark_drills(const std::vector<DrillNow>& drills, std::vector<ApplicationNow>& applications);

} // namespace zz::console
