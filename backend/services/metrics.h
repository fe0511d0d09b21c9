// SPDX-License-Identifier: Apache-2.0
// Metrics: the Prometheus endpoint of a zz-host: HTTP at the address that the cluster file names,
// answered by threads of its own from what it last looked at. Whoever reaches the address may read;
// nothing can be changed through it. Owned by the host's service; calls come on its thread.
#pragma once

#include <memory>
#include <string>

#include "protocol/base/instant.h"
#include "protocol/base/result.h"
#include "protocol/cluster/cluster.h"

namespace zz::services {

class Hub;

inline constexpr std::size_t kMetricClientsMax = 1024; // whose latencies are added up

class Metrics {
  public:
    // `cluster` outlives it.
    Metrics(const cluster::Cluster& cluster, HostId host);
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // "ADDRESS:PORT"; empty: there is no endpoint, and look_at() does nothing.
    Status listen(const std::string& address);
    // "http://ADDRESS:PORT/metrics"; empty if there is none.
    const std::string& url() const { return url_; }
    // What the next scrape shows. `now` is the time of receipts in the hub.
    void look_at(const Hub& hub, Instant now);

  private:
    class Source;
    std::shared_ptr<Source> source_;
    struct Listener;
    std::unique_ptr<Listener> listener_;
    std::string url_;
};

} // namespace zz::services
