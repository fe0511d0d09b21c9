// SPDX-License-Identifier: Apache-2.0
// What a zz-host knows, as metrics: the newest facts of its services, and the latencies that its
// clients told since it began. Pure.
#pragma once

#include <map>

#include "backend/services/metric_page.h"
#include "protocol/cluster/cluster.h"
#include "protocol/telemetry/source_book.h"

namespace zz::services {

// Latencies of one client process, added up from the seconds that it told; each counts once.
class ClientLatencies {
  public:
    void take(const telemetry::Facts& facts);
    prometheus::ClientMetric::Histogram histogram() const;

  private:
    std::uint64_t boot_ = 0;
    std::int64_t newest_s_ = 0;
    std::map<std::uint32_t, std::uint64_t> counts_; // by bucket (protocol/telemetry/latency.h)
};

struct HostSample {
    struct Source {
        telemetry::Facts facts;
        double heard_s = 0; // ago
    };
    std::vector<Source> sources;
    std::map<telemetry::SourceKey, ClientLatencies> latencies;
    std::uint64_t updates = 0, events_kept = 0, events_kept_bytes = 0;
};

std::vector<prometheus::MetricFamily> metric_families(const cluster::Cluster& cluster, HostId host,
                                                      const HostSample& sample);

} // namespace zz::services
