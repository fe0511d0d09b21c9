// SPDX-License-Identifier: Apache-2.0
#include "backend/state/tree.h"

#include <algorithm>
#include <unordered_set>

#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::state {
namespace {

void seal_node(const NodePtr& node, Blob bytes, Sealed& out) {
    node->digest = crypto::sha256(bytes.view());
    node->sealed = true;
    out.nodes.push_back({node->digest, std::move(bytes)});
}

void seal_leaf(const NodePtr& node, Sealed& out) {
    auto& leaf = static_cast<Leaf&>(*node);
    if (leaf.fresh_chunks) {
        const std::vector<Digest> digests = leaf.chunk_digests();
        for (std::size_t i = 0; i < digests.size(); ++i)
            out.nodes.push_back({digests[i], (*leaf.fresh_chunks)[i]});
        leaf.fresh_chunks.reset();
    }
    seal_node(node, leaf.encoded, out);
}

// Whether every node that a put of this key reads is in memory. Puts of other keys keep it so; what
// takes an erased one's place may not be.
bool holds_way(const Ref& root, ByteView key) {
    const Ref* at = &root;
    for (;;) {
        if (!at->node)
            return false;
        if (at->node->kind == NodeKind::Leaf)
            return true;
        const auto& inner = static_cast<const Inner&>(*at->node);
        if (common_nibbles(inner.path, inner.nibbles, key, 2 * key.size()) < inner.nibbles)
            return true;
        const unsigned slot = slot_of(key, inner.nibbles);
        if (!inner.has(slot))
            return true;
        at = &inner.child(slot);
    }
}

} // namespace

bool Tree::apply(const Writes& writes, Needs& needs) {
    // As a rule the keys were written since the last seal. Then nothing can be missing half way, no
    // way back is needed, and what is ours alone is changed in place.
    const bool held = !empty_ && std::ranges::all_of(writes, [this](const auto& write) {
        return write.second && holds_way(root_, write.first);
    });
    if (held) {
        for (const auto& [key, value] : writes) {
            ZZ_CHECK(key.size() <= kKeyBytesMax, "a key of {} bytes", key.size());
            ZZ_CHECK(put(key, *value, needs), "a node on the way to a key was let go of");
        }
        return true;
    }
    // The state before is held by `before`, so that every node of it is shared and will be copied,
    // not changed.
    const View before = snapshot();
    const std::size_t retired_before = retired_.size();
    bool complete = true;
    for (const auto& [key, value] : writes) {
        ZZ_CHECK(key.size() <= kKeyBytesMax, "a key of {} bytes", key.size());
        complete = (value ? put(key, *value, needs) : erase(key, needs)) && complete;
    }
    if (!complete) {
        root_ = before.root_;
        empty_ = before.empty_;
        retired_.resize(retired_before);
    }
    return complete;
}

// Precondition: ref leads to an inner node `node`. Afterwards the node is ours alone and may be
// changed.
Inner* Tree::own(Ref& ref, const NodePtr& node) {
    // Two references are this reference's and the caller's.
    const bool ours = ref.node && !node->sealed && node.use_count() <= 2;
    if (!ours) {
        retire(*node);
        ref = Ref(std::make_shared<Inner>(static_cast<const Inner&>(*node)));
    }
    return static_cast<Inner*>(ref.node.get());
}

// The node is no longer part of this state; if a checkpoint holds it, the store learns of it at the
// next one.
void Tree::retire(const Node& node) {
    if (!node.sealed)
        return;
    retired_.push_back(node.digest);
    if (node.kind == NodeKind::Leaf) {
        const std::vector<Digest> chunks = references(node);
        retired_.insert(retired_.end(), chunks.begin(), chunks.end());
    }
}

// Puts an inner node above `old`, at the first nibble in which the key differs from it.
void Tree::split(Ref& at, const NodePtr& old, std::size_t common, ByteView key,
                 std::shared_ptr<Leaf> leaf) {
    auto inner = std::make_shared<Inner>();
    inner->nibbles = static_cast<std::uint16_t>(common);
    inner->path.assign(key.begin(), key.begin() + static_cast<std::ptrdiff_t>((common + 1) / 2));
    if (common % 2 == 1)
        inner->path.back() &= 0xf0U;
    const unsigned old_slot = common == nibbles_of(*old) ? 0 : 1 + nibble(place_of(*old), common);
    inner->set(old_slot, std::move(at));
    inner->set(slot_of(key, common), Ref(std::move(leaf)));
    at = Ref(std::move(inner));
}

bool Tree::put(ByteView key, ByteView value, Needs& needs) {
    if (empty_) {
        root_ = Ref(make_leaf(key, value));
        empty_ = false;
        return true;
    }
    const std::size_t length = 2 * key.size();
    Ref* at = &root_;
    for (;;) {
        const NodePtr node = peek(*at, needs);
        if (!node)
            return false;
        const std::size_t common = common_nibbles(place_of(*node), nibbles_of(*node), key, length);
        if (node->kind == NodeKind::Leaf) {
            if (common == length && common == nibbles_of(*node)) {
                retire(*node);
                *at = Ref(make_leaf(key, value));
            } else {
                split(*at, node, common, key, make_leaf(key, value));
            }
            return true;
        }
        if (common < nibbles_of(*node)) {
            split(*at, node, common, key, make_leaf(key, value));
            return true;
        }
        Inner* inner = own(*at, node);
        const unsigned slot = slot_of(key, common);
        if (!inner->has(slot)) {
            inner->set(slot, Ref(make_leaf(key, value)));
            return true;
        }
        at = &inner->child(slot);
    }
}

bool Tree::erase(ByteView key, Needs& needs) {
    NodePtr leaf;
    if (const Found found = find(key, leaf, needs); found != Found::Yes)
        return found == Found::No;
    Ref* at = &root_;
    Ref* above = nullptr; // the reference to the inner node that `at` is in
    unsigned slot = 0;
    for (;;) {
        const NodePtr node = peek(*at, needs);
        if (!node)
            return false; // Pushed out of the pool and damaged on disk since it was found.
        if (node->kind == NodeKind::Leaf) {
            retire(*node);
            break;
        }
        Inner* inner = own(*at, node);
        slot = slot_of(key, inner->nibbles);
        above = at;
        at = &inner->child(slot);
    }
    if (above == nullptr) {
        root_ = Ref();
        empty_ = true;
        return true;
    }
    auto& inner = static_cast<Inner&>(*above->node);
    inner.remove(slot);
    if (inner.children.size() == 1) {
        // An only child takes its parent's place. It knows its own path, so it need not be read.
        Ref only = std::move(inner.children.front());
        *above = std::move(only);
    }
    return true;
}

Sealed Tree::seal() {
    Sealed out;
    out.root = empty_root();
    std::vector<Ref*>
        way; // Depth first without recursion: a node stays until its children are sealed.
    if (!empty_)
        way.push_back(&root_);
    while (!way.empty()) {
        Ref& ref = *way.back();
        if (!ref.sealed() && ref.node->kind == NodeKind::Inner) {
            auto& inner = static_cast<Inner&>(*ref.node);
            const std::size_t mark = way.size();
            for (Ref& child : inner.children)
                if (child.node)
                    way.push_back(&child);
            if (way.size() > mark)
                continue;
            seal_node(ref.node, Blob(encode(inner)), out);
        } else if (!ref.sealed()) {
            seal_leaf(ref.node, out);
        }
        way.pop_back();
        if (ref.node) {
            pool_->keep(ref.node);
            ref = Ref(Digest(ref.node->digest));
        }
    }
    if (!empty_)
        out.root = root_.digest;
    pool_->counters().sealed += out.nodes.size();

    // What was written back to its old value is not gone.
    std::unordered_set<Digest> fresh;
    for (const EncodedNode& node : out.nodes)
        fresh.insert(node.digest);
    for (const Digest& digest : retired_)
        if (!fresh.contains(digest))
            out.retired.push_back(digest);
    std::sort(out.retired.begin(), out.retired.end());
    out.retired.erase(std::unique(out.retired.begin(), out.retired.end()), out.retired.end());
    retired_.clear();
    return out;
}

} // namespace zz::state
