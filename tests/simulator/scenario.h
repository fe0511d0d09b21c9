// SPDX-License-Identifier: Apache-2.0
// Scenario: what one seed means: a shape, weather, a schedule of faults, then healing; and what
// must hold at its end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/cluster/cluster.h"

namespace zz::simulator {

struct Request {
    std::uint64_t seed = 1;
    std::uint32_t f = 1;
    cluster::Mode mode = cluster::Mode::Zz;
    bool byzantine = true; // false: crashes, cuts and weather only
    bool calm = false;     // no fault but f lying agreement replicas: then nobody may wake (ZZ-6.9)
    std::function<void(Instant, const std::string&)> story; // empty: none
};

struct Outcome {
    std::uint64_t seed = 0;
    std::vector<std::string> violations; // empty: everything held
    std::uint64_t trace_hash = 0;
    std::uint64_t events = 0, replies = 0, faults = 0, convictions = 0, wakeups = 0,
                  view_changes = 0, batches = 0;
    Duration simulated{};
};

Outcome run(const Request& request);

} // namespace zz::simulator
