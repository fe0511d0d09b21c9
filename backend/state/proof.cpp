// SPDX-License-Identifier: Apache-2.0
#include "backend/state/proof.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::state {

class Prover {
  public:
    static std::optional<Proof> prove(const View& view, ByteView key, Needs& needs);
};

namespace {

bool is_prefix(const Inner& inner, ByteView key) {
    return common_nibbles(inner.path, inner.nibbles, key, 2 * key.size()) == inner.nibbles;
}

Blob encoded(const Node& node) {
    if (node.kind == NodeKind::Inner)
        return Blob(encode(static_cast<const Inner&>(node)));
    return static_cast<const Leaf&>(node).encoded;
}

// The value of a long leaf from the chunks that follow it; nothing if they are not exactly those.
std::optional<Bytes> join(const Leaf& leaf, std::span<const Blob> chunks) {
    const std::vector<Digest> digests = leaf.chunk_digests();
    if (chunks.size() != digests.size())
        return std::nullopt;
    const Digest owner = crypto::sha256(leaf.key());
    Bytes value;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const NodePtr node = decode_node(digests[i], chunks[i]);
        if (!node || node->kind != NodeKind::Chunk ||
            !std::ranges::equal(chunks[i].view().subspan(1, Digest::size), owner.view()))
            return std::nullopt;
        const ByteView bytes = static_cast<const Chunk&>(*node).bytes();
        value.insert(value.end(), bytes.begin(), bytes.end());
    }
    if (value.size() != leaf.value_size())
        return std::nullopt;
    return value;
}

Proved verify_leaf(const Leaf& leaf, ByteView key, std::span<const Blob> rest) {
    if (!std::ranges::equal(leaf.key(), key))
        return {rest.empty() ? Proved::Verdict::Absent : Proved::Verdict::Bad, {}};
    if (leaf.chunked()) {
        auto value = join(leaf, rest);
        return value ? Proved{Proved::Verdict::Present, std::move(*value)} : Proved{};
    }
    if (!rest.empty())
        return {};
    const ByteView value = leaf.inline_value();
    return {Proved::Verdict::Present, Bytes(value.begin(), value.end())};
}

} // namespace

std::optional<Proof> Prover::prove(const View& view, ByteView key, Needs& needs) {
    Proof proof;
    if (view.empty_)
        return proof;
    ZZ_CHECK(view.root_.sealed(), "a proof is made from a sealed state");
    const Ref* at = &view.root_;
    NodePtr node;
    for (;;) {
        node = view.peek(*at, needs);
        if (!node)
            return std::nullopt;
        proof.push_back(encoded(*node));
        if (node->kind == NodeKind::Leaf)
            break;
        const auto& inner = static_cast<const Inner&>(*node);
        if (!is_prefix(inner, key) || !inner.has(slot_of(key, inner.nibbles)))
            return proof;
        at = &inner.child(slot_of(key, inner.nibbles));
    }
    const auto& leaf = static_cast<const Leaf&>(*node);
    if (!std::ranges::equal(leaf.key(), key))
        return proof;
    for (const Digest& digest : references(leaf)) {
        const NodePtr chunk = view.pool_->load(digest);
        if (chunk && chunk->kind == NodeKind::Chunk)
            proof.push_back(static_cast<const Chunk&>(*chunk).encoded);
        else
            needs.add(digest);
    }
    return needs.empty() ? std::optional(std::move(proof)) : std::nullopt;
}

std::optional<Proof> prove(const View& view, ByteView key, Needs& needs) {
    return Prover::prove(view, key, needs);
}

Proved verify_proof(const Digest& root, ByteView key, std::span<const Blob> nodes) {
    if (key.size() > kKeyBytesMax)
        return {};
    if (root == empty_root())
        return {nodes.empty() ? Proved::Verdict::Absent : Proved::Verdict::Bad, {}};
    Digest expected = root;
    std::size_t nibbles = 0; // A path never gets shorter on the way down.
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const NodePtr node = decode_node(expected, nodes[i]);
        if (!node || node->kind == NodeKind::Chunk)
            return {};
        if (node->kind == NodeKind::Leaf)
            return verify_leaf(static_cast<const Leaf&>(*node), key, nodes.subspan(i + 1));
        const auto& inner = static_cast<const Inner&>(*node);
        if (i > 0 && inner.nibbles <= nibbles)
            return {};
        nibbles = inner.nibbles;
        const bool below = is_prefix(inner, key) && inner.has(slot_of(key, inner.nibbles));
        if (!below)
            return {i + 1 == nodes.size() ? Proved::Verdict::Absent : Proved::Verdict::Bad, {}};
        expected = inner.child(slot_of(key, inner.nibbles)).name();
    }
    return {};
}

} // namespace zz::state
