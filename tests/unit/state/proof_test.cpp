// SPDX-License-Identifier: Apache-2.0
// Merkle proofs of presence and absence, and what is refused as one (ZZ-4.3 d).
#include <QTest>

#include "backend/state/proof.h"
#include "tests/unit/state/model_support.h"

namespace zz::state::test {

class ProofTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void proves_presence_and_absence();
    void altered_proofs_are_bad();
    void a_proof_holds_for_its_root_and_key_only();
    void needs_are_told();
};

void ProofTest::proves_presence_and_absence() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        MemoryNodeStore store;
        NodePool pool(store);
        Tree tree(pool);
        Model model;
        const Writes writes = some_writes(random, seed == 1 ? 0 : 50);
        must_apply(tree, writes);
        apply_to(model, writes);
        const Digest root = seal_into(tree);
        for (int i = 0; i < 100; ++i) {
            const Bytes key = some_key(random);
            Needs needs;
            const auto proof = prove(tree, key, needs);
            QVERIFY(proof && needs.empty());
            const Proved proved = verify_proof(root, key, *proof);
            const auto held = model.find(key);
            QVERIFY(proved.verdict ==
                    (held == model.end() ? Proved::Verdict::Absent : Proved::Verdict::Present));
            QVERIFY(held == model.end() || proved.value == held->second);
        }
    }
}

void ProofTest::altered_proofs_are_bad() {
    Random random(2);
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    must_apply(tree, some_writes(random, 60));
    must_apply(tree, {{bytes_of("long"), random.bytes(3 * kChunkBytes)}});
    const Digest root = seal_into(tree);
    for (const Bytes& key : {bytes_of("long"), some_key(random), some_key(random)}) {
        Needs needs;
        const Proof good = *prove(tree, key, needs);
        const auto bad = [&](const Proof& proof) {
            return verify_proof(root, key, proof).verdict == Proved::Verdict::Bad;
        };
        QVERIFY(!bad(good));
        QVERIFY(bad({}));
        for (std::size_t i = 0; i < good.size(); ++i) {
            Proof changed = good;
            Bytes bytes(good[i].view().begin(), good[i].view().end());
            bytes[random.below(bytes.size())] ^= 0x20U;
            changed[i] = Blob(bytes);
            QVERIFY(bad(changed));
            changed = good;
            changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
            QVERIFY(bad(changed));
            changed = good;
            changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
            QVERIFY(bad(changed));
        }
        Proof longer = good;
        longer.push_back(Blob(Bytes{1, 0, 0, 0, 0, 0, 0}));
        QVERIFY(bad(longer));
        // A proof cut short must not pass as one of absence.
        for (std::size_t size = 0; size < good.size(); ++size)
            QVERIFY(bad(Proof(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
    }
}

void ProofTest::a_proof_holds_for_its_root_and_key_only() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    must_apply(tree, {{bytes_of("ka"), bytes_of("1")}, {bytes_of("kb"), bytes_of("2")}});
    const Digest root = seal_into(tree);
    Needs needs;
    const Proof proof = *prove(tree, bytes_of("ka"), needs);
    QVERIFY(verify_proof(root, bytes_of("ka"), proof).verdict == Proved::Verdict::Present);
    QVERIFY(verify_proof(root, bytes_of("kb"), proof).verdict == Proved::Verdict::Bad);
    QVERIFY(verify_proof(root, bytes_of("kc"), proof).verdict == Proved::Verdict::Bad);
    QVERIFY(verify_proof(empty_root(), bytes_of("ka"), proof).verdict == Proved::Verdict::Bad);
    QVERIFY(verify_proof(empty_root(), bytes_of("ka"), {}).verdict == Proved::Verdict::Absent);
    QVERIFY(verify_proof(root, Bytes(kKeyBytesMax + 1, 'k'), proof).verdict ==
            Proved::Verdict::Bad);
}

void ProofTest::needs_are_told() {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    must_apply(tree, {{bytes_of("ka"), bytes_of("1")}, {bytes_of("kb"), bytes_of("2")}});
    const Digest root = seal_into(tree);
    MemoryNodeStore nothing;
    NodePool other(nothing);
    Needs needs;
    QVERIFY(!prove(View(other, root), bytes_of("ka"), needs));
    QVERIFY(needs.nodes() == std::vector<Digest>{root});
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::ProofTest)
#include "proof_test.moc"
