// SPDX-License-Identifier: Apache-2.0
// What the agreement core and the detection core of one agreement replica tell each other. Both are
// actions of the one and inputs of the other; backend/replica joins them. Neither room knows the
// other.
#pragma once

#include <vector>

#include "protocol/core/facts.h"
#include "protocol/message/message.h"

namespace zz::core {

// --- agreement -> detection

struct OrderedRequest {
    ClientId client;
    LaneId lane;
    RequestNumber number;
    friend bool operator==(const OrderedRequest&, const OrderedRequest&) = default;
};
// Batch n committed here, body held, and all below it too (the committed mark is n). In order,
// without a gap, except after CaughtUp-by-state, which starts anew above a stable checkpoint.
struct Committed {
    SequenceNumber n;
    Digest batch_digest;
    Timestamp time;                       // effective
    std::vector<OrderedRequest> requests; // those that execute (message/lanes.h), in order
};
// 2f+1 agreement replicas (we among them or not) have committed every number up to `mark` and hold
// the bodies.
struct CommittedByQuorum {
    SequenceNumber mark;
};
// A configuration was executed (also the first, at start, and one installed by catch-up).
struct Configured {
    message::Config config;
    std::vector<message::Embedded<message::Config>>
        certificate;                     // f+1 equal, once known; may come later, anew
    std::vector<Conviction> convictions; // executed with this change
};
// A stable checkpoint moved h to certificate.checkpoint.n.
struct StableMoved {
    message::StableCertificate certificate;
};
// A client asks again for a request that is ordered already (lane table >= number); n is looked up
// by detection.
struct AskedAgain {
    OrderedRequest request;
};

// --- detection -> agreement

// Forward to the primary until it is executed or moot; order it when we are primary (ZZ-3.5).
struct OrderSystem {
    message::SystemRequest request;
};
// Every number up to `mark` is settled here (ZZ-1.7).
struct SettledMark {
    SequenceNumber mark;
};
// f+1 equal execution checkpoints for n (settled kind Checkpoint, ZZ-5.2, ZZ-5.3).
struct CheckpointMatched {
    SequenceNumber n;
    Digest root;
};
// Incarnations that are awake beyond the active ones (ZZ-1.7): ORDERs and bodies go to them too.
struct AwakeChanged {
    std::vector<ExecutionId> awake;
};
// Our committed mark moved, and n is unmatched: tell the others by AGREEMENT-STATUS (ZZ-6.1).
struct TellMark {};

} // namespace zz::core
