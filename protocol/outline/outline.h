// SPDX-License-Identifier: Apache-2.0
// The cluster file as telemetry tells it (telemetry.proto, ClusterFacts): names and places, without
// keys and addresses of replicas. Pure.
#pragma once

#include "protocol/cluster/cluster.h"
#include "protocol/telemetry/telemetry.pb.h"

namespace zz::outline {

telemetry::ClusterFacts describe(const cluster::Cluster& cluster);

} // namespace zz::outline
