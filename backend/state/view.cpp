// SPDX-License-Identifier: Apache-2.0
#include "backend/state/view.h"

#include <algorithm>

namespace zz::state {
namespace {

// Where the keys >= from begin below an inner node: a slot, or none if all its keys are lower.
struct Start {
    unsigned slot = 0;
    bool none = false;
};

Start start_of(const Inner& inner, ByteView from) {
    const std::size_t have = 2 * from.size();
    const std::size_t common = common_nibbles(inner.path, inner.nibbles, from, have);
    if (common == inner.nibbles)
        return {slot_of(from, common), false};
    if (common == have || nibble(inner.path, common) > nibble(from, common))
        return {0, false};
    return {0, true};
}

// An inner node on the way down, and the first slot that was not tried yet.
struct SlotStep {
    NodePtr node;
    unsigned slot = 0;
};

// Moves to the next child in order; null at the end.
const Ref* advance(std::vector<SlotStep>& way) {
    while (!way.empty()) {
        SlotStep& step = way.back();
        const auto& inner = static_cast<const Inner&>(*step.node);
        while (step.slot < kSlots) {
            const unsigned slot = step.slot++;
            if (inner.has(slot))
                return &inner.child(slot);
        }
        way.pop_back();
    }
    return nullptr;
}

} // namespace

void Needs::add(const Digest& digest) {
    if (known_.insert(digest).second)
        nodes_.push_back(digest);
}

View::View(NodePool& pool, const Digest& root)
    : pool_(&pool), root_(root), empty_(root == empty_root()) {}

NodePtr View::peek(const Ref& ref, Needs& needs) const {
    if (ref.node)
        return ref.node;
    NodePtr node = pool_->load(ref.digest);
    if (!node || node->kind == NodeKind::Chunk) {
        needs.add(ref.digest);
        return nullptr;
    }
    return node;
}

Overlay::Read View::value_of(const Leaf& leaf, Needs& needs) const {
    Overlay::Read read{Found::Yes, {}};
    if (!leaf.chunked()) {
        const ByteView value = leaf.inline_value();
        read.value.assign(value.begin(), value.end());
        return read;
    }
    const std::size_t size = leaf.value_size();
    const std::vector<Digest> digests = leaf.chunk_digests();
    for (std::size_t i = 0; i < digests.size(); ++i) {
        NodePtr node;
        if (leaf.fresh_chunks) {
            auto chunk = std::make_shared<Chunk>();
            chunk->encoded = (*leaf.fresh_chunks)[i];
            node = chunk;
        } else {
            node = pool_->load(digests[i]);
        }
        const std::size_t expected = std::min(kChunkBytes, size - i * kChunkBytes);
        if (!node || node->kind != NodeKind::Chunk ||
            static_cast<const Chunk&>(*node).bytes().size() != expected) {
            needs.add(digests[i]); // All missing chunks are told at once.
            read.found = Found::NeedsNodes;
            continue;
        }
        const ByteView bytes = static_cast<const Chunk&>(*node).bytes();
        if (read.found == Found::Yes)
            read.value.insert(read.value.end(), bytes.begin(), bytes.end());
    }
    if (read.found != Found::Yes)
        read.value.clear();
    return read;
}

Found View::find(ByteView key, NodePtr& leaf, Needs& needs) const {
    if (empty_)
        return Found::No;
    NodePtr node = peek(root_, needs);
    while (node && node->kind == NodeKind::Inner) {
        const auto& inner = static_cast<const Inner&>(*node);
        if (common_nibbles(inner.path, inner.nibbles, key, 2 * key.size()) < inner.nibbles)
            return Found::No;
        const unsigned slot = slot_of(key, inner.nibbles);
        if (!inner.has(slot))
            return Found::No;
        node = peek(inner.child(slot), needs);
    }
    if (!node)
        return Found::NeedsNodes;
    if (!std::ranges::equal(static_cast<const Leaf&>(*node).key(), key))
        return Found::No;
    leaf = std::move(node);
    return Found::Yes;
}

Overlay::Read View::get(ByteView key, Needs& needs) const {
    NodePtr leaf;
    if (const Found found = find(key, leaf, needs); found != Found::Yes)
        return {found, {}};
    return value_of(static_cast<const Leaf&>(*leaf), needs);
}

Overlay::Entry View::next(ByteView from, Needs& needs) const {
    std::vector<SlotStep> way;
    const Ref* at = empty_ ? nullptr : &root_;
    while (at != nullptr) {
        const NodePtr node = peek(*at, needs);
        if (!node)
            return {Found::NeedsNodes, {}, {}};
        if (node->kind == NodeKind::Leaf) {
            const auto& leaf = static_cast<const Leaf&>(*node);
            if (!less(leaf.key(), from)) {
                Overlay::Read read = value_of(leaf, needs);
                return {read.found, Bytes(leaf.key().begin(), leaf.key().end()),
                        std::move(read.value)};
            }
        } else if (const Start start = start_of(static_cast<const Inner&>(*node), from);
                   !start.none) {
            way.push_back({node, start.slot});
        }
        at = advance(way);
    }
    return {};
}

} // namespace zz::state
