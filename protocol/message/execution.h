// SPDX-License-Identifier: Apache-2.0
// Between agreement, execution and clients (ZZ-4), and the transfer of state nodes (ZZ-7.2).
#pragma once

#include "protocol/message/view_change.h"

namespace zz::message {

// Agreement -> awake execution, tag: n is committed, I hold its body and serve it.
struct Order {
    static constexpr Kind kind = Kind::Order;
    SequenceNumber n;
    Digest batch_digest;
    Timestamp time; // effective (ZZ-3.4)
    ZZ_FIELDS(n, batch_digest, time)
    friend bool operator==(const Order&, const Order&) = default;
};

// Execution -> agreement, authenticator. `digest` is the Merkle root over (client, lane, number,
// reply digest) of the batch's executed requests in order; `reply_digests` are those reply digests.
struct Report {
    static constexpr Kind kind = Kind::Report;
    SequenceNumber n;
    ConfigurationNumber configuration;
    Digest batch_digest;
    Digest digest;
    List<Digest, kMaxBatchRequests> reply_digests;
    ZZ_FIELDS(n, configuration, batch_digest, digest, reply_digests)
    friend bool operator==(const Report&, const Report&) = default;
};

struct ReplyEntry {
    LaneId lane;
    RequestNumber number;
    Digest digest;      // SHA-256 of the result (domain "reply")
    bool whole = false; // `result` holds the result
    Blob result;
    ZZ_FIELDS(lane, number, digest, whole, result)
    friend bool operator==(const ReplyEntry&, const ReplyEntry&) = default;
};
// Execution -> client, tag: one message per client and batch.
struct Reply {
    static constexpr Kind kind = Kind::Reply;
    SequenceNumber n;
    ConfigurationNumber configuration;
    List<ReplyEntry, kMaxBatchRequests> entries;
    ZZ_FIELDS(n, configuration, entries)
    friend bool operator==(const Reply&, const Reply&) = default;
};

struct AffidavitEntry {
    LaneId lane;
    RequestNumber number;
    Digest digest;
    ZZ_FIELDS(lane, number, digest)
    friend bool operator==(const AffidavitEntry&, const AffidavitEntry&) = default;
};
// Agreement -> client, tag: n is settled at me with these reply digests (ZZ-4.3 (b)).
struct ReplyAffidavit {
    static constexpr Kind kind = Kind::ReplyAffidavit;
    SequenceNumber n;
    List<AffidavitEntry, kMaxBatchRequests> entries;
    ZZ_FIELDS(n, entries)
    friend bool operator==(const ReplyAffidavit&, const ReplyAffidavit&) = default;
};

// Agreement -> client, tag: f+1 equal signed reports, and the leaf of each of this client's
// requests with its path to the report digest (ZZ-4.3 (c)).
struct CertifiedReply {
    AffidavitEntry entry;
    std::uint32_t index = 0; // leaf of the report's tree
    std::uint32_t leaf_count = 0;
    List<Digest, 16> path;
    ZZ_FIELDS(entry, index, leaf_count, path)
    friend bool operator==(const CertifiedReply&, const CertifiedReply&) = default;
};
struct ReplyCertificate {
    static constexpr Kind kind = Kind::ReplyCertificate;
    SequenceNumber n;
    List<Embedded<SignedReport>, kMaxSlots> reports;
    List<CertifiedReply, kMaxBatchRequests> entries;
    ZZ_FIELDS(n, reports, entries)
    friend bool operator==(const ReplyCertificate&, const ReplyCertificate&) = default;
};

// Execution -> client, tag: a cached result with the tree nodes from its reply-cache entry to the
// root of a stable checkpoint (ZZ-4.3 (d)).
struct ReplyProof {
    static constexpr Kind kind = Kind::ReplyProof;
    LaneId lane;
    RequestNumber number;
    StableCertificate certificate;
    List<Blob, 512> nodes; // encoded tree nodes, root first
    ZZ_FIELDS(lane, number, certificate, nodes)
    friend bool operator==(const ReplyProof&, const ReplyProof&) = default;
};

struct LaneRequest {
    LaneId lane;
    RequestNumber number;
    ZZ_FIELDS(lane, number)
    friend bool operator==(const LaneRequest&, const LaneRequest&) = default;
};
// Client -> execution, tag: send your replies again, with the whole results.
struct RequestAgain {
    static constexpr Kind kind = Kind::RequestAgain;
    List<LaneRequest, kMaxBundleRequests> requests;
    ZZ_FIELDS(requests)
    friend bool operator==(const RequestAgain&, const RequestAgain&) = default;
};

// Execution <-> agreement, tag: at start, on a gap, when idle. The receiver re-sends ORDERs and
// bodies above the mark (from agreement) or REPORTs above the settled mark (from execution).
struct ExecutionStatus {
    static constexpr Kind kind = Kind::ExecutionStatus;
    SequenceNumber
        mark;         // executed mark of an execution replica; settled mark of an agreement replica
    SequenceNumber h; // newest stable checkpoint the sender knows
    bool asks = false; // true: please re-send
    ZZ_FIELDS(mark, h, asks)
    friend bool operator==(const ExecutionStatus&, const ExecutionStatus&) = default;
};

// Execution -> execution through the hosts' relays, tag; the hash decides (ZZ-7.3).
struct NodeFetch {
    static constexpr Kind kind = Kind::NodeFetch;
    List<Digest, 1024> hashes;
    ZZ_FIELDS(hashes)
    friend bool operator==(const NodeFetch&, const NodeFetch&) = default;
};
struct Nodes {
    static constexpr Kind kind = Kind::Nodes;
    List<Blob, 1024> nodes;      // in any order; the hash decides what each is
    List<Digest, 1024> not_held; // asked but not held by the sender
    ZZ_FIELDS(nodes, not_held)
    friend bool operator==(const Nodes&, const Nodes&) = default;
};

} // namespace zz::message
