// SPDX-License-Identifier: Apache-2.0
#include "backend/services/metrics.h"

#include <exception>
#include <fmt/format.h>
#include <mutex>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include "backend/services/hub.h"
#include "backend/services/metric_families.h"

namespace zz::services {

// Handed to the threads of the listener.
class Metrics::Source final : public prometheus::Collectable {
  public:
    Source(const cluster::Cluster& cluster, HostId host) : cluster_(cluster), host_(host) {}

    std::vector<prometheus::MetricFamily> Collect() const override {
        const std::lock_guard lock(mutex_);
        return metric_families(cluster_, host_, sample_);
    }

    void look_at(const Hub& hub, Instant now) {
        const std::lock_guard lock(mutex_);
        sample_.sources.clear();
        for (const auto& [key, kept] : hub.facts().all()) {
            sample_.sources.push_back(
                {kept.facts, static_cast<double>((now - kept.heard).count()) / 1e9});
            if (kept.facts.has_client() &&
                (sample_.latencies.contains(key) || sample_.latencies.size() < kMetricClientsMax))
                sample_.latencies[key].take(kept.facts);
        }
        sample_.updates = hub.newest_number();
        sample_.events_kept = hub.kept_events().all().size();
        sample_.events_kept_bytes = hub.kept_events().bytes();
    }

  private:
    const cluster::Cluster& cluster_;
    const HostId host_;
    mutable std::mutex mutex_;
    HostSample sample_;
};

struct Metrics::Listener {
    explicit Listener(const std::string& address)
        : exposer(std::vector<std::string>{"listening_ports", address, "num_threads", "2",
                                           "request_timeout_ms", "5000"}) {}
    prometheus::Exposer exposer;
};

Metrics::Metrics(const cluster::Cluster& cluster, HostId host)
    : source_(std::make_shared<Source>(cluster, host)) {}
Metrics::~Metrics() = default;

Status Metrics::listen(const std::string& address) {
    if (address.empty())
        return Ok{};
    try {
        listener_ = std::make_unique<Listener>(address);
    } catch (const std::exception& error) {
        return Error{fmt::format("no metrics: cannot listen at {} ({}): free it, or change "
                                 "'metrics' in the cluster file",
                                 address, error.what())};
    }
    listener_->exposer.RegisterCollectable(source_);
    url_ = fmt::format("http://{}/metrics", address);
    return Ok{};
}

void Metrics::look_at(const Hub& hub, Instant now) {
    if (listener_)
        source_->look_at(hub, now);
}

} // namespace zz::services
