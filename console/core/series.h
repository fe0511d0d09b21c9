// SPDX-License-Identifier: GPL-3.0-or-later
// SeriesBook: what clients and replicas of each application measured, one sample at most every 250
// ms, bounded. Fed by the same arrivals as the state; each value keeps when it came, so that a time
// cursor sees what was known then. A value in one thread.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "console/core/state.h"
#include "protocol/telemetry/fold_throughput.h"

namespace zz::console {

inline constexpr std::size_t kSamplesMax = 14'400; // of an application: an hour
inline constexpr std::int64_t kSampleNs = kNs / 4;
inline constexpr std::int64_t kSecondSettledNs = 3 * kNs;
inline constexpr std::size_t kFeltMax = 4 * telemetry::kThroughputSecondsMax; // of an application

struct Sample {
    std::int64_t wall_ns = 0;
    std::int64_t at_ns = 0;          // when it was known
    double rate = 0;                 // accepted replies of all clients, per second
    bool served = false;             // there was a client that measures
    std::uint32_t active = 0;        // execution replicas that f+1 agreement replicas count
    std::uint64_t wakeups = 0;       // that f+1 count
    std::uint64_t bytes_fetched = 0; // by execution replicas, all together
};

// What clients felt in a second, as far as they had told.
struct FeltSecond {
    std::int64_t at_ns = 0; // when it was known so
    std::int64_t wall_s = 0;
    std::uint64_t replies = 0, p50_us = 0, p99_us = 0;
};

class SeriesBook {
  public:
    // f by ApplicationId; of an application that is not in it: 1.
    explicit SeriesBook(std::vector<std::uint32_t> faults = {}) : faults_(std::move(faults)) {}

    // `state` has the arrival in it.
    void take(const Arrival& arrival, const State& state);
    // By ApplicationId; null: nothing was measured.
    const std::deque<Sample>* of(std::uint32_t application) const;
    // Whole seconds that begin in [from, to], ascending, as they were known then.
    std::vector<FeltSecond> seconds_of(std::uint32_t application, std::int64_t from_ns,
                                       std::int64_t to_ns, std::int64_t known_ns) const;

  private:
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
        std::deque<FeltSecond> felt; // by at_ns: the last one of a second holds
    };
    static void take_seconds(Book& book, const telemetry::Facts& facts, std::int64_t at_ns);
    std::uint32_t needed(std::uint32_t application) const; // f+1

    std::vector<std::uint32_t> faults_;
    std::map<std::uint32_t, Book> books_;
};

} // namespace zz::console
