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

// The phase that a client sees: how long the one request that the fault hit took until its reply
// was accepted. It is the slowest one of a lane that sent without a pause from rest to rest.
inline constexpr const char* kFirstAccepted = "first accepted reply";

// Words of a load of one lane that goes on until it is ended.
Words one_lane();

// Plays `fault` at the first active replica under one lane of load, waits until the application is
// at rest again. The phases have kFirstAccepted.
Result<Phases> play_round(const Site& site, const std::string& application, Fault fault,
                          seconds patience);

} // namespace zz::bench
