// SPDX-License-Identifier: Apache-2.0
// MetricPage: what one scrape of a host gets, being filled. kMetrics is the one table of names; the
// user reads the same in resources/docs/metrics.md. A plain value.
#pragma once

#include <prometheus/metric_family.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zz::services {

struct MetricKind {
    std::string_view name;
    prometheus::MetricType type;
    std::string_view labels; // besides "host"; by blanks
    std::string_view help;
};
// By name.
std::span<const MetricKind> metric_kinds();

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

class MetricPage {
  public:
    explicit MetricPage(std::string host);

    // A gauge or counter. Precondition: `name` is in the table.
    void add(std::string_view name, MetricLabels labels, double value);
    void add(std::string_view name, MetricLabels labels, std::uint64_t value) {
        add(name, std::move(labels), static_cast<double>(value));
    }
    void add(std::string_view name, MetricLabels labels,
             prometheus::ClientMetric::Histogram histogram);

    // Families without a sample are left out.
    std::vector<prometheus::MetricFamily> take();

  private:
    prometheus::ClientMetric& fresh(std::string_view name, MetricLabels labels,
                                    prometheus::MetricType& type);

    std::string host_;
    std::vector<prometheus::MetricFamily> families_; // as the table
};

} // namespace zz::services
