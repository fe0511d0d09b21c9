// SPDX-License-Identifier: Apache-2.0
// Client requests, batches and the normal case of ordering (ZZ-2.4, ZZ-3.1, ZZ-3.4, ZZ-3.5).
#pragma once

#include <variant>

#include "protocol/message/configuration.h"

namespace zz::message {

struct Request {
    LaneId lane;
    RequestNumber number;
    std::uint32_t budget = 0; // deterministic execution budget in steps of about 1 us (ZZ-1.5)
    Blob operation;
    ZZ_FIELDS(lane, number, budget, operation)
    friend bool operator==(const Request&, const Request&) = default;
};

// Requests of one client under one signature over a Merkle root (ZZ-2.4), whole or in part: a part
// carries the siblings that lead from its leaves to the root. Leaves ascend by index.
struct BundleLeaf {
    std::uint32_t index = 0;
    Request request;
    ZZ_FIELDS(index, request)
    friend bool operator==(const BundleLeaf&, const BundleLeaf&) = default;
};
// Client -> agreement. Authenticated by its own signature, wherever it travels.
struct Bundle {
    static constexpr Kind kind = Kind::Bundle;
    ClientId client;
    std::uint32_t leaf_count = 0; // of the whole bundle
    Signature signature;          // over (domain, cluster, application, client, leaf_count, root)
    List<BundleLeaf, kMaxBundleRequests> leaves;
    List<Digest, 2 * kMaxBundleRequests> siblings; // empty if the bundle is whole
    ZZ_FIELDS(client, leaf_count, signature, leaves, siblings)
    friend bool operator==(const Bundle&, const Bundle&) = default;
};

// A system request as it stands in a batch (ZZ-3.5): ENROL travels signed, the others carry their
// proofs.
struct SystemRequest {
    std::variant<Embedded<Enrol>, Convict, Settled> body;
    friend bool operator==(const SystemRequest&, const SystemRequest&) = default;
};

// What is ordered at one sequence number. Its digest is SHA-256 over its encoding (domain "batch").
// The null batch of a new view has no bundles, no system requests and time 0.
struct Batch {
    Timestamp proposed;
    List<Bundle, kMaxBatchRequests> bundles;
    List<SystemRequest, 16> system;
    ZZ_FIELDS(proposed, bundles, system)
    friend bool operator==(const Batch&, const Batch&) = default;
};

// A batch as encoded bytes with its digest and content: decoded once, checked once, then shared.
struct BatchContent {
    Blob encoded;
    Batch batch; // decoded from `encoded`
    friend bool operator==(const BatchContent& a, const BatchContent& b) {
        return a.encoded == b.encoded;
    }
};

// Agreement, authenticator.
struct PrePrepare {
    static constexpr Kind kind = Kind::PrePrepare;
    View view;
    SequenceNumber n;
    Digest batch_digest;
    BatchContent batch;
    ZZ_FIELDS(view, n, batch_digest, batch)
    friend bool operator==(const PrePrepare&, const PrePrepare&) = default;
};
struct Prepare {
    static constexpr Kind kind = Kind::Prepare;
    View view;
    SequenceNumber n;
    Digest batch_digest;
    ZZ_FIELDS(view, n, batch_digest)
    friend bool operator==(const Prepare&, const Prepare&) = default;
};
struct Commit {
    static constexpr Kind kind = Kind::Commit;
    View view;
    SequenceNumber n;
    Digest batch_digest;
    SequenceNumber committed_mark; // of the sender (ZZ-6.1)
    ZZ_FIELDS(view, n, batch_digest, committed_mark)
    friend bool operator==(const Commit&, const Commit&) = default;
};

} // namespace zz::message
