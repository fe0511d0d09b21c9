// SPDX-License-Identifier: Apache-2.0
// Message kinds as they stand in the envelope. Numbers are never reused.
#pragma once

#include <cstdint>
#include <string_view>

namespace zz::message {

enum class Kind : std::uint8_t {
    Bundle = 1,
    PrePrepare = 2,
    Prepare = 3,
    Commit = 4,
    ViewChange = 5,
    NewView = 6,
    Checkpoint = 7,
    AgreementStatus = 8,
    Fetch = 9,
    BatchBody = 10,
    StableProof = 11,
    AgreementState = 12,
    Order = 13,
    Report = 14,
    Reply = 15,
    ReplyAffidavit = 16,
    ReplyCertificate = 17,
    ReplyProof = 18,
    RequestAgain = 19,
    ExecutionStatus = 20,
    SignRequest = 21,
    SignedReport = 22,
    Column = 23,
    MatchRequest = 24,
    Match = 25,
    Demand = 26,
    NoSign = 27,
    Accuse = 28,
    Complete = 29,
    Settle = 30,
    WakeUpProof = 31,
    Config = 32,
    ConfigRequest = 33,
    ConfigAnswer = 34,
    Enrol = 35,
    Convict = 36,
    Settled = 37,
    Recover = 38,
    NodeFetch = 39,
    Nodes = 40,
    ControllerStatus = 41,
};

// "PRE-PREPARE", "SIGNED-REPORT"...
std::string_view name(Kind kind);

} // namespace zz::message
