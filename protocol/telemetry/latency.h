// SPDX-License-Identifier: Apache-2.0
// Latencies in buckets that add up (ClientSecond in telemetry.proto): of each power of two eight
// equal parts, so that a percentile is right within an eighth. Pure.
#pragma once

#include <cstdint>
#include <map>

#include "protocol/telemetry/telemetry.pb.h"

namespace zz::telemetry {

// Microseconds below 8 have a bucket each; then eight of each power of two, up to an hour and more.
inline constexpr std::uint32_t kLatencyBuckets = 256;

std::uint32_t latency_bucket(std::uint64_t us);
// The highest latency that falls into the bucket.
std::uint64_t latency_of_bucket(std::uint32_t bucket);

class LatencyHistogram {
  public:
    void add(std::uint64_t us) { ++counts_[latency_bucket(us)], ++total_; }
    void add(const ClientSecond& second);
    void store(ClientSecond& second) const;
    std::uint64_t total() const { return total_; }
    // 0 if it is empty. `percent` 0 to 100.
    std::uint64_t percentile(double percent) const;

  private:
    std::map<std::uint32_t, std::uint64_t> counts_;
    std::uint64_t total_ = 0;
};

} // namespace zz::telemetry
