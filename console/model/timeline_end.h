// SPDX-License-Identifier: GPL-3.0-or-later
// The end of the timeline's lanes: events tell what began, not what went silent; what is known at
// the end (ClusterNow) says whether the last bar of a lane still holds. Pure.
#pragma once

#include "console/model/cluster_view.h"
#include "console/model/timeline_data.h"

namespace zz::console {

// Ends the running bar of the lane and begins another one; nothing if it is of that kind already.
void change(TimelineLane& lane, BarKind kind, std::int64_t at_ns);

// The last bar of each lane as `then`, the end of what is told, has its replica and its host.
void end_lanes(const ClusterNow& then, TimelineData& out);

} // namespace zz::console
