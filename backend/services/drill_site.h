// SPDX-License-Identifier: Apache-2.0
// DrillSite: what `zzctl drill` knows of the application it drills: the cluster file, the newest
// status, events since a point. Everything shown comes from what replicas and controllers told,
// never from the drill's own file (ZZ-10.3). One thread.
#pragma once

#include <nlohmann/json.hpp>

#include "backend/drill/plan.h"
#include "backend/services/drill_report.h"
#include "backend/services/operator_client.h"

namespace zz::services {

struct Mark { // a point in the event streams of all hosts
    std::map<HostId, std::uint64_t> numbers;
    std::int64_t wall_ns = 0;
};

Mark mark_of(const DrillRecord& record);
std::string drill_file(const Layout& layout, const std::string& id);
// An Error if there is none or it is damaged.
Result<DrillFile> read_drill_file(const Layout& layout, const std::string& id);

class DrillSite {
  public:
    static Result<std::unique_ptr<DrillSite>> open(const std::string& dir, const std::string& app);

    // Turns to another application; false if there is none of this name.
    bool select(const std::string& app);

    const cluster::Cluster& cluster() const { return cluster_; }
    const cluster::Application& application() const { return *application_; }
    const Layout& layout() const { return layout_; }
    OperatorClient& client() { return *client_; }

    // The application's part of status_json; an Error if the hosts do not answer.
    Result<nlohmann::json> status();
    // From a status: the application as plans need it, its live incarnations, its committed head.
    drill::Stage stage(const nlohmann::json& status) const;
    std::map<SlotId, Incarnation> incarnations(const nlohmann::json& status) const;
    // f+1 active, the others asleep, nobody convicted or woken, every fact known.
    bool at_rest(const nlohmann::json& status) const;

    // Records of drills in run/, those that can be read.
    std::vector<DrillFile> drill_files() const;

    Mark mark();
    // Events of this application and its hosts since `mark`, by wall clock.
    std::vector<telemetry::Event> events_since(const Mark& mark);

  private:
    DrillSite(Layout layout, cluster::Cluster cluster)
        : layout_(std::move(layout)), cluster_(std::move(cluster)) {}

    Layout layout_;
    cluster::Cluster cluster_;
    const cluster::Application* application_ = nullptr;
    std::unique_ptr<OperatorClient> client_;
};

} // namespace zz::services
