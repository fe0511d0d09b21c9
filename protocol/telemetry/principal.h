// SPDX-License-Identifier: Apache-2.0
// Names of telemetry as those of the protocol (protocol/base/ids.h), and what a cluster file says
// of who lives where. Pure.
#pragma once

#include <string>

#include "protocol/base/ids.h"
#include "protocol/telemetry/telemetry.pb.h"

namespace zz::telemetry {

PrincipalId principal_of(const Principal& principal);
// Null if there is none.
const ApplicationEntry* find_application(const ClusterFacts& cluster, std::uint32_t id);
const HostEntry* find_host(const ClusterFacts& cluster, std::uint32_t id);

// f+1 of its agreement replicas make a fact (of an unreplicated one the only one does).
std::uint32_t fact_quorum(const ApplicationEntry& application);

// Whether the cluster file puts this source on `host`: what a host tells of replicas of others is
// worth nothing. Clients that no host runs (source.host = 0) may be told by every host.
bool lives_on(const ClusterFacts& cluster, const Source& source, std::uint32_t host);
// The same of facts: they are also of the kind that their source has, and a controller tells of
// machines of replicas that are on its host.
bool lives_on(const ClusterFacts& cluster, const Facts& facts, std::uint32_t host);

// "deviation", "column-of", ...
std::string kind_name(EventKind kind);
// "2026-01-31T12:00:00.123Z".
std::string iso_time(std::int64_t wall_ns);

} // namespace zz::telemetry
