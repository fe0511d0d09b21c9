// SPDX-License-Identifier: Apache-2.0
// View: one state of a tree, for reading. Copying it is O(1), and later writes to the tree do not
// change it. A read that meets a node that is not held adds its digest to `needs` and answers
// NeedsNodes; it never waits (ZZ-7.2). Belongs to the thread of its pool.
#pragma once

#include <set>
#include <vector>

#include "backend/state/node_pool.h"
#include "backend/state/overlay.h"

namespace zz::state {

// Digests of nodes that were not held, each once, in the order they were met.
class Needs {
  public:
    void add(const Digest& digest);
    bool empty() const { return nodes_.empty(); }
    const std::vector<Digest>& nodes() const { return nodes_; }
    void clear() {
        nodes_.clear();
        known_.clear();
    }

  private:
    std::set<Digest> known_;
    std::vector<Digest> nodes_;
};

class View {
  public:
    // The empty tree.
    explicit View(NodePool& pool) : pool_(&pool) {}
    // The sealed state with that root. Nothing is read yet.
    View(NodePool& pool, const Digest& root);

    Overlay::Read get(ByteView key, Needs& needs) const;
    // The first entry whose key is >= `from` in byte order.
    Overlay::Entry next(ByteView from, Needs& needs) const;
    // As of Overlay.
    Overlay::Range range(const Overlay::Bounds& bounds, Needs& needs) const;
    bool empty() const { return empty_; }
    NodePool& pool() const { return *pool_; }

  protected:
    friend class Prover;
    friend class Tree;

    // Null, and a need, if it is not held.
    NodePtr peek(const Ref& ref, Needs& needs) const;
    // The leaf of that key, without the chunks of its value.
    Found find(ByteView key, NodePtr& leaf, Needs& needs) const;
    Overlay::Read value_of(const Leaf& leaf, Needs& needs) const;

    NodePool* pool_;
    Ref root_; // meaningful if not empty_
    bool empty_ = true;
};

} // namespace zz::state
