// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/rules.h"

namespace zz::auth {

const Rule* rule_of(message::Kind kind) {
    using enum message::Kind;
    using enum wire::AuthKind;
    static constexpr std::uint8_t a = bit(Role::Agreement), e = bit(Role::Execution), c = bit(Role::Client),
                                  k = bit(Role::Controller), o = bit(Role::Operator);
    static constexpr Rule bundle{Inner, static_cast<std::uint8_t>(a | c)};
    static constexpr Rule ordering{Authenticator, a}, report{Authenticator, e};
    static constexpr Rule signed_a{Signature, a}, signed_e{Signature, e}, signed_k{Signature, k}, signed_o{Signature, o};
    static constexpr Rule tag_a{Tag, a}, tag_e{Tag, e}, tag_c{Tag, c}, tag_k{Tag, k};
    static constexpr Rule tag_ae{Tag, static_cast<std::uint8_t>(a | e)}, tag_ak{Tag, static_cast<std::uint8_t>(a | k)};
    static constexpr Rule tag_all{Tag, static_cast<std::uint8_t>(a | e | c | k)};
    switch (kind) {
    case Bundle:
        return &bundle;
    case PrePrepare:
    case Prepare:
    case Commit:
        return &ordering;
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
        return &signed_a;
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
        return &tag_a;
    case Fetch:
    case ExecutionStatus:
        return &tag_ae;
    case Report:
        return &report;
    case Reply:
    case ReplyProof:
    case NodeFetch:
    case Nodes:
        return &tag_e;
    case RequestAgain:
        return &tag_c;
    case SignedReport:
    case Complete:
        return &signed_e;
    case WakeUpProof:
        return &tag_ak;
    case ConfigRequest:
        return &tag_all;
    case Enrol:
        return &signed_k;
    case Recover:
        return &signed_o;
    case ControllerStatus:
        return &tag_k;
    }
    return nullptr;
}

} // namespace zz::auth
