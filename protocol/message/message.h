// SPDX-License-Identifier: Apache-2.0
// Every protocol message as one variant. What travels alone; SystemRequests of kinds CONVICT and
// SETTLED travel both alone (agreement -> primary) and inside batches.
#pragma once

#include <variant>

#include "protocol/message/execution.h"

namespace zz::message {

using Message =
    std::variant<Bundle, PrePrepare, Prepare, Commit, ViewChange, NewView, Checkpoint,
                 AgreementStatus, Fetch, BatchBody, StableProof, AgreementState, Order, Report,
                 Reply, ReplyAffidavit, ReplyCertificate, ReplyProof, RequestAgain, ExecutionStatus,
                 SignRequest, SignedReport, Column, MatchRequest, Match, Demand, NoSign, Accuse,
                 Complete, Settle, WakeUpProof, Config, ConfigRequest, ConfigAnswer, Enrol, Convict,
                 Settled, Recover, NodeFetch, Nodes, ControllerStatus>;

inline Kind kind_of(const Message& m) {
    return std::visit([](const auto& value) { return value.kind; }, m);
}

} // namespace zz::message
