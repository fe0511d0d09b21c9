// SPDX-License-Identifier: Apache-2.0
// Compiles the shared checker into the tests of this folder.
#include "tests/support/linearizability.cpp" // NOLINT(bugprone-suspicious-include)
