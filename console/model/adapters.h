// SPDX-License-Identifier: GPL-3.0-or-later
// From what a session shows to the plain values that the drawn views take. Pure but for reading
// the session. GUI thread.
#pragma once

#include "console/model/matrix_data.h"
#include "console/model/placement_data.h"
#include "console/model/session.h"
#include "console/model/throughput_data.h"
#include "console/model/timeline_data.h"

namespace zz::console {

PlacementData placement_data(const Session& session);
// `columns`: pixels that there are for it; 0: every point. `application`: -1 for all.
ThroughputData throughput_data(const Session& session, std::int64_t from_ns, std::int64_t to_ns,
                               int columns, int application = -1);
// Its execution slots, "E2", those that are active now first: the rows of a drill (ZZ-10.3).
QStringList slots_now(const ApplicationNow& app);
MatrixData matrix_data(const Session& session, const Dispute& dispute);
// The dispute to show: the selected batch, else the newest one that blocks, else the newest one;
// null if there is none.
const Dispute* shown_dispute(const Session& session, bool follow_latest);
// Disputes that disagree or block, oldest first, as the filter and the selected application let
// through.
std::vector<const Dispute*> disagreements(const Session& session);
// What happened after it, one sentence.
QString aftermath(const Dispute& dispute, const ApplicationNow& app);

// Lanes of one application; -1: of all.
TimelineData timeline_data(const Session& session, int application);
// The same of what had come until then.
TimelineData timeline_data(const Session& session, int application, const EventLog& log,
                           std::int64_t to_ns);
// One run a drill, newest last.
std::vector<PhaseRun> phase_runs(const Session& session, const EventLog& log);

} // namespace zz::console
