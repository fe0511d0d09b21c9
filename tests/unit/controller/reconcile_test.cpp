// SPDX-License-Identifier: Apache-2.0
// ZZ-6.8, ZZ-7.7: from what is wanted and what is there to what is done, for every state of member
// and machine.
#include <QTest>

#include "backend/controller/reconcile.h"

namespace zz::controller {
namespace {

PrincipalId e3(std::uint32_t incarnation) {
    return principal(ExecutionId{SlotId(3), Incarnation(incarnation)});
}
SlotWanted wanted(message::MemberState member, std::uint32_t incarnation = 0) {
    SlotWanted w;
    w.slot = SlotId(3);
    w.member = member;
    w.incarnation = Incarnation(incarnation);
    w.next = Incarnation(incarnation + 1);
    return w;
}
std::string done(const SlotWanted& w, std::vector<MachineFact> machines) {
    std::string out;
    for (const MachineAsk& ask : reconcile_slot(w, machines))
        out += (out.empty() ? "" : ", ") + to_string(ask.ask) + " " + to_string(ask.machine);
    return out;
}

} // namespace

class ReconcileTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void an_active_runs() {
        const SlotWanted w = wanted(message::MemberState::Active);
        QCOMPARE(done(w, {}), std::string("start E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Stopped}}), std::string("start E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Paused}}), std::string("wake E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Saved}}), std::string("wake E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Running}}), std::string());
    }
    void a_spare_rests_in_its_form() {
        SlotWanted w = wanted(message::MemberState::Asleep);
        QCOMPARE(done(w, {{e3(0), MachineState::Running}}), std::string("pause E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Paused}}), std::string());
        QCOMPARE(done(w, {}),
                 std::string("start E3.0")); // Runs first: connections and keys in place.
        w.settled_in = false;
        QCOMPARE(done(w, {{e3(0), MachineState::Running}}), std::string());
        w.settled_in = true;
        w.spare = cluster::SpareKind::Hibernated;
        QCOMPARE(done(w, {{e3(0), MachineState::Running}}), std::string("save E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Saved}}), std::string());
        w.spare = cluster::SpareKind::Cold;
        QCOMPARE(done(w, {{e3(0), MachineState::Running}}), std::string("stop E3.0"));
        QCOMPARE(done(w, {}), std::string());
    }
    void a_proof_wakes_a_sleeper_and_only_a_sleeper() {
        SlotWanted w = wanted(message::MemberState::Asleep);
        w.awake = true;
        QCOMPARE(done(w, {{e3(0), MachineState::Paused}}), std::string("wake E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Running}}), std::string());
        for (const auto cold : {MachineState::Defined, MachineState::Stopped})
            QCOMPARE(done(w, {{e3(0), cold}}), std::string("wake E3.0"));
        QCOMPARE(done(w, {}), std::string("wake E3.0"));
        w.may_wake = false; // C3
        QCOMPARE(done(w, {{e3(0), MachineState::Paused}}), std::string());
        w = wanted(message::MemberState::Empty);
        w.awake = true;
        QCOMPARE(done(w, {}), std::string());
    }
    // A convicted active keeps its machine until the next SETTLED (ZZ-6.7).
    void a_convicted_one_is_left_alone() {
        QCOMPARE(done(wanted(message::MemberState::Convicted), {{e3(0), MachineState::Running}}),
                 std::string());
    }
    void a_removed_one_is_stopped_then_reimaged() {
        SlotWanted w = wanted(message::MemberState::Empty);
        QCOMPARE(done(w, {{e3(0), MachineState::Running}}), std::string("stop E3.0"));
        QCOMPARE(done(w, {{e3(0), MachineState::Stopped}}),
                 std::string()); // Kept as a source (ZZ-7.3).
        w.others_complete = true;
        QCOMPARE(done(w, {{e3(0), MachineState::Stopped}}),
                 std::string("erase E3.0, make image E3.1"));
        QCOMPARE(done(w, {}), std::string("make image E3.1"));
        w.next_made = true;
        QCOMPARE(done(w, {{e3(1), MachineState::Defined}}), std::string());
    }
    // Only the incarnation that is named is touched: older ones end, unknown younger ones are left
    // alone.
    void other_incarnations() {
        const SlotWanted w = wanted(message::MemberState::Active, 2);
        QCOMPARE(done(w, {{e3(1), MachineState::Running},
                          {e3(2), MachineState::Running},
                          {e3(3), MachineState::Running}}),
                 std::string("stop E3.1"));
        QCOMPARE(
            done(w, {{principal(ExecutionId{SlotId(2), Incarnation(0)}), MachineState::Running},
                     {e3(2), MachineState::Running}}),
            std::string());
    }
    void agreement_runs() {
        QVERIFY(reconcile_agreement(AgreementId(2), {}).has_value());
        const std::vector<MachineFact> up{{principal(AgreementId(2)), MachineState::Running}};
        QVERIFY(!reconcile_agreement(AgreementId(2), up));
    }
    void readiness_of_a_spare() {
        SlotWanted w = wanted(message::MemberState::Asleep);
        const auto ready = [&](MachineState state) {
            const std::vector<MachineFact> machines{{e3(0), state}};
            return is_spare_ready(w, machines);
        };
        QVERIFY(ready(MachineState::Paused));
        QVERIFY(!ready(MachineState::Running));
        QVERIFY(!ready(MachineState::Stopped));
        w.spare = cluster::SpareKind::Hibernated;
        QVERIFY(ready(MachineState::Saved) && !ready(MachineState::Paused));
        w.member = message::MemberState::Active;
        QVERIFY(!ready(MachineState::Saved));
    }
};

} // namespace zz::controller

QTEST_APPLESS_MAIN(zz::controller::ReconcileTest)
#include "reconcile_test.moc"
