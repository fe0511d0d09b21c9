// SPDX-License-Identifier: Apache-2.0
// The numbers of the protocol as types, and the names of its principals (ZZ-2.1).
#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/tagged.h"

namespace zz {

using View = Tagged<struct ViewTag>;
using SequenceNumber = Tagged<struct SequenceNumberTag>;
using Epoch = Tagged<struct EpochTag>;                             // counts executed SETTLEDs
using ConfigurationNumber = Tagged<struct ConfigurationNumberTag>; // counts executed changes
using Generation = Tagged<struct GenerationTag, std::uint32_t>;    // counts RECOVERs
using ApplicationId =
    Tagged<struct ApplicationIdTag, std::uint16_t>;               // position in the cluster file
using AgreementId = Tagged<struct AgreementIdTag, std::uint32_t>; // A1 .. A(3f+1): 1-based
using SlotId = Tagged<struct SlotIdTag, std::uint32_t>;           // E1 .. E(2f+1): 1-based
using Incarnation = Tagged<struct IncarnationTag, std::uint32_t>; // of an execution slot, from 0
using ClientId = Tagged<struct ClientIdTag, std::uint32_t>;       // within its application, 1-based
using HostId = Tagged<struct HostIdTag, std::uint32_t>;           // within the data center, 1-based
using OperatorId = Tagged<struct OperatorIdTag, std::uint32_t>;   // within the data center, 1-based
using LaneId = Tagged<struct LaneIdTag, std::uint32_t>;           // of a client, from 0
using RequestNumber = Tagged<struct RequestNumberTag>;            // of a lane, upward from 1
using RecordIndex = Tagged<struct RecordIndexTag>; // of a journal, upward from 1; 0 = none
using Timestamp = Tagged<struct TimestampTag>;     // agreed time: nanoseconds since 1970 (ZZ-3.4)

// What a vote is about: the replies of a batch, or a checkpoint (ZZ-5.3).
enum class VoteKind : std::uint8_t { Reply = 1, Checkpoint = 2 };

enum class Role : std::uint8_t {
    Agreement = 1,
    Execution = 2,
    Controller = 3, // index = its HostId; for every application
    Client = 4,
    Operator = 5,
    Host = 6, // zz-host: moves frames and telemetry, is trusted with nothing
};

// A principal within one application (agreement, execution, client) or the data center (the rest).
struct PrincipalId {
    Role role = Role::Agreement;
    std::uint32_t index = 0;
    std::uint32_t incarnation = 0; // of an execution replica, else 0

    friend constexpr auto operator<=>(const PrincipalId&, const PrincipalId&) = default;
};

// An execution replica is (slot, incarnation).
struct ExecutionId {
    SlotId slot;
    Incarnation incarnation;

    friend constexpr auto operator<=>(const ExecutionId&, const ExecutionId&) = default;
};

constexpr PrincipalId principal(AgreementId id) {
    return {Role::Agreement, id.value, 0};
}
constexpr PrincipalId principal(ExecutionId id) {
    return {Role::Execution, id.slot.value, id.incarnation.value};
}
constexpr PrincipalId principal(ClientId id) {
    return {Role::Client, id.value, 0};
}
constexpr PrincipalId controller_of(HostId id) {
    return {Role::Controller, id.value, 0};
}
constexpr PrincipalId principal(HostId id) {
    return {Role::Host, id.value, 0};
}
constexpr PrincipalId principal(OperatorId id) {
    return {Role::Operator, id.value, 0};
}

// Precondition: p.role is Execution / Agreement.
constexpr ExecutionId execution_id(const PrincipalId& p) {
    return {SlotId(p.index), Incarnation(p.incarnation)};
}
constexpr AgreementId agreement_id(const PrincipalId& p) {
    return AgreementId(p.index);
}

// "A3", "E1.2", "controller 4", "client 1", "operator 1", "host 2".
std::string to_string(const PrincipalId& p);
std::string to_string(const ExecutionId& id);
std::string to_string(AgreementId id);

} // namespace zz
