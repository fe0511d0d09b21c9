// SPDX-License-Identifier: GPL-3.0-or-later
// Text of the frame's edges: the inspector of what is chosen (facts, evidence, actions), the ticker
// of the newest events, the counters. Pure.
#pragma once

#include "console/model/session.h"

namespace zz::console {

QString inspect(const Session& session); // HTML; links: evidence:ID, drill:APP.E1, names of views
QString newest_events(const Session& session, int count); // HTML of one line
QString counters_text(const Session& session, int open_alerts);

} // namespace zz::console
