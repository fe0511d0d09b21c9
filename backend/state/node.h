// SPDX-License-Identifier: Apache-2.0
// The nodes of the persistent Merkle tree (ZZ-5.1) and their one canonical encoding. A node's
// digest is the SHA-256 of its encoding; the first byte tells the kind, so a leaf is never an inner
// node.
//
// clang-format off
//   leaf  = 01 u16:key-size key u32:value-size (value | digest{}) ; else in chunks
//   inner = 02 u16:nibbles path u32:occupied digest{}             ; one a bit of `occupied`
//   chunk = 03 digest-of-key u32:index bytes
//   empty = 00                                                    ; only the root of the empty tree
// clang-format on
//
// An inner node holds its whole path from the root and a leaf its whole key: a node belongs to one
// place of one tree. So the shape is that of the set of keys, a node can be moved up without being
// read, and equal digests at the same place mean equal subtrees. Slot 0 is the key that ends at the
// path, slot 1 + x the nibble x.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "backend/state/limits.h"
#include "protocol/base/bytes.h"

namespace zz::state {

enum class NodeKind : std::uint8_t { Empty = 0, Leaf = 1, Inner = 2, Chunk = 3 };

// A node in memory. `sealed`: it was encoded and handed to a store, `digest` is its name, and it
// does not change.
struct Node {
    explicit Node(NodeKind k) : kind(k) {}
    NodeKind kind;
    bool sealed = false;
    Digest digest;
};
using NodePtr = std::shared_ptr<Node>;

// A child: a node in memory, or the digest of a sealed one.
struct Ref {
    NodePtr node;
    Digest digest; // meaningful if node is null
    Ref() = default;
    explicit Ref(NodePtr n) : node(std::move(n)) {}
    explicit Ref(const Digest& d) : digest(d) {}
    bool sealed() const { return !node || node->sealed; }
    // Precondition: sealed().
    const Digest& name() const { return node ? node->digest : digest; }
};

struct Leaf : Node {
    Leaf() : Node(NodeKind::Leaf) {}
    Blob encoded;
    // The encoded chunks of a value that was not sealed yet; empty for all others.
    std::unique_ptr<std::vector<Blob>> fresh_chunks;

    ByteView key() const;
    std::uint32_t value_size() const;
    bool chunked() const { return value_size() > kInlineBytesMax; }
    // Precondition: !chunked() / chunked().
    ByteView inline_value() const;
    std::vector<Digest> chunk_digests() const;
};

struct Inner : Node {
    Inner() : Node(NodeKind::Inner) {}
    Inner(const Inner& other)
        : Node(NodeKind::Inner), nibbles(other.nibbles), path(other.path), occupied(other.occupied),
          children(other.children) {}
    std::uint16_t nibbles = 0;
    Bytes path; // packed; an odd last nibble is in the high half
    std::uint32_t occupied = 0;
    std::vector<Ref> children; // one a bit of `occupied`, in order

    bool has(unsigned slot) const { return ((occupied >> slot) & 1U) != 0; }
    // Precondition: has(slot).
    Ref& child(unsigned slot) { return children[index_of(slot)]; }
    const Ref& child(unsigned slot) const { return children[index_of(slot)]; }
    void set(unsigned slot, Ref ref);
    // Precondition: has(slot).
    void remove(unsigned slot);

  private:
    std::size_t index_of(unsigned slot) const;
};

struct Chunk : Node {
    Chunk() : Node(NodeKind::Chunk) {}
    Blob encoded;
    ByteView bytes() const { return encoded.view().subspan(37); }
};

// Digest of the tree without keys.
const Digest& empty_root();

// Precondition: sizes within limits.h.
std::shared_ptr<Leaf> make_leaf(ByteView key, ByteView value);
// Precondition: all children are sealed.
Bytes encode(const Inner& inner);

// Null if the bytes are not the canonical encoding of a node. Total over all inputs. The result is
// sealed.
NodePtr decode_node(const Blob& bytes);
// As above, and null if the bytes are not those of `digest`.
NodePtr decode_node(const Digest& digest, const Blob& bytes);
// The digests a node refers to: children or chunks.
std::vector<Digest> references(const Node& node);

// A leaf's key or an inner node's path, and its length. Precondition: not a chunk.
ByteView place_of(const Node& node);
std::size_t nibbles_of(const Node& node);

// The nibble of `key` at `at`. Precondition: at < 2 * key.size().
inline unsigned nibble(ByteView key, std::size_t at) {
    const unsigned byte = key[at / 2];
    return at % 2 == 0 ? byte >> 4U : byte & 15U;
}
// The slot of a key below an inner node of `nibbles`. Precondition: the node's path is a prefix of
// the key.
inline unsigned slot_of(ByteView key, std::size_t nibbles) {
    return nibbles == 2 * key.size() ? 0 : 1 + nibble(key, nibbles);
}
// Length in nibbles of what the first `a_nibbles` of a and the first `b_nibbles` of b have in
// common.
std::size_t common_nibbles(ByteView a, std::size_t a_nibbles, ByteView b, std::size_t b_nibbles);

} // namespace zz::state
