// SPDX-License-Identifier: Apache-2.0
// Who runs where by the cluster file, and what executing costs compared with other ways to tolerate
// f faults. Pure, for zzctl.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/cluster/cluster.h"

namespace zz::services {

// A line a host: how many of each kind and which, then what is uneven, if anything is.
std::string placement_text(const cluster::Cluster& cluster);

// {"applications":[{"name","f","mode","crash","bft","separated","zz":{"awake","asleep"},
// "placed":{"agreement","awake","asleep","unknown"}}],"data_center":{... the same, summed}}.
// `status`: from status_json, what f+1 agreement replicas confirm now; null: as the file places
// them at the start.
nlohmann::json cost_json(const cluster::Cluster& cluster, const nlohmann::json& status);

} // namespace zz::services
