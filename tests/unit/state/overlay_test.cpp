// SPDX-License-Identifier: Apache-2.0
// Overlays against a map: own writes are seen, the tree below is not touched before the merge
// (ZZ-7.2).
#include <QTest>

#include "backend/state/tree_overlay.h"
#include "tests/unit/state/model_support.h"

namespace zz::state::test {

std::vector<Overlay::Item> expected_range(const Model& model, const Bytes& from, const Bytes& until,
                                          Order order, std::size_t count) {
    std::vector<Overlay::Item> out;
    for (const auto& [key, value] : model)
        if (key >= from && (until.empty() || key < until))
            out.push_back({key, value});
    if (order == Order::Descending)
        std::reverse(out.begin(), out.end());
    out.resize(std::min(out.size(), count));
    return out;
}

class OverlayTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void equals_a_map();
    void puts_in_place_are_seen_by_no_snapshot();
    void prefix_overlay_sees_its_part_only();
};

void OverlayTest::equals_a_map() {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Random random(seed);
        MemoryNodeStore store;
        NodePool pool(store);
        Tree tree(pool);
        Model model;
        for (int request = 0; request < 20; ++request) {
            TreeOverlay overlay(tree.snapshot());
            const Model before = model;
            for (int i = 0; i < 12; ++i) {
                const Writes one = some_writes(random, 1);
                const auto& [key, value] = *one.begin();
                value ? overlay.put(key, *value) : overlay.erase(key);
                apply_to(model, one);
                const Bytes probe = some_key(random);
                const auto held = model.find(probe);
                const Overlay::Read read = overlay.get(probe);
                QCOMPARE(read.found == Found::Yes, held != model.end());
                QVERIFY(held == model.end() || read.value == held->second);
                const auto after = model.lower_bound(probe);
                const Overlay::Entry entry = overlay.next(probe);
                QCOMPARE(entry.found == Found::Yes, after != model.end());
                QVERIFY(after == model.end() ||
                        (entry.key == after->first && entry.value == after->second));
                const Bytes other = random.below(5) == 0 ? Bytes() : some_key(random);
                const Order order = random.below(2) == 0 ? Order::Ascending : Order::Descending;
                const std::size_t count = random.below(9);
                const Overlay::Range range = overlay.range({probe, other, order, count});
                QVERIFY(range.found == Found::Yes);
                QVERIFY(range.items == expected_range(model, probe, other, order, count));
            }
            QVERIFY(content(tree) == before);
            QVERIFY(overlay.wanted().empty());
            if (random.below(4) == 0) {
                model = before; // The request is given up: nothing remains of it.
                continue;
            }
            QVERIFY(overlay.merge_into(tree));
            QVERIFY(content(tree) == model);
        }
    }
}

// Requests that only put keys which are in memory change the tree in place, unless somebody holds
// it.
void OverlayTest::puts_in_place_are_seen_by_no_snapshot() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        MemoryNodeStore store;
        NodePool pool(store);
        Tree tree(pool);
        Model model;
        std::vector<std::pair<View, Model>> taken;
        for (int request = 0; request < 200; ++request) {
            TreeOverlay overlay(tree.snapshot());
            for (int i = 0; i < 2; ++i) {
                const Bytes key = some_key(random), value = some_value(random);
                overlay.put(key, value);
                model[key] = value;
            }
            QVERIFY(overlay.merge_into(tree));
            if (random.below(20) == 0)
                taken.emplace_back(tree.snapshot(), model);
            if (random.below(30) == 0)
                QCOMPARE(seal_into(tree), root_of(model));
        }
        QVERIFY(content(tree) == model);
        QCOMPARE(seal_into(tree), root_of(model));
        for (const auto& [view, then] : taken)
            QVERIFY(content(view) == then);
    }
}

void OverlayTest::prefix_overlay_sees_its_part_only() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    TreeOverlay whole(tree.snapshot());
    PrefixOverlay part(whole, bytes_of("p"));
    whole.put(bytes_of("o"), bytes_of("outside"));
    whole.put(bytes_of("q"), bytes_of("outside"));
    part.put({}, bytes_of("0"));
    part.put(bytes_of("b"), bytes_of("1"));
    part.put(bytes_of("c"), bytes_of("2"));
    part.erase(bytes_of("c"));
    QVERIFY(whole.get(bytes_of("pb")).value == bytes_of("1"));
    QVERIFY(part.get(bytes_of("b")).value == bytes_of("1"));
    QVERIFY(part.get(bytes_of("q")).found == Found::No);
    QVERIFY(part.next({}).found == Found::Yes && part.next({}).key.empty());
    QVERIFY(part.next(bytes_of("a")).key == bytes_of("b"));
    QVERIFY(part.next(bytes_of("c")).found == Found::No);
    const std::vector<Overlay::Item> all{{{}, bytes_of("0")}, {bytes_of("b"), bytes_of("1")}};
    QVERIFY(part.range({}).items == all);
    QVERIFY(part.range({{}, view_of("b"), Order::Descending, 9}).items.size() == 1);
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::OverlayTest)
#include "overlay_test.moc"
