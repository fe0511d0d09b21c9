// SPDX-License-Identifier: Apache-2.0
// What the link makes of one host's stream: holes, restarts, versions; and the bound of the inbox.
#include "console/link/host_stream.h"

#include <QtTest>

#include "console/link/inbox.h"
#include "protocol/telemetry/version.h"

namespace zz::console {

namespace {

telemetry::Update told(std::uint64_t number) {
    telemetry::Update update;
    update.set_host(1);
    update.set_host_number(number);
    update.mutable_event()->set_number(number);
    return update;
}

telemetry::Update beat(std::uint64_t boot, std::uint64_t number) {
    telemetry::Update update;
    update.set_host(1);
    update.mutable_heartbeat()->set_host_boot(boot);
    update.mutable_heartbeat()->set_host_number(number);
    return update;
}

telemetry::Answer snapshot(std::uint64_t boot, std::uint64_t number) {
    telemetry::Answer answer;
    answer.set_ok(true);
    answer.mutable_hello()->set_protocol(telemetry::kTelemetryVersion);
    answer.mutable_snapshot()->set_host_boot(boot);
    answer.mutable_snapshot()->set_host_number(number);
    return answer;
}

std::uint64_t counted(const std::vector<Arrival>& arrivals, NoteKind kind) {
    std::uint64_t out = 0;
    for (const auto& arrival : arrivals)
        if (!arrival.update && arrival.note.kind == kind)
            out += kind == NoteKind::Refused ? 1 : arrival.note.count;
    return out;
}

int updates(const std::vector<Arrival>& arrivals) {
    int out = 0;
    for (const auto& arrival : arrivals)
        out += arrival.update ? 1 : 0;
    return out;
}

HostStream followed() {
    HostStream stream(1);
    (void)stream.reachable(kNs, true);
    stream.asked(kNs);
    (void)stream.answered(kNs, snapshot(7, 10));
    return stream;
}

} // namespace

class HostStreamTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void asks_once_it_is_reachable_and_again_if_nobody_answers() {
        HostStream stream(1);
        QVERIFY(!stream.wants_snapshot(kNs));
        (void)stream.reachable(kNs, true);
        QVERIFY(stream.wants_snapshot(3 * kNs));
        stream.asked(3 * kNs);
        QVERIFY(!stream.wants_snapshot(4 * kNs));
        QVERIFY(stream.wants_snapshot(6 * kNs));
    }

    void a_hole_is_told_and_filled() {
        HostStream stream = followed();
        QCOMPARE(updates(stream.published(2 * kNs, told(11))), 1);
        const auto after = stream.published(2 * kNs, told(15));
        QCOMPARE(counted(after, NoteKind::Gap), std::uint64_t{3});
        QVERIFY(stream.wants_snapshot(5 * kNs));
        QCOMPARE(stream.events_after(), std::uint64_t{11});
        telemetry::Answer answer;
        answer.set_ok(true);
        for (std::uint64_t n = 12; n <= 15; ++n)
            *answer.mutable_events()->add_updates() = told(n);
        answer.mutable_events()->set_first_kept(1);
        answer.mutable_events()->set_newest(15);
        const auto filled = stream.answered(5 * kNs, answer);
        QCOMPARE(counted(filled, NoteKind::Filled), std::uint64_t{3});
        QCOMPARE(updates(filled), 4);
    }

    void what_the_host_forgot_stays_missing() {
        HostStream stream = followed();
        (void)stream.published(2 * kNs, told(11));
        (void)stream.published(2 * kNs, told(21));
        telemetry::Answer answer;
        answer.set_ok(true);
        answer.mutable_events()->set_first_kept(17);
        answer.mutable_events()->set_newest(21);
        QCOMPARE(counted(stream.answered(3 * kNs, answer), NoteKind::Filled), std::uint64_t{4});
    }

    void a_lost_tail_is_found_by_the_heartbeat() {
        HostStream stream = followed();
        QCOMPARE(counted(stream.published(2 * kNs, beat(7, 12)), NoteKind::Gap), std::uint64_t{2});
        QCOMPARE(counted(stream.published(3 * kNs, beat(7, 12)), NoteKind::Gap), std::uint64_t{0});
    }

    void a_restart_begins_anew_without_a_gap() {
        HostStream stream = followed();
        (void)stream.published(2 * kNs, told(11));
        const auto restarted = stream.published(9 * kNs, beat(8, 2));
        QCOMPARE(counted(restarted, NoteKind::Gap), std::uint64_t{0});
        QVERIFY(stream.wants_snapshot(9 * kNs));
        (void)stream.answered(9 * kNs, snapshot(8, 3));
        QCOMPARE(updates(stream.published(9 * kNs, told(4))), 1);
    }

    void repeated_and_reordered_updates_are_taken_once() {
        HostStream stream = followed();
        QCOMPARE(updates(stream.published(2 * kNs, told(12))), 1);
        QCOMPARE(updates(stream.published(2 * kNs, told(12))), 0);
        QCOMPARE(updates(stream.published(2 * kNs, told(11))), 0);
    }

    // A recording begins with what the host keeps; the window has that already.
    void what_was_handed_on_comes_again_as_known() {
        HostStream stream = followed();
        QCOMPARE(updates(stream.published(2 * kNs, told(11))), 1);
        telemetry::Answer past;
        past.set_ok(true);
        *past.mutable_events()->add_updates() = told(10);
        past.mutable_events()->set_newest(10);
        // It is new, though a newer one was published before it came.
        QVERIFY(!stream.answered(2 * kNs, past).front().known);
        stream.ask_all();
        QVERIFY(stream.wants_snapshot(2 * kNs));
        QCOMPARE(stream.events_after(), std::uint64_t{0});
        QCOMPARE(updates(stream.published(2 * kNs, told(13))), 1); // 12 is missing
        telemetry::Answer answer;
        answer.set_ok(true);
        for (std::uint64_t n = 9; n <= 13; ++n)
            *answer.mutable_events()->add_updates() = told(n);
        answer.mutable_events()->set_first_kept(9);
        answer.mutable_events()->set_newest(13);
        std::vector<std::uint64_t> known, fresh;
        for (const auto& one : stream.answered(3 * kNs, answer))
            if (one.update)
                (one.known ? known : fresh).push_back(one.update->host_number());
        QCOMPARE(known, (std::vector<std::uint64_t>{9, 10, 11}));
        QCOMPARE(fresh, (std::vector<std::uint64_t>{12, 13}));
        QVERIFY(stream.events_after() >= 13);
    }

    void another_version_is_refused_with_both_in_the_text() {
        HostStream stream(1);
        telemetry::Answer answer = snapshot(7, 1);
        answer.mutable_hello()->set_protocol(99);
        const auto out = stream.answered(kNs, answer);
        QCOMPARE(counted(out, NoteKind::Refused), std::uint64_t{1});
        QVERIFY(out.back().note.text.find("99") != std::string::npos);
        QVERIFY(out.back().note.text.find(std::to_string(telemetry::kTelemetryVersion)) !=
                std::string::npos);
    }

    void another_hosts_updates_are_not_this_ones() {
        HostStream stream = followed();
        telemetry::Update update = told(11);
        update.set_host(2);
        QCOMPARE(updates(stream.published(2 * kNs, update)), 0);
    }

    void a_full_inbox_drops_the_oldest_events_and_counts() {
        Inbox inbox(100);
        for (std::uint64_t i = 1; i <= 1000; ++i) {
            Arrival arrival;
            arrival.at_ns = static_cast<std::int64_t>(i);
            arrival.update = std::make_shared<const telemetry::Update>(told(i));
            inbox.put(std::move(arrival));
            QVERIFY(inbox.waiting() <= 100);
        }
        const auto all = inbox.take(1000);
        QCOMPARE(counted(all, NoteKind::Dropped) + static_cast<std::uint64_t>(updates(all)),
                 std::uint64_t{1000});
        QCOMPARE(all.back().update->host_number(), std::uint64_t{1000});
    }

    void facts_that_newer_ones_replace_go_before_events() {
        Inbox inbox(100);
        for (std::uint64_t i = 1; i <= 60; ++i) {
            Arrival arrival;
            telemetry::Update update;
            update.set_host(1);
            update.mutable_facts()->mutable_source()->set_host(1);
            arrival.update = std::make_shared<const telemetry::Update>(update);
            inbox.put(std::move(arrival));
        }
        for (std::uint64_t i = 1; i <= 50; ++i) {
            Arrival arrival;
            arrival.update = std::make_shared<const telemetry::Update>(told(i));
            inbox.put(std::move(arrival));
        }
        const auto all = inbox.take(1000);
        QCOMPARE(counted(all, NoteKind::Dropped), std::uint64_t{0});
        QCOMPARE(updates(all), 51);
    }
};

} // namespace zz::console

QTEST_GUILESS_MAIN(zz::console::HostStreamTest)
#include "host_stream_test.moc"
