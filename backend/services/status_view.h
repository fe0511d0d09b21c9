// SPDX-License-Identifier: Apache-2.0
// The data center as one JSON document, from the snapshots of its hosts: a fact is what f+1
// agreement replicas say the same; all else is null or "unknown". Pure but for the wall clock that
// tells how old facts are.
#pragma once

#include <map>
#include <nlohmann/json.hpp>

#include "protocol/cluster/cluster.h"
#include "protocol/telemetry/telemetry.pb.h"

namespace zz::services {

nlohmann::json status_json(const cluster::Cluster& cluster,
                           const std::map<HostId, telemetry::Snapshot>& snapshots);

} // namespace zz::services
