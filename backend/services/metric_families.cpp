// SPDX-License-Identifier: Apache-2.0
#include "backend/services/metric_families.h"

#include <algorithm>
#include <array>
#include <limits>

#include "protocol/telemetry/latency.h"

namespace zz::services {
namespace {

constexpr double kNsPerSecond = 1e9, kUsPerSecond = 1e6;
// Bounds of the histogram: powers of two of a microsecond, 64 us to 34 s.
constexpr std::uint32_t kPowerFirst = 6, kPowerLast = 25;
constexpr std::array kSlotStates{"empty", "active", "asleep", "convicted"};
constexpr std::array kMachineStates{"absent", "defined", "running", "paused", "saved", "stopped"};

double seconds_of(std::uint64_t ns) {
    return static_cast<double>(ns) / kNsPerSecond;
}

template <std::size_t N> std::string word(const std::array<const char*, N>& of, std::uint32_t i) {
    return i < N ? of[i] : std::to_string(i);
}

class Filler {
  public:
    Filler(const cluster::Cluster& cluster, HostId host)
        : cluster_(cluster), host_(host), page_(cluster.host(host)->name) {}

    void add(const HostSample::Source& source);
    void add(const telemetry::SourceKey& client, const ClientLatencies& latencies) {
        page_.add("zz_client_latency_seconds", of(client, "client"), latencies.histogram());
    }
    MetricPage& page() { return page_; }

  private:
    void add_process(const telemetry::SourceKey& key, const telemetry::ProcessFacts& facts);
    void add_agreement(const telemetry::SourceKey& key, const telemetry::AgreementFacts& facts);
    void add_execution(const telemetry::SourceKey& key, const telemetry::ExecutionFacts& facts);
    void add_machine(const telemetry::MachineFacts& facts);
    void add_client(const telemetry::SourceKey& key, const telemetry::ClientFacts& facts);
    void add_host(const telemetry::HostFacts& facts);

    // Labels "app" and `what`, the name of who it is.
    MetricLabels of(const telemetry::SourceKey& key, const char* what) const;
    MetricLabels with(MetricLabels labels, const char* name, std::string value) const {
        labels.push_back({name, std::move(value)});
        return labels;
    }
    std::string name_of(const telemetry::SourceKey& key) const;

    const cluster::Cluster& cluster_;
    HostId host_;
    MetricPage page_;
};

std::string Filler::name_of(const telemetry::SourceKey& key) const {
    if (key.application == 0)
        return key.principal.role == Role::Host ? "zz-host" : "zz-controller";
    const auto* app =
        cluster_.application(ApplicationId(static_cast<std::uint16_t>(key.application - 1)));
    const auto* client = app != nullptr && key.principal.role == Role::Client
                             ? app->client(ClientId(key.principal.index))
                             : nullptr;
    return client != nullptr ? client->name : to_string(key.principal);
}

MetricLabels Filler::of(const telemetry::SourceKey& key, const char* what) const {
    MetricLabels out;
    if (key.application != 0) {
        const auto* app =
            cluster_.application(ApplicationId(static_cast<std::uint16_t>(key.application - 1)));
        out.push_back({"app", app != nullptr ? app->name : std::to_string(key.application - 1)});
    }
    out.push_back({what, name_of(key)});
    return out;
}

void Filler::add(const HostSample::Source& source) {
    const auto& facts = source.facts;
    const telemetry::SourceKey key = telemetry::key_of(facts.source());
    page_.add("zz_process_heard_seconds", of(key, "process"), source.heard_s);
    add_process(key, facts.process());
    if (facts.has_agreement())
        add_agreement(key, facts.agreement());
    if (facts.has_execution())
        add_execution(key, facts.execution());
    for (const auto& machine : facts.controller().machines())
        add_machine(machine);
    if (facts.has_client())
        add_client(key, facts.client());
    if (facts.has_host())
        add_host(facts.host());
}

void Filler::add_process(const telemetry::SourceKey& key, const telemetry::ProcessFacts& facts) {
    const MetricLabels labels = of(key, "process");
    page_.add("zz_process_cpu_seconds_total", labels, seconds_of(facts.cpu_ns()));
    page_.add("zz_process_resident_bytes", labels, facts.rss_bytes());
    page_.add("zz_process_threads", labels, std::uint64_t{facts.threads()});
    page_.add("zz_process_open_files", labels, std::uint64_t{facts.open_files()});
    page_.add("zz_process_start_time_seconds", labels,
              static_cast<double>(facts.started_wall_ns()) / kNsPerSecond);
    page_.add("zz_frames_total", with(labels, "direction", "in"), facts.frames_in());
    page_.add("zz_frames_total", with(labels, "direction", "out"), facts.frames_out());
    page_.add("zz_frame_bytes_total", with(labels, "direction", "in"), facts.bytes_in());
    page_.add("zz_frame_bytes_total", with(labels, "direction", "out"), facts.bytes_out());
    page_.add("zz_sends_dropped_total", labels, facts.sends_dropped());
    page_.add("zz_events_dropped_total", labels, facts.events_dropped());
    for (const auto& [reason, count] : facts.rejected())
        page_.add("zz_rejected_total", with(labels, "reason", reason), count);
    if (key.principal.role == Role::Agreement)
        page_.add("zz_journal_records_total", labels, facts.journal_records());
}

void Filler::add_agreement(const telemetry::SourceKey& key,
                           const telemetry::AgreementFacts& facts) {
    const MetricLabels labels = of(key, "replica");
    page_.add("zz_agreement_view", labels, facts.view());
    page_.add("zz_agreement_view_active", labels, facts.view_active() ? 1.0 : 0.0);
    page_.add("zz_agreement_mute", labels, facts.mute() ? 1.0 : 0.0);
    page_.add("zz_agreement_configuration", labels, facts.configuration());
    page_.add("zz_agreement_epoch", labels, facts.epoch());
    page_.add("zz_agreement_generation", labels, std::uint64_t{facts.generation()});
    page_.add("zz_agreement_committed", labels, facts.committed());
    page_.add("zz_agreement_settled", labels, facts.settled());
    page_.add("zz_agreement_stable", labels, facts.stable());
    page_.add("zz_agreement_requests_total", labels, facts.requests());
    page_.add("zz_agreement_wakeups_total", labels, facts.wakeups());
    page_.add("zz_agreement_removals_total", labels, facts.removals());
    page_.add("zz_agreement_view_changes_total", labels, facts.view_changes());
    page_.add("zz_agreement_evidence_rounds_total", labels, facts.evidence_rounds());
    page_.add("zz_agreement_verdicts_total", with(labels, "verdict", "blocking"), facts.blocking());
    page_.add("zz_agreement_verdicts_total", with(labels, "verdict", "non-blocking"),
              facts.nonblocking());
    for (std::uint32_t state = 0; state < kSlotStates.size(); ++state) {
        const auto in = std::ranges::count_if(
            facts.slots(), [&](const auto& slot) { return slot.state() == state; });
        page_.add("zz_agreement_slots", with(labels, "state", word(kSlotStates, state)),
                  static_cast<double>(in));
    }
    for (const auto& entry : facts.suspicion())
        page_.add("zz_agreement_suspicion",
                  with(labels, "subject", to_string(telemetry::principal_of(entry.subject()))),
                  entry.count());
}

void Filler::add_execution(const telemetry::SourceKey& key,
                           const telemetry::ExecutionFacts& facts) {
    const MetricLabels labels = of(key, "replica");
    page_.add("zz_execution_executed", labels, facts.executed());
    page_.add("zz_execution_stable", labels, facts.stable());
    page_.add("zz_execution_recovering", labels, facts.recovering() ? 1.0 : 0.0);
    page_.add("zz_execution_complete", labels, facts.complete() ? 1.0 : 0.0);
    page_.add("zz_execution_fetched_nodes_total", labels, facts.nodes_fetched());
    page_.add("zz_execution_fetched_bytes_total", labels, facts.bytes_fetched());
}

void Filler::add_machine(const telemetry::MachineFacts& facts) {
    const MetricLabels labels =
        of({facts.application() + 1, telemetry::principal_of(facts.principal())}, "machine");
    page_.add("zz_machine_state", with(labels, "state", word(kMachineStates, facts.state())), 1.0);
    page_.add("zz_machine_restarts_total", labels, std::uint64_t{facts.restarts()});
    page_.add("zz_machine_cpu_seconds_total", labels, seconds_of(facts.cpu_ns()));
    page_.add("zz_machine_resident_bytes", labels, facts.rss_bytes());
    page_.add("zz_machine_trouble", labels, facts.trouble().empty() ? 0.0 : 1.0);
}

void Filler::add_client(const telemetry::SourceKey& key, const telemetry::ClientFacts& facts) {
    const MetricLabels labels = of(key, "client");
    page_.add("zz_client_replies_total", labels, facts.requests());
    page_.add("zz_client_retransmissions_total", labels, facts.retransmissions());
    page_.add("zz_client_late_total", labels, facts.complaints());
    page_.add("zz_client_waiting", labels, facts.waiting());
    page_.add("zz_client_connections", labels, std::uint64_t{facts.connections()});
}

void Filler::add_host(const telemetry::HostFacts& facts) {
    page_.add("zz_host_load1", {}, static_cast<double>(facts.load_milli()) / 1000);
    page_.add("zz_host_drills", {}, static_cast<double>(facts.drills_size()));
    page_.add("zz_host_audit_entries", {}, facts.audit_newest());
}

} // namespace

void ClientLatencies::take(const telemetry::Facts& facts) {
    if (facts.source().boot() != boot_)
        *this = {};
    boot_ = facts.source().boot();
    for (const auto& second : facts.client().seconds()) {
        if (second.wall_s() <= newest_s_)
            continue;
        newest_s_ = second.wall_s();
        const int buckets = std::min(second.bucket_size(), second.count_size());
        for (int i = 0; i < buckets; ++i)
            counts_[std::min(second.bucket(i), telemetry::kLatencyBuckets - 1)] += second.count(i);
    }
}

prometheus::ClientMetric::Histogram ClientLatencies::histogram() const {
    prometheus::ClientMetric::Histogram out;
    for (const auto& [bucket, count] : counts_) {
        out.sample_count += count;
        out.sample_sum += static_cast<double>(telemetry::latency_of_bucket(bucket)) *
                          static_cast<double>(count) / kUsPerSecond;
    }
    auto it = counts_.begin();
    std::uint64_t below = 0;
    for (std::uint32_t power = kPowerFirst; power <= kPowerLast; ++power) {
        const std::uint64_t bound = std::uint64_t{1} << power; // microseconds
        for (; it != counts_.end() && telemetry::latency_of_bucket(it->first) <= bound; ++it)
            below += it->second;
        out.bucket.push_back({below, static_cast<double>(bound) / kUsPerSecond});
    }
    out.bucket.push_back({out.sample_count, std::numeric_limits<double>::infinity()});
    return out;
}

std::vector<prometheus::MetricFamily> metric_families(const cluster::Cluster& cluster, HostId host,
                                                      const HostSample& sample) {
    Filler filler(cluster, host);
    for (const auto& source : sample.sources)
        filler.add(source);
    for (const auto& [client, latencies] : sample.latencies)
        filler.add(client, latencies);
    auto& page = filler.page();
    page.add("zz_host_updates_total", {}, sample.updates);
    page.add("zz_host_events_kept", {}, sample.events_kept);
    page.add("zz_host_events_kept_bytes", {}, sample.events_kept_bytes);
    return page.take();
}

} // namespace zz::services
