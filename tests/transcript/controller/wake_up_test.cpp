// SPDX-License-Identifier: Apache-2.0
// ZZ-6.6, ZZ-6.8: three controllers, one of them with the spare: what wakes it, what does not, what
// follows.
#include <QTest>

#include <algorithm>

#include "tests/transcript/controller/hosts_support.h"

namespace zz::controller {

class WakeUpTest : public QObject {
    Q_OBJECT

    static message::Config next_epoch(message::Config c) {
        ++c.number;
        ++c.epoch;
        c.members[0].state = message::MemberState::Empty;
        c.members[0].signing = {};
        c.members[0].exchange = {};
        c.members[2].state = message::MemberState::Active;
        return c;
    }

  private Q_SLOTS:
    // After a start: agreement replicas at once; execution machines only when 2f+1 answered the
    // nonce.
    void nothing_is_touched_before_2f_plus_1_answers() {
        Hosts h;
        h.run(seconds(2));
        QCOMPARE(h.asked(1, "start A1"), 1UL);
        QCOMPARE(h.asked(1, "start E1.0"), 0UL);
        h.answer(1, h.config, {1, 2});
        h.answer(1, h.config, {2}); // The same one again does not count.
        h.run(seconds(2));
        QCOMPARE(h.asked(1, "start E1.0"), 0UL);
        h.answer(1, h.config, {3});
        h.run(seconds(2));
        QCOMPARE(h.asked(1, "start E1.0"), 1UL);
    }
    void spare_runs_then_is_paused_and_ready() {
        Hosts h;
        h.synchronize_all();
        QCOMPARE(h.state(1), MachineState::Running);
        QCOMPARE(h.state(3), MachineState::Paused);
        QVERIFY(h.core(3).spare_ready());
        QVERIFY(!h.core(1).spare_ready());
    }
    // A guest that still boots has no connections to keep (ZZ-7.7).
    void spare_that_still_boots_is_not_paused() {
        Hosts h;
        h.boots = true;
        h.synchronize_all();
        h.run(seconds(20));
        QCOMPARE(h.state(3), MachineState::Running);
        h.boots = false;
        h.run(kSpareSettlesIn / 2);
        QCOMPARE(h.state(3), MachineState::Running);
        h.run(kSpareSettlesIn + seconds(1));
        QCOMPARE(h.state(3), MachineState::Paused);
    }
    void f_plus_1_demands_wake() {
        Hosts h;
        h.synchronize_all();
        h.say(AgreementId(2), h.demand(Epoch(0), 5));
        h.say(AgreementId(2), h.demand(Epoch(0), 5));
        QCOMPARE(h.state(3), MachineState::Paused);
        h.say(AgreementId(4), h.demand(Epoch(0), 5));
        QCOMPARE(h.state(3), MachineState::Running);
        QCOMPARE(h.asked(3, "wake E3.0"), 1UL);
        h.sent[3].clear();
        h.run(seconds(2));
        // The proof goes to the agreement replicas and the woken replica, each heartbeat.
        const auto proofs = std::ranges::count_if(h.sent[3], [](const core::Send& s) {
            return std::holds_alternative<message::WakeUpProof>(s.message) && s.to.size() == 5;
        });
        QVERIFY(proofs >= 2);
        QCOMPARE(h.state(3), MachineState::Running); // Only a higher epoch puts it to sleep.
    }
    // C4: the hypervisor was away for minutes while a spare had to wake. Clients wait for it: it is
    // woken a moment after the hypervisor is back, and a later wake-up finds nothing held against
    // it.
    void what_failed_before_delays_no_wake_up() {
        Hosts h;
        h.synchronize_all();
        h.fail = true;
        for (const std::uint32_t a : {2, 4})
            h.say(AgreementId(a), h.demand(Epoch(0), 5));
        h.run(seconds(300));
        QVERIFY(h.asked(3, "wake E3.0") >= 250);
        QVERIFY(h.asked(3, "wake E3.0") <= 310);
        h.fail = false;
        h.run(seconds(2));
        QCOMPARE(h.state(3), MachineState::Running);
    }
    // A controller that starts before its hypervisor answers takes nobody for absent.
    void what_nobody_has_seen_is_not_started() {
        Hosts h;
        h.synchronize_all();
        h.restart(3);
        h.unseen = true;
        h.answer(3, h.config, {1, 2, 3, 4});
        h.asks[3].clear();
        h.run(seconds(20));
        QCOMPARE(h.asked(3, "start E3.0"), 0UL);
        QVERIFY(!h.core(3).spare_ready());
        h.unseen = false;
        h.run(seconds(3));
        QVERIFY(h.asks[3].empty() && h.core(3).spare_ready());
    }
    // C1: equal reports, different numbers, another epoch: nothing.
    void what_does_not_wake() {
        Hosts h;
        h.synchronize_all();
        for (std::uint32_t a = 1; a <= 4; ++a) {
            h.say(AgreementId(a), h.demand(Epoch(0), 5, 'Q', 'Q'));
            h.say(AgreementId(a), h.demand(Epoch(1), 5));
            h.say(AgreementId(a), h.demand(Epoch(0), 10 + a));
            h.say(AgreementId(a), h.no_sign(Epoch(0), 20 + a, 1));
            h.say(AgreementId(a), h.no_sign(Epoch(0), 30, 3)); // The spare is not active.
            h.say(AgreementId(a),
                  h.column(Epoch(0), 40, a % 2 ? "PQ" : "QP")); // Policy is `evidence`.
        }
        h.say(AgreementId(1), h.no_sign(Epoch(0), 50, 1));
        h.say(AgreementId(2), h.no_sign(Epoch(0), 50, 2)); // Not the same replica.
        h.run(seconds(2));
        QCOMPARE(h.state(3), MachineState::Paused);
    }
    // Drill flood-demands: one that floods displaces nobody else's vote and stays bounded.
    void flood_displaces_nobody() {
        Hosts h;
        h.synchronize_all();
        h.say(AgreementId(1), h.no_sign(Epoch(0), 7, 1));
        for (std::uint64_t n = 1000; n < 3000; ++n)
            h.say(AgreementId(4), h.no_sign(Epoch(0), n, 1));
        QCOMPARE(h.state(3), MachineState::Paused);
        h.say(AgreementId(2), h.no_sign(Epoch(0), 7, 1));
        QCOMPARE(h.state(3), MachineState::Running);
    }
    void matrix_policy_wakes_on_2f_plus_1_columns() {
        Hosts h(cluster::WakeupPolicy::Matrix);
        h.synchronize_all();
        h.say(AgreementId(1), h.column(Epoch(0), 9, "PP"));
        h.say(AgreementId(2), h.column(Epoch(0), 9, "QP"));
        h.say(AgreementId(3), h.column(Epoch(0), 9, "QP"));
        QCOMPARE(h.state(3), MachineState::Paused); // A4 may still match on P.
        h.say(AgreementId(4), h.column(Epoch(0), 9, "QQ"));
        QCOMPARE(h.state(3), MachineState::Running);
    }
    void convicted_active_wakes() {
        Hosts h;
        h.synchronize_all();
        message::Config c = h.config;
        ++c.number;
        c.members[0].state = message::MemberState::Convicted;
        h.say(AgreementId(3), c);
        QCOMPARE(h.state(3), MachineState::Paused);
        h.say(AgreementId(4), c);
        QCOMPARE(h.state(3), MachineState::Running);
        QCOMPARE(h.state(1), MachineState::Running); // Until the next SETTLED.
    }
    // SETTLED: the replaced one is stopped, its disk erased, a fresh incarnation made, enrolled,
    // asleep at last.
    void removed_is_reimaged_and_enrolled() {
        Hosts h;
        h.synchronize_all();
        h.say(AgreementId(2), h.no_sign(Epoch(0), 5, 1));
        h.say(AgreementId(4), h.no_sign(Epoch(0), 5, 1));
        message::Config c = next_epoch(h.config);
        h.certify(c);
        h.run(seconds(2));
        QCOMPARE(h.state(1, 0), MachineState::Absent);
        QCOMPARE(h.asked(1, "make image E1.1"), 1UL);
        QCOMPARE(h.state(3), MachineState::Running);
        const auto enrols = std::ranges::count_if(h.sent[1], [](const core::Send& s) {
            return std::holds_alternative<message::Enrol>(s.message) && !s.frame.empty();
        });
        QVERIFY(enrols >= 2);
        const PrincipalId fresh = principal(ExecutionId{SlotId(1), Incarnation(1)});
        const PublicKeys keys = auth::PlainKeyring::keys_of(fresh, 11);
        ++c.number;
        c.members[0] = {SlotId(1), Incarnation(1), message::MemberState::Asleep, keys.signing,
                        keys.exchange};
        h.certify(c);
        h.sent[1].clear();
        h.run(seconds(6));
        QCOMPARE(h.state(1, 1), MachineState::Paused);
        QVERIFY(std::ranges::none_of(h.sent[1], [](const core::Send& s) {
            return std::holds_alternative<message::Enrol>(s.message);
        }));
    }
    // S5, C4: a full disk refuses the image. It is asked for less and less often, and again.
    void image_that_cannot_be_made_is_asked_for_with_back_off() {
        Hosts h;
        h.synchronize_all();
        h.fail = true;
        h.certify(next_epoch(h.config));
        h.run(seconds(1));
        h.machines[1].clear(); // What was removed is gone.
        h.run(seconds(60));
        const std::size_t asked = h.asked(1, "make image E1.1");
        QVERIFY2(asked >= 4 && asked <= 9, qPrintable(QString::number(asked)));
        h.fail = false;
        h.run(seconds(70));
        QCOMPARE(h.state(1, 1), MachineState::Defined);
    }
    // Simulator, seed 16 at f = 1: E1 left with the SETTLED of epoch 0, whose set is complete;
    // before it was imaged anew an active of epoch 1 was convicted. Without a fresh incarnation
    // nobody could settle epoch 1.
    void removed_is_reimaged_while_others_are_awake() {
        Hosts h;
        h.synchronize_all();
        message::Config c = next_epoch(h.config);
        message::Config convicted = c;
        ++convicted.number;
        convicted.members[1].state = message::MemberState::Convicted;
        h.certify(convicted); // It may well hear of both at once.
        h.run(seconds(2));
        QVERIFY(h.core(1).proof());
        QCOMPARE(h.asked(1, "make image E1.1"), 1UL);
        QCOMPARE(h.state(2),
                 MachineState::Running); // Convicted, but active: until the next SETTLED.
    }
    // One that leaves within the epoch is a source for those who wake until that is settled
    // (ZZ-6.8).
    void convicted_sleeper_keeps_its_disk_until_the_epoch_ends() {
        Hosts h;
        h.synchronize_all();
        h.say(AgreementId(1), h.demand(Epoch(0), 5));
        h.say(AgreementId(2), h.demand(Epoch(0), 5));
        QCOMPARE(h.state(3), MachineState::Running);
        message::Config c = h.config;
        ++c.number;
        c.members[2].state = message::MemberState::Empty;
        c.members[2].signing = {};
        c.members[2].exchange = {};
        h.certify(c);
        h.run(seconds(2));
        QCOMPARE(h.state(3), MachineState::Stopped);
        QCOMPARE(h.asked(3, "make image E3.1"), 0UL);
        ++c.number;
        ++c.epoch;
        h.certify(c);
        h.run(seconds(2));
        QCOMPARE(h.state(3), MachineState::Absent);
        QCOMPARE(h.asked(3, "make image E3.1"), 1UL);
    }
    // C5: killed between making the image and its enrolment: it goes on with the same incarnation,
    // never reuses one.
    void restart_goes_on_with_the_enrolment() {
        Hosts h;
        h.synchronize_all();
        const message::Config c = next_epoch(h.config);
        h.certify(c);
        h.run(seconds(2));
        h.restart(1);
        h.sent[1].clear();
        h.run(seconds(2));
        QCOMPARE(h.asked(1, "make image E1.1"), 1UL);
        QVERIFY(std::ranges::any_of(h.sent[1], [](const core::Send& s) {
            const auto* enrol = std::get_if<message::Enrol>(&s.message);
            return enrol && enrol->incarnation == Incarnation(1);
        }));
        // It acted on configuration 1: answers that know only configuration 0 do not let it touch
        // machines.
        QVERIFY(!h.core(1).synchronized());
        h.answer(1, h.config, {1, 2, 3});
        QVERIFY(!h.core(1).synchronized());
        h.answer(1, c, {1, 2, 3});
        QVERIFY(h.core(1).synchronized());
    }
    void one_signature_is_no_configuration() {
        Hosts h;
        h.synchronize_all();
        message::Config c = next_epoch(h.config);
        c.number = ConfigurationNumber(1000);
        h.say(AgreementId(4), c);
        h.run(seconds(2));
        QCOMPARE(h.state(1), MachineState::Running);
        QCOMPARE(h.core(1).configuration().number.value, 0ULL);
    }
    // A higher epoch in which the woken one was left out puts it to sleep again.
    void left_out_sleeps_again() {
        Hosts h;
        h.synchronize_all();
        h.say(AgreementId(1), h.demand(Epoch(0), 5));
        h.say(AgreementId(2), h.demand(Epoch(0), 5));
        QCOMPARE(h.state(3), MachineState::Running);
        message::Config c = h.config;
        ++c.number;
        ++c.epoch;
        h.certify(c);
        h.run(seconds(4));
        QCOMPARE(h.state(3), MachineState::Paused);
    }
    // C3: wake-ups without end, one per epoch: only so many at once.
    void wake_ups_are_rate_limited() {
        Hosts h;
        h.synchronize_all();
        message::Config c = h.config;
        for (int i = 0; i < 12; ++i) {
            h.say(AgreementId(1), h.demand(c.epoch, 5));
            h.say(AgreementId(2), h.demand(c.epoch, 5));
            ++c.number;
            ++c.epoch;
            h.certify(c);
            h.run(milliseconds(3500));
        }
        QVERIFY(h.asked(3, "wake E3.0") < 10);
        QVERIFY(h.asked(3, "wake E3.0") >= 6);
        h.run(seconds(60)); // Later ones are served again.
        h.say(AgreementId(1), h.demand(c.epoch, 5));
        h.say(AgreementId(2), h.demand(c.epoch, 5));
        QCOMPARE(h.state(3), MachineState::Running);
    }
    // C3: a wake-up that ended in a conviction had a true cause and is not rationed.
    void wake_ups_with_a_conviction_are_not_limited() {
        Hosts h;
        h.synchronize_all();
        message::Config c = h.config;
        const message::MemberState active = c.members[0].state;
        for (int i = 0; i < 12; ++i) {
            h.say(AgreementId(1), h.demand(c.epoch, 5));
            h.say(AgreementId(2), h.demand(c.epoch, 5));
            ++c.number;
            c.members[0].state = message::MemberState::Convicted;
            h.certify(c);
            ++c.number;
            ++c.epoch;
            c.members[0].state = active;
            ++c.members[0].incarnation;
            h.certify(c);
            h.run(milliseconds(3500));
        }
        QCOMPARE(h.asked(3, "wake E3.0"), 12UL);
    }
    void crashed_machine_is_relaunched_with_back_off() {
        Hosts h;
        h.synchronize_all();
        const PrincipalId e1 = principal(ExecutionId{SlotId(1), Incarnation(0)});
        for (int i = 0; i < 300; ++i) {
            if (h.machines[1][e1] == MachineState::Running)
                h.machines[1][e1] = MachineState::Stopped;
            h.run(milliseconds(100));
        }
        const std::size_t starts = h.asked(1, "start E1.0");
        QVERIFY2(starts >= 4 && starts <= 9, qPrintable(QString::number(starts)));
        QCOMPARE(h.asked(1, "start A1"), 1UL);
    }
    // C4: a call that hangs is asked again after a while, no sooner; failures are told.
    void hypervisor_hangs_or_refuses() {
        Hosts h;
        h.synchronize_all();
        h.hang = true;
        h.say(AgreementId(1), h.demand(Epoch(0), 5));
        h.say(AgreementId(2), h.demand(Epoch(0), 5));
        h.run(seconds(20));
        QCOMPARE(h.asked(3, "wake E3.0"), 1UL);
        h.run(seconds(20));
        QCOMPARE(h.asked(3, "wake E3.0"), 2UL);
        h.hang = false;
        h.fail = true;
        h.run(seconds(40));
        QVERIFY(std::ranges::any_of(h.notices[3], [](const core::Notice& n) {
            return n.kind == core::NoticeKind::MachineFailed;
        }));
        h.fail = false;
        h.run(seconds(70));
        QCOMPARE(h.state(3), MachineState::Running);
    }
};

} // namespace zz::controller

QTEST_APPLESS_MAIN(zz::controller::WakeUpTest)
#include "wake_up_test.moc"
