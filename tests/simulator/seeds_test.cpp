// SPDX-License-Identifier: Apache-2.0
// The simulator itself: a seed repeated is the same run, and another seed is another one.
#include <QtTest/QTest>

#include "tests/simulator/scenario.h"

class SeedsTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void a_seed_repeated_gives_the_same_trace() {
        std::uint64_t before = 0;
        for (std::uint64_t seed = 1001; seed <= 1020; ++seed) {
            zz::simulator::Request request;
            request.seed = seed;
            const zz::simulator::Outcome first = zz::simulator::run(request);
            const zz::simulator::Outcome second = zz::simulator::run(request);
            QCOMPARE(first.trace_hash, second.trace_hash);
            QCOMPARE(first.events, second.events);
            QCOMPARE(first.replies, second.replies);
            QVERIFY(first.trace_hash != before);
            before = first.trace_hash;
        }
    }

    // ZZ-6.9: f agreement replicas that lie, equivocate, accuse and demand wake nobody while every
    // active replica is correct and timely (C1).
    void liars_of_agreement_wake_nobody() {
        for (const std::uint32_t f : {1U, 2U})
            for (std::uint64_t seed = 1; seed <= (f == 1 ? 8U : 2U); ++seed) {
                zz::simulator::Request request;
                request.seed = seed;
                request.f = f;
                request.calm = true;
                const zz::simulator::Outcome outcome = zz::simulator::run(request);
                QVERIFY2(outcome.violations.empty(),
                         outcome.violations.empty() ? "" : outcome.violations.front().c_str());
                QCOMPARE(outcome.wakeups, std::uint64_t{0});
                QVERIFY(outcome.replies > 0);
            }
    }

    // Each seed does what the invariants need to mean something.
    void a_seed_has_faults_and_requests() {
        std::uint64_t wakeups = 0, convictions = 0, views = 0;
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            zz::simulator::Request request;
            request.seed = seed;
            const zz::simulator::Outcome outcome = zz::simulator::run(request);
            QVERIFY(outcome.faults >= 20);
            QVERIFY(outcome.replies >= 200);
            wakeups += outcome.wakeups;
            convictions += outcome.convictions;
            views += outcome.view_changes;
        }
        QVERIFY(wakeups > 0);
        QVERIFY(convictions > 0);
        QVERIFY(views > 0);
    }
};

QTEST_APPLESS_MAIN(SeedsTest)
#include "seeds_test.moc"
