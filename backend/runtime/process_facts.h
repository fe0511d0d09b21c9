// SPDX-License-Identifier: Apache-2.0
// What a service tells of its own process with each heartbeat, from the kernel and its transport.
#pragma once

#include "protocol/telemetry/telemetry.pb.h"
#include "protocol/transport/transport.h"

namespace zz::runtime {

// Fills all that does not depend on the role of the service.
void fill_process(const transport::Counters& counters, std::int64_t started_wall_ns,
                  telemetry::ProcessFacts& to);

} // namespace zz::runtime
