// SPDX-License-Identifier: Apache-2.0
// What a client tells of each second: every reply once, in the second that it came, once it is
// over.
#include "backend/services/client_seconds.h"

#include <QTest>

#include <map>

namespace zz::services {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kStart = 1'700'000'000;

std::int64_t at(std::int64_t s, std::int64_t ms = 0) {
    return (kStart + s) * kSecond + ms * 1'000'000;
}

telemetry::ClientFacts fill(ClientSeconds& book, std::int64_t wall_ns) {
    telemetry::ClientFacts out;
    book.fill(wall_ns, out);
    return out;
}

} // namespace

class ClientSecondsTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_second_is_told_once_it_is_over() {
        ClientSeconds book;
        for (int i = 1; i <= 100; ++i)
            book.replied(at(0, i), microseconds(i * 100));
        QCOMPARE(fill(book, at(0, 999)).seconds_size(), 0);
        const auto told = fill(book, at(1));
        QCOMPARE(told.seconds_size(), 1);
        const auto& second = told.seconds(0);
        QCOMPARE(std::int64_t(second.wall_s()), kStart);
        QCOMPARE(second.replies(), 100ULL);
        QCOMPARE(second.max_us(), 10'000ULL);
        QVERIFY(second.p50_us() >= 5'000 && second.p50_us() <= 5'650);
        QVERIFY(second.p99_us() >= 9'900 && second.p99_us() <= 10'000);
        telemetry::LatencyHistogram sum;
        sum.add(second);
        QCOMPARE(sum.total(), 100ULL);
    }

    // Told again until four newer ones are there: a lost heartbeat loses nothing.
    void no_reply_is_lost_or_counted_twice() {
        ClientSeconds book;
        std::map<std::int64_t, std::uint64_t> seen;
        std::uint64_t sent = 0;
        for (std::int64_t s = 0; s < 30; ++s) {
            for (std::int64_t i = 0; i < s; ++i, ++sent)
                book.replied(at(s, 10 * i), microseconds(50));
            if (s % 3 != 0) // each third heartbeat arrives
                continue;
            const auto beat = fill(book, at(s, 995));
            for (const auto& second : beat.seconds()) {
                const auto [it, fresh] = seen.try_emplace(second.wall_s(), second.replies());
                QVERIFY(fresh || it->second == second.replies());
            }
        }
        const auto last = fill(book, at(30));
        for (const auto& second : last.seconds())
            seen.try_emplace(second.wall_s(), second.replies());
        std::uint64_t told = 0;
        for (const auto& [s, replies] : seen)
            told += replies;
        QCOMPARE(seen.size(), 30UL);
        QCOMPARE(told, sent);
    }

    // A standstill is 0 replies, not nothing; a long one costs no time, a clock set back no second.
    void standstill_and_steps_of_the_clock() {
        ClientSeconds book;
        book.replied(at(0), microseconds(10));
        auto told = fill(book, at(3));
        QCOMPARE(told.seconds_size(), 3);
        QCOMPARE(told.seconds(2).replies(), 0ULL);
        QCOMPARE(told.seconds(2).p99_us(), 0ULL);
        told = fill(book, at(100'000'000));
        QCOMPARE(std::size_t(told.seconds_size()), telemetry::kSecondsMax);
        QCOMPARE(std::int64_t(told.seconds(3).wall_s()), kStart + 100'000'000 - 1);
        book.replied(at(99'999'990), microseconds(10));
        told = fill(book, at(100'000'001));
        QCOMPARE(std::int64_t(told.seconds(3).wall_s()), kStart + 100'000'000);
        QCOMPARE(told.seconds(3).replies(), 1ULL);
    }
};

} // namespace zz::services

using zz::services::ClientSecondsTest;
QTEST_GUILESS_MAIN(ClientSecondsTest)
#include "client_seconds_test.moc"
