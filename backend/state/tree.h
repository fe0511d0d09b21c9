// SPDX-License-Identifier: Apache-2.0
// Tree: the state of an execution replica, a persistent Merkle tree that is written to (ZZ-5.1).
// Writes copy the nodes on their path; nothing is hashed before `seal` (ZZ-5.5). Belongs to the
// execution thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "backend/state/view.h"

namespace zz::state {

// By key: the new value, or none to erase it.
using Writes = std::map<Bytes, std::optional<Bytes>>;

// What a checkpoint adds to and takes from the store.
struct Sealed {
    Digest root;
    std::vector<EncodedNode> nodes; // new since the last seal; children before parents
    std::vector<Digest> retired;    // of the last sealed state, not of this one
};

class Tree : public View {
  public:
    explicit Tree(NodePool& pool) : View(pool) {}
    Tree(NodePool& pool, const Digest& root) : View(pool, root) {}

    // True: all writes are done. False: none is, and `needs` has the nodes to fetch first.
    // Precondition: sizes within limits.h.
    bool apply(const Writes& writes, Needs& needs);

    // O(1).
    View snapshot() const { return *this; }

    // Hashes what changed since the last seal. The caller puts the nodes into the pool's store
    // before it reads on: as a rule through Retention::add.
    Sealed seal();

  private:
    bool put(ByteView key, ByteView value, Needs& needs);
    bool erase(ByteView key, Needs& needs);
    Inner* own(Ref& ref, const NodePtr& node);
    void retire(const Node& node);
    void split(Ref& at, const NodePtr& old, std::size_t common, ByteView key,
               std::shared_ptr<Leaf> leaf);

    std::vector<Digest> retired_;
};

} // namespace zz::state
