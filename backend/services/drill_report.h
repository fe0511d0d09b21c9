// SPDX-License-Identifier: Apache-2.0
// The report of a drill (ZZ-10.4): what was observed, from telemetry alone, in the shape of what
// was predicted; and the phases of ZZ-7.6. A conviction counts when f+1 agreement replicas told of
// it, a wake-up when a controller did it. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "protocol/cluster/cluster.h"
#include "protocol/telemetry/telemetry.pb.h"

namespace zz::services {

struct DrillRecord { // kept in run/drill-ID.json by the operator's side
    std::string id, name, application;
    std::vector<std::string> targets;
    std::vector<std::uint32_t> actives; // slots at the start
    nlohmann::json predicted;
    std::int64_t started_wall_ns = 0, lease_ns = 0;
    std::map<std::uint32_t, std::uint64_t> host_numbers; // events of each host known at the start
};
nlohmann::json to_json(const DrillRecord& record);
Result<DrillRecord> record_from(const std::string& text);

// What run/drill-ID.json holds: a drill with a record for each application it befell, or a series
// of drills that were the same.
struct DrillFile {
    std::string id;
    std::vector<DrillRecord> parts; // empty: a series
    std::vector<std::string> rounds;
};
nlohmann::json to_json(const DrillFile& file);
Result<DrillFile> drill_file_from(const std::string& text);

// {"verdict","wakes","convicted","unresponsive","margin"} and, beside it, "matrix" with the columns
// as they were told.
nlohmann::json observed(const DrillRecord& record, const cluster::Application& app,
                        const std::vector<telemetry::Event>& events);
// Milliseconds from the first deviation, by phase (telemetry::PhaseFold, as the console shows
// them); what did not happen is left out.
nlohmann::json phases(const DrillRecord& record, const cluster::Application& app,
                      const std::vector<telemetry::Event>& events);
// How each target's part stands: kTargetRuns, else how it ended ("stopped", "lease ended",
// "finished", "removed", "refused: WHY").
inline constexpr const char* kTargetRuns = "running";
std::map<std::string, std::string> target_states(const DrillRecord& record,
                                                 const cluster::Application& app,
                                                 const std::vector<telemetry::Event>& events);
// Whether every target's part has ended.
bool ended(const DrillRecord& record, const cluster::Application& app,
           const std::vector<telemetry::Event>& events);

} // namespace zz::services
