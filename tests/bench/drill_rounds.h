// SPDX-License-Identifier: Apache-2.0
// Rounds of drills that block: each from rest to rest, with the phases that its report gives.
#pragma once

#include <map>

#include "tests/bench/benchmark.h"

namespace zz::bench {

enum class Fault : std::uint8_t { WrongReply, SignedMatrix, Silent };
const char* to_string(Fault fault);

// Milliseconds since the fault began, by phase.
using Phases = std::map<std::string, double>;

// Precondition: requests flow. Plays `fault` at the first active replica, waits until the
// application is at rest again.
Result<Phases> play_round(const Site& site, const std::string& application, Fault fault,
                          seconds patience);

// The phase in which a client accepted the first reply to what was blocked; nothing if the report
// has none.
std::optional<double> first_accepted(const Phases& phases);

} // namespace zz::bench
