// SPDX-License-Identifier: Apache-2.0
// NodePool: sealed nodes of a store in decoded form, bounded in bytes; the least recently useful go
// first (second chance). What is in it never shows in a result. Belongs to one thread; must outlive
// its views and trees.
#pragma once

#include <unordered_map>
#include <vector>

#include "backend/state/node.h"
#include "backend/state/node_store.h"

namespace zz::state {

// For metrics, and for tests of costs (ZZ-5.5).
struct PoolCounters {
    std::uint64_t hits = 0;
    std::uint64_t loads = 0;
    std::uint64_t absent = 0;
    std::uint64_t refused =
        0;                    // held bytes that are not those of their digest (S4); they are erased
    std::uint64_t sealed = 0; // nodes hashed and encoded at checkpoints
};

class NodePool {
  public:
    static constexpr std::size_t kDefaultBytes = std::size_t{64} << 20U;

    explicit NodePool(NodeStore& store, std::size_t bytes_max = kDefaultBytes)
        : store_(store), bytes_max_(bytes_max) {}
    NodePool(const NodePool&) = delete;
    NodePool& operator=(const NodePool&) = delete;

    // Null if the store does not have it.
    NodePtr load(const Digest& digest);
    // Precondition: node is sealed.
    void keep(const NodePtr& node);
    // Nodes that the store has erased: nobody asks for them again, and they would take the room of
    // others. Those that are not here are passed over.
    void forget(const std::vector<Digest>& digests);
    void forget_all();

    NodeStore& store() { return store_; }
    std::size_t bytes() const { return bytes_; }
    std::size_t bytes_max() const { return bytes_max_; }
    const PoolCounters& counters() const { return counters_; }
    PoolCounters& counters() { return counters_; }

  private:
    struct Entry {
        NodePtr node;
        std::size_t size = 0;
        bool used = false;
    };
    void evict();
    void drop(std::size_t place);

    NodeStore& store_;
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::unordered_map<Digest, std::size_t> places_;
    std::vector<Entry> entries_;
    std::size_t hand_ = 0;
    PoolCounters counters_;
};

} // namespace zz::state
