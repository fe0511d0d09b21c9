// SPDX-License-Identifier: Apache-2.0
// One faulty replica or client against the liveness of ordering (ZZ-2.6, ZZ-3.3, ZZ-3.6, ZZ-8.4):
// what it sends must neither stop the others nor have correct primaries replaced.
#include <QTest>

#include "protocol/auth/bundle.h"
#include "tests/transcript/agreement/replicas_support.h"

namespace zz::agreement::testing {

namespace {

bool is(const Letter& l, std::uint32_t from, std::uint32_t to) {
    return l.from == principal(AgreementId(from)) && l.to == principal(AgreementId(to));
}

} // namespace

class HostileTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // An invalid NEW-VIEW to one replica alone sends it one view ahead; f+1 in the old view and one
    // in the next must still come together.
    void invalid_new_view_to_one_replica_strands_nobody() {
        Replicas r;
        r.start();
        r.fate = [](const Letter& l) { // No proposal of view 0; the primary of view 1 is silent.
            return l.kind == message::Kind::PrePrepare || l.from == principal(AgreementId(2))
                       ? Fate::Drop
                       : Fate::Deliver;
        };
        r.submit(1, 1, {3});
        r.pass(milliseconds(2500));
        QCOMPARE(r.core(3).view(), View(1));
        QCOMPARE(r.core(4).view(), View(0));
        r.fate = nullptr;
        message::NewView wrong;
        wrong.view = View(1);
        r.inject(2, wrong, {3});
        r.run();
        QCOMPARE(r.core(3).view(), View(2));
        r.fate = [](const Letter& l) {
            return l.from == principal(AgreementId(2)) ||
                           (l.kind == message::Kind::PrePrepare && is(l, 1, l.to.index))
                       ? Fate::Drop
                       : Fate::Deliver;
        };
        r.submit(2, 1, {4});
        r.pass(seconds(30));
        for (const std::uint32_t i : {1u, 3u, 4u}) {
            QVERIFY(r.core(i).view_active());
            QVERIFY(r.core(i).view() >= View(2));
            QVERIFY(r.core(i).committed_mark() > SequenceNumber(0));
        }
        QVERIFY(r.agree());
    }

    // K1: a part of a bundle that fits no batch is refused by all, so nobody watches a primary over
    // it.
    void part_that_fits_no_batch_replaces_no_primary() {
        Replicas r;
        r.options().limits.batch_budget_max = 10;
        r.options().limits.request_budget_max = 10;
        r.start();
        const message::Bundle whole = r.bundle({{LaneId(1), RequestNumber(1)},
                                                {LaneId(2), RequestNumber(1)},
                                                {LaneId(3), RequestNumber(1)}},
                                               "op", 6);
        const std::vector<std::uint32_t> two{0, 1};
        for (std::uint32_t i = 1; i <= 4; ++i)
            r.inject_from(principal(ClientId(1)), auth::part_of(whole, two), i);
        r.pass(seconds(8));
        for (std::uint32_t i = 1; i <= 4; ++i)
            QCOMPARE(r.core(i).view(), View(0));
        // The whole bundle is parted as needed, and each request is ordered.
        for (std::uint32_t i = 1; i <= 4; ++i)
            r.inject_from(principal(ClientId(1)), whole, i);
        r.pass(seconds(2));
        QCOMPARE(r.core(1).committed_mark(), SequenceNumber(3));
        QCOMPARE(r.core(2).view(), View(0));
    }

    // A forwarded bundle that was lost is forwarded again before its timer replaces the primary.
    void lost_forward_is_repeated() {
        Replicas r;
        r.start();
        bool lost = false;
        r.fate = [&lost](const Letter& l) {
            const bool first = l.kind == message::Kind::Bundle && is(l, 3, 1) && !lost;
            lost |= first;
            return first ? Fate::Drop : Fate::Deliver;
        };
        r.submit(1, 1, {3});
        r.pass(seconds(4));
        QVERIFY(lost);
        QCOMPARE(r.core(3).view(), View(0));
        QCOMPARE(r.core(1).committed_mark(), SequenceNumber(1));
    }

    // f = 2: numbers that one replica misses are asked of all others in turn, however many they
    // are; here 3f, of which two faulty ones hold back.
    void missing_numbers_are_asked_of_everybody_in_turn() {
        for (const std::uint64_t count : {5u, 6u, 7u, 12u}) {
            Replicas r(2);
            r.start();
            const auto ordering = [](const Letter& l) {
                return l.kind == message::Kind::PrePrepare || l.kind == message::Kind::Prepare ||
                       l.kind == message::Kind::Commit;
            };
            r.fate = [&](const Letter& l) {
                return ordering(l) && l.to == principal(AgreementId(7)) ? Fate::Drop
                                                                        : Fate::Deliver;
            };
            for (std::uint64_t n = 1; n <= count; ++n) {
                r.submit(1, n, {1});
                r.run();
            }
            r.fate = [&](const Letter& l) {
                const bool faulty = is(l, 1, 7) || is(l, 4, 7);
                return faulty && (ordering(l) || l.kind == message::Kind::BatchBody)
                           ? Fate::Drop
                           : Fate::Deliver;
            };
            r.pass(seconds(12));
            QCOMPARE(r.core(7).committed_mark(), SequenceNumber(count));
            QVERIFY(r.agree());
        }
    }

    // ZZ-8.4: an h that nobody proves keeps no replica mute.
    void unproven_window_keeps_nobody_mute() {
        Replicas r(2);
        r.start();
        r.submit(1, 1, {1});
        r.run();
        r.restart(7, false, 0);
        message::AgreementStatus lie;
        lie.h = lie.committed_mark = lie.prepared_mark = SequenceNumber(1ULL << 62);
        r.inject(6, lie, {7});
        r.fate = [](const Letter& l) {
            return l.from == principal(AgreementId(6)) && l.to == principal(AgreementId(7)) &&
                           l.kind != message::Kind::AgreementStatus
                       ? Fate::Drop
                       : Fate::Deliver;
        };
        r.run();
        for (std::uint64_t n = 2; n <= 20; ++n) {
            r.submit(1, n, {1});
            r.pass(seconds(1));
        }
        QVERIFY(!r.core(7).is_mute());
        QVERIFY(r.agree());
    }
};

} // namespace zz::agreement::testing

QTEST_APPLESS_MAIN(zz::agreement::testing::HostileTest)
#include "hostile_test.moc"
