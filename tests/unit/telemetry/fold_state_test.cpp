// SPDX-License-Identifier: Apache-2.0
// What one replica says is not a fact: f+1 make one; a host speaks for its own replicas alone; what
// is not heard is unknown; holes of a stream are seen.
#include "tests/unit/telemetry/fold_support.h"

#include <QtTest>

namespace zz::telemetry {

class FoldStateTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void f_plus_one_make_a_fact() {
        Teller t;
        t.agreement(1, claims(3));
        QVERIFY(!t.view().view && !t.view().last_executed);
        QVERIFY(t.view().execution[0].state == ExecutionState::Unknown);
        t.agreement(2, claims(4, 20));
        QVERIFY(!t.view().view);                     // they differ
        QCOMPARE(t.view().last_executed, Known(10)); // both have reached it
        t.agreement(3, claims(4, 30));
        const auto v = t.view();
        QCOMPARE(v.view, Known(4));
        QCOMPARE(v.last_executed, Known(20));
        QVERIFY(v.execution[0].state == ExecutionState::Active);
        QVERIFY(v.execution[2].state == ExecutionState::Sleeping);
        QCOMPARE(v.replica(1)->primary, std::optional(true)); // view 4 of four replicas
        QVERIFY(v.replica(4)->state == AgreementState::Unknown);
        QCOMPARE(v.agreement_faults(), 1U);
        QCOMPARE(v.execution_faults(), 0U);
    }

    // Two replicas told anew that E1 is active again and E2 gone, two did not tell since: all of it
    // is of the newer configuration, though f+1 told each, and also once one of them is further
    // still.
    void of_two_configurations_the_newer_holds() {
        const auto told = [](std::uint64_t number, const std::map<std::uint32_t, int>& states) {
            AgreementFacts f = claims(1);
            f.set_configuration(number);
            f.clear_slots();
            for (const auto& [slot, state] : states) {
                auto& s = *f.add_slots();
                s.set_slot(slot);
                s.set_incarnation(slot == 1 ? 1 : 0);
                s.set_state(static_cast<std::uint32_t>(state));
            }
            return f;
        };
        const AgreementFacts old = told(3, {{1, 2}, {2, 1}, {3, 1}});
        AgreementFacts newer = told(4, {{1, 1}, {2, 0}, {3, 1}});
        Teller t;
        for (std::uint32_t i = 1; i <= 4; ++i)
            t.agreement(i, i <= 2 ? newer : old);
        const auto holds = [&] {
            const auto v = t.view();
            return v.configuration == Known(4) && v.execution[0].state == ExecutionState::Active &&
                   v.execution[1].state == ExecutionState::Reimaging;
        };
        QVERIFY(holds());
        AgreementFacts newest = told(5, {{1, 1}, {2, 2}, {3, 1}});
        *newest.add_history()->mutable_members() = newer.slots();
        newest.mutable_history(0)->set_number(4);
        t.agreement(1, newest);
        QVERIFY(holds());
    }

    // A cold spare that was woken once is a machine that stopped; a paused one is not at rest so.
    void a_cold_spare_sleeps_as_no_machine() {
        for (const char* kind : {"cold", "paused"}) {
            ClusterFacts cluster = small_cluster();
            cluster.mutable_applications(0)->mutable_execution(2)->set_spare(kind);
            Teller t;
            t.fold = Fold(cluster);
            t.agreement(1, claims(1));
            t.agreement(2, claims(1));
            Facts f;
            *f.mutable_source() = source_of({Role::Controller, 3, 0}, 3);
            auto& machine = *f.mutable_controller()->add_machines();
            *machine.mutable_principal() = source_of({Role::Execution, 3, 0}, 3).principal();
            machine.set_state(5); // stopped
            t.facts(f, 3);
            const auto v = t.view();
            const bool cold = std::string_view(kind) == "cold";
            QVERIFY((v.execution[2].state == ExecutionState::Sleeping) == cold);
            QVERIFY(v.execution[2].ready.value_or(false) == cold);
        }
    }

    // Host 4 claims to speak for all: it has one voice.
    void a_lying_host_has_one_voice() {
        Teller t;
        for (std::uint32_t i = 1; i <= 4; ++i) {
            Facts f;
            *f.mutable_source() = source_of(a(i), 4);
            *f.mutable_agreement() = claims(99);
            t.facts(f, 4);
            *f.mutable_source() = source_of(a(i), i);
            t.facts(f, 4);
        }
        QVERIFY(!t.view().view);
        QCOMPARE(t.fold.book().refused(), 6U);
        QCOMPARE(t.fold.book().sources().size(), 1U);
    }

    void silence_is_unknown() {
        Teller t;
        for (std::uint32_t i = 1; i <= 3; ++i)
            t.agreement(i, claims(1));
        QVERIFY(t.view().view);
        t.now += kFreshFor.count() + 1;
        QVERIFY(!t.view().view);
        QVERIFY(t.view().replica(1)->state == AgreementState::Unknown);
        // A host that lives but whose replica does not tell.
        Facts f;
        *f.mutable_source() = source_of({Role::Host, 1, 0}, 1);
        f.mutable_host();
        t.facts(f, 1);
        QVERIFY(t.view().replica(1)->state == AgreementState::Silent);
    }

    // Clocks of hosts may differ by hours; facts age by the clock of their own host.
    void clocks_of_hosts_are_not_compared() {
        Teller t;
        for (std::uint32_t i = 1; i <= 3; ++i) {
            Facts f;
            *f.mutable_source() = source_of(a(i), i);
            *f.mutable_agreement() = claims(5);
            f.set_wall_ns(kStart + i * 3600 * kSecond);
            Update u;
            u.set_host(i);
            u.set_host_number(1);
            *u.mutable_facts() = f;
            QVERIFY(t.fold.take(kStart, u));
        }
        QCOMPARE(t.view().view, Known(5));
    }

    void facts_of_a_dead_source_in_a_snapshot_are_old() {
        Teller t;
        Update u;
        u.set_host(1);
        auto& snapshot = *u.mutable_snapshot();
        snapshot.set_host(1);
        snapshot.set_host_boot(1);
        auto& dead = *snapshot.add_sources();
        *dead.mutable_source() = source_of(a(1), 1);
        dead.set_wall_ns(kStart - 60 * kSecond);
        *dead.mutable_agreement() = claims(5);
        auto& host = *snapshot.add_sources();
        *host.mutable_source() = source_of({Role::Host, 1, 0}, 1);
        host.set_wall_ns(kStart);
        host.mutable_host();
        t.fold.take(kStart, u);
        QVERIFY(t.view().replica(1)->state == AgreementState::Silent);
    }

    void holes_are_seen_and_a_snapshot_makes_whole() {
        Teller t;
        Update u;
        u.set_host(1);
        u.mutable_snapshot()->set_host(1);
        u.mutable_snapshot()->set_host_boot(5);
        u.mutable_snapshot()->set_host_number(10);
        t.fold.take(kStart, u);
        const auto& host = t.fold.book().hosts().at(1);
        QVERIFY(host.whole);
        t.numbers[1] = 10;
        t.agreement(1, claims(1));
        QVERIFY(host.whole);
        t.numbers[1] = 14; // 12 to 14 are lost
        t.agreement(1, claims(1));
        QVERIFY(!host.whole);
        QCOMPARE(host.lost, 3U);
        u.mutable_snapshot()->set_host_number(15);
        t.fold.take(kStart, u);
        QVERIFY(host.whole);
        Update beat; // the host began anew
        beat.set_host(1);
        beat.mutable_heartbeat()->set_host_boot(6);
        t.fold.take(kStart, beat);
        QVERIFY(!host.whole);
    }

    void events_are_news_once_and_their_losses_counted() {
        Teller t;
        Event e;
        e.set_kind(DEVIATION);
        QVERIFY(t.event(e, a(1), 1));
        t.events[key_of(source_of(a(1), 1))] = 0; // the same number again
        QVERIFY(!t.event(e, a(1), 1));
        t.events[key_of(source_of(a(1), 1))] = 4;
        QVERIFY(t.event(e, a(1), 1));
        const auto& known = t.fold.book().sources().at(key_of(source_of(a(1), 1)));
        QCOMPARE(known.lost, 3U);
        QVERIFY(!t.event(e, a(2), 1)); // A2 does not live on host 1
    }

    // A host that invents incarnations and starts fills no memory.
    void what_is_known_of_a_source_is_bounded() {
        Teller t;
        for (std::uint32_t k = 0; k < 1000; ++k) {
            Facts f;
            *f.mutable_source() = source_of({Role::Execution, 1, k}, 1, k);
            f.mutable_execution();
            t.facts(f, 1);
            Update u;
            u.set_host(1);
            u.set_host_number(++t.numbers[1]);
            u.mutable_event()->set_number(1);
            *u.mutable_event()->mutable_source() = source_of(a(1), 1, k);
            t.fold.take(t.now, u);
        }
        QCOMPARE(t.fold.book().sources().size(), kIncarnationsKnownMax + 1);
        const auto& known = t.fold.book().sources().at(key_of(source_of(a(1), 1)));
        QCOMPARE(known.events.size(), kBootsKnownMax);
    }

    void history_needs_f_plus_one_that_say_the_same() {
        Teller t;
        for (std::uint32_t i = 1; i <= 3; ++i) {
            auto c = claims(1);
            for (std::uint64_t number = 0; number < 3; ++number) {
                auto& change = *c.add_history();
                change.set_number(number);
                change.set_n(i == 3 && number == 2 ? 99 : number);
            }
            t.agreement(i, c);
        }
        QCOMPARE(t.view().history.size(), 3U);
        QCOMPARE(t.view().history.back().n(), 2U);
    }
};

} // namespace zz::telemetry

QTEST_APPLESS_MAIN(zz::telemetry::FoldStateTest)
#include "fold_state_test.moc"
