// SPDX-License-Identifier: Apache-2.0
// The command line of zzctl as a whole.
#pragma once

namespace zz::services::ctl {

// Parses, runs the chosen command, returns the exit code.
int run(int argc, char** argv);

} // namespace zz::services::ctl
