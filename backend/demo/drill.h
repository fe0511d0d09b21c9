// SPDX-License-Identifier: Apache-2.0
// One drill by the command line, from its start until it has ended and the cluster is at rest.
#pragma once

#include "backend/demo/ctl.h"

namespace zz::demo {

struct DrillRun {
    std::string id;        // empty: it was not begun
    std::string complaint; // empty: it began, ended, and the cluster came to rest
};

// `zzctl drill start WORDS --wait --json`: the name of the drill first, then its options. Calls the
// idle function of `ctl` meanwhile.
DrillRun play_drill(const Ctl& ctl, Words words, std::chrono::seconds patience);

} // namespace zz::demo
