// SPDX-License-Identifier: Apache-2.0
#include "protocol/outline/outline.h"

namespace zz::outline {
namespace {

void describe(const cluster::Cluster& cluster, const cluster::Application& app,
              telemetry::ApplicationEntry& out) {
    out.set_id(app.id.value);
    out.set_name(app.name);
    out.set_kind(std::string(cluster::to_string(app.kind)));
    out.set_f(app.f);
    out.set_mode(std::string(cluster::to_string(app.mode)));
    out.set_wakeup(std::string(cluster::to_string(app.wakeup)));
    out.set_checkpoint_interval(app.limits.checkpoint_interval);
    for (const auto& replica : app.agreement) {
        auto& entry = *out.add_agreement();
        entry.set_index(replica.id.value);
        entry.set_host(replica.host.value);
    }
    for (const auto& slot : app.execution) {
        auto& entry = *out.add_execution();
        entry.set_index(slot.id.value);
        entry.set_host(slot.host.value);
        entry.set_active(slot.active);
        if (const auto* host = cluster.host(slot.host))
            entry.set_spare(std::string(cluster::to_string(cluster::spare_of(app, *host))));
    }
    for (const auto& client : app.clients) {
        auto& entry = *out.add_clients();
        entry.set_id(client.id.value);
        entry.set_name(client.name);
        entry.set_host(client.host ? client.host->value : 0);
        entry.set_protocol(std::string(cluster::to_string(client.protocol)));
        entry.set_front(client.front);
    }
}

} // namespace

telemetry::ClusterFacts describe(const cluster::Cluster& cluster) {
    telemetry::ClusterFacts out;
    out.set_id(std::string(text_of(cluster.id.view())));
    out.set_name(cluster.name);
    out.set_environment(cluster.environment);
    out.set_drills(cluster.drills);
    for (const auto& host : cluster.hosts) {
        auto& entry = *out.add_hosts();
        entry.set_id(host.id.value);
        entry.set_name(host.name);
        entry.set_hypervisor(std::string(cluster::to_string(host.hypervisor)));
    }
    for (const auto& app : cluster.applications)
        describe(cluster, app, *out.add_applications());
    return out;
}

} // namespace zz::outline
