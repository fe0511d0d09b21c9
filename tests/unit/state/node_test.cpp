// SPDX-License-Identifier: Apache-2.0
// The decoder of nodes faces attackers: total, canonical, and it takes nothing the encoder would
// not write (ZZ-7.3).
#include <QTest>

#include "backend/state/walk.h"
#include "protocol/crypto/sha256.h"
#include "tests/unit/state/model_support.h"

namespace zz::state::test {
namespace {

Bytes encoding_of(const Node& node) {
    if (node.kind == NodeKind::Inner)
        return encode(static_cast<const Inner&>(node));
    const Blob& blob = node.kind == NodeKind::Leaf ? static_cast<const Leaf&>(node).encoded
                                                   : static_cast<const Chunk&>(node).encoded;
    return Bytes(blob.view().begin(), blob.view().end());
}

std::vector<Blob> some_nodes() {
    Random random(5);
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    must_apply(tree, some_writes(random, 80));
    must_apply(tree, {{bytes_of("long"), random.bytes(kChunkBytes + 1)}});
    seal_into(tree);
    std::vector<Blob> nodes;
    for (const Digest& d : store.digests())
        nodes.push_back(*store.get(d));
    return nodes;
}

bool refused(const Bytes& bytes) {
    return decode_node(Blob(bytes)) == nullptr;
}

Bytes inner_bytes(std::uint16_t nibbles, const Bytes& path, std::uint32_t occupied,
                  std::size_t digests) {
    Bytes out;
    out.reserve(7 + path.size() + digests * Digest::size);
    for (const int byte : {2, nibbles & 0xff, nibbles >> 8})
        out.push_back(static_cast<std::uint8_t>(byte));
    for (const std::uint8_t byte : path)
        out.push_back(byte);
    for (unsigned i = 0; i < 4; ++i)
        out.push_back(static_cast<std::uint8_t>(occupied >> (8 * i)));
    out.resize(out.size() + digests * Digest::size);
    return out;
}

} // namespace

class NodeTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void what_was_encoded_is_decoded();
    void malformed_inner_nodes_are_refused();
    void malformed_leaves_and_chunks_are_refused();
    void mutations_are_refused_or_canonical();
    void wrong_digest_is_refused();
};

void NodeTest::what_was_encoded_is_decoded() {
    for (const Blob& bytes : some_nodes()) {
        const NodePtr node = decode_node(crypto::sha256(bytes.view()), bytes);
        QVERIFY(node);
        QVERIFY(std::ranges::equal(encoding_of(*node), bytes.view()));
    }
}

void NodeTest::malformed_inner_nodes_are_refused() {
    QVERIFY(!refused(inner_bytes(2, {0x61}, 0b11, 2)));
    QVERIFY(refused(inner_bytes(2, {0x61}, 0b10, 1)));           // one child
    QVERIFY(refused(inner_bytes(2, {0x61}, 0, 0)));              // none
    QVERIFY(refused(inner_bytes(2, {0x61}, 0b111, 2)));          // fewer digests than slots
    QVERIFY(refused(inner_bytes(2, {0x61}, 0b11, 3)));           // more
    QVERIFY(refused(inner_bytes(2, {0x61}, 1U << 17U | 1U, 2))); // no such slot
    QVERIFY(!refused(inner_bytes(1, {0x60}, 0b110, 2)));
    QVERIFY(refused(inner_bytes(1, {0x61}, 0b110, 2)));           // bits after the path
    QVERIFY(refused(inner_bytes(1, {0x60}, 0b11, 2)));            // a key of half a byte
    QVERIFY(refused(inner_bytes(2048, Bytes(1024, 1), 0b11, 2))); // longer than any key
    QVERIFY(refused(inner_bytes(0xffff, {}, 0b11, 2)));
    for (std::size_t size = 0; size < 12; ++size)
        QVERIFY(refused(Bytes(size, 2)));
}

void NodeTest::malformed_leaves_and_chunks_are_refused() {
    QVERIFY(refused({}));
    QVERIFY(refused({0})); // the empty tree is a root without a node
    QVERIFY(refused({4, 0, 0}));
    QVERIFY(!refused({1, 1, 0, 'k', 2, 0, 0, 0, 'v', 'v'}));
    QVERIFY(refused({1, 1, 0, 'k', 2, 0, 0, 0, 'v'}));
    QVERIFY(refused({1, 1, 0, 'k', 2, 0, 0, 0, 'v', 'v', 'v'}));
    QVERIFY(refused({1, 0xff, 0xff, 'k', 0, 0, 0, 0}));
    QVERIFY(refused(
        {1, 1, 0, 'k', 0xff, 0xff, 0xff, 0xff})); // a size beyond all bounds allocates nothing
    Bytes inlined{1, 0, 0, 0x01, 0x10, 0, 0};     // 4097 bytes must be in chunks
    inlined.resize(7 + 4097);
    QVERIFY(refused(inlined));
    QVERIFY(refused(Bytes(37, 3)));
    Bytes chunk(38, 0);
    chunk[0] = 3;
    QVERIFY(!refused(chunk));
    chunk[34] = 1; // index 256
    QVERIFY(refused(chunk));
    Bytes long_chunk(37 + kChunkBytes + 1, 0);
    long_chunk[0] = 3;
    QVERIFY(refused(long_chunk));
}

void NodeTest::mutations_are_refused_or_canonical() {
    Random random(9);
    const std::vector<Blob> nodes = some_nodes();
    int accepted = 0;
    for (int i = 0; i < 20000; ++i) {
        const ByteView good = nodes[random.below(nodes.size())].view();
        Bytes bytes(good.begin(), good.end());
        for (std::size_t n = 1 + random.below(3); n-- > 0 && !bytes.empty();) {
            const std::size_t at = random.below(std::min<std::size_t>(bytes.size(), 48));
            switch (random.below(3)) {
            case 0:
                bytes[at] = static_cast<std::uint8_t>(random.next());
                break;
            case 1:
                bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            default:
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 0);
            }
        }
        if (const NodePtr node = decode_node(Blob(bytes))) {
            ++accepted;
            QVERIFY(encoding_of(*node) == bytes);
            references(*node);
        }
    }
    QVERIFY(accepted > 0);
}

void NodeTest::wrong_digest_is_refused() {
    MemoryNodeStore store;
    for (const Blob& bytes : some_nodes()) {
        Digest digest = crypto::sha256(bytes.view());
        digest.bytes[0] ^= 1U;
        QVERIFY(!accept_node(store, digest, bytes));
    }
    QCOMPARE(store.size(), std::size_t{0});
    QVERIFY(!accept_node(store, crypto::sha256(Bytes(kNodeBytesMax + 1, 1)),
                         Blob(Bytes(kNodeBytesMax + 1, 1))));
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::NodeTest)
#include "node_test.moc"
