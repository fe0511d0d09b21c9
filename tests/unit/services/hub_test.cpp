// SPDX-License-Identifier: Apache-2.0
// What a zz-host keeps is bounded for each source and in all, and who tells much pushes out its own
// alone; it takes nothing from a service about another one; it tells who fell silent.
#include "backend/services/hub.h"

#include <QDateTime>
#include <QTemporaryDir>
#include <QTest>

namespace zz::services {
namespace {

constexpr Instant kNow{1'000'000'000'000};
const PrincipalId kA1{Role::Agreement, 1, 0}, kA2{Role::Agreement, 2, 0};
const PrincipalId kLoad{Role::Client, 2, 0};

telemetry::SourceKey key(const PrincipalId& who, std::uint32_t application = 1) {
    return {application, who};
}

telemetry::Source source(const PrincipalId& who, std::uint32_t host, std::uint64_t boot = 7) {
    telemetry::Source out;
    out.set_host(host);
    out.set_application(who.role == Role::Controller || who.role == Role::Host ? 0 : 1);
    out.mutable_principal()->set_role(static_cast<std::uint32_t>(who.role));
    out.mutable_principal()->set_index(who.index);
    out.mutable_principal()->set_incarnation(who.incarnation);
    out.set_boot(boot);
    return out;
}

telemetry::Facts facts_of(const PrincipalId& who, std::size_t bytes = 0, std::uint32_t host = 1) {
    telemetry::Facts out;
    *out.mutable_source() = source(who, host);
    (*out.mutable_process()->mutable_rejected())[std::string(bytes, 'x')] = 1;
    return out;
}

telemetry::Update event_of(const PrincipalId& who, const std::string& text,
                           std::uint32_t host = 1) {
    telemetry::Update out;
    *out.mutable_event()->mutable_source() = source(who, host);
    out.mutable_event()->set_kind(telemetry::TEXT);
    out.mutable_event()->set_text(text);
    return out;
}

telemetry::Facts machines(std::uint32_t state, const PrincipalId& who) {
    telemetry::Facts out;
    *out.mutable_source() = source(controller_of(HostId(1)), 1);
    auto& machine = *out.mutable_controller()->add_machines();
    machine.mutable_principal()->set_role(static_cast<std::uint32_t>(who.role));
    machine.mutable_principal()->set_index(who.index);
    machine.set_state(state);
    return out;
}

std::size_t count_of(const EventStore& store, const PrincipalId& who) {
    std::size_t out = 0;
    for (const auto& [number, kept] : store.all())
        out += kept.source == key(who) ? 1U : 0U;
    return out;
}

} // namespace

class HubTest : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    std::size_t published_ = 0;
    telemetry::Update newest_;
    std::unique_ptr<Hub> hub_;

    std::unique_ptr<Hub> make(bool guests) {
        return std::make_unique<Hub>(
            HostId(1), guests, 5, (dir_.path() + "/" + QTest::currentTestFunction()).toStdString(),
            [this](const std::string& bytes) {
                ++published_;
                QVERIFY(newest_.ParseFromString(bytes));
            });
    }

    bool take(const PrincipalId& from, const telemetry::Update& update,
              std::uint16_t application = 0, Instant now = kNow) {
        const bool wide = transport::is_data_center_wide(from.role);
        return hub_->take(wide ? transport::peer(from)
                               : transport::peer(ApplicationId(application), from),
                          update.SerializeAsString(), now);
    }

  private Q_SLOTS:
    void init() {
        published_ = 0;
        hub_ = make(false);
    }

    void each_source_has_its_bound() {
        EventStore store({10, 1u << 20});
        for (std::uint64_t n = 1; n <= 50; ++n)
            store.add(key(n % 5 == 0 ? kA2 : kA1), n, "event");
        QCOMPARE(count_of(store, kA1), 10UL);
        QCOMPARE(count_of(store, kA2), 10UL);
        QCOMPARE(store.all().rbegin()->first, 50ULL);
        QVERIFY(store.all().contains(5)); // The quiet one lost none.
        QCOMPARE(store.forgotten(), 30ULL);
    }

    void a_chatty_source_pushes_out_its_own_alone() {
        constexpr std::size_t kBytes = 100'000;
        EventStore store({100'000, kBytes});
        const PrincipalId e1{Role::Execution, 1, 0};
        std::uint64_t number = 0;
        for (int i = 0; i < 20; ++i) {
            store.add(key(kA2), ++number, std::string(100, 'q'));
            store.add(key(e1), ++number, std::string(50, 'q'));
        }
        for (int i = 0; i < 5'000; ++i) {
            store.add(key(kA1), ++number, std::string(300, 'c'));
            QVERIFY(store.bytes() <= kBytes);
        }
        QCOMPARE(count_of(store, kA2), 20UL);
        QCOMPARE(count_of(store, e1), 20UL);
        QVERIFY(count_of(store, kA1) > 100);
        // One event that does not fit at all is not kept, nor does it cost others theirs.
        store.add(key(kA1), ++number, std::string(kBytes, 'c'));
        QCOMPARE(count_of(store, kA2), 20UL);
        QVERIFY(store.bytes() <= kBytes);
    }

    void events_are_given_in_their_order() {
        for (int i = 0; i < 30; ++i)
            QVERIFY(take(i % 3 == 0 ? kA1 : kA2, event_of(i % 3 == 0 ? kA1 : kA2, "e")));
        const auto all = hub_->events(0, 0);
        QCOMPARE(all.updates_size(), 30);
        QCOMPARE(all.first_kept(), 1ULL);
        QCOMPARE(all.newest(), 30ULL);
        for (int i = 0; i < 30; ++i)
            QCOMPARE(all.updates(i).host_number(), std::uint64_t(i) + 1);
        const auto rest = hub_->events(25, 3);
        QCOMPARE(rest.updates_size(), 3);
        QCOMPARE(rest.updates(0).host_number(), 26ULL);
        QCOMPARE(published_, 30UL);
    }

    void facts_fit_a_snapshot() {
        FactStore store({3, 10'000});
        QVERIFY(store.take(facts_of(kA1, 100), kNow));
        QVERIFY(store.take(facts_of(kA2, 9'000), kNow));
        // The largest goes, whoever came last.
        QVERIFY(store.take(facts_of({Role::Agreement, 3, 0}, 5'000), kNow));
        QVERIFY(store.all().contains(key(kA1)) && !store.all().contains(key(kA2)));
        QVERIFY(!store.take(facts_of(kA2, 9'900), kNow));
        QVERIFY(store.bytes() <= 10'000);
        QVERIFY(store.take(facts_of(kA2, 10), kNow));
        QVERIFY(!store.take(facts_of({Role::Agreement, 4, 0}), kNow)); // a fourth source
        QCOMPARE(store.all().size(), 3UL);
    }

    // A slot that is re-imaged for ever takes no more room than its newest incarnations.
    void old_incarnations_are_forgotten() {
        FactStore store;
        for (std::uint32_t k = 0; k < 100; ++k) {
            QVERIFY(store.take(facts_of({Role::Execution, 1, k}), kNow));
            QVERIFY(store.take(facts_of({Role::Execution, 2, 0}), kNow));
        }
        QCOMPARE(store.all().size(), telemetry::kIncarnationsKnownMax + 1);
        QVERIFY(store.all().contains(key({Role::Execution, 1, 99})));
        QVERIFY(store.all().contains(key({Role::Execution, 2, 0})));
    }

    void nobody_speaks_for_another() {
        QVERIFY(!take(kA1, event_of(kA2, "forged")));
        QVERIFY(!take(kA1, event_of(kA1, "of another host", 2)));
        QVERIFY(!take(kA1, event_of(kA1, "of another application"), 3));
        QVERIFY(!take(kA1, event_of(kA1, std::string(telemetry::kTextBytesMax + 1, 'x'))));
        QVERIFY(!hub_->take(transport::peer(ApplicationId(0), kA1), "no update", kNow));
        telemetry::Update large;
        *large.mutable_facts() = facts_of(kA1, telemetry::kFactsBytesMax);
        QVERIFY(!take(kA1, large));
        QCOMPARE(hub_->dropped(), 6ULL);
        QCOMPARE(published_, 0UL);
        // A client that no host runs tells every host, a replica does not.
        QVERIFY(take(kLoad, event_of(kLoad, "load", 0)));
        QVERIFY(!take(kA1, event_of(kA1, "no host", 0)));
    }

    // Who tells without end is cut, the others are heard.
    void what_one_tells_in_a_second_is_bounded() {
        std::size_t taken = 0;
        for (std::size_t i = 0; i < kUpdatesPerSecondMax + 1000; ++i)
            taken += take(kA1, event_of(kA1, "e")) ? 1U : 0U;
        QCOMPARE(taken, kUpdatesPerSecondMax);
        QVERIFY(take(kA2, event_of(kA2, "e")));
        QCOMPARE(hub_->dropped(), 1000ULL);
        QVERIFY(hub_->take(transport::peer(ApplicationId(0), kA1),
                           event_of(kA1, "e").SerializeAsString(), kNow + seconds(1)));
    }

    // A reporter that floods with evidence pushes out its own.
    void evidence_of_others_stays() {
        auto proof = event_of(kA2, "two signed reports");
        proof.mutable_event()->add_frames("proof of A2");
        QVERIFY(take(kA2, proof));
        for (int i = 0; i < 20; ++i) {
            auto flood = event_of(kA1, "flood");
            flood.mutable_event()->add_frames(std::to_string(i) + std::string(8u << 20, 'x'));
            QVERIFY(take(kA1, flood, 0, kNow + seconds(i)));
        }
        const auto items = hub_->evidence();
        std::size_t of_a2 = 0;
        for (const auto& item : items.items())
            of_a2 += item.reporter().principal().index() == 2 ? 1U : 0U;
        QCOMPARE(of_a2, 1UL);
        QVERIFY(items.items_size() > 5 && items.items_size() < 20);
    }

    // A guest that slept for a minute believes that it is a minute ago; a process knows the time.
    void a_guests_clock_is_not_believed() {
        const PrincipalId e1{Role::Execution, 1, 0};
        telemetry::Update event = event_of(e1, "first report");
        event.mutable_event()->set_wall_ns(7);
        event.mutable_event()->set_monotonic_ns(8);
        telemetry::Update facts;
        *facts.mutable_facts() = facts_of(e1);
        facts.mutable_facts()->set_wall_ns(7);
        QVERIFY(take(e1, event));
        QCOMPARE(newest_.event().wall_ns(), 7LL);
        QVERIFY(take(e1, facts));
        QCOMPARE(newest_.facts().wall_ns(), 7LL);

        hub_ = make(true);
        const auto before = QDateTime::currentMSecsSinceEpoch();
        QVERIFY(take(e1, event));
        QVERIFY(newest_.event().wall_ns() / 1'000'000 >= before);
        QVERIFY(newest_.event().wall_ns() / 1'000'000 <= QDateTime::currentMSecsSinceEpoch());
        QCOMPARE(newest_.event().monotonic_ns(), kNow.ns);
        QVERIFY(take(e1, facts));
        QVERIFY(newest_.facts().wall_ns() / 1'000'000 >= before);
        // Agreement replicas of such a host are processes.
        event = event_of(kA1, "deviation");
        event.mutable_event()->set_wall_ns(7);
        QVERIFY(take(kA1, event));
        QCOMPARE(newest_.event().wall_ns(), 7LL);
    }

    void silence_is_told_once() {
        FactStore store;
        const Instant later = kNow + kLostAfter;
        QVERIFY(store.take(facts_of(kA1), kNow));
        QVERIFY(store.take(machines(2, kA1), later)); // it runs
        QVERIFY(store.newly_lost(later - Duration(1)).empty());
        QVERIFY(store.newly_lost(later) == std::vector{key(kA1)});
        QVERIFY(store.newly_lost(later + seconds(1)).empty());
        QVERIFY(store.take(facts_of(kA1), later + seconds(1))); // heard again
        QVERIFY(store.take(machines(2, kA1), later + seconds(7)));
        QVERIFY(store.newly_lost(later + seconds(7)) == std::vector{key(kA1)});
    }

    void who_sleeps_or_stopped_is_not_lost() {
        FactStore store;
        const Instant later = kNow + kLostAfter;
        QVERIFY(store.take(facts_of(kA1), kNow));
        QVERIFY(store.newly_lost(later).empty()); // nobody says that it should run
        QVERIFY(store.take(machines(3, kA1), later));
        QVERIFY(store.newly_lost(later).empty()); // paused
        QVERIFY(store.take(machines(2, kA1), later));
        store.stopped(source(kA1, 1));
        QVERIFY(store.take(facts_of(kA1), later)); // its last ones
        QVERIFY(store.newly_lost(later + seconds(60)) ==
                std::vector{key(controller_of(HostId(1)), 0)});
        auto again = facts_of(kA1);
        again.mutable_source()->set_boot(8);
        QVERIFY(store.take(again, later));
        QVERIFY(store.newly_lost(later + seconds(60)) == std::vector{key(kA1)});
    }
};

} // namespace zz::services

using zz::services::HubTest;
QTEST_GUILESS_MAIN(HubTest)
#include "hub_test.moc"
