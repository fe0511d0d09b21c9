// SPDX-License-Identifier: Apache-2.0
// What a store keeps (ZZ-5.4): exactly the nodes of the checkpoints that are held, over seeded
// histories with pins, restarts and jumps to a recovered state.
#include <QTest>
#include <set>

#include "backend/state/walk.h"
#include "tests/unit/state/model_support.h"

namespace zz::state::test {
namespace {

std::set<Digest> reachable(NodeStore& store, const Retention& retention) {
    std::set<Digest> all;
    for (const auto& [n, checkpoint] : retention.held()) {
        DiffWalk walk(store, checkpoint.root, std::nullopt);
        while (const auto visit = walk.next()) {
            ZZ_CHECK(visit->held, "checkpoint {} lost a node", n.value);
            all.insert(visit->digest);
        }
    }
    return all;
}

std::set<Digest> kept(const MemoryNodeStore& store) {
    const std::vector<Digest> digests = store.digests();
    return {digests.begin(), digests.end()};
}

} // namespace

class RetentionTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void keeps_exactly_what_is_held();
    void pins_keep_and_release();
    void value_that_comes_back_is_not_erased();
    void adopted_state_replaces_the_old_one();
    void damaged_note_ends_the_list();
    void pool_forgets_what_is_erased();
};

void RetentionTest::keeps_exactly_what_is_held() {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        Random random(seed);
        MemoryNodeStore store;
        auto pool = std::make_unique<NodePool>(store);
        auto tree = std::make_unique<Tree>(*pool);
        auto retention = std::make_unique<Retention>(*pool);
        Model model;
        for (std::uint64_t n = 1; n <= 40; ++n) {
            const Writes writes = some_writes(random, 1 + random.below(10));
            must_apply(*tree, writes);
            apply_to(model, writes);
            retention->add(SequenceNumber(n), tree->seal(), bytes_of("note"));
            if (random.below(3) != 0)
                retention->stable(SequenceNumber(n - random.below(std::min<std::size_t>(n, 4))));
            if (random.below(8) == 0) { // A restart reads everything back.
                const auto held = retention->held().size();
                const auto waiting = retention->retired();
                const Digest root = retention->newest()->root;
                tree.reset();
                retention.reset();
                pool = std::make_unique<NodePool>(store);
                retention = std::make_unique<Retention>(*pool);
                QCOMPARE(retention->held().size(), held);
                QCOMPARE(retention->retired(), waiting);
                QVERIFY(retention->newest()->root == root);
                QVERIFY(retention->newest()->note == bytes_of("note"));
                tree = std::make_unique<Tree>(*pool, root);
            }
            QVERIFY(content(*tree) == model);
            QVERIFY2(reachable(store, *retention) == kept(store),
                     qPrintable(QString("seed %1, checkpoint %2").arg(seed).arg(n)));
        }
        retention->stable(SequenceNumber(40));
        QCOMPARE(retention->held().size(), std::size_t{1});
        QCOMPARE(retention->retired(), std::size_t{0});
        QVERIFY(reachable(store, *retention) == kept(store));
    }
}

void RetentionTest::pins_keep_and_release() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Retention retention(pool);
    std::map<std::uint64_t, Digest> roots;
    for (std::uint64_t n = 1; n <= 5; ++n) {
        must_apply(tree, {{bytes_of("k"), Bytes{static_cast<std::uint8_t>(n)}}});
        const Sealed sealed = tree.seal();
        roots[n] = sealed.root;
        retention.add(SequenceNumber(n), sealed, {});
    }
    QVERIFY(!retention.pin(SequenceNumber(9)));
    QVERIFY(retention.pin(SequenceNumber(2)) && retention.pin(SequenceNumber(2)));
    retention.stable(SequenceNumber(4));
    QVERIFY(!store.has(roots[1]));
    QVERIFY(store.has(roots[2]) && store.has(roots[3]) && store.has(roots[4]));
    retention.unpin(SequenceNumber(2));
    QVERIFY(store.has(roots[2]));
    retention.unpin(SequenceNumber(2));
    retention.unpin(SequenceNumber(2));
    QVERIFY(!store.has(roots[2]) && !store.has(roots[3]));
    QVERIFY(store.has(roots[4]) && store.has(roots[5]));
}

void RetentionTest::value_that_comes_back_is_not_erased() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Retention retention(pool);
    for (std::uint64_t n = 1; n <= 9; ++n) {
        must_apply(tree, {{bytes_of("k"), Bytes{static_cast<std::uint8_t>(n % 2)}},
                          {bytes_of("l"), Bytes{static_cast<std::uint8_t>(n % 3)}}});
        retention.add(SequenceNumber(n), tree.seal(), {});
        if (n == 4 || n == 7)
            retention.stable(SequenceNumber(n - 1));
        QVERIFY(reachable(store, retention) == kept(store));
    }
}

// ZZ-7.1: an active replica that fell behind keeps its nodes by hash.
void RetentionTest::adopted_state_replaces_the_old_one() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        MemoryNodeStore source_store, store;
        NodePool source_pool(source_store), pool(store);
        Tree source(source_pool), tree(pool);
        Retention retention(pool);
        for (std::uint64_t n = 1; n <= 3; ++n) {
            const Writes writes = some_writes(random, 20);
            must_apply(source, writes);
            seal_into(source);
            must_apply(tree, writes);
            retention.add(SequenceNumber(n), tree.seal(), {});
        }
        const Digest old = retention.newest()->root;
        must_apply(source, some_writes(random, 15));
        const Digest root = seal_into(source);
        retention.adopt(SequenceNumber(9), root, {});
        QVERIFY(retention.pin(SequenceNumber(9)));
        Tree adopted(pool, root);
        MissingWalk walk(store, root, 16, old);
        while (!walk.done())
            for (const Digest& d : walk.advance(10)) {
                QVERIFY(accept_node(store, d, *source_store.get(d)));
                walk.arrived(d);
            }
        // Replay has gone on before the old nodes are looked for.
        must_apply(adopted, some_writes(random, 15));
        retention.add(SequenceNumber(10), adopted.seal(), {});
        retention.stable(SequenceNumber(10));
        std::vector<Digest> gone;
        DiffWalk diff(store, old, root);
        while (const auto visit = diff.next())
            gone.push_back(visit->digest);
        retention.retire(SequenceNumber(9), gone);
        QCOMPARE(retention.held().size(), std::size_t{2});
        QVERIFY(reachable(store, retention) == kept(store));
        retention.unpin(SequenceNumber(9));
        QCOMPARE(retention.held().size(), std::size_t{1});
        QVERIFY(reachable(store, retention) == kept(store));
    }
}

void RetentionTest::damaged_note_ends_the_list() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    {
        Retention retention(pool);
        for (std::uint64_t n = 1; n <= 3; ++n)
            retention.add(SequenceNumber(n), tree.seal(), {});
    }
    const std::string second = store.note_names("checkpoint/")[1];
    for (std::size_t i = 0; i < store.note(second)->size(); i += 7) {
        const Bytes good = *store.note(second);
        Bytes bad = good;
        bad[i] ^= 4U;
        store.apply({.put = {}, .erase = {}, .notes = {{second, bad}}});
        QCOMPARE(Retention(pool).held().size(), std::size_t{1});
        store.apply({.put = {}, .erase = {}, .notes = {{second, good}}});
    }
    QCOMPARE(Retention(pool).held().size(), std::size_t{3});
}

// Old versions of the same keys take no memory.
void RetentionTest::pool_forgets_what_is_erased() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Retention retention(pool);
    std::size_t first = 0;
    for (std::uint64_t n = 1; n <= 100; ++n) {
        Writes writes;
        for (int k = 0; k < 50; ++k)
            writes[bytes_of("key " + std::to_string(k))] = Bytes(100, static_cast<std::uint8_t>(n));
        must_apply(tree, writes);
        retention.add(SequenceNumber(n), tree.seal(), {});
        retention.stable(SequenceNumber(n));
        if (n == 1)
            first = pool.bytes();
        QVERIFY(pool.bytes() > 0 && pool.bytes() <= first);
    }
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::RetentionTest)
#include "retention_test.moc"
