// SPDX-License-Identifier: Apache-2.0
// Messages of fault detection: the evidence round, accusations, wake-up and settlement (ZZ-6.5 ..
// ZZ-6.7).
#pragma once

#include "protocol/message/fields.h"
#include "protocol/message/kind.h"

namespace zz::message {

// Agreement -> awake execution, tag: sign what you reported for n.
struct SignRequest {
    static constexpr Kind kind = Kind::SignRequest;
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    Digest batch_digest; // of n, so that a false n is not answered
    ZZ_FIELDS(vote, n, batch_digest)
    friend bool operator==(const SignRequest&, const SignRequest&) = default;
};

// Execution, signed. Of kind Checkpoint it is the CHECKPOINT of an execution replica (ZZ-5.2):
// digest = root. Two of one incarnation and generation for one (vote, n) with another batch digest
// or digest are absolute proof.
struct SignedReport {
    static constexpr Kind kind = Kind::SignedReport;
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    ConfigurationNumber configuration; // never compared (ZZ-6.5)
    Digest batch_digest;
    Digest digest;
    List<Digest, kMaxBatchRequests>
        reply_digests; // of kind Reply: hash to `digest` with the batch's requests
    ZZ_FIELDS(vote, n, configuration, batch_digest, digest, reply_digests)
    friend bool operator==(const SignedReport&, const SignedReport&) = default;
};

// ZZ-6.1: what one agreement replica holds from one awake execution replica.
enum class EntryState : std::uint8_t { Pending = 0, Missing = 1, Value = 2 };
struct ColumnEntry {
    SlotId slot;
    Incarnation incarnation;
    EntryState state = EntryState::Pending;
    Digest digest; // zero unless Value
    ZZ_FIELDS(slot, incarnation, state, digest)
    friend bool operator==(const ColumnEntry&, const ColumnEntry&) = default;
};

// Agreement, signed. `revision` grows each time the sender sends it anew: the newest of a sender
// counts.
struct Column {
    static constexpr Kind kind = Kind::Column;
    Epoch epoch;
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    std::uint32_t revision = 0;
    List<ColumnEntry, kMaxSlots> entries; // ascending by slot; every awake replica the sender knows
    ZZ_FIELDS(epoch, vote, n, revision, entries)
    friend bool operator==(const Column&, const Column&) = default;
};

// Agreement -> agreement, tag: tell me your settled value of these.
struct MatchRequest {
    static constexpr Kind kind = Kind::MatchRequest;
    VoteKind vote = VoteKind::Reply;
    List<SequenceNumber, kMaxWindow> numbers;
    ZZ_FIELDS(vote, numbers)
    friend bool operator==(const MatchRequest&, const MatchRequest&) = default;
};

// Agreement, signed: n is settled at me on `digest` (ZZ-5.2).
struct Match {
    static constexpr Kind kind = Kind::Match;
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    Digest digest;
    ZZ_FIELDS(vote, n, digest)
    friend bool operator==(const Match&, const Match&) = default;
};

// Agreement, signed: two unequal signed reports of active incarnations (ZZ-6.6 (i)).
struct Demand {
    static constexpr Kind kind = Kind::Demand;
    Epoch epoch;
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    Embedded<SignedReport> first, second;
    ZZ_FIELDS(epoch, vote, n, first, second)
    friend bool operator==(const Demand&, const Demand&) = default;
};

// Agreement, signed, final: at my second deadline I lacked this replica's signature for n (ZZ-6.5).
struct NoSign {
    static constexpr Kind kind = Kind::NoSign;
    Epoch epoch;
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    SlotId slot;
    Incarnation incarnation;
    ZZ_FIELDS(epoch, vote, n, slot, incarnation)
    friend bool operator==(const NoSign&, const NoSign&) = default;
};

// Agreement, signed: n is settled at me, and I hold another digest from this replica (ZZ-6.7).
struct Accuse {
    static constexpr Kind kind = Kind::Accuse;
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    SlotId slot;
    Incarnation incarnation;
    ZZ_FIELDS(vote, n, slot, incarnation)
    friend bool operator==(const Accuse&, const Accuse&) = default;
};

// Execution, signed: I hold the whole state (ZZ-7.5).
struct Complete {
    static constexpr Kind kind = Kind::Complete;
    Epoch epoch;
    ZZ_FIELDS(epoch)
    friend bool operator==(const Complete&, const Complete&) = default;
};

struct Member {
    SlotId slot;
    Incarnation incarnation;
    ZZ_FIELDS(slot, incarnation)
    friend constexpr auto operator<=>(const Member&, const Member&) = default;
};

// Agreement, signed: this set may be the active one of the next epoch (ZZ-6.7).
struct Settle {
    static constexpr Kind kind = Kind::Settle;
    Epoch epoch;
    List<Member, kMaxSlots> set; // ascending, f+1
    ZZ_FIELDS(epoch, set)
    friend bool operator==(const Settle&, const Settle&) = default;
};

} // namespace zz::message
