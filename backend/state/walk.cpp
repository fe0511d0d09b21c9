// SPDX-License-Identifier: Apache-2.0
#include "backend/state/walk.h"

namespace zz::state {

bool accept_node(NodeStore& store, const Digest& digest, const Blob& bytes) {
    if (!decode_node(digest, bytes))
        return false;
    store.apply({.put = {{digest, bytes}}, .erase = {}, .notes = {}});
    return true;
}

DiffWalk::DiffWalk(NodeStore& store, const Digest& root, std::optional<Digest> known)
    : store_(store) {
    if (known && *known == empty_root())
        known.reset();
    if (root != empty_root() && known != root)
        ahead_.push_back({root, known});
}

NodePtr DiffWalk::load(const Digest& digest) {
    const std::optional<Blob> bytes = store_.get(digest);
    return bytes ? decode_node(digest, *bytes) : nullptr;
}

std::optional<DiffWalk::Visit> DiffWalk::next() {
    while (!ahead_.empty()) {
        const Place place = ahead_.back();
        ahead_.pop_back();
        const NodePtr node = load(place.digest);
        if (!node) {
            waiting_.emplace(place.digest, place.known);
            return Visit{place.digest, false};
        }
        const NodePtr known = known_for(*node, place.known);
        if (known && known->digest == place.digest)
            continue;
        expand(*node, known);
        return Visit{place.digest, true};
    }
    return std::nullopt;
}

void DiffWalk::held_now(const Digest& digest) {
    const auto it = waiting_.find(digest);
    if (it == waiting_.end())
        return;
    ahead_.push_back({digest, it->second});
    waiting_.erase(it);
}

// The node of the known state at the place of `node` or, if there is none, the only one next below
// it.
NodePtr DiffWalk::known_for(const Node& node, std::optional<Digest> known) {
    if (node.kind == NodeKind::Chunk)
        return nullptr;
    const ByteView path = place_of(node);
    const std::size_t nibbles = nibbles_of(node);
    while (known) {
        NodePtr at = load(*known);
        if (!at || at->kind == NodeKind::Chunk)
            return nullptr;
        const std::size_t common = common_nibbles(path, nibbles, place_of(*at), nibbles_of(*at));
        const bool same_place = common == nibbles && common == nibbles_of(*at);
        if (common == nibbles &&
            (!same_place || at->kind == node.kind || node.kind == NodeKind::Inner))
            return at;
        if (at->kind == NodeKind::Leaf || common < nibbles_of(*at))
            return nullptr;
        const auto& inner = static_cast<const Inner&>(*at);
        const unsigned slot = common == nibbles ? 0 : 1 + nibble(path, common);
        if (!inner.has(slot))
            return nullptr;
        known = inner.child(slot).name();
    }
    return nullptr;
}

void DiffWalk::expand(const Node& node, const NodePtr& known) {
    if (node.kind == NodeKind::Leaf) {
        // The chunks of a long value: those at the same index may be the known ones.
        const std::vector<Digest> old =
            known && known->kind == NodeKind::Leaf ? references(*known) : std::vector<Digest>();
        const std::vector<Digest> chunks = references(node);
        for (std::size_t i = chunks.size(); i-- > 0;)
            if (i >= old.size() || old[i] != chunks[i])
                ahead_.push_back({chunks[i], std::nullopt});
        return;
    }
    if (node.kind != NodeKind::Inner)
        return;
    const auto& inner = static_cast<const Inner&>(node);
    for (unsigned slot = kSlots; slot-- > 0;) {
        if (!inner.has(slot))
            continue;
        const Digest& child = inner.child(slot).name();
        const std::optional<Digest> at = known_below(inner, slot, known);
        if (at != child)
            ahead_.push_back({child, at});
    }
}

// What covers the keys in that slot of `inner`, given the result of known_for(inner).
std::optional<Digest> DiffWalk::known_below(const Inner& inner, unsigned slot,
                                            const NodePtr& known) {
    if (!known)
        return std::nullopt;
    if (known->kind == NodeKind::Inner && nibbles_of(*known) == inner.nibbles) {
        const auto& twin = static_cast<const Inner&>(*known);
        return twin.has(slot) ? std::optional(twin.child(slot).name()) : std::nullopt;
    }
    const unsigned in =
        nibbles_of(*known) == inner.nibbles ? 0 : 1 + nibble(place_of(*known), inner.nibbles);
    return in == slot ? std::optional(known->digest) : std::nullopt;
}

MissingWalk::MissingWalk(NodeStore& store, const Digest& root, std::size_t waiting_max,
                         std::optional<Digest> known)
    : walk_(store, root, known), waiting_max_(waiting_max) {}

std::vector<Digest> MissingWalk::advance(std::size_t visits) {
    std::vector<Digest> missing;
    while (visits-- > 0 && walk_.waiting() < waiting_max_) {
        const std::optional<DiffWalk::Visit> visit = walk_.next();
        if (!visit)
            break;
        ++visited_;
        if (!visit->held)
            missing.push_back(visit->digest);
    }
    return missing;
}

} // namespace zz::state
