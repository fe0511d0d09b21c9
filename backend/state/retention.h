// SPDX-License-Identifier: Apache-2.0
// Retention: which checkpoints a store holds, and when the nodes that only older ones need are
// erased (ZZ-5.4). Each checkpoint brings a list of the nodes it retired; the list is erased when
// no older checkpoint is wanted any more, so the cost is that of what changed, never that of the
// state. Checkpoints, lists and nodes reach the store in one batch and are read back after a
// restart; pins are of this process only. Belongs to the thread of its store and pool. At most
// kCheckpointsMax checkpoints are held.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "backend/state/tree.h"
#include "protocol/base/ids.h"

namespace zz::state {

inline constexpr std::size_t kCheckpointsMax = 4096;

struct HeldCheckpoint {
    SequenceNumber n;
    Digest root;
    Bytes note; // the engine's own, such as the certificate
};

class Retention {
  public:
    // Reads what the store of the pool holds. Damaged notes end the list before them. What is
    // erased from the store is forgotten by the pool.
    explicit Retention(NodePool& pool);

    // Stores a state that was sealed at n, from a tree whose last seal was the newest checkpoint
    // here. Precondition: n is higher than that of the newest; fewer than kCheckpointsMax are held.
    void add(SequenceNumber n, const Sealed& sealed, Bytes note);
    // A state that was reached by recovery, not from the newest one here. All older checkpoints but
    // the newest go at once, with their pins. What that one does not share with the adopted state
    // is found with a DiffWalk, when all of the new one is held, and told by `retire`; until then,
    // or if the process ends before, it stays in the store. Preconditions as of add.
    void adopt(SequenceNumber n, const Digest& root, Bytes note);
    // Nodes of older checkpoints that the one adopted at n, which was pinned meanwhile, does not
    // have; those that checkpoints since then brought back are left out. Precondition: n was the
    // last to be adopted, and is held.
    void retire(SequenceNumber n, const std::vector<Digest>& nodes);
    // Replaces the engine's note. Precondition: n is held.
    void set_note(SequenceNumber n, Bytes note);

    // Checkpoints above n are held no more; what is held at n is where the next ones start from.
    // Their nodes stay in the store: the same state, reached again, finds them there.
    void forget_above(SequenceNumber n);

    // A checkpoint at n is stable: those below n go, except from the lowest pinned one on. Erases
    // their nodes.
    void stable(SequenceNumber n);
    // While pinned, a held checkpoint and its nodes stay. Pins are counted. Returns false if n is
    // not held.
    bool pin(SequenceNumber n);
    // Nothing happens if it is not pinned.
    void unpin(SequenceNumber n);

    // Upward.
    const std::map<SequenceNumber, HeldCheckpoint>& held() const { return held_; }
    const HeldCheckpoint* newest() const;
    // Nodes that wait for an older checkpoint to go.
    std::size_t retired() const { return retired_at_.size(); }

  private:
    struct Lists {
        std::vector<Digest> retired; // of the checkpoints before
        std::vector<Digest> revived; // were retired earlier, are needed again
    };
    void enter(SequenceNumber n, HeldCheckpoint checkpoint, Lists lists);
    void release();

    NodePool& pool_;
    NodeStore& store_;
    std::map<SequenceNumber, HeldCheckpoint> held_;
    std::map<SequenceNumber, Lists> lists_;
    std::unordered_map<Digest, SequenceNumber> retired_at_;
    std::map<SequenceNumber, std::uint32_t> pins_;
    SequenceNumber stable_;
    std::unordered_set<Digest> since_adopted_; // nodes stored since, while `adopted_` is set
    std::optional<SequenceNumber> adopted_;
};

} // namespace zz::state
