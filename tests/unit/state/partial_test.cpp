// SPDX-License-Identifier: Apache-2.0
// States that are not all there: reads and writes tell what they need and leave no trace, on-demand
// fetching and the background walk complete them, damaged nodes are as absent ones (ZZ-7.2, ZZ-7.3,
// ZZ-7.5).
#include <QTest>
#include <set>

#include "backend/state/tree_overlay.h"
#include "backend/state/walk.h"
#include "tests/unit/state/model_support.h"

namespace zz::state::test {
namespace {

struct Source {
    MemoryNodeStore store;
    NodePool pool{store};
    Tree tree{pool};
    Model model;
    Digest root = empty_root();

    explicit Source(std::uint64_t seed, std::size_t writes = 150) { change(seed, writes); }
    void change(std::uint64_t seed, std::size_t count) {
        Random random(seed);
        const Writes writes = some_writes(random, count);
        must_apply(tree, writes);
        apply_to(model, writes);
        root = seal_into(tree);
    }
    void serve(const Digest& digest, NodeStore& to) {
        const auto bytes = store.get(digest);
        ZZ_CHECK(bytes && accept_node(to, digest, *bytes), "the source has every node");
    }
};

std::set<Digest> reachable(NodeStore& store, const Digest& root) {
    std::set<Digest> all;
    DiffWalk walk(store, root, std::nullopt);
    while (const auto visit = walk.next())
        all.insert(visit->digest);
    return all;
}

} // namespace

class PartialTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void requests_fetch_what_they_need();
    void a_range_asks_for_all_it_misses_at_once();
    void failed_writes_leave_no_trace();
    void walk_completes_an_empty_store();
    void walk_completes_around_requests_and_late_nodes();
    void walk_skips_what_an_older_state_has();
    void diff_of_two_states_is_exact();
    void damaged_nodes_are_fetched_again();
};

void PartialTest::requests_fetch_what_they_need() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Source source(seed);
        MemoryNodeStore store;
        NodePool pool(store, 4000);
        Tree tree(pool, source.root);
        Random random(seed + 100);
        for (int request = 0; request < 10; ++request) {
            const Writes writes = some_writes(random, 3);
            const Bytes from = some_key(random);
            for (;;) {
                TreeOverlay overlay(tree.snapshot());
                for (const auto& [key, value] : writes) {
                    overlay.get(key);
                    value ? overlay.put(key, *value) : overlay.erase(key);
                }
                overlay.next(from);
                if (overlay.wanted().empty() && overlay.merge_into(tree))
                    break;
                QVERIFY(!overlay.wanted().empty());
                for (const Digest& d : overlay.wanted()) {
                    QVERIFY(!store.has(d));
                    source.serve(d, store);
                }
            }
            must_apply(source.tree, writes);
        }
        QVERIFY(seal_into(tree) == seal_into(source.tree));
        QVERIFY(store.size() > 0);
    }
}

void PartialTest::a_range_asks_for_all_it_misses_at_once() {
    Source source(7, 400);
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool, source.root);
    int rounds = 0;
    for (;; ++rounds) {
        TreeOverlay overlay(tree.snapshot());
        const Overlay::Range range = overlay.range({});
        QCOMPARE(range.found == Found::NeedsNodes, !overlay.wanted().empty());
        for (const Digest& d : overlay.wanted())
            source.serve(d, store);
        if (overlay.wanted().empty()) {
            Model all;
            for (const Overlay::Item& item : range.items)
                all[item.key] = item.value;
            QVERIFY(all == source.model);
            break;
        }
    }
    QVERIFY2(rounds < 40, "a level of the tree a round, not a node a round");
    MemoryNodeStore part;
    NodePool small(part);
    TreeOverlay overlay(Tree(small, source.root).snapshot());
    source.serve(source.root, part);
    QVERIFY(overlay.range({{}, {}, Order::Descending, 3}).found == Found::NeedsNodes);
    QVERIFY(overlay.wanted().size() <= 3);
}

void PartialTest::failed_writes_leave_no_trace() {
    Source source(3);
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool, source.root);
    Needs needs;
    QVERIFY(!tree.apply({{bytes_of("a"), bytes_of("1")}}, needs));
    QVERIFY(needs.nodes() == std::vector<Digest>{source.root});
    source.serve(source.root, store);
    Needs more;
    Writes many;
    Random random(4);
    for (int i = 0; i < 256; ++i)
        many[random.bytes(1 + static_cast<std::size_t>(i) % 40)] = bytes_of("new");
    QVERIFY(!tree.apply(many, more));
    QVERIFY(!more.empty());
    const Sealed sealed = tree.seal();
    QVERIFY(sealed.root == source.root);
    QVERIFY(sealed.nodes.empty() && sealed.retired.empty());
}

void PartialTest::walk_completes_an_empty_store() {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Source source(seed);
        MemoryNodeStore store;
        MissingWalk walk(store, source.root, 8);
        std::set<Digest> asked;
        while (!walk.done()) {
            const std::vector<Digest> missing = walk.advance(5);
            QVERIFY(walk.waiting() <= 8);
            for (const Digest& d : missing) {
                QVERIFY(asked.insert(d).second);
                source.serve(d, store);
                walk.arrived(d);
            }
        }
        QVERIFY(asked == reachable(source.store, source.root));
        NodePool pool(store);
        QVERIFY(content(View(pool, source.root)) == source.model);
    }
    MemoryNodeStore store;
    QVERIFY(MissingWalk(store, empty_root(), 8).done());
}

void PartialTest::walk_completes_around_requests_and_late_nodes() {
    Source source(4);
    MemoryNodeStore store;
    MissingWalk walk(store, source.root, 4);
    Random random(1);
    std::vector<Digest> open;
    while (!walk.done()) {
        for (const Digest& d : walk.advance(3))
            open.push_back(d);
        walk.arrived(Digest{}); // nobody asked for it
        if (open.empty())
            continue;
        const std::size_t i = random.below(open.size());
        if (random.below(3) == 0) {
            // Told as arrived though it is not there: asked for again.
            walk.arrived(open[i]);
        } else {
            source.serve(open[i], store);
            walk.arrived(open[i]);
        }
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
    }
    NodePool pool(store);
    QVERIFY(content(View(pool, source.root)) == source.model);
}

void PartialTest::walk_skips_what_an_older_state_has() {
    Source source(5, 400);
    MemoryNodeStore store;
    MissingWalk all(store, source.root, 64);
    while (!all.done())
        for (const Digest& d : all.advance(100)) {
            source.serve(d, store);
            all.arrived(d);
        }
    const Digest old = source.root;
    source.change(6, 3);
    MissingWalk walk(store, source.root, 64, old);
    std::size_t fetched = 0;
    while (!walk.done())
        for (const Digest& d : walk.advance(100)) {
            ++fetched;
            source.serve(d, store);
            walk.arrived(d);
        }
    QVERIFY(fetched > 0);
    QVERIFY(walk.visited() < all.visited() / 3);
    NodePool pool(store);
    QVERIFY(content(View(pool, source.root)) == source.model);
}

void PartialTest::diff_of_two_states_is_exact() {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Source source(seed, 40);
        const Digest old = source.root;
        source.change(seed + 1000, 1 + seed % 30);
        for (const auto& [root, known] : {std::pair(old, source.root), {source.root, old}}) {
            std::set<Digest> expected = reachable(source.store, root);
            for (const Digest& d : reachable(source.store, known))
                expected.erase(d);
            std::set<Digest> found;
            DiffWalk walk(source.store, root, known);
            while (const auto visit = walk.next())
                QVERIFY(found.insert(visit->digest).second);
            QVERIFY2(found == expected, qPrintable(QString("seed %1").arg(seed)));
        }
    }
}

// S4: held bytes that are not those of their digest.
void PartialTest::damaged_nodes_are_fetched_again() {
    Source source(8);
    MemoryNodeStore store;
    for (const Digest& d : source.store.digests()) {
        Bytes bytes(source.store.get(d)->view().begin(), source.store.get(d)->view().end());
        bytes.back() ^= 1U;
        QVERIFY(!accept_node(store, d, Blob(bytes)));
        store.apply({.put = {{d, Blob(bytes)}}, .erase = {}, .notes = {}});
    }
    NodePool pool(store);
    View view(pool, source.root);
    for (const auto& [key, value] : source.model) {
        for (;;) {
            Needs needs;
            const Overlay::Read read = view.get(key, needs);
            if (read.found == Found::Yes) {
                QVERIFY(read.value == value);
                break;
            }
            QVERIFY(read.found == Found::NeedsNodes && !needs.empty());
            for (const Digest& d : needs.nodes())
                source.serve(d, store);
        }
    }
    QVERIFY(pool.counters().refused > 0);
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::PartialTest)
#include "partial_test.moc"
