// SPDX-License-Identifier: Apache-2.0
// ClientSeconds: replies and latencies of a client, second by second of its wall clock, as
// telemetry tells them (ClientSecond). Owned by ClientPort; a plain value.
#pragma once

#include <deque>

#include "protocol/base/instant.h"
#include "protocol/telemetry/latency.h"
#include "protocol/telemetry/version.h"

namespace zz::services {

class ClientSeconds {
  public:
    // A reply came at this wall time, after so long.
    void replied(std::int64_t wall_ns, Duration latency);
    // Seconds that are over, the newest ones; those without replies too, once there was a call.
    void fill(std::int64_t wall_ns, telemetry::ClientFacts& facts);

  private:
    void go_on_to(std::int64_t wall_s);

    std::int64_t wall_s_ = 0; // the open one; 0: none yet
    telemetry::LatencyHistogram open_;
    std::uint64_t max_us_ = 0;
    std::deque<telemetry::ClientSecond> over_; // newest last
    telemetry::LatencyHistogram since_;        // since the last fill()
};

} // namespace zz::services
