// SPDX-License-Identifier: Apache-2.0
// The tree against a map, over seeded histories: content, order, roots, snapshots, cost of hashing
// (ZZ-5.1, ZZ-5.5).
#include <QTest>

#include "tests/unit/state/model_support.h"

namespace zz::state::test {

class TreeTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void equals_a_map_over_random_histories();
    void root_does_not_depend_on_history();
    void snapshots_do_not_change();
    void empty_tree_has_its_root();
    void small_pool_changes_nothing();
    void hashing_is_proportional_to_changes();
    void bounds_of_keys_and_values();
    void golden_root();
};

void TreeTest::equals_a_map_over_random_histories() {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Random random(seed);
        MemoryNodeStore store;
        NodePool pool(store);
        Tree tree(pool);
        Model model;
        for (int round = 0; round < 30; ++round) {
            const Writes writes = some_writes(random, 1 + random.below(25));
            must_apply(tree, writes);
            apply_to(model, writes);
            if (random.below(3) == 0)
                seal_into(tree);
            QVERIFY2(content(tree) == model, qPrintable(QString("seed %1").arg(seed)));
            for (int i = 0; i < 10; ++i) {
                Needs needs;
                const Bytes key = some_key(random);
                const auto held = model.find(key);
                const Overlay::Read read = tree.get(key, needs);
                QCOMPARE(read.found == Found::Yes, held != model.end());
                QVERIFY(held == model.end() || read.value == held->second);
                const auto after = model.lower_bound(key);
                const Overlay::Entry entry = tree.next(key, needs);
                QCOMPARE(entry.found == Found::Yes, after != model.end());
                QVERIFY(after == model.end() || entry.key == after->first);
                QVERIFY(needs.empty());
            }
        }
        QVERIFY(seal_into(tree) == root_of(model));
        // A tree made from the root alone is the same.
        pool.forget_all();
        QVERIFY(content(View(pool, root_of(model))) == model);
    }
}

void TreeTest::root_does_not_depend_on_history() {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        Random random(seed);
        Model model;
        apply_to(model, some_writes(random, 60));
        // Another history: one write at a time, detours through other content, seals in between.
        MemoryNodeStore store;
        NodePool pool(store);
        Tree tree(pool);
        const Writes detour = some_writes(random, 40);
        must_apply(tree, detour);
        seal_into(tree);
        for (auto it = model.rbegin(); it != model.rend(); ++it) {
            must_apply(tree, {{it->first, it->second}});
            if (random.below(4) == 0)
                seal_into(tree);
        }
        for (const auto& [key, value] : detour)
            if (!model.contains(key))
                must_apply(tree, {{key, std::nullopt}});
        QVERIFY2(seal_into(tree) == root_of(model), qPrintable(QString("seed %1").arg(seed)));
        // Different content has a different root.
        Model other = model;
        other[bytes_of("zz")] = {1};
        QVERIFY(root_of(other) != root_of(model));
    }
}

void TreeTest::snapshots_do_not_change() {
    Random random(7);
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Model model;
    std::vector<std::pair<View, Model>> taken;
    for (int round = 0; round < 40; ++round) {
        const Writes writes = some_writes(random, 10);
        must_apply(tree, writes);
        apply_to(model, writes);
        taken.emplace_back(tree.snapshot(), model);
        if (round % 5 == 0)
            seal_into(tree);
    }
    for (const auto& [view, then] : taken)
        QVERIFY(content(view) == then);
}

void TreeTest::empty_tree_has_its_root() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    QVERIFY(tree.seal().root == empty_root());
    must_apply(tree, {{bytes_of("a"), bytes_of("1")}, {bytes_of("ab"), bytes_of("2")}});
    QVERIFY(seal_into(tree) != empty_root());
    must_apply(tree, {{bytes_of("a"), std::nullopt}, {bytes_of("ab"), std::nullopt}});
    const Sealed sealed = tree.seal();
    QVERIFY(sealed.root == empty_root());
    QCOMPARE(sealed.retired.size(), std::size_t{3});
    QVERIFY(content(View(pool, empty_root())).empty());
}

// What the pool holds must never show in a result.
void TreeTest::small_pool_changes_nothing() {
    Random random(11);
    MemoryNodeStore store;
    NodePool pool(store, 1);
    Tree tree(pool);
    Model model;
    for (int round = 0; round < 60; ++round) {
        const Writes writes = some_writes(random, 20);
        must_apply(tree, writes);
        apply_to(model, writes);
        seal_into(tree);
        QVERIFY(content(tree) == model);
    }
    QVERIFY(pool.counters().loads > 1000);
    QVERIFY(seal_into(tree) == root_of(model));
    NodePool larger(store, 20000);
    QVERIFY(content(View(larger, root_of(model))) == model);
    QVERIFY(larger.bytes() <= 20000 + kNodeBytesMax + 512);
}

void TreeTest::hashing_is_proportional_to_changes() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Random random(3);
    Writes all;
    std::vector<Bytes> keys;
    for (int i = 0; i < 20000; ++i) {
        keys.push_back(random.bytes(16));
        all[keys.back()] = bytes_of("value");
    }
    must_apply(tree, all);
    const std::size_t first = seal_into(tree) == empty_root() ? 0 : pool.counters().sealed;
    QVERIFY(first >= 20000);
    for (int i = 0; i < 10; ++i)
        must_apply(tree, {{keys[static_cast<std::size_t>(i)], bytes_of("other")}});
    seal_into(tree);
    // Ten leaves and their paths, which have about log16(20000) + 1 inner nodes each.
    QVERIFY(pool.counters().sealed - first <= 10 * 7);
    const std::uint64_t before = pool.counters().sealed;
    seal_into(tree);
    QCOMPARE(pool.counters().sealed, before);
}

void TreeTest::bounds_of_keys_and_values() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Model model;
    Writes writes;
    // The deepest path there can be: every prefix of the longest key.
    Bytes key;
    for (std::size_t i = 0; i <= kKeyBytesMax; ++i) {
        writes[key] = bytes_of("v");
        key.push_back(0x11);
    }
    writes[bytes_of("large")] = Random(1).bytes(kValueBytesMax);
    must_apply(tree, writes);
    apply_to(model, writes);
    const Digest root = seal_into(tree);
    pool.forget_all();
    Tree again(pool, root);
    QVERIFY(content(again) == model);
    for (auto& [k, v] : writes)
        v.reset();
    must_apply(again, writes);
    QVERIFY(again.seal().root == empty_root());
}

// The format is part of the protocol: this root may change only with the version of the protocol.
void TreeTest::golden_root() {
    const Model model{{bytes_of(""), bytes_of("empty")},
                      {bytes_of("a"), bytes_of("1")},
                      {bytes_of("ab"), bytes_of("22")},
                      {bytes_of("b"), Bytes(5000, 0x62)}};
    QCOMPARE(to_hex(root_of(model).view()),
             std::string("fb18a32ef03382e23a1644845ae31ad31b1995861f4f9ef5b096aae4d1258cbe"));
    QCOMPARE(to_hex(empty_root().view()),
             std::string("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"));
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::TreeTest)
#include "tree_test.moc"
