// SPDX-License-Identifier: Apache-2.0
// The fold over arrivals and the history behind the time cursor.
#include "console/core/history.h"

#include <QtTest>

namespace zz::console {

namespace {

Arrival facts(std::int64_t at_ns, std::uint32_t host, std::uint64_t committed,
              std::uint64_t number) {
    telemetry::Update update;
    update.set_host(host);
    update.set_host_number(number);
    auto& f = *update.mutable_facts();
    f.set_wall_ns(at_ns);
    f.mutable_source()->set_host(host);
    f.mutable_source()->set_application(1);
    f.mutable_source()->mutable_principal()->set_role(1);
    f.mutable_source()->mutable_principal()->set_index(host);
    f.mutable_agreement()->set_committed(committed);
    Arrival out;
    out.at_ns = at_ns;
    out.update = std::make_shared<const telemetry::Update>(std::move(update));
    return out;
}

Arrival told(std::int64_t at_ns, std::uint32_t host, std::uint64_t number) {
    telemetry::Update update;
    update.set_host(host);
    update.set_host_number(number);
    auto& e = *update.mutable_event();
    e.set_wall_ns(at_ns);
    e.set_number(number);
    e.mutable_source()->set_host(host);
    e.set_kind(telemetry::DEVIATION);
    Arrival out;
    out.at_ns = at_ns;
    out.update = std::make_shared<const telemetry::Update>(std::move(update));
    return out;
}

std::uint64_t committed(const State& state, std::uint32_t host) {
    const auto it = state.sources().find({host, 1, 1, host, 0});
    return it == state.sources().end() ? 0 : it->second.facts->agreement().committed();
}

} // namespace

class HistoryTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void freshness_follows_heartbeats() {
        QCOMPARE(contact(0, 10 * kNs), Contact::Never);
        QCOMPARE(contact(10 * kNs, 11 * kNs), Contact::Live);
        QCOMPARE(contact(10 * kNs, 13 * kNs), Contact::Stale);
        QCOMPARE(contact(10 * kNs, 16 * kNs), Contact::Lost);
    }

    void a_refused_host_is_refused_however_fresh() {
        State state;
        state.apply(facts(5 * kNs, 1, 7, 1));
        Arrival refused;
        refused.at_ns = 5 * kNs;
        refused.note = {NoteKind::Refused, 1, 0, 0, "version"};
        state.apply(refused);
        QCOMPARE(contact(*state.host(1), 5 * kNs), Contact::Refused);
    }

    void a_snapshot_replaces_all_of_its_host() {
        State state;
        state.apply(facts(1 * kNs, 1, 7, 1));
        state.apply(facts(1 * kNs, 2, 9, 1));
        Arrival arrival;
        arrival.at_ns = 2 * kNs;
        telemetry::Update update;
        update.set_host(1);
        update.mutable_snapshot()->set_host(1);
        arrival.update = std::make_shared<const telemetry::Update>(update);
        state.apply(arrival);
        QCOMPARE(committed(state, 1), 0U);
        QCOMPARE(committed(state, 2), 9U);
    }

    // Whatever point is asked for: the same as folding everything up to there.
    void the_cursor_sees_what_was_known_then() {
        History history;
        for (int i = 1; i <= 2000; ++i)
            history.take(facts(i * kNs / 20, static_cast<std::uint32_t>(1 + i % 3),
                               static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(i)));
        for (const int i : {1, 2, 77, 999, 1500, 1999}) {
            State folded;
            for (const auto& arrival : history.arrivals())
                if (arrival.at_ns <= i * kNs / 20)
                    folded.apply(arrival);
            const State seen = history.at(i * kNs / 20);
            for (std::uint32_t host = 1; host <= 3; ++host)
                QCOMPARE(committed(seen, host), committed(folded, host));
        }
    }

    void memory_is_bounded_and_the_end_stays_readable() {
        History history({1000, 64u << 20, kNs});
        for (int i = 1; i <= 20'000; ++i)
            history.take(i % 2 != 0 ? told(i * kNs / 1000, 1, static_cast<std::uint64_t>(i))
                                    : facts(i * kNs / 1000, 1, static_cast<std::uint64_t>(i),
                                            static_cast<std::uint64_t>(i)));
        QCOMPARE(history.size(), std::size_t{1000});
        QCOMPARE(history.forgotten(), std::uint64_t{19'000});
        QCOMPARE(committed(history.at(history.last_ns() - 1), 1), std::uint64_t{19'998});
        // A time that was forgotten shows the oldest that is known, not the newest.
        QVERIFY(committed(history.at(0), 1) <= 19'002);
    }

    // Whatever point is asked for, and however late things came: the log of who stopped there.
    void the_log_of_then_has_what_had_come() {
        History history;
        std::vector<std::size_t> known;
        for (std::uint64_t i = 1; i <= 300; ++i) {
            // Host 2 is seconds behind, host 3 tells of the future.
            const auto host = static_cast<std::uint32_t>(1 + i % 3);
            const auto at = static_cast<std::int64_t>(i) * kNs / 20;
            Arrival late = told(at - (host == 2 ? 4 * kNs : host == 3 ? -kNs : 0), host, i);
            late.at_ns = at;
            history.take(late);
            known.push_back(history.log().all().size());
        }
        EventLog moving;
        for (const std::uint64_t i : {1U, 2U, 77U, 150U, 299U}) {
            const auto at = static_cast<std::int64_t>(i) * kNs / 20;
            const EventLog log = history.log_at(at);
            moving.take_from(history.log(), at);
            QCOMPARE(log.all().size(), known[i - 1]);
            QCOMPARE(log.newest_serial(), i);
            QCOMPARE(moving.all().size(), log.all().size());
            for (std::size_t k = 0; k < log.all().size(); ++k) {
                QVERIFY(log.all()[k].arrived_ns <= at);
                QVERIFY(k == 0 || log.all()[k - 1].wall_ns <= log.all()[k].wall_ns);
                QCOMPARE(moving.all()[k].serial, log.all()[k].serial);
            }
        }
    }

    void what_processes_use_is_of_the_cursors_time() {
        History history;
        for (int i = 1; i <= 40; ++i) {
            Arrival one = facts(i * kNs, 1, 1, static_cast<std::uint64_t>(i));
            auto update = std::make_shared<telemetry::Update>(*one.update);
            // Half a core until 20 s, a whole one after that.
            const int halves = i <= 20 ? i : 20 + 2 * (i - 20);
            update->mutable_facts()->mutable_process()->set_cpu_ns(
                static_cast<std::uint64_t>(halves) * kNs / 2);
            update->mutable_facts()->mutable_process()->set_rss_bytes(static_cast<std::uint64_t>(i)
                                                                      << 20);
            one.update = update;
            history.take(one);
        }
        QCOMPARE(*history.at(10 * kNs).host_cores(1, 10 * kNs), 0.5);
        QCOMPARE(*history.at(40 * kNs).host_cores(1, 40 * kNs), 1.0);
        QCOMPARE(*history.at(10 * kNs).host_memory(1, 10 * kNs), std::uint64_t{10} << 20);
        QVERIFY(!history.at(kNs).host_cores(1, kNs));
        QVERIFY(!history.at(10 * kNs).host_memory(2, 10 * kNs));
    }

    void what_clients_felt_is_what_they_had_told() {
        History history;
        const auto tell = [&](std::int64_t at_ns, std::uint32_t client, std::int64_t second,
                              std::uint64_t replies) {
            telemetry::Update update;
            update.set_host(1);
            auto& f = *update.mutable_facts();
            f.set_wall_ns((second + 1) * kNs);
            f.mutable_source()->set_host(1);
            f.mutable_source()->set_application(1);
            f.mutable_source()->mutable_principal()->set_role(4);
            f.mutable_source()->mutable_principal()->set_index(client);
            auto& told = *f.mutable_client()->add_seconds();
            told.set_wall_s(second);
            told.set_replies(replies);
            told.set_p50_us(100);
            told.set_p99_us(200);
            Arrival out;
            out.at_ns = at_ns;
            out.update = std::make_shared<const telemetry::Update>(std::move(update));
            history.take(std::move(out));
        };
        tell(11 * kNs, 1, 10, 5);
        tell(12 * kNs, 1, 11, 6);
        tell(15 * kNs, 2, 10, 7); // four seconds late
        tell(15 * kNs, 2, 10, 7); // and again
        const auto seen = [&](std::int64_t known_ns) {
            return history.series().seconds_of(0, 0, 100 * kNs, known_ns);
        };
        QCOMPARE(seen(12 * kNs).size(), std::size_t{2});
        QCOMPARE(seen(12 * kNs)[0].replies, std::uint64_t{5});
        QCOMPARE(seen(15 * kNs).size(), std::size_t{2});
        QCOMPARE(seen(15 * kNs)[0].replies, std::uint64_t{12});
        QCOMPARE(seen(15 * kNs)[1].replies, std::uint64_t{6});
    }

    // Neither one that counts more than it did, nor one whose clock is an hour ahead.
    void one_replica_makes_no_series() {
        History history({}, {1});
        const auto word = [&](std::int64_t at, std::uint32_t i, std::int64_t ahead) {
            Arrival one = facts(at, i, 5, static_cast<std::uint64_t>(at / kNs));
            auto update = *one.update;
            update.mutable_facts()->set_wall_ns(at + ahead);
            update.mutable_facts()->mutable_agreement()->set_wakeups(i == 4 ? 99 : 2);
            one.update = std::make_shared<const telemetry::Update>(update);
            history.take(one);
        };
        for (std::int64_t s = 10; s < 20; ++s)
            for (const std::uint32_t i : {4U, 1U, 2U})
                word(s * kNs + i * 100, i, i == 4 ? 3600 * kNs : 0);
        const auto* samples = history.series().of(0);
        QVERIFY(samples != nullptr && samples->size() >= 10);
        QCOMPARE(samples->back().wakeups, std::uint64_t{2});
        QVERIFY(samples->back().wall_ns < 30 * kNs);
        EventLog log(10);
        for (std::uint64_t n = 1; n <= 20; ++n) {
            Arrival far = told(5000 * kNs, 4, n);
            far.at_ns = static_cast<std::int64_t>(n) * kNs;
            log.take(far);
        }
        log.take(told(21 * kNs, 1, 1)); // takes its place among the newest
        QCOMPARE(log.all().back().host(), 4U);
        QCOMPARE(std::prev(log.all().end(), 2)->host(), 1U);
    }

    void events_are_in_order_of_time_and_once() {
        EventLog log(100);
        log.take(told(5, 1, 1));
        log.take(told(9, 2, 1));
        log.take(told(7, 3, 1));
        log.take(told(7, 3, 1)); // again, by the backlog of another connection
        QCOMPARE(log.all().size(), std::size_t{3});
        QCOMPARE(log.all()[1].host(), 3U);
        QCOMPARE(log.reordered(), std::uint64_t{1});
        QCOMPARE(log.count_until(7), std::size_t{2});
        for (std::uint64_t i = 10; i < 500; ++i)
            log.take(told(static_cast<std::int64_t>(i), 1, i));
        QCOMPARE(log.all().size(), std::size_t{100});
        QCOMPARE(log.forgotten(), std::uint64_t{393});
    }
};

} // namespace zz::console

QTEST_GUILESS_MAIN(zz::console::HistoryTest)
#include "history_test.moc"
