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
