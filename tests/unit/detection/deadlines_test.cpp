// SPDX-License-Identifier: Apache-2.0
// ZZ-6.1: the running percentile, floor, cap, doubling and halving; where a deadline starts.
#include <QTest>

#include "backend/detection/bounds.h"
#include "backend/detection/deadlines.h"

namespace zz::detection {

class DeadlinesTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void floor_and_cap_hold() {
        Deadlines d{cluster::Limits{}};
        QCOMPARE(d.length(VoteKind::Reply), Duration(milliseconds(250)));
        for (std::size_t i = 0; i < kSamples; ++i)
            d.sample(VoteKind::Reply, milliseconds(100));
        QCOMPARE(d.length(VoteKind::Reply), Duration(milliseconds(400))); // K = 4
        QCOMPARE(d.length(VoteKind::Checkpoint),
                 Duration(milliseconds(250))); // one percentile per kind
        for (std::size_t i = 0; i < kSamples; ++i)
            d.sample(VoteKind::Reply, seconds(5));
        QCOMPARE(d.length(VoteKind::Reply), Duration(seconds(2)));
    }
    // A few stragglers do not move the percentile; the newest samples count.
    void percentile_runs() {
        Deadlines d{cluster::Limits{}};
        for (std::size_t i = 0; i < kSamples; ++i)
            d.sample(VoteKind::Reply,
                     i % 50 == 0 ? Duration(seconds(9)) : Duration(milliseconds(90)));
        QCOMPARE(d.length(VoteKind::Reply), Duration(milliseconds(360)));
        for (std::size_t i = 0; i < kSamples; ++i)
            d.sample(VoteKind::Reply, -milliseconds(1));
        QCOMPARE(d.length(VoteKind::Reply), Duration(milliseconds(250)));
    }
    void doubles_and_halves() {
        Deadlines d{cluster::Limits{}};
        d.wake_up_without_conviction();
        d.wake_up_without_conviction();
        QCOMPARE(d.length(VoteKind::Reply), Duration(seconds(1)));
        QCOMPARE(d.recovery(), Duration(seconds(40)));
        QCOMPARE(d.completion(), Duration(seconds(480)));
        Instant t{0};
        d.rest(t, true);
        d.rest(t + seconds(59), true);
        QCOMPARE(d.scale(), 4U);
        d.rest(t + seconds(60), true);
        QCOMPARE(d.scale(), 2U);
        d.rest(t + seconds(61), false); // The minute begins anew.
        d.rest(t + seconds(62), true);
        d.rest(t + seconds(121), true);
        QCOMPARE(d.scale(), 2U);
        d.rest(t + seconds(1000), true);
        QCOMPARE(d.scale(), 1U); // Down to the defaults, no further.
    }
    void doubling_is_bounded() {
        Deadlines d{cluster::Limits{}};
        for (int i = 0; i < 100; ++i)
            d.wake_up_without_conviction();
        QCOMPARE(d.scale(), 1U << kDoublingsMax);
        QVERIFY(d.completion() > d.recovery());
    }
    // A deadline starts no earlier than the last time a lower number got its f+1 reports.
    void progress_of_lower_numbers() {
        Progress p;
        QCOMPARE(p.last_below(SequenceNumber(5)), Instant{});
        p.reported(SequenceNumber(3), Instant{10});
        p.reported(SequenceNumber(7), Instant{20});
        QCOMPARE(p.last_below(SequenceNumber(7)), Instant{10});
        QCOMPARE(p.last_below(SequenceNumber(8)), Instant{20});
        p.reported(SequenceNumber(2), Instant{30}); // Late, below both.
        QCOMPARE(p.last_below(SequenceNumber(3)), Instant{30});
        QCOMPARE(p.last_below(SequenceNumber(8)), Instant{30});
        QCOMPARE(p.last_below(SequenceNumber(2)), Instant{});
        p.reported(SequenceNumber(9), Instant{40});
        p.forget_below(SequenceNumber(9));
        QCOMPARE(p.last_below(SequenceNumber(9)), Instant{30});
        QCOMPARE(p.last_below(SequenceNumber(10)), Instant{40});
    }
};

} // namespace zz::detection

QTEST_APPLESS_MAIN(zz::detection::DeadlinesTest)
#include "deadlines_test.moc"
