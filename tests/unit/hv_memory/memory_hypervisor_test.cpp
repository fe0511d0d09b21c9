// SPDX-License-Identifier: Apache-2.0
// The in-memory driver: a life of a machine, refusals, and failures on request (C4, C5, L6).
#include <QTest>

#include "hv/memory/memory_hypervisor.h"

namespace zz::hv {

class MemoryHypervisorTest : public QObject {
    Q_OBJECT

    const MachineName one = machine(ApplicationId(0), SlotId(1), Incarnation(0));
    const MachineName next = machine(ApplicationId(0), SlotId(1), Incarnation(1));

  private Q_SLOTS:
    void life() {
        MemoryHypervisor hypervisor;
        std::vector<Transition> seen;
        hypervisor.observe([&](const Transition& t) { seen.push_back(t); });
        QVERIFY(hypervisor.define(one, {}));
        QVERIFY(hypervisor.start(one));
        QVERIFY(hypervisor.suspend(one));
        QVERIFY(hypervisor.suspend(one)); // again: nothing
        QVERIFY(hypervisor.resume(one));
        QVERIFY(hypervisor.save(one));
        QVERIFY(hypervisor.restore(one));
        QVERIFY(hypervisor.destroy(one, Disk::Keep));
        QVERIFY(hypervisor.define(next, {}));
        QCOMPARE(hypervisor.list()->size(), std::size_t(2));
        QVERIFY(hypervisor.destroy(one, Disk::Erase));
        QVERIFY(hypervisor.destroy(one, Disk::Erase));
        QVERIFY(hypervisor.state(one) == MachineState::Absent);
        QVERIFY(hypervisor.state(next) == MachineState::Defined);
        using enum MachineState;
        const std::vector<Transition> wanted{
            {one, Absent, Defined},  {one, Defined, Running}, {one, Running, Paused},
            {one, Paused, Running},  {one, Running, Saved},   {one, Saved, Running},
            {one, Running, Stopped}, {next, Absent, Defined}, {one, Stopped, Absent}};
        QVERIFY(seen == wanted);
    }

    void refusals() {
        MemoryHypervisor hypervisor;
        QVERIFY(!hypervisor.start(one));
        QVERIFY(!hypervisor.destroy(one, Disk::Keep));
        QVERIFY(hypervisor.define(one, {}));
        QVERIFY(hypervisor.define(one, {}));
        MachineSpec other;
        other.memory_mib = 1;
        QVERIFY(!hypervisor.define(one, other));
        QVERIFY(!hypervisor.resume(one));
        QVERIFY(!hypervisor.save(one));
        QVERIFY(!hypervisor.restore(one));
        QCOMPARE(hypervisor.resume(one).error().text,
                 std::string("cannot resume machine 0-E1.0: it is defined"));
    }

    // C5: a call whose answer is lost was made all the same; who asks again finds it done.
    void failures() {
        MemoryHypervisor hypervisor;
        QVERIFY(hypervisor.define(one, {}));
        hypervisor.fail_next(Call::Start, 2, FailureMode::NoEffect);
        QVERIFY(!hypervisor.start(one));
        QVERIFY(!hypervisor.start(one));
        QVERIFY(hypervisor.state(one) == MachineState::Defined);
        QVERIFY(hypervisor.start(one));
        hypervisor.fail_next(Call::Suspend, 1, FailureMode::EffectThenFailure);
        QVERIFY(!hypervisor.suspend(one));
        QVERIFY(hypervisor.state(one) == MachineState::Paused);
        QVERIFY(hypervisor.suspend(one));
        hypervisor.fail_at(hypervisor.calls() + 2, FailureMode::NoEffect);
        QVERIFY(hypervisor.list());
        QVERIFY(!hypervisor.list());
        QVERIFY(hypervisor.list());
        hypervisor.fail_next(Call::Resume, 100, FailureMode::NoEffect);
        hypervisor.clear_failures();
        QVERIFY(hypervisor.resume(one));
    }

    void crashes() {
        MemoryHypervisor hypervisor;
        QVERIFY(hypervisor.define(one, {}));
        QVERIFY(!hypervisor.crash(one, 9));
        QVERIFY(hypervisor.start(one));
        QVERIFY(hypervisor.crash(one, 9));
        const std::vector<MachineEvent> events = hypervisor.poll_events();
        QCOMPARE(events.size(), std::size_t(1));
        QVERIFY((events[0] == MachineEvent{one, EventKind::Killed, 9}));
        QVERIFY(hypervisor.poll_events().empty());
        QVERIFY(hypervisor.start(one));
        QVERIFY(hypervisor.define(next, {}));
        QVERIFY(hypervisor.start(next));
        QVERIFY(hypervisor.save(next));
        hypervisor.crash_host();
        QVERIFY(hypervisor.state(one) == MachineState::Stopped);
        QVERIFY(hypervisor.state(next) == MachineState::Saved);
    }
};

} // namespace zz::hv

QTEST_APPLESS_MAIN(zz::hv::MemoryHypervisorTest)
#include "memory_hypervisor_test.moc"
