// SPDX-License-Identifier: Apache-2.0
// What a figure was measured on: nobody can read a benchmark without it.
#pragma once

#include "backend/demo/ctl.h"

namespace zz::bench {

using demo::Json;

// {"cores","cpu","memory_mib","load":[1,5,15 minutes],"kernel"}.
Json machine();
std::string machine_line(const Json& machine);

} // namespace zz::bench
