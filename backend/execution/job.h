// SPDX-License-Identifier: Apache-2.0
// Jobs and results: what the execution core asks of the engine and what it gets back, as plain
// values. Batches and checkpoints are done in the order they are given; the engine keeps them until
// the nodes they need have come. All other jobs are done at once. The results of one job are in
// order, and no result overtakes an earlier one.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "protocol/message/execution.h"

namespace zz::execution {

// --- jobs

// Goes back to the newest stable checkpoint that the store holds, or to the beginning: the first
// job after a start. In a generation above the first (ZZ-8.4), the first time, to `base` if the
// store holds that very state, else to the beginning; nodes stay. -> Opened
struct Open {
    Generation generation;
    SequenceNumber base;
    Digest base_root;
};
// -> Executed, or NeedsNodes (perhaps several times) and then Executed.
struct ExecuteBatch {
    SequenceNumber n; // one more than the last one executed or installed
    Digest batch_digest;
    Timestamp time; // effective (ZZ-3.4)
    message::BatchContent content;
};
// Of the state after batch n, the last one given. -> CheckpointTaken, when its nodes are as durable
// as the store makes them (ZZ-5.5).
struct TakeCheckpoint {
    SequenceNumber n;
    Digest batch_digest;
};
// Starts from checkpoint n, whatever nodes are held; what is queued is forgotten. -> Installed
struct Install {
    SequenceNumber n;
    Digest root;
};
// Erases the whole state and every checkpoint (ZZ-6.8: sent back to sleep). -> Dropped
struct DropState {};
// Nodes from others; each is checked by its hash. -> NodesAdded, then results of what they unblock.
struct AddNodes {
    std::vector<Blob> nodes;
};
// -> Supplied
struct SupplyNodes {
    PrincipalId asker;
    std::vector<Digest> hashes;
};
// A bounded step of the background walk (ZZ-7.5). `anew`: nodes of the walked checkpoint are held
// nowhere any more; begin with the newest one. -> Walked
struct WalkMissing {
    bool anew = false;
};
// -> RepliesFound
struct LookupReplies {
    ClientId client;
    std::vector<message::LaneRequest> requests;
    SequenceNumber stable;  // entries at or below it come with their path (ZZ-4.3 (d))
    bool complaint = false; // the client asked; handed back
};
// A checkpoint is stable: nodes that only older ones need may go (ZZ-5.4). No result.
struct Stable {
    SequenceNumber n;
};
// While pinned, checkpoints from the newest stable one on stay for those who recover (ZZ-5.4). No
// result.
struct Pin {
    bool pinned = false;
};

using Job = std::variant<Open, ExecuteBatch, TakeCheckpoint, Install, DropState, AddNodes,
                         SupplyNodes, WalkMissing, LookupReplies, Stable, Pin>;

// --- results

struct Opened {
    SequenceNumber n; // 0: the store holds no stable checkpoint
    Digest root;
    Digest batch_digest; // of n
    bool whole = false;  // all nodes of it were held
};
struct ExecutedReply {
    ClientId client;
    LaneId lane;
    RequestNumber number;
    Digest digest;
    Blob result;
};
struct Executed {
    SequenceNumber n;
    Digest batch_digest;
    Digest digest; // Merkle root over the replies (ZZ-4.2)
    std::vector<ExecutedReply> replies;
};
struct NeedsNodes {
    SequenceNumber n;
    std::vector<Digest> hashes;
};
struct CheckpointTaken {
    SequenceNumber n;
    Digest batch_digest;
    Digest root;
};
struct Installed {
    SequenceNumber n;
    Digest root;
    bool whole = false;
};
struct Dropped {};
struct NodesAdded {
    std::size_t added = 0;
    std::size_t refused = 0; // bytes that are no node
};
struct Supplied {
    PrincipalId asker;
    std::vector<Blob> nodes;
    std::vector<Digest> not_held;
};
struct Walked {
    std::vector<Digest> missing; // newly found, each once
    bool again = false;          // there is more to look at now
    bool whole = false;          // the whole state is held
};
struct CachedReply {
    LaneId lane;
    RequestNumber number;
    SequenceNumber n;
    Digest digest;
    Blob result;
    SequenceNumber proved_at; // checkpoint that `proof` leads to; 0: no proof
    std::vector<Blob> proof;
};
// Only those requests that are the last of their lane.
struct RepliesFound {
    ClientId client;
    std::vector<CachedReply> replies;
    bool complaint = false;
};

using Result = std::variant<Opened, Executed, NeedsNodes, CheckpointTaken, Installed, Dropped,
                            NodesAdded, Supplied, Walked, RepliesFound>;

} // namespace zz::execution
