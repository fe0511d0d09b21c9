// SPDX-License-Identifier: GPL-3.0-or-later
// SeriesBook: what clients and replicas of each application measured, one sample at most every 250
// ms, bounded. Fed by the same arrivals as the state. A value in one thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "console/core/state.h"
#include "protocol/telemetry/fold_throughput.h"

namespace zz::console {

inline constexpr std::size_t kSamplesMax = 14'400; // of an application: an hour
inline constexpr std::int64_t kSampleNs = kNs / 4;
inline constexpr std::int64_t kSecondSettledNs = 3 * kNs;

struct Sample {
    std::int64_t wall_ns = 0;
    double rate = 0;                 // accepted replies of all clients, per second
    bool served = false;             // there was a client that measures
    std::uint32_t active = 0;        // execution replicas that f+1 agreement replicas count
    std::uint64_t wakeups = 0;       // as the highest replica counts
    std::uint64_t bytes_fetched = 0; // by execution replicas, all together
};

class SeriesBook {
  public:
    // `state` has the arrival in it.
    void take(const Arrival& arrival, const State& state);
    // By ApplicationId; null: nothing was measured.
    const std::deque<Sample>* of(std::uint32_t application) const;
    // What clients felt, whole seconds; null: nothing was measured. A second does not change any
    // more once kSecondSettledNs went by since its begin.
    const std::deque<telemetry::ThroughputSecond>* seconds_of(std::uint32_t application) const;
    // Processor cores that the processes of the host use, all together; none: not told.
    std::optional<double> host_cores(std::uint32_t host, std::int64_t now_ns) const;

    // Memory that they hold, all together.
    std::optional<std::uint64_t> host_memory(std::uint32_t host, std::int64_t now_ns) const;

  private:
    struct Process {
        std::uint64_t cpu_ns = 0;
        std::int64_t wall_ns = 0, at_ns = 0;
        double cores = 0;
        std::uint64_t rss_bytes = 0;
    };
    void take_process(const telemetry::Facts& facts, std::int64_t at_ns);
    struct Counter {
        std::uint64_t requests = 0;
        std::int64_t wall_ns = 0;
        double rate = 0;
    };
    struct Book {
        std::map<SourceKey, Counter> clients;
        std::int64_t newest_ns = 0; // sample
        std::uint64_t ordered = 0;
        std::size_t ordered_by = 0; // replicas that were heard then
        std::int64_t ordered_ns = 0;
        double ordered_rate = 0;
        std::deque<Sample> samples;
        telemetry::ThroughputFold seconds;
    };
    std::map<std::uint32_t, Book> books_;
    std::map<SourceKey, Process> processes_; // at most kSourcesMax
};

} // namespace zz::console
