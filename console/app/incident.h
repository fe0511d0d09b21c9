// SPDX-License-Identifier: GPL-3.0-or-later
// The report of one fault: what happened, in which phases, who was blamed by what. GUI thread.
#pragma once

#include "console/view/export.h"

namespace zz::console {

class MainWindow;

struct Incident {
    IncidentReport report;
    ExportHeader header;
};
// Around the disagreement that is shown: of the chosen batch, else of the last that blocked. An
// Error if there was none.
Result<Incident> incident_of(MainWindow& window);

} // namespace zz::console
