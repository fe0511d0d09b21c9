// SPDX-License-Identifier: Apache-2.0
// Ordering through faults: view changes, catch-up, restarts (ZZ-3.3, ZZ-3.6, ZZ-8).
#include <QTest>

#include <algorithm>
#include <set>

#include "protocol/auth/certificates.h"
#include "protocol/auth/digests.h"
#include "protocol/wire/codec.h"
#include "tests/transcript/agreement/replicas_support.h"

namespace zz::agreement::testing {

namespace {

const std::vector<std::uint32_t> kAll{1, 2, 3, 4};

bool between(const Letter& l, std::uint32_t i) {
    return l.from == principal(AgreementId(i)) || l.to == principal(AgreementId(i));
}

std::function<Fate(const Letter&)> cut_off(std::uint32_t i) {
    return [i](const Letter& l) { return between(l, i) ? Fate::Drop : Fate::Deliver; };
}

std::size_t times_ordered(const Node& node, std::uint32_t lane) {
    std::size_t times = 0;
    for (const core::Committed& c : node.committed)
        for (const core::OrderedRequest& r : c.requests)
            times += r.lane == LaneId(lane);
    return times;
}

} // namespace

class SurvivalTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // A3: a silent primary is replaced; the request is ordered once.
    void silent_primary_is_replaced() {
        Replicas r;
        r.start();
        r.node(1).up = false;
        r.submit(1, 1, {2, 3, 4});
        r.pass(seconds(4));
        QCOMPARE(r.core(2).view(), View(1));
        QVERIFY(r.core(2).view_active());
        for (std::uint32_t i = 2; i <= 4; ++i)
            QCOMPARE(times_ordered(r.node(i), 1), std::size_t(1));
        QVERIFY(r.agree());
    }

    // A3, ZZ-3.3: a primary that orders all but one client's lane is replaced too.
    void censoring_primary_is_replaced() {
        Replicas r;
        r.start();
        r.fate = [](const Letter& l) {
            return l.kind == message::Kind::Bundle && l.to == principal(AgreementId(1)) &&
                           l.from.role == Role::Agreement
                       ? Fate::Drop
                       : Fate::Deliver;
        };
        r.submit(7, 1, {2, 3, 4});
        for (std::uint64_t n = 1; n <= 30 && r.core(2).view() == View(0); ++n) {
            r.submit(1, n, {1}); // The others see progress all the time.
            r.pass(milliseconds(200));
        }
        r.pass(seconds(1));
        QCOMPARE(r.core(2).view(), View(1));
        QCOMPARE(times_ordered(r.node(3), 7), std::size_t(1));
    }

    // A17: the primary keeps every request waiting for most of a timeout.
    void late_primary_is_replaced() {
        for (const auto& [delay, replaced] :
             {std::pair{milliseconds(1900), true}, std::pair{milliseconds(400), false}}) {
            Replicas r;
            r.start();
            const auto overhears = [](const Letter& l) {
                return l.kind == message::Kind::Bundle && l.to == principal(AgreementId(1))
                           ? Fate::Hold
                           : Fate::Deliver;
            };
            std::uint64_t n = 0;
            while (n < 20 && r.core(2).view() == View(0)) {
                r.fate = overhears;
                r.submit(1, ++n, {2, 3, 4});
                r.pass(delay);
                r.fate = nullptr;
                r.release_held();
                r.pass(milliseconds(300));
            }
            QCOMPARE(r.core(2).view(), View(replaced ? 1 : 0));
            QCOMPARE(n, std::uint64_t(replaced ? kLateBatchesMin : 20));
            r.pass(milliseconds(300));
            QCOMPARE(times_ordered(r.node(3), 1), std::size_t(n));
            QVERIFY(r.core(3).view_active() && r.agree());
        }
    }

    // A17: overload looks like a slow primary; it does not change view after view.
    void pace_asks_for_more_each_time() {
        Pace pace;
        Instant now{0};
        for (const std::size_t needed : {4u, 8u, 16u, 32u, 64u, 64u}) {
            QCOMPARE(pace.needed(), needed);
            for (std::size_t i = 0; i < needed; ++i) {
                QVERIFY(!pace.is_slow());
                pace.note(true);
                if (i + 1 < needed)
                    pace.note(false);
            }
            QVERIFY(pace.is_slow());
            pace.replaced(now);
            QVERIFY(!pace.is_slow());
        }
        for (const std::size_t needed : {32u, 16u, 8u, 4u, 4u}) {
            now = now + kPaceSpan;
            pace.on_time(now);
            QCOMPARE(pace.needed(), needed);
        }
    }

    // A6: prepared, not committed anywhere but at one replica: the new view carries it at its
    // number.
    void prepared_batch_is_carried_over() {
        Replicas r;
        r.start();
        r.fate = [](const Letter& l) {
            return l.kind == message::Kind::Commit && l.to != principal(AgreementId(1))
                       ? Fate::Drop
                       : Fate::Deliver;
        };
        r.submit(1, 1, {1});
        r.run();
        QCOMPARE(r.core(1).committed_mark(), SequenceNumber(1));
        QCOMPARE(r.core(2).committed_mark(), SequenceNumber(0));
        const Digest committed = r.node(1).committed[0].batch_digest;
        r.node(1).up = false;
        r.fate = nullptr;
        r.submit(2, 1, {2, 3, 4});
        r.pass(seconds(5));
        QCOMPARE(r.core(2).view(), View(1));
        QVERIFY(r.node(2).committed.size() >= 2);
        QVERIFY(r.node(2).committed[0].batch_digest == committed);
        QVERIFY(r.agree());
    }

    // A7: a forged P set of one replica is ignored; the honest VIEW-CHANGEs decide.
    void forged_view_change_masks_nothing() {
        Replicas r;
        r.start();
        r.fate = [](const Letter& l) {
            return l.kind == message::Kind::Commit ? Fate::Drop : Fate::Deliver;
        };
        r.submit(1, 1, {1});
        r.run();
        const Digest prepared = [&] {
            for (const message::Message& m : r.node(1).sent)
                if (const auto* p = std::get_if<message::PrePrepare>(&m))
                    return p->batch_digest;
            return Digest{};
        }();
        // A4 speaks only through the test: a prepared batch of its own making. Nothing commits in
        // view 0.
        r.fate = [&r](const Letter& l) {
            const bool silent =
                l.from == principal(AgreementId(4)) && l.kind != message::Kind::ViewChange;
            const bool early = l.kind == message::Kind::Commit && r.core(2).view() == View(0);
            return silent || early ? Fate::Drop : Fate::Deliver;
        };
        message::ViewChange forged;
        forged.new_view = View(1);
        forged.prepared.push_back({SequenceNumber(1), Digest{}, View(0)});
        forged.pre_prepared.push_back({SequenceNumber(1), Digest{}, View(0)});
        r.inject(4, forged, {1, 2, 3});
        r.run();
        r.submit(2, 1, {2, 3});
        r.pass(seconds(8));
        QVERIFY(r.core(2).view() >= View(1));
        QVERIFY(!r.node(2).committed.empty());
        QVERIFY(r.node(2).committed[0].batch_digest == prepared);
        QVERIFY(r.agree());
    }

    // A10: one replica cannot make others jump, however high the view it names.
    void no_jump_without_weak_quorum() {
        Replicas r;
        r.start();
        for (const std::uint64_t v : {std::uint64_t(1) << 40, UINT64_MAX}) {
            message::ViewChange c;
            c.new_view = View(v);
            r.inject(4, c, {1, 2, 3});
        }
        r.run();
        QCOMPARE(r.core(1).view(), View(0));
        message::ViewChange c;
        c.new_view = View(5);
        r.inject(3, c, {1, 2});
        r.run();
        // A4 wants 2^40 or more and A3 wants 5: a correct one wants at least 5.
        QCOMPARE(r.core(2).view(), View(5));
    }

    // A9: a NEW-VIEW that does not follow from its VIEW-CHANGEs is rejected; the next view is asked
    // for.
    void wrong_new_view_is_rejected() {
        Replicas r;
        r.start();
        r.node(1).up = false;
        std::vector<message::Embedded<message::ViewChange>> changes;
        r.fate = [](const Letter& l) {
            return l.kind == message::Kind::NewView && l.from == principal(AgreementId(2))
                       ? Fate::Drop
                       : Fate::Deliver;
        };
        r.submit(1, 1, {2, 3, 4});
        r.pass(milliseconds(2200));
        message::NewView wrong;
        for (const message::Message& m : r.node(2).sent)
            if (const auto* nv = std::get_if<message::NewView>(&m))
                wrong = *nv;
        QCOMPARE(wrong.view, View(1));
        wrong.chosen.push_back({SequenceNumber(1), Digest{}});
        r.fate = nullptr;
        r.node(2).up = true;
        r.inject(2, wrong, {3, 4});
        r.run();
        QVERIFY(r.core(3).view() >= View(2));
        r.pass(seconds(12));
        QCOMPARE(times_ordered(r.node(3), 1), std::size_t(1));
        QVERIFY(r.agree());
    }

    // A12, ZZ-3.6: one that was cut off while the others moved h catches up by state and batches,
    // and disturbs nobody.
    void cut_off_replica_catches_up() {
        Replicas r;
        r.start();
        r.fate = cut_off(4);
        for (std::uint64_t n = 1; n <= 25; ++n) {
            r.submit(1, n, {1});
            r.run();
        }
        r.pass(seconds(5));
        QCOMPARE(r.core(1).h(), SequenceNumber(24));
        QCOMPARE(r.core(4).committed_mark(), SequenceNumber(0));
        r.fate = nullptr;
        r.pass(seconds(4));
        QCOMPARE(r.core(4).committed_mark(), SequenceNumber(25));
        QCOMPARE(r.core(4).h(), SequenceNumber(24));
        QCOMPARE(r.core(1).view(), View(0));
        QVERIFY(r.core(4).state().encode() == r.core(1).state().encode());
        QVERIFY(r.agree());
    }

    // ZZ-3.6: behind by less than a window it needs no state: f+1 equal claims, and what was lost
    // is fetched (R7).
    void lost_batches_are_fetched() {
        Replicas r;
        r.start();
        r.fate = cut_off(3);
        for (std::uint64_t n = 1; n <= 3; ++n) {
            r.submit(1, n, {1});
            r.run();
        }
        r.fate = nullptr;
        r.pass(seconds(3));
        QCOMPARE(r.core(3).committed_mark(), SequenceNumber(3));
        QCOMPARE(r.node(3).committed.size(), std::size_t(3));
        QVERIFY(r.agree());
    }

    // ZZ-3.3, ZZ-3.6: A2 alone can tell that 2 committed; the faulty primary tells it too and falls
    // silent. A3 and A4 are behind, and nobody can prove it to them: the next view carries 2 over.
    void unprovable_mark_does_not_stop_view_changes() {
        Replicas r;
        r.start();
        r.submit(1, 1, {1});
        r.run();
        r.fate = [](const Letter& l) {
            const bool vote = l.kind == message::Kind::PrePrepare ||
                              l.kind == message::Kind::Prepare || l.kind == message::Kind::Commit;
            const bool to_third =
                l.to == principal(AgreementId(3)) && l.kind == message::Kind::Commit;
            return to_third || (vote && l.to == principal(AgreementId(4))) ? Fate::Drop
                                                                           : Fate::Deliver;
        };
        r.submit(1, 2, {1});
        r.run();
        QCOMPARE(r.core(2).committed_mark(), SequenceNumber(2));
        QCOMPARE(r.core(3).committed_mark(), SequenceNumber(1));
        QCOMPARE(r.core(4).committed_mark(), SequenceNumber(1));
        const Digest second = r.node(2).committed.at(1).batch_digest;
        r.fate = nullptr;
        r.inject(1,
                 message::AgreementStatus{View(0), true, {}, SequenceNumber(2), SequenceNumber(2)},
                 {3, 4});
        r.run();
        r.node(1).up = false;
        r.submit(2, 1, {2, 3, 4});
        r.pass(seconds(20));
        for (const std::uint32_t i : {2u, 3u, 4u}) {
            QVERIFY(r.core(i).committed_mark() >= SequenceNumber(3));
            QVERIFY(r.node(i).committed.at(1).batch_digest == second);
            QCOMPARE(times_ordered(r.node(i), 2), std::size_t(1));
        }
        QVERIFY(r.agree());
    }

    // ZZ-3.6: a claim of f replicas orders nothing.
    void single_claim_is_nothing() {
        Replicas r;
        r.start();
        const message::BatchContent null = wire::content_of({});
        const Digest digest = auth::batch_digest(null.encoded.view());
        r.inject(4, message::BatchBody{SequenceNumber(1), digest, true, null}, {2});
        r.inject(4, message::BatchBody{SequenceNumber(1), digest, true, null}, {2});
        r.run();
        QCOMPARE(r.core(2).committed_mark(), SequenceNumber(0));
    }

    // A16: an old primary that was cut off during the view change learns the view while nobody
    // sends a request.
    void idle_old_primary_learns_the_view() {
        Replicas r;
        r.start();
        r.fate = cut_off(1);
        r.submit(1, 1, {2, 3, 4});
        r.pass(seconds(5));
        QCOMPARE(r.core(1).view(), View(0));
        const View view = r.core(2).view();
        QVERIFY(view > View(0));
        r.fate = nullptr;
        r.pass(seconds(4));
        QCOMPARE(r.core(1).view(), view);
        QVERIFY(r.core(1).view_active());
        QCOMPARE(r.core(1).committed_mark(), r.core(2).committed_mark());
    }

    // Messages lost at random are repeated by the status exchange, not by view changes without end.
    void losses_heal() {
        Replicas r;
        r.start();
        std::uint32_t coin = 12345;
        r.fate = [&coin](const Letter& l) {
            coin = coin * 1664525 + 1013904223;
            return l.from.role == Role::Agreement && coin >> 30 == 0 ? Fate::Drop : Fate::Deliver;
        };
        for (std::uint64_t n = 1; n <= 20; ++n) {
            r.submit(1, n, kAll);
            r.pass(milliseconds(700));
        }
        r.fate = nullptr;
        r.pass(seconds(30));
        QVERIFY(r.agree());
        for (std::uint32_t i = 1; i <= 4; ++i) {
            QCOMPARE(r.core(i).state().lanes().last(ClientId(1), LaneId(1)),
                     std::optional(RequestNumber(20)));
            QCOMPARE(r.core(i).committed_mark(), r.core(1).committed_mark());
        }
    }

    // S1, ZZ-8.1: killed after each record, a replica never votes for a second batch in the same
    // view and number.
    void restart_never_contradicts() {
        for (std::size_t keep = 0; keep <= 2; ++keep) {
            Replicas r;
            r.start();
            r.fate = [](const Letter& l) {
                return l.kind == message::Kind::Commit ? Fate::Drop : Fate::Deliver;
            };
            r.submit(1, 1, {1});
            r.run();
            const Node& before = r.node(2);
            QVERIFY(before.journal.size() >= 2);
            std::optional<Digest> voted;
            if (keep > 0)
                for (const message::Message& m : before.sent)
                    if (const auto* p = std::get_if<message::Prepare>(&m))
                        voted = p->batch_digest;
            r.restart(2, true, keep);
            r.run();
            message::Batch other;
            other.proposed = r.options().wall_at_zero + static_cast<std::uint64_t>(r.now().ns);
            other.bundles.push_back(r.bundle({{LaneId(9), RequestNumber(1)}}));
            const message::BatchContent content = wire::content_of(other);
            const Digest second = auth::batch_digest(content.encoded.view());
            r.inject(1, message::PrePrepare{View(0), SequenceNumber(1), second, content}, {2});
            r.run();
            bool contradicted = false;
            for (const message::Message& m : r.node(2).sent)
                if (const auto* p = std::get_if<message::Prepare>(&m))
                    contradicted |= voted && p->batch_digest != *voted;
            QVERIFY(!contradicted);
            QVERIFY(r.agree());
        }
    }

    // ZZ-8.1: all replicas die and come back: nothing that was committed is lost or changed, and
    // ordering goes on.
    void all_restart() {
        Replicas r;
        r.start();
        std::vector<Digest> before;
        for (std::uint64_t n = 1; n <= 6; ++n) {
            r.submit(1, n, {1});
            r.run();
        }
        for (const core::Committed& c : r.node(1).committed)
            before.push_back(c.batch_digest);
        for (std::uint32_t i = 1; i <= 4; ++i)
            r.restart(i);
        r.pass(seconds(4));
        for (std::uint32_t i = 1; i <= 4; ++i) {
            QCOMPARE(r.core(i).h(), SequenceNumber(4));
            QCOMPARE(r.core(i).committed_mark(), SequenceNumber(6));
            QVERIFY(r.node(i).committed.size() == 2);
            QVERIFY(r.node(i).committed[0].batch_digest == before[4]);
            QVERIFY(r.node(i).committed[1].batch_digest == before[5]);
        }
        r.submit(1, 7, kAll);
        r.pass(seconds(4));
        QCOMPARE(r.committed_everywhere(), std::size_t(7));
        QVERIFY(r.agree());
    }

    // ZZ-8.1: votes above a checkpoint that were journaled before it became stable, and lie beyond
    // the first window, count after a restart: no primary proposes anything else at their numbers,
    // in this view or the next.
    void votes_before_the_snapshot_survive() {
        for (const bool new_view : {false, true}) {
            Replicas r;
            r.start();
            const std::uint64_t window = r.options().limits.window();
            for (std::uint64_t n = 1; n <= window; ++n) {
                r.submit(1, n, {1});
                r.run();
            }
            r.settle = false;
            const SequenceNumber stable(window + window / 2);
            for (std::uint64_t n = window + 1; n <= stable.value + 2; ++n) {
                r.submit(1, n, {1});
                r.run();
            }
            QCOMPARE(r.core(1).h(), SequenceNumber(window));
            QCOMPARE(r.committed_everywhere(), std::size_t(stable.value + 2));
            const std::vector<core::Committed> before = r.node(1).committed;
            for (std::uint32_t i = 1; i <= 4; ++i) {
                r.input(i, core::SettledMark{stable + 2});
                r.input(i, core::CheckpointMatched{stable, Replicas::root(stable)});
            }
            r.run();
            QCOMPARE(r.core(1).h(), stable);
            for (std::uint32_t i = 1; i <= 4; ++i)
                r.restart(i);
            r.node(1).up = !new_view;
            const std::vector<std::uint32_t> to =
                new_view ? std::vector<std::uint32_t>{2, 3, 4} : kAll;
            r.submit(2, 1, to);
            r.pass(seconds(8));
            for (const std::uint32_t i : to) {
                QVERIFY(r.core(i).committed_mark() > stable + 2);
                for (std::size_t k = 0; k < 2; ++k) {
                    const core::Committed& was = before.at(stable.value + k);
                    QCOMPARE(r.node(i).committed.at(k).n, was.n);
                    QVERIFY(r.node(i).committed.at(k).batch_digest == was.batch_digest);
                    QVERIFY(r.node(i).committed.at(k).time == was.time);
                }
            }
            QVERIFY(r.agree());
        }
    }

    // ZZ-8.1: a restart in the middle of a view change stands by its VIEW-CHANGE, and one after it
    // by its view.
    void restart_keeps_the_view() {
        Replicas r;
        r.start();
        r.node(1).up = false;
        r.submit(1, 1, {2, 3, 4});
        r.pass(seconds(4));
        const View view = r.core(3).view();
        QVERIFY(view > View(0));
        r.restart(3);
        QCOMPARE(r.core(3).view(), view);
        QVERIFY(r.core(3).view_active());
        r.fate = [](const Letter& l) {
            return l.kind == message::Kind::NewView ? Fate::Drop : Fate::Deliver;
        };
        r.node(2).up = false;
        r.submit(2, 1, {3, 4});
        r.pass(seconds(6));
        QVERIFY(!r.core(3).view_active());
        const View wanted = r.core(3).view();
        r.restart(3);
        QVERIFY(r.core(3).view() == wanted && !r.core(3).view_active());
    }

    // ZZ-8.4, S6: without proof of its journal a replica says nothing that counts until a
    // checkpoint passed the mark.
    void unproven_journal_is_mute() {
        Replicas r;
        r.start();
        for (std::uint64_t n = 1; n <= 2; ++n) {
            r.submit(1, n, {1});
            r.run();
        }
        r.restart(4, false, 0);
        r.pass(seconds(3));
        QVERIFY(r.core(4).is_mute());
        for (std::uint64_t n = 3; n <= 7; ++n) {
            r.submit(1, n, {1});
            r.pass(milliseconds(100));
        }
        QVERIFY(r.core(4).is_mute());
        for (const message::Message& m : r.node(4).sent)
            QVERIFY(!std::holds_alternative<message::Prepare>(m) &&
                    !std::holds_alternative<message::Commit>(m) &&
                    !std::holds_alternative<message::ViewChange>(m));
        for (std::uint64_t n = 8; n <= 14; ++n) {
            r.submit(1, n, {1});
            r.pass(seconds(1));
        }
        QVERIFY(!r.core(4).is_mute());
        QVERIFY(r.core(4).h() >= SequenceNumber(8));
        QVERIFY(r.agree());
    }

    // ZZ-8.4: what was lost stays lost when the mute replica is stopped cleanly or killed later.
    void muteness_outlives_restarts() {
        Replicas r;
        r.start();
        r.submit(1, 1, {1});
        r.run();
        r.restart(4, false, 0);
        r.pass(seconds(1));
        QVERIFY(r.core(4).is_mute());
        r.restart(4, true);
        QVERIFY(r.core(4).is_mute());
        r.pass(seconds(1));
        for (std::uint64_t n = 2; n <= 5; ++n) {
            r.submit(1, n, {1});
            r.pass(seconds(1));
        }
        QVERIFY(r.core(4).is_mute());
        QVERIFY(r.core(4).h() > SequenceNumber(0)); // A snapshot below the mark.
        r.restart(4, true);
        QVERIFY(r.core(4).is_mute());
        for (std::uint64_t n = 6; n <= 20; ++n) {
            r.submit(1, n, {1});
            r.pass(seconds(1));
        }
        QVERIFY(!r.core(4).is_mute());
        r.restart(4, true);
        QVERIFY(!r.core(4).is_mute());
    }

    // f = 2: seven replicas survive two silent ones, the first two primaries.
    void two_faults_of_seven() {
        Replicas r(2);
        r.start();
        r.node(1).up = false;
        r.node(2).up = false;
        r.submit(1, 1, {3, 4, 5, 6, 7});
        r.pass(seconds(12));
        QCOMPARE(r.core(3).view(), View(2));
        for (std::uint32_t i = 3; i <= 7; ++i)
            QCOMPARE(times_ordered(r.node(i), 1), std::size_t(1));
        QVERIFY(r.agree());
    }
};

} // namespace zz::agreement::testing

QTEST_APPLESS_MAIN(zz::agreement::testing::SurvivalTest)
#include "survival_test.moc"
