// SPDX-License-Identifier: Apache-2.0
// Overlays against a map: own writes are seen, the tree below is not touched before the merge
// (ZZ-7.2).
#include <QTest>

#include "backend/state/tree_overlay.h"
#include "tests/unit/state/model_support.h"

namespace zz::state::test {

class OverlayTest : public QObject {
    Q_OBJECT
  private slots:
    void equals_a_map();
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
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::OverlayTest)
#include "overlay_test.moc"
