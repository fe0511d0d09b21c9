// SPDX-License-Identifier: Apache-2.0
// A new generation (ZZ-8.4): more than f replicas cannot show that their journals hold every vote,
// and an operator's RECOVER says where ordering goes on.
#include <QTest>

#include "tests/transcript/agreement/replicas_support.h"

namespace zz::agreement::testing {

namespace {

const std::vector<std::uint32_t> kAll{1, 2, 3, 4};

void order(Replicas& r, std::uint32_t lane, std::uint64_t number) {
    r.submit(lane, number, kAll);
    r.pass(milliseconds(200));
}

// Digest of each committed number at `node`.
std::map<SequenceNumber, Digest> ordered(const Node& node) {
    std::map<SequenceNumber, Digest> out;
    for (const core::Committed& c : node.committed)
        out[c.n] = c.batch_digest;
    return out;
}

// Six batches, 4 is stable; then every replica restarts without proof of its votes.
struct Down : Replicas {
    explicit Down(const std::function<std::size_t(std::uint32_t, std::size_t)>& keep) {
        start();
        for (std::uint32_t lane = 1; lane <= 6; ++lane)
            order(*this, lane, 1);
        before = ordered(node(1));
        for (std::uint32_t i = 1; i <= 4; ++i)
            restart(i, false, keep(i, node(i).journal.size()));
        pass(seconds(3));
    }
    std::map<SequenceNumber, Digest> before;
};

std::size_t whole(std::uint32_t, std::size_t size) {
    return size;
}

} // namespace

class GenerationTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // All mute: nothing is ordered until the RECOVER, and what the journals prove is ordered again
    // at its numbers.
    void all_mute_then_recovered() {
        Down r(whole);
        QCOMPARE(r.before.size(), std::size_t(6));
        order(r, 7, 1);
        r.pass(seconds(10));
        for (std::uint32_t i = 1; i <= 4; ++i) {
            QVERIFY(r.core(i).is_mute());
            QCOMPARE(r.core(i).committed_mark(), SequenceNumber(4));
        }
        const message::Recover recover = r.recover(kAll);
        QCOMPARE(recover.base.checkpoint.n, SequenceNumber(4));
        QCOMPARE(recover.chosen.size(), std::size_t(2));
        r.begin(recover);
        r.pass(seconds(2));
        order(r, 8, 1);
        QVERIFY(r.agree());
        QVERIFY(r.committed_everywhere() >= 7);
        for (const std::uint64_t n : {5, 6})
            QCOMPARE(ordered(r.node(2)).at(SequenceNumber(n)), r.before.at(SequenceNumber(n)));
    }

    // The tails of the journals are lost: all stand where they began, and go on.
    void lost_tails_are_lost_and_it_goes_on() {
        Down r([](std::uint32_t, std::size_t size) { return size / 2; });
        const message::Recover recover = r.recover({1, 2, 3});
        r.begin(recover);
        r.pass(seconds(1));
        const std::size_t at = r.committed_everywhere();
        for (std::uint32_t lane = 11; lane <= 20; ++lane)
            order(r, lane, 1);
        QVERIFY(r.agree());
        QVERIFY(r.committed_everywhere() >= at + 10);
        QVERIFY(r.core(1).h() > recover.base.checkpoint.n); // its own certificates move h
    }

    // One lost its disk: it takes state and bodies from the others, and votes at once, since it
    // sent no vote of this generation.
    void one_that_lost_everything_takes_part() {
        Down r([](std::uint32_t i, std::size_t size) { return i == 2 ? 0 : size; });
        const message::Recover recover = r.recover(kAll);
        QCOMPARE(recover.base.checkpoint.n, SequenceNumber(4));
        r.begin(recover);
        r.node(4).up = false; // so that its vote is needed
        r.pass(seconds(3));
        order(r, 8, 1);
        QVERIFY(!r.core(2).is_mute());
        QVERIFY(r.committed_everywhere() >= 7);
        QCOMPARE(ordered(r.node(2)).at(SequenceNumber(5)), r.before.at(SequenceNumber(5)));
    }

    // A claim whose entry nobody vouches for brings no batch in, and with all claims at hand it
    // keeps none out.
    void forged_claim_brings_nothing_in() {
        Down r(whole);
        message::ViewChange lie = r.core(4).claim(Generation(1)).value;
        const Digest forged = Replicas::root(SequenceNumber(99));
        lie.prepared.back().batch_digest = forged;
        lie.prepared.push_back({SequenceNumber(7), forged, View(0)});
        const SignedViewChange claim = r.forge(4, lie);
        const message::Recover all = r.recover(kAll, {claim});
        QCOMPARE(all.chosen.size(), std::size_t(2));
        for (const message::Chosen& c : all.chosen)
            QCOMPARE(c.batch_digest, r.before.at(c.n));
        // 6 is open among these three, 7 is nobody's: no NEW-VIEW could be made, a RECOVER can.
        const message::Recover three = r.recover({2, 3, 4}, {claim});
        QCOMPARE(three.chosen.size(), std::size_t(1));
        QCOMPARE(three.chosen[0].batch_digest, r.before.at(SequenceNumber(5)));
        r.begin(three);
        order(r, 8, 1);
        r.pass(seconds(1));
        QVERIFY(r.agree());
        QVERIFY(r.committed_everywhere() >= 6);
    }

    // An operator's program that got it wrong begins nothing.
    void wrong_recovers_are_refused() {
        Down r(whole);
        const message::Recover right = r.recover(kAll);
        const Faults faults{1};
        const Digest null; // no claim leaves a gap here
        const auto refused = [&](const std::function<void(message::Recover&)>& change) {
            message::Recover wrong = right;
            change(wrong);
            return !check(wrong, faults, r.options().limits.window(), null);
        };
        QVERIFY(!refused([](message::Recover&) {}));
        QVERIFY(refused([](message::Recover& m) { m.view = m.view + 1; }));
        QVERIFY(refused([](message::Recover& m) { m.claims.resize(2); }));
        QVERIFY(refused([](message::Recover& m) { m.claims[1] = m.claims[0]; }));
        QVERIFY(refused([](message::Recover& m) { m.chosen.pop_back(); }));
        QVERIFY(refused([](message::Recover& m) { m.state = Blob(); }));
        QVERIFY(refused([](message::Recover& m) {
            m.base.signatures.clear();
            m.claims.resize(3);
            m.base.checkpoint.n = SequenceNumber(8);
        }));
        QVERIFY(refused([](message::Recover& m) { m.base = {}; }));
    }

    // Votes of the old generation count nowhere in the new one, nor the other way round.
    void old_frames_are_rejected() {
        Down r(whole);
        const message::Prepare vote{View(5), SequenceNumber(7), Replicas::root(SequenceNumber(1))};
        r.inject(2, vote, {3});
        r.begin(r.recover(kAll));
        const std::size_t before = r.rejected;
        r.run();
        QVERIFY(r.rejected > before);
    }

    // Restarts within the new generation are as ever: proven ones vote, unproven ones are mute.
    void restarts_in_the_new_generation() {
        Down r(whole);
        r.begin(r.recover(kAll));
        r.pass(seconds(1));
        for (int round = 0; round < 2; ++round) {
            for (std::uint32_t i = 1; i <= 4; ++i)
                r.restart(i);
            r.pass(seconds(1));
            for (std::uint32_t i = 1; i <= 4; ++i)
                QVERIFY(!r.core(i).is_mute());
            order(r, 20 + static_cast<std::uint32_t>(round), 1);
        }
        QVERIFY(r.committed_everywhere() >= 8);
        QVERIFY(r.agree());
        r.restart(3, false);
        QVERIFY(r.core(3).is_mute());
        r.restart(3, true);
        QVERIFY(r.core(3).is_mute()); // a clean stop later makes no journal whole
        order(r, 30, 1);
        QVERIFY(r.core(1).committed_mark() >= SequenceNumber(9));
    }

    // The journal of the new generation is lost before its first checkpoint: mute, although the
    // RECOVER is at hand.
    void lost_journal_of_the_new_generation_is_mute() {
        Down r(whole);
        r.begin(r.recover(kAll));
        r.pass(seconds(1));
        r.restart(2, false, 0);
        QVERIFY(r.core(2).is_mute());
        QCOMPARE(r.core(2).h(), SequenceNumber(4));
    }

    // A second RECOVER before anything became stable: its base is that of the first, without
    // signatures.
    void second_recover_right_after_the_first() {
        Down r(whole);
        r.begin(r.recover(kAll));
        r.pass(seconds(1));
        const auto first = ordered(r.node(1));
        for (std::uint32_t i = 1; i <= 4; ++i)
            r.restart(i, false);
        const message::Recover second = r.recover(kAll);
        QCOMPARE(second.generation, Generation(2));
        QVERIFY(second.base.signatures.empty());
        QCOMPARE(second.base.checkpoint.n, SequenceNumber(4));
        r.begin(second);
        r.pass(seconds(1));
        order(r, 8, 1);
        QVERIFY(r.agree());
        for (const auto& [n, digest] : first)
            QCOMPARE(ordered(r.node(3)).at(n), digest);
        QVERIFY(r.committed_everywhere() >= 7);
    }

    // A view change whose certificates are the base of the generation.
    void view_changes_in_the_new_generation() {
        Down r(whole);
        const message::Recover recover = r.recover(kAll);
        r.begin(recover);
        r.pass(seconds(1));
        const std::uint32_t primary = r.core(1).primary_of(recover.view).value;
        r.node(primary).up = false;
        order(r, 8, 1);
        r.pass(seconds(6));
        QVERIFY(r.committed_everywhere() >= 7);
        QVERIFY(r.agree());
    }
};

} // namespace zz::agreement::testing

QTEST_APPLESS_MAIN(zz::agreement::testing::GenerationTest)
#include "generation_test.moc"
