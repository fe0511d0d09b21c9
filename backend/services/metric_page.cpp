// SPDX-License-Identifier: Apache-2.0
#include "backend/services/metric_page.h"

#include <algorithm>
#include <array>

#include "protocol/base/check.h"

namespace zz::services {
namespace {

constexpr auto kGauge = prometheus::MetricType::Gauge;
constexpr auto kCounter = prometheus::MetricType::Counter;
constexpr auto kHistogram = prometheus::MetricType::Histogram;

constexpr std::array kMetrics{
    MetricKind{"zz_agreement_committed", kGauge, "app replica", "committed mark"},
    MetricKind{"zz_agreement_configuration", kGauge, "app replica", "number of the configuration"},
    MetricKind{"zz_agreement_epoch", kGauge, "app replica", "epoch of the configuration"},
    MetricKind{"zz_agreement_evidence_rounds_total", kCounter, "app replica",
               "evidence rounds begun"},
    MetricKind{"zz_agreement_generation", kGauge, "app replica",
               "generation, above 0 after a RECOVER"},
    MetricKind{"zz_agreement_mute", kGauge, "app replica",
               "1: sends no vote, its journal may lack some"},
    MetricKind{"zz_agreement_removals_total", kCounter, "app replica",
               "execution replicas removed"},
    MetricKind{"zz_agreement_requests_total", kCounter, "app replica", "requests ordered"},
    MetricKind{"zz_agreement_settled", kGauge, "app replica", "settled mark"},
    MetricKind{"zz_agreement_slots", kGauge, "app replica state", "execution slots in this state"},
    MetricKind{"zz_agreement_stable", kGauge, "app replica", "stable checkpoint"},
    MetricKind{"zz_agreement_suspicion", kGauge, "app replica subject", "suspicion of a replica"},
    MetricKind{"zz_agreement_verdicts_total", kCounter, "app replica verdict",
               "disputed numbers by verdict"},
    MetricKind{"zz_agreement_view", kGauge, "app replica", "view"},
    MetricKind{"zz_agreement_view_active", kGauge, "app replica", "0: a view change is under way"},
    MetricKind{"zz_agreement_view_changes_total", kCounter, "app replica", "view changes begun"},
    MetricKind{"zz_agreement_wakeups_total", kCounter, "app replica", "wake-ups with a proof"},
    MetricKind{"zz_client_connections", kGauge, "app client", "connections of users"},
    MetricKind{"zz_client_late_total", kCounter, "app client", "requests beyond the reply timeout"},
    MetricKind{"zz_client_latency_seconds", kHistogram, "app client",
               "request to accepted reply; its sum is right within an eighth"},
    MetricKind{"zz_client_replies_total", kCounter, "app client", "replies accepted"},
    MetricKind{"zz_client_retransmissions_total", kCounter, "app client", "requests sent again"},
    MetricKind{"zz_client_waiting", kGauge, "app client", "requests without a reply yet"},
    MetricKind{"zz_events_dropped_total", kCounter, "app process",
               "telemetry dropped, of zz-host what it refused"},
    MetricKind{"zz_execution_complete", kGauge, "app replica", "1: holds the whole state"},
    MetricKind{"zz_execution_executed", kGauge, "app replica", "last number executed"},
    MetricKind{"zz_execution_fetched_bytes_total", kCounter, "app replica",
               "bytes of state fetched from others"},
    MetricKind{"zz_execution_fetched_nodes_total", kCounter, "app replica",
               "nodes of state fetched from others"},
    MetricKind{"zz_execution_recovering", kGauge, "app replica",
               "1: has not reported at the tip yet"},
    MetricKind{"zz_execution_stable", kGauge, "app replica", "stable checkpoint"},
    MetricKind{"zz_frame_bytes_total", kCounter, "app process direction", "bytes of frames"},
    MetricKind{"zz_frames_total", kCounter, "app process direction", "frames"},
    MetricKind{"zz_host_audit_entries", kGauge, "", "entries of the audit log"},
    MetricKind{"zz_host_drills", kGauge, "", "drills that run"},
    MetricKind{"zz_host_events_kept", kGauge, "", "events kept for who asks later"},
    MetricKind{"zz_host_events_kept_bytes", kGauge, "", "what they take"},
    MetricKind{"zz_host_load1", kGauge, "", "load average of one minute"},
    MetricKind{"zz_host_updates_total", kCounter, "", "updates published"},
    MetricKind{"zz_journal_records_total", kCounter, "app process",
               "records written to the journal"},
    MetricKind{"zz_machine_cpu_seconds_total", kCounter, "app machine",
               "CPU time, by the hypervisor"},
    MetricKind{"zz_machine_resident_bytes", kGauge, "app machine", "memory, by the hypervisor"},
    MetricKind{"zz_machine_restarts_total", kCounter, "app machine", "starts after a crash"},
    MetricKind{"zz_machine_state", kGauge, "app machine state", "1 for the state that it is in"},
    MetricKind{"zz_machine_trouble", kGauge, "app machine", "1: the last thing asked of it failed"},
    MetricKind{"zz_process_cpu_seconds_total", kCounter, "app process", "CPU time"},
    MetricKind{"zz_process_heard_seconds", kGauge, "app process",
               "since it told anything; a spare that sleeps tells nothing"},
    MetricKind{"zz_process_open_files", kGauge, "app process", "open descriptors"},
    MetricKind{"zz_process_resident_bytes", kGauge, "app process", "resident memory"},
    MetricKind{"zz_process_start_time_seconds", kGauge, "app process", "start, seconds since 1970"},
    MetricKind{"zz_process_threads", kGauge, "app process", "threads"},
    MetricKind{"zz_rejected_total", kCounter, "app process reason", "messages rejected"},
    MetricKind{"zz_sends_dropped_total", kCounter, "app process",
               "frames dropped since a peer's queue was full"},
};
static_assert(std::ranges::is_sorted(kMetrics, {}, &MetricKind::name));

} // namespace

std::span<const MetricKind> metric_kinds() {
    return kMetrics;
}

MetricPage::MetricPage(std::string host) : host_(std::move(host)), families_(kMetrics.size()) {
    for (std::size_t i = 0; i < kMetrics.size(); ++i)
        families_[i] = {
            std::string(kMetrics[i].name), std::string(kMetrics[i].help), kMetrics[i].type, {}};
}

prometheus::ClientMetric& MetricPage::fresh(std::string_view name, MetricLabels labels,
                                            prometheus::MetricType& type) {
    const auto kind = std::ranges::lower_bound(kMetrics, name, {}, &MetricKind::name);
    ZZ_CHECK(kind != kMetrics.end() && kind->name == name, "there is no metric {}", name);
    auto& family = families_[static_cast<std::size_t>(kind - kMetrics.begin())];
    type = family.type;
    labels.insert(labels.begin(), {"host", host_});
    family.metric.emplace_back().label = std::move(labels);
    return family.metric.back();
}

void MetricPage::add(std::string_view name, MetricLabels labels, double value) {
    prometheus::MetricType type{};
    auto& metric = fresh(name, std::move(labels), type);
    (type == kCounter ? metric.counter.value : metric.gauge.value) = value;
}

void MetricPage::add(std::string_view name, MetricLabels labels,
                     prometheus::ClientMetric::Histogram histogram) {
    prometheus::MetricType type{};
    fresh(name, std::move(labels), type).histogram = std::move(histogram);
}

std::vector<prometheus::MetricFamily> MetricPage::take() {
    std::erase_if(families_, [](const auto& family) { return family.metric.empty(); });
    return std::move(families_);
}

} // namespace zz::services
