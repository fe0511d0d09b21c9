// SPDX-License-Identifier: Apache-2.0
// Throughput, phases and disputes from what hosts told: sums, times, who said so, and the talk's
// matrices (ZZ-6.4).
#include "tests/unit/telemetry/fold_support.h"

#include <QtTest>

namespace zz::telemetry {
namespace {

Digest letter(char c) {
    Digest d;
    d.bytes.fill(static_cast<std::uint8_t>(c));
    return d;
}

// What Aj holds, a letter an execution replica: "-" missing, "?" pending.
Event column(std::uint32_t whose, std::string_view entries, std::uint64_t revision = 1) {
    Event e;
    e.set_kind(COLUMN_OF);
    e.set_n(40);
    e.set_vote(1);
    e.set_value(revision);
    e.mutable_subject()->set_role(1);
    e.mutable_subject()->set_index(whose);
    for (std::uint32_t slot = 1; slot <= entries.size(); ++slot) {
        auto& entry = *e.add_columns();
        const char c = entries[slot - 1];
        entry.set_slot(slot);
        entry.set_state(c == '?' ? 0 : c == '-' ? 1 : 2);
        if (entry.state() == 2)
            entry.set_digest(std::string(text_of(letter(c).view())));
    }
    return e;
}

Facts client_facts(std::uint32_t id, std::int64_t now, std::int64_t second, std::uint64_t replies,
                   std::uint64_t us) {
    Facts f;
    *f.mutable_source() = source_of({Role::Client, id, 0}, id == 1 ? 1 : 0);
    f.set_wall_ns(now);
    auto& s = *f.mutable_client()->add_seconds();
    s.set_wall_s(second);
    s.set_replies(replies);
    s.set_p50_us(us);
    s.set_p99_us(us);
    s.set_max_us(us);
    s.add_bucket(latency_bucket(us));
    s.add_count(static_cast<std::uint32_t>(replies));
    return f;
}

} // namespace

class FoldFaultsTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void clients_add_up_and_repetitions_do_not() {
        Teller t;
        const std::int64_t second = kStart / kSecond;
        t.now += 2 * kSecond;
        for (int repeat = 0; repeat < 3; ++repeat) {
            t.facts(client_facts(1, t.now, second, 90, 100), 1);
            // The load client tells every host.
            for (std::uint32_t host = 1; host <= 4; ++host)
                t.facts(client_facts(2, t.now, second, 10, 5000), host);
            t.now += kSecond / 4;
        }
        const auto& seconds = t.fold.throughput(0).seconds();
        QCOMPARE(seconds.front().wall_s, second);
        QCOMPARE(seconds.front().replies, 100U);
        QCOMPARE(seconds.front().max_us, 5000U);
        QVERIFY(seconds.front().p50_us >= 100 && seconds.front().p50_us <= 112);
        QVERIFY(seconds.front().p99_us >= 4900 && seconds.front().p99_us <= 5000);
    }

    void seconds_out_of_time_are_not_taken() {
        Teller t;
        const std::int64_t second = kStart / kSecond;
        for (const std::int64_t odd :
             {second + 1, second + 1'000'000, second - 17, std::int64_t{0}, INT64_MAX, INT64_MIN})
            t.facts(client_facts(1, t.now += 1000, odd, 5, 5), 1);
        QVERIFY(t.fold.throughput(0).seconds().empty());
    }

    void the_series_is_bounded() {
        Teller t;
        for (std::size_t i = 0; i < kThroughputSecondsMax + 500; ++i) {
            t.now += kSecond;
            t.facts(client_facts(1, t.now, t.now / kSecond - 1, 1, 1), 1);
        }
        QCOMPARE(t.fold.throughput(0).seconds().size(), kThroughputSecondsMax);
        QCOMPARE(t.fold.throughput(0).seconds().back().wall_s, t.now / kSecond - 1);
    }

    void marks_are_sampled_each_second() {
        Teller t;
        for (int s = 0; s < 3; ++s) {
            for (std::uint32_t i = 1; i <= 4; ++i)
                t.agreement(i, claims(1, std::uint64_t(s) * 100 + 10));
            t.now += kSecond;
        }
        const auto& seconds = t.fold.throughput(0).seconds();
        QCOMPARE(seconds.size(), 2U); // the third is not over
        QCOMPARE(seconds[1].active, Known(2));
        QCOMPARE(*seconds[1].ordered - *seconds[0].ordered, 200U);
    }

    // ZZ-6.4: E1 = P Q Q Q, E2 = P P P Q blocks; with E3 = P P P Q it is decided for P.
    void the_talks_matrix_blocks_and_stays_known() {
        Teller t;
        const std::array<std::string_view, 4> first{"PP", "QP", "QP", "QQ"};
        for (std::uint32_t j = 1; j <= 4; ++j)
            t.event(column(j, first[j - 1]), a(j), j);
        const auto& dispute = t.fold.disputes(0).disputes().front();
        QVERIFY(dispute.blocking);
        QVERIFY(dispute.judged({1})->verdict.kind == matrix::Kind::Blocking);
        t.now += kSecond;
        const std::array<std::string_view, 4> later{"PPP", "QPP", "QPP", "QQQ"};
        for (std::uint32_t j = 1; j <= 4; ++j)
            t.event(column(j, later[j - 1], 2), a(j), j);
        const auto now = dispute.judged({1});
        QVERIFY(now->verdict.kind == matrix::Kind::NonBlocking);
        QCOMPARE(now->verdict.value, std::optional(letter('P')));
        QCOMPARE(now->verdict.blame.convicted, std::vector<std::size_t>{0});
        QCOMPARE(dispute.blocking->rows.size(), 2U); // as it was
    }

    // What A1 says of A2's column gives way to A2's own word, and does not come back.
    void its_own_word_outweighs_others() {
        Teller t;
        t.event(column(2, "QQ"), a(1), 1);
        t.event(column(2, "PP"), a(2), 2);
        t.event(column(2, "QQ", 9), a(1), 1);
        const auto& held = t.fold.disputes(0).disputes().front().columns.at(2);
        QVERIFY(held.entries.at({1, 0}).equals(letter('P')));
        QCOMPARE(held.reporter, 2U);
    }

    void a_batch_opens_to_its_requests() {
        Teller t;
        for (std::uint32_t j = 1; j <= 4; ++j) {
            t.event(column(j, "PQ"), a(j), j);
            Event e;
            e.set_kind(REQUESTS_OF);
            e.set_n(40);
            e.set_vote(1);
            auto& request = *e.add_requests();
            request.set_client(1);
            request.set_lane(3);
            request.set_number(17);
            for (const std::uint32_t slot : {1U, 2U}) {
                auto& reply = *request.add_replies();
                reply.set_slot(slot);
                reply.set_digest(std::string(text_of(letter(slot == 1 ? 'x' : 'y').view())));
            }
            t.event(e, a(j), j);
        }
        const auto& dispute = t.fold.disputes(0).disputes().front();
        const auto opened = dispute.judged({1}, RequestKey{1, 3, 17});
        QVERIFY(opened && opened->matrix.at(1, 2).equals(letter('y')));
        QVERIFY(opened->verdict.kind == matrix::Kind::Blocking);
        QVERIFY(!dispute.judged({1}, RequestKey{1, 3, 18}));
    }

    void disputes_are_bounded() {
        Teller t;
        for (std::uint64_t n = 1; n <= 2 * kDisputesMax; ++n) {
            auto e = column(1, "PQ");
            e.set_n(n);
            t.event(e, a(1), 1);
        }
        QCOMPARE(t.fold.disputes(0).disputes().size(), kDisputesMax);
    }

    void every_phase_with_its_time_and_teller() {
        Teller t;
        const PrincipalId controller{Role::Controller, 3, 0}, e3{Role::Execution, 3, 0};
        const auto tick = [&] { t.now += kSecond / 10; };
        t.event(DRILL_STARTED, a(4), 4, 0, "d1 matrix");
        for (const auto kind : {DEVIATION, EVIDENCE_ROUND, DEMANDED}) {
            tick();
            t.event(kind, a(1), 1, 40);
            t.event(kind, a(2), 2, 40);
        }
        const auto on = [&](EventKind kind, const PrincipalId& who, std::uint64_t n = 0,
                            const std::string& text = {}) {
            tick();
            t.event(kind, who, 3, n, text);
        };
        on(WAKE_DECIDED, controller);
        on(MACHINE_ASKED, controller, 0, "wake");
        on(MACHINE_DONE, controller, 0, "wake");
        // Whole since its own recovery an hour ago.
        Event whole;
        whole.set_kind(COMPLETED);
        whole.set_value(824);
        t.event(std::move(whole), {Role::Execution, 2, 0}, 2);
        on(LOG_RECEIVED, e3);
        on(REPLAYED, e3);
        on(FIRST_REPORT, e3);
        tick();
        t.event(SETTLED_BY_EVIDENCE, a(1), 1, 41); // another number
        t.event(SETTLED_BY_EVIDENCE, a(1), 1, 40);
        tick();
        t.event(CONVICTED, a(1), 1);
        tick();
        t.event(CONVICTED, a(2), 2);
        on(COMPLETED, e3);
        on(MACHINE_DONE, controller, 0, "pause"); // too early: of no fresh incarnation
        tick();
        t.event(EPOCH_SETTLED, a(1), 1);
        on(MACHINE_DONE, controller, 0, "pause");
        const auto& episodes = t.fold.phases(0).episodes();
        QCOMPARE(episodes.size(), 1U);
        const Episode& e = episodes.front();
        std::int64_t before = 0;
        for (std::size_t i = 0; i < e.phases.size(); ++i) {
            QVERIFY2(e.phases[i].first_ns > before, to_string(static_cast<Phase>(i)).data());
            before = e.phases[i].first_ns;
        }
        QCOMPARE(e.drill, std::string("d1"));
        QCOMPARE(e.n, 40U);
        QVERIFY(e.is_over());
        QCOMPARE(e.since_first(Phase::Decided), std::optional(3 * kSecond / 10));
        QCOMPARE(e.at(Phase::Convicted).confirmed_ns - e.at(Phase::Convicted).first_ns,
                 kSecond / 10);
        QVERIFY(e.at(Phase::Decided).first_by.principal == controller);
        // The next fault is another episode.
        t.now += 10 * kSecond;
        t.event(DEVIATION, a(1), 1, 90);
        QCOMPARE(t.fold.phases(0).episodes().size(), 2U);
        QVERIFY(!t.fold.phases(0).episodes().back().woke());
    }

    // A late reply just before a drill is no part of it.
    void a_drill_begins_its_own_episode() {
        Teller t;
        const auto& episodes = t.fold.phases(0).episodes();
        t.event(DEVIATION, a(1), 1, 30);
        t.now += kSecond / 10;
        t.event(DRILL_STARTED, a(4), 4, 0, "d1 matrix");
        t.now += kSecond / 10;
        t.event(DEVIATION, a(1), 1, 40);
        t.event(DEVIATION, a(2), 2, 40);
        t.event(DRILL_STARTED, a(3), 3, 0, "d1 matrix"); // the other liar
        t.now += kSecond / 10;
        t.event(DEVIATION, a(1), 1, 41);
        QCOMPARE(episodes.size(), 2U);
        QCOMPARE(episodes.front().drill, std::string());
        QCOMPARE(episodes.back().drill, std::string("d1"));
        QCOMPARE(episodes.back().n, 40U);
    }

    void episodes_are_bounded() {
        Teller t;
        for (std::uint64_t n = 1; n <= 2 * kEpisodesMax; ++n) {
            t.now += 10 * kSecond;
            t.event(DEVIATION, a(1), 1, n);
            for (std::uint64_t m = 0; m < 3; ++m)
                t.event(SETTLED_BY_EVIDENCE, a(1), 1, n + m);
        }
        QCOMPARE(t.fold.phases(0).episodes().size(), kEpisodesMax);
        QCOMPARE(t.fold.phases(0).episodes().back().number, 2 * kEpisodesMax);
    }
};

} // namespace zz::telemetry

QTEST_APPLESS_MAIN(zz::telemetry::FoldFaultsTest)
#include "fold_faults_test.moc"
