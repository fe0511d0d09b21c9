// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/rules.h"

namespace zz::auth {

namespace {

using wire::AuthKind;

constexpr std::uint8_t kAgreement = bit(Role::Agreement), kExecution = bit(Role::Execution),
                       kClient = bit(Role::Client), kController = bit(Role::Controller);

constexpr Rule rule(AuthKind auth, unsigned senders) {
    return {auth, static_cast<std::uint8_t>(senders)};
}

constexpr Rule kBundle = rule(AuthKind::Inner, kAgreement | kClient);
constexpr Rule kOrdering = rule(AuthKind::Authenticator, kAgreement);
constexpr Rule kReport = rule(AuthKind::Authenticator, kExecution);
constexpr Rule kSignedByAgreement = rule(AuthKind::Signature, kAgreement);
constexpr Rule kSignedByExecution = rule(AuthKind::Signature, kExecution);
constexpr Rule kSignedByController = rule(AuthKind::Signature, kController);
constexpr Rule kSignedByOperator = rule(AuthKind::Signature, bit(Role::Operator));
constexpr Rule kTagOfAgreement = rule(AuthKind::Tag, kAgreement);
constexpr Rule kTagOfExecution = rule(AuthKind::Tag, kExecution);
constexpr Rule kTagOfClient = rule(AuthKind::Tag, kClient);
constexpr Rule kTagOfController = rule(AuthKind::Tag, kController);
constexpr Rule kTagOfReplica = rule(AuthKind::Tag, kAgreement | kExecution);
constexpr Rule kTagOfWaker = rule(AuthKind::Tag, kAgreement | kController);
constexpr Rule kTagOfAnybody = rule(AuthKind::Tag, kAgreement | kExecution | kClient | kController);

} // namespace

const Rule* rule_of(message::Kind kind) {
    using enum message::Kind;
    switch (kind) {
    case Bundle:
        return &kBundle;
    case PrePrepare:
    case Prepare:
    case Commit:
        return &kOrdering;
    case ViewChange:
    case NewView:
    case Checkpoint:
    case Column:
    case Match:
    case Demand:
    case NoSign:
    case Accuse:
    case Settle:
    case Config:
        return &kSignedByAgreement;
    case AgreementStatus:
    case BatchBody:
    case StableProof:
    case AgreementState:
    case Order:
    case ReplyAffidavit:
    case ReplyCertificate:
    case SignRequest:
    case MatchRequest:
    case ConfigAnswer:
    case Convict:
    case Settled:
        return &kTagOfAgreement;
    case Fetch:
    case ExecutionStatus:
        return &kTagOfReplica;
    case Report:
        return &kReport;
    case Reply:
    case ReplyProof:
    case NodeFetch:
    case Nodes:
        return &kTagOfExecution;
    case RequestAgain:
        return &kTagOfClient;
    case SignedReport:
    case Complete:
        return &kSignedByExecution;
    case WakeUpProof:
        return &kTagOfWaker;
    case ConfigRequest:
        return &kTagOfAnybody;
    case Enrol:
        return &kSignedByController;
    case Recover:
        return &kSignedByOperator;
    case ControllerStatus:
        return &kTagOfController;
    }
    return nullptr;
}

} // namespace zz::auth
