// SPDX-License-Identifier: Apache-2.0
// Latency buckets: each latency lies in its bucket, within an eighth; histograms add up.
#include "protocol/telemetry/latency.h"

#include <QtTest>

namespace zz::telemetry {

class LatencyTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void a_bucket_is_right_within_an_eighth() {
        std::uint32_t before = 0;
        for (std::uint64_t us = 0; us < 5'000'000'000; us += 1 + us / 50) {
            const std::uint32_t bucket = latency_bucket(us);
            QVERIFY(bucket >= before && bucket < kLatencyBuckets);
            before = bucket;
            const std::uint64_t top = latency_of_bucket(bucket);
            QVERIFY2(top >= us && top <= us + us / 8, qPrintable(QString::number(us)));
            QCOMPARE(latency_bucket(top), bucket);
        }
        QCOMPARE(latency_bucket(UINT64_MAX), kLatencyBuckets - 1);
    }

    void percentiles_of_two_clients_together() {
        LatencyHistogram a, b, both;
        for (int i = 0; i < 90; ++i)
            a.add(100);
        for (int i = 0; i < 10; ++i)
            b.add(5000);
        ClientSecond sa, sb;
        a.store(sa);
        b.store(sb);
        both.add(sa);
        both.add(sb);
        QCOMPARE(both.total(), 100U);
        QCOMPARE(both.percentile(50), latency_of_bucket(latency_bucket(100)));
        QCOMPARE(both.percentile(90), latency_of_bucket(latency_bucket(100)));
        QCOMPARE(both.percentile(91), latency_of_bucket(latency_bucket(5000)));
        QCOMPARE(LatencyHistogram().percentile(99), 0U);
    }

    // Of a peer: whatever it lists, nothing is read beyond.
    void odd_lists_are_taken_as_far_as_they_go() {
        ClientSecond odd;
        odd.add_bucket(UINT32_MAX);
        odd.add_bucket(3);
        odd.add_count(2);
        LatencyHistogram h;
        h.add(odd);
        QCOMPARE(h.total(), 2U);
    }
};

} // namespace zz::telemetry

QTEST_APPLESS_MAIN(zz::telemetry::LatencyTest)
#include "latency_test.moc"
