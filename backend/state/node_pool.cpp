// SPDX-License-Identifier: Apache-2.0
#include "backend/state/node_pool.h"

#include "protocol/base/check.h"

namespace zz::state {
namespace {

// Roughly what a node takes in memory, with its entry here.
std::size_t size_of(const Node& node) {
    constexpr std::size_t overhead = 192;
    switch (node.kind) {
    case NodeKind::Leaf:
        return overhead + static_cast<const Leaf&>(node).encoded.size();
    case NodeKind::Chunk:
        return overhead + static_cast<const Chunk&>(node).encoded.size();
    case NodeKind::Inner: {
        const auto& inner = static_cast<const Inner&>(node);
        return overhead + inner.path.size() + inner.children.size() * sizeof(Ref);
    }
    case NodeKind::Empty:
        break;
    }
    return overhead;
}

} // namespace

NodePtr NodePool::load(const Digest& digest) {
    if (const auto it = places_.find(digest); it != places_.end()) {
        ++counters_.hits;
        entries_[it->second].used = true;
        return entries_[it->second].node;
    }
    const std::optional<Blob> bytes = store_.get(digest);
    if (!bytes) {
        ++counters_.absent;
        return nullptr;
    }
    NodePtr node = decode_node(digest, *bytes);
    if (!node) {
        // A damaged node is as good as absent: it is fetched again from those who have it (ZZ-7.3).
        ++counters_.refused;
        store_.apply({.put = {}, .erase = {digest}, .notes = {}});
        return nullptr;
    }
    ++counters_.loads;
    keep(node);
    return node;
}

void NodePool::keep(const NodePtr& node) {
    ZZ_CHECK(node->sealed, "only sealed nodes are kept by digest");
    if (!places_.emplace(node->digest, entries_.size()).second)
        return;
    const std::size_t size = size_of(*node);
    entries_.push_back({node, size, true});
    bytes_ += size;
    while (bytes_ > bytes_max_ && entries_.size() > 1)
        evict();
}

void NodePool::evict() {
    for (;;) {
        if (hand_ >= entries_.size())
            hand_ = 0;
        Entry& entry = entries_[hand_];
        if (!entry.used)
            break;
        entry.used = false;
        ++hand_;
    }
    drop(hand_);
    ++hand_;
}

// The last entry takes its place.
void NodePool::drop(std::size_t place) {
    bytes_ -= entries_[place].size;
    places_.erase(entries_[place].node->digest);
    if (place + 1 != entries_.size()) {
        entries_[place] = std::move(entries_.back());
        places_[entries_[place].node->digest] = place;
    }
    entries_.pop_back();
}

void NodePool::forget(const std::vector<Digest>& digests) {
    for (const Digest& digest : digests)
        if (const auto it = places_.find(digest); it != places_.end())
            drop(it->second);
}

void NodePool::forget_all() {
    places_.clear();
    entries_.clear();
    bytes_ = 0;
    hand_ = 0;
}

} // namespace zz::state
