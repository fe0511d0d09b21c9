// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace zz::telemetry {

std::uint32_t latency_bucket(std::uint64_t us) {
    if (us < 8)
        return static_cast<std::uint32_t>(us);
    const auto power = static_cast<std::uint32_t>(std::bit_width(us)) - 1; // >= 3
    const auto part = static_cast<std::uint32_t>((us >> (power - 3)) & 7U);
    return std::min((power - 2) * 8 + part, kLatencyBuckets - 1);
}

std::uint64_t latency_of_bucket(std::uint32_t bucket) {
    if (bucket < 8)
        return bucket;
    const std::uint32_t power = bucket / 8 + 2, part = bucket % 8;
    return ((std::uint64_t{8} + part + 1) << (power - 3)) - 1;
}

void LatencyHistogram::add(const ClientSecond& second) {
    const int buckets = std::min(second.bucket_size(), second.count_size());
    for (int i = 0; i < buckets; ++i) {
        counts_[std::min(second.bucket(i), kLatencyBuckets - 1)] += second.count(i);
        total_ += second.count(i);
    }
}

void LatencyHistogram::store(ClientSecond& second) const {
    for (const auto& [bucket, count] : counts_) {
        second.add_bucket(bucket);
        second.add_count(static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX)));
    }
}

std::uint64_t LatencyHistogram::percentile(double percent) const {
    const auto rank = static_cast<std::uint64_t>(
        std::ceil(static_cast<double>(total_) * std::clamp(percent, 0.0, 100.0) / 100.0));
    std::uint64_t seen = 0;
    for (const auto& [bucket, count] : counts_) {
        seen += count;
        if (seen >= std::max<std::uint64_t>(rank, 1))
            return latency_of_bucket(bucket);
    }
    return 0;
}

} // namespace zz::telemetry
