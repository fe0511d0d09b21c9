// SPDX-License-Identifier: Apache-2.0
// ThroughputFold: what clients of one application felt, second by second, and how many replicas it
// took: replies and latencies as clients measured them, marks as f+1 agreement replicas reached
// them. Latencies of several clients are merged by buckets (latency.h). Bounded: the newest
// kThroughputSecondsMax seconds. A plain value.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "protocol/telemetry/fold_state.h"
#include "protocol/telemetry/latency.h"

namespace zz::telemetry {

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::size_t kThroughputSecondsMax = 2 * 3600;
inline constexpr std::size_t kThroughputClientsMax = 256; // of one second

struct ThroughputSecond {
    std::int64_t wall_s = 0; // of the clients' clocks; marks: of the reader's
    std::uint64_t replies = 0, p50_us = 0, p99_us = 0, max_us = 0;
    // As last known in this second; absent while fewer than f+1 tell.
    Known ordered;                   // requests ordered since the begin
    Known wakeups;                   // since the begin
    Known active;                    // replicas in state active
    Known awake;                     // active, waking or recovering
    std::uint64_t bytes_fetched = 0; // as execution replicas say, all together since their start
};

class ThroughputFold {
  public:
    // A client's facts. Seconds that were told before change nothing.
    void take(const SourceKey& client, const Facts& facts);
    // What is known at this time of the reader.
    void sample(std::int64_t now_ns, const ApplicationView& view);

    // Ascending; a second of which nothing is known is not there.
    const std::deque<ThroughputSecond>& seconds() const { return seconds_; }

  private:
    struct Second { // what clients told of one that is still open to more of them
        std::map<SourceKey, ClientSecond> clients;
    };
    ThroughputSecond* at(std::int64_t wall_s);

    std::deque<ThroughputSecond> seconds_;
    std::map<std::int64_t, Second> told_; // the newest kOpenSeconds
};

} // namespace zz::telemetry
