// SPDX-License-Identifier: Apache-2.0
// What `zzctl recover` makes of the claims of agreement replicas and of what execution replicas say
// they hold (ZZ-8.4): the RECOVER, and what is lost or uncertain. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/runtime/generation.h"
#include "protocol/core/facts.h"
#include "protocol/telemetry/operator.pb.h"

namespace zz::services {

struct RecoverClaims {
    std::vector<message::Embedded<message::ViewChange>> claims; // signatures checked
    std::vector<Blob> states;                                   // under their checkpoints
    std::vector<std::string> refused;                           // for people
    // The base of the generation they are in; it needs no signatures there.
    message::Checkpoint base;
};

// `told`: the answers, at most one of a replica.
RecoverClaims read_claims(const std::vector<telemetry::RecoverClaim>& told,
                          const cluster::Cluster& cluster, const cluster::Application& application,
                          const crypto::KeyPair& keys);

struct RecoverPlan {
    message::Recover recover;
    SequenceNumber highest;           // stable checkpoint among the claims
    SequenceNumber top;               // highest number of which a claim says anything
    std::vector<ExecutionId> holders; // say that they hold all nodes of the base
};

// The highest checkpoint of the claims of which an execution replica holds all nodes. An Error says
// what is missing.
Result<RecoverPlan> plan_recover(const RecoverClaims& claims,
                                 const std::vector<telemetry::ExecutionFacts>& execution,
                                 const cluster::Application& application, Generation generation);

} // namespace zz::services
