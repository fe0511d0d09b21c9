// SPDX-License-Identifier: Apache-2.0
// Aim: a client that floods takes no more than its share, and bad frames use up its quota; the
// others are served as if it were not there (K6).
#include <QtTest>

#include "backend/runtime/fair_queue.h"

namespace zz::runtime {
namespace {

constexpr Duration kCost = microseconds(100); // of every frame: at most 10,000 a second are served

Blob frame_of(std::size_t size = 100) {
    return Blob(Bytes(size, 7));
}

PrincipalId client(std::uint32_t index) {
    return principal(ClientId(index));
}

// One second in steps of a millisecond: client i offers `offered[i]` frames in each; what was
// served of each.
std::map<PrincipalId, int> serve(FairQueue& queue, const std::vector<int>& offered,
                                 bool good = true) {
    std::map<PrincipalId, int> served;
    for (int ms = 0; ms < 1000; ++ms) {
        const Instant now{1'000'000'000 + ms * 1'000'000LL};
        for (std::uint32_t i = 0; i < offered.size(); ++i)
            for (int k = 0; k < offered[i]; ++k)
                queue.push(now, client(i + 1), frame_of());
        for (Duration left = milliseconds(1); left >= kCost; left -= kCost) {
            const auto next = queue.pop();
            if (!next)
                break;
            ++served[next->client];
            queue.charge(next->client, kCost, good || next->client != client(1));
        }
    }
    return served;
}

} // namespace

class FairQueueTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Six clients want six tenths of what can be served; another floods with thirty times that.
    void k6_others_keep_their_rate() {
        FairQueue calm, flooded;
        const std::vector<int> others{0, 1, 1, 1, 1, 1, 1};
        std::vector<int> with_flood = others;
        with_flood[0] = 300;
        const auto before = serve(calm, others);
        const auto during = serve(flooded, with_flood);
        for (std::uint32_t i = 2; i <= others.size(); ++i) {
            QCOMPARE(before.at(client(i)), 1000);
            QVERIFY2(during.at(client(i)) >= 990,
                     qPrintable(QString::number(during.at(client(i)))));
        }
        QVERIFY(flooded.dropped() > 100'000);
        // What is left over is the flooder's.
        QVERIFY(during.at(client(1)) >= 3900);
    }

    // All want more than there is: equal shares.
    void equal_shares() {
        FairQueue queue;
        const auto served = serve(queue, {50, 10, 10, 10});
        for (const auto& [id, count] : served)
            QVERIFY2(count >= 2400 && count <= 2600, qPrintable(QString::number(count)));
    }

    // Frames that cannot be verified: some 64 a second, whatever is offered.
    void bad_frames_use_up_the_quota() {
        FairQueue queue;
        const auto served = serve(queue, {20, 1}, false);
        QCOMPARE(served.at(client(2)), 1000);
        QVERIFY2(served.at(client(1)) <= 300, qPrintable(QString::number(served.at(client(1)))));
    }

    // Who was idle is served at once, and does not make up for it.
    void idleness_saves_nothing() {
        FairQueue queue;
        serve(queue, {0, 20});
        const auto served = serve(queue, {20, 20});
        QVERIFY(std::abs(served.at(client(1)) - served.at(client(2))) < 400);
    }

    void bounded() {
        FairQueue queue;
        const Instant now{1};
        std::size_t taken = 0;
        while (queue.push(now, client(1), frame_of()))
            ++taken;
        QCOMPARE(taken, kClientFramesMax);
        QVERIFY(queue.push(now, client(2), frame_of(kClientQueueBytesMax)));
        QVERIFY(!queue.push(now, client(2), frame_of(1)));
        for (std::uint32_t i = 3; i < 2000; ++i)
            queue.push(now, client(i), frame_of(1));
        std::size_t waiting = 0;
        while (queue.pop())
            ++waiting;
        QCOMPARE(waiting, kClientFramesMax + 1 + (kFairClientsMax - 2));
        QVERIFY(queue.empty());
    }

    // In the order in which they came.
    void order_of_one_client() {
        FairQueue queue;
        for (std::size_t size = 1; size <= 5; ++size)
            queue.push(Instant{1}, client(1), frame_of(size));
        for (std::size_t size = 1; size <= 5; ++size)
            QCOMPARE(queue.pop()->frame.size(), size);
    }
};

} // namespace zz::runtime

QTEST_APPLESS_MAIN(zz::runtime::FairQueueTest)
#include "fair_queue_test.moc"
