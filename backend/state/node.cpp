// SPDX-License-Identifier: Apache-2.0
#include "backend/state/node.h"

#include <algorithm>
#include <bit>

#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::state {
namespace {

constexpr std::size_t kChunkHead = 37; // kind, digest of the key, index

void put_u16(Bytes& out, std::size_t v) {
    out.push_back(static_cast<std::uint8_t>(v));
    out.push_back(static_cast<std::uint8_t>(v >> 8U));
}

void put_u32(Bytes& out, std::size_t v) {
    put_u16(out, v & 0xffffU);
    put_u16(out, v >> 16U);
}

void put_bytes(Bytes& out, ByteView v) {
    out.insert(out.end(), v.begin(), v.end());
}

std::uint32_t get_u16(ByteView v) {
    return static_cast<std::uint32_t>(v[0] | (v[1] << 8U));
}
std::uint32_t get_u32(ByteView v) {
    return get_u16(v) | (get_u16(v.subspan(2)) << 16U);
}

Digest digest_at(ByteView v) {
    Digest d;
    std::copy_n(v.begin(), Digest::size, d.bytes.begin());
    return d;
}

std::size_t chunks_of(std::size_t value_size) {
    return (value_size + kChunkBytes - 1) / kChunkBytes;
}

std::vector<Blob> make_chunks(ByteView key, ByteView value) {
    const Digest owner = crypto::sha256(key);
    std::vector<Blob> chunks;
    for (std::size_t at = 0; at < value.size(); at += kChunkBytes) {
        Bytes out;
        const ByteView part = value.subspan(at, std::min(kChunkBytes, value.size() - at));
        out.reserve(kChunkHead + part.size());
        out.push_back(static_cast<std::uint8_t>(NodeKind::Chunk));
        put_bytes(out, owner.view());
        put_u32(out, chunks.size());
        put_bytes(out, part);
        chunks.emplace_back(std::move(out));
    }
    return chunks;
}

NodePtr decode_leaf(const Blob& blob) {
    const ByteView v = blob.view();
    if (v.size() < 7)
        return nullptr;
    const std::size_t key_size = get_u16(v.subspan(1));
    if (key_size > kKeyBytesMax || v.size() < 7 + key_size)
        return nullptr;
    const std::size_t value_size = get_u32(v.subspan(3 + key_size));
    if (value_size > kValueBytesMax)
        return nullptr;
    const std::size_t rest =
        value_size > kInlineBytesMax ? chunks_of(value_size) * Digest::size : value_size;
    if (v.size() != 7 + key_size + rest)
        return nullptr;
    auto leaf = std::make_shared<Leaf>();
    leaf->encoded = blob;
    return leaf;
}

NodePtr decode_inner(ByteView v) {
    if (v.size() < 7)
        return nullptr;
    const std::size_t nibbles = get_u16(v.subspan(1));
    const std::size_t path_size = (nibbles + 1) / 2;
    if (nibbles >= kDepthMax || v.size() < 7 + path_size)
        return nullptr;
    const ByteView path = v.subspan(3, path_size);
    if (nibbles % 2 == 1 && (path.back() & 15U) != 0)
        return nullptr;
    const std::uint32_t occupied = get_u32(v.subspan(3 + path_size));
    const auto count = static_cast<std::size_t>(std::popcount(occupied));
    const bool key_ends_in_half_byte = nibbles % 2 == 1 && (occupied & 1U) != 0;
    if ((occupied >> kSlots) != 0 || count < 2 || key_ends_in_half_byte ||
        v.size() != 7 + path_size + count * Digest::size)
        return nullptr;
    auto inner = std::make_shared<Inner>();
    inner->nibbles = static_cast<std::uint16_t>(nibbles);
    inner->path.assign(path.begin(), path.end());
    inner->occupied = occupied;
    inner->children.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        inner->children.emplace_back(digest_at(v.subspan(7 + path_size + i * Digest::size)));
    return inner;
}

NodePtr decode_chunk(const Blob& blob) {
    const ByteView v = blob.view();
    if (v.size() <= kChunkHead || v.size() > kChunkHead + kChunkBytes ||
        get_u32(v.subspan(33)) >= kChunksMax)
        return nullptr;
    auto chunk = std::make_shared<Chunk>();
    chunk->encoded = blob;
    return chunk;
}

NodePtr decode_shape(const Blob& bytes) {
    const ByteView v = bytes.view();
    if (v.empty() || v.size() > kNodeBytesMax)
        return nullptr;
    switch (static_cast<NodeKind>(v[0])) {
    case NodeKind::Leaf:
        return decode_leaf(bytes);
    case NodeKind::Inner:
        return decode_inner(v);
    case NodeKind::Chunk:
        return decode_chunk(bytes);
    case NodeKind::Empty:
        break;
    }
    return nullptr;
}

} // namespace

ByteView Leaf::key() const {
    return encoded.view().subspan(3, get_u16(encoded.view().subspan(1)));
}

std::uint32_t Leaf::value_size() const {
    return get_u32(encoded.view().subspan(3 + key().size()));
}

ByteView Leaf::inline_value() const {
    return encoded.view().subspan(7 + key().size());
}

std::vector<Digest> Leaf::chunk_digests() const {
    const ByteView list = inline_value();
    std::vector<Digest> digests;
    for (std::size_t at = 0; at < list.size(); at += Digest::size)
        digests.push_back(digest_at(list.subspan(at)));
    return digests;
}

std::size_t Inner::index_of(unsigned slot) const {
    return static_cast<std::size_t>(std::popcount(occupied & ((1U << slot) - 1U)));
}

void Inner::set(unsigned slot, Ref ref) {
    if (has(slot)) {
        child(slot) = std::move(ref);
        return;
    }
    children.insert(children.begin() + static_cast<std::ptrdiff_t>(index_of(slot)), std::move(ref));
    occupied |= 1U << slot;
}

void Inner::remove(unsigned slot) {
    children.erase(children.begin() + static_cast<std::ptrdiff_t>(index_of(slot)));
    occupied &= ~(1U << slot);
}

const Digest& empty_root() {
    static const Digest digest = crypto::sha256(Bytes{0});
    return digest;
}

std::shared_ptr<Leaf> make_leaf(ByteView key, ByteView value) {
    ZZ_CHECK(key.size() <= kKeyBytesMax, "a key of {} bytes", key.size());
    ZZ_CHECK(value.size() <= kValueBytesMax, "a value of {} bytes", value.size());
    auto leaf = std::make_shared<Leaf>();
    Bytes out;
    const bool chunked = value.size() > kInlineBytesMax;
    out.reserve(7 + key.size() + (chunked ? chunks_of(value.size()) * Digest::size : value.size()));
    out.push_back(static_cast<std::uint8_t>(NodeKind::Leaf));
    put_u16(out, key.size());
    put_bytes(out, key);
    put_u32(out, value.size());
    if (chunked) {
        leaf->fresh_chunks = std::make_unique<std::vector<Blob>>(make_chunks(key, value));
        for (const Blob& chunk : *leaf->fresh_chunks)
            put_bytes(out, crypto::sha256(chunk.view()).view());
    } else {
        put_bytes(out, value);
    }
    leaf->encoded = Blob(std::move(out));
    return leaf;
}

Bytes encode(const Inner& inner) {
    Bytes out;
    out.reserve(7 + inner.path.size() + inner.children.size() * Digest::size);
    out.push_back(static_cast<std::uint8_t>(NodeKind::Inner));
    put_u16(out, inner.nibbles);
    put_bytes(out, inner.path);
    put_u32(out, inner.occupied);
    for (const Ref& child : inner.children) {
        ZZ_CHECK(child.sealed(), "an inner node is encoded before its children");
        put_bytes(out, child.name().view());
    }
    return out;
}

NodePtr decode_node(const Blob& bytes) {
    NodePtr node = decode_shape(bytes);
    if (node) {
        node->digest = crypto::sha256(bytes.view());
        node->sealed = true;
    }
    return node;
}

NodePtr decode_node(const Digest& digest, const Blob& bytes) {
    if (bytes.size() > kNodeBytesMax)
        return nullptr;
    NodePtr node = decode_node(bytes);
    return node && node->digest == digest ? node : nullptr;
}

std::vector<Digest> references(const Node& node) {
    std::vector<Digest> out;
    if (node.kind == NodeKind::Leaf) {
        const auto& leaf = static_cast<const Leaf&>(node);
        if (leaf.chunked())
            out = leaf.chunk_digests();
    } else if (node.kind == NodeKind::Inner) {
        for (const Ref& child : static_cast<const Inner&>(node).children)
            out.push_back(child.name());
    }
    return out;
}

ByteView place_of(const Node& node) {
    if (node.kind == NodeKind::Leaf)
        return static_cast<const Leaf&>(node).key();
    return static_cast<const Inner&>(node).path;
}

std::size_t nibbles_of(const Node& node) {
    if (node.kind == NodeKind::Leaf)
        return 2 * static_cast<const Leaf&>(node).key().size();
    return static_cast<const Inner&>(node).nibbles;
}

std::size_t common_nibbles(ByteView a, std::size_t a_nibbles, ByteView b, std::size_t b_nibbles) {
    const std::size_t most = std::min(a_nibbles, b_nibbles);
    const auto [end, unused] =
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most / 2), b.begin());
    auto at = 2 * static_cast<std::size_t>(end - a.begin());
    while (at < most && nibble(a, at) == nibble(b, at))
        ++at;
    return at;
}

} // namespace zz::state
