// SPDX-License-Identifier: Apache-2.0
// The configuration machine (ZZ-3.5, ZZ-6.7) and the lane table (ZZ-2.4) as values.
#include <QTest>

#include "backend/agreement/lane_table.h"
#include "backend/agreement/membership.h"

namespace zz::agreement {
using message::MemberState;

namespace {

SigningKey key(std::uint8_t k) {
    SigningKey out;
    out.bytes[0] = k;
    return out;
}

Membership genesis() {
    message::Config c;
    for (std::uint32_t i = 1; i <= 3; ++i)
        c.members.push_back({SlotId(i),
                             Incarnation(0),
                             i <= 2 ? MemberState::Active : MemberState::Asleep,
                             key(static_cast<std::uint8_t>(i)),
                             {}});
    return Membership(c);
}

message::Convict convict(std::uint32_t slot, std::uint32_t incarnation) {
    message::Convict c;
    c.slot = SlotId(slot);
    c.incarnation = Incarnation(incarnation);
    return c;
}

message::Enrol enrol(std::uint32_t slot, std::uint32_t incarnation) {
    return {SlotId(slot), Incarnation(incarnation), key(9), {}};
}

message::Settled settled(std::uint64_t epoch, std::vector<message::Member> set) {
    message::Settled s;
    s.epoch = Epoch(epoch);
    s.set = std::move(set);
    return s;
}

message::Member member(std::uint32_t slot, std::uint32_t incarnation = 0) {
    return {SlotId(slot), Incarnation(incarnation)};
}

MemberState state(const Membership& m, std::uint32_t slot) {
    return m.entry(SlotId(slot))->state;
}

} // namespace

class MembershipTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // A faulty host cannot use up the incarnations of its slot.
    void incarnations_rise_in_small_steps() {
        Membership m = genesis();
        QVERIFY(!m.apply(enrol(3, UINT32_MAX)));
        QVERIFY(!m.apply(enrol(3, 1025)));
        QVERIFY(m.apply(enrol(3, 1024)));
        QVERIFY(m.apply(enrol(3, 1025)));
    }

    // ZZ-6.7: the votes of a convicted active end at once, its slot is free with the next SETTLED
    // only.
    void convicted_active_stays_until_settled() {
        Membership m = genesis();
        QVERIFY(m.apply(convict(1, 0)));
        QCOMPARE(state(m, 1), MemberState::Convicted);
        QVERIFY(!m.is_live({SlotId(1), Incarnation(0)}));
        QVERIFY(m.has_convicted());
        QCOMPARE(m.config().number, ConfigurationNumber(1));
        QVERIFY(!m.apply(enrol(1, 1)));
        QVERIFY(!m.apply(convict(1, 0)));
        QVERIFY(!m.apply(settled(0, {member(1), member(2)})));
        QCOMPARE(m.config().number, ConfigurationNumber(1));
        QVERIFY(m.apply(settled(0, {member(2), member(3)})));
        QCOMPARE(m.config().epoch, Epoch(1));
        QCOMPARE(m.config().number, ConfigurationNumber(2));
        QCOMPARE(state(m, 1), MemberState::Empty);
        QCOMPARE(state(m, 2), MemberState::Active);
        QCOMPARE(state(m, 3), MemberState::Active);
        QVERIFY(m.apply(enrol(1, 1)));
        QCOMPARE(state(m, 1), MemberState::Asleep);
    }

    // ZZ-6.7: a convicted sleeper ends at once.
    void convicted_sleeper_is_removed() {
        Membership m = genesis();
        QVERIFY(m.apply(convict(3, 0)));
        QCOMPARE(state(m, 3), MemberState::Empty);
        QVERIFY(m.entry(SlotId(3))->signing == SigningKey{});
        QVERIFY(!m.apply(enrol(3, 0)));
        QVERIFY(m.apply(enrol(3, 1)));
    }

    // ZZ-6.7: woken ones left out sleep again, actives left out are removed; only the current epoch
    // counts, once.
    void settled_decides_once_per_epoch() {
        Membership m = genesis();
        QVERIFY(!m.apply(settled(1, {member(1), member(3)})));
        QVERIFY(m.apply(settled(0, {member(1), member(3)})));
        QCOMPARE(state(m, 2), MemberState::Empty);
        QVERIFY(!m.apply(settled(0, {member(1), member(3)})));
        Membership same = genesis();
        QVERIFY(same.apply(settled(0, {member(1), member(2)})));
        QCOMPARE(state(same, 3), MemberState::Asleep);
        QCOMPARE(same.config().epoch, Epoch(1));
    }

    // ZZ-3.5: ENROL is a no-op unless the slot is empty or its incarnation sleeps, and the
    // incarnation is a new one.
    void enrol_only_where_nobody_acts() {
        Membership m = genesis();
        QVERIFY(!m.apply(enrol(1, 1)));
        QVERIFY(!m.apply(enrol(3, 0)));
        QVERIFY(!m.apply(enrol(0, 1)));
        QVERIFY(!m.apply(enrol(4, 1)));
        QVERIFY(m.apply(enrol(3, 5)));
        QVERIFY(!m.apply(enrol(3, 4)));
        QVERIFY(m.is_live({SlotId(3), Incarnation(5)}));
        QVERIFY(!m.is_live({SlotId(3), Incarnation(0)}));
    }

    // Members that are not live make a SETTLED a no-op, also one of a slot's former incarnation.
    void settled_of_strangers_is_a_no_op() {
        Membership m = genesis();
        QVERIFY(m.apply(enrol(3, 1)));
        QVERIFY(!m.apply(settled(0, {member(1), member(3, 0)})));
        QVERIFY(!m.apply(settled(0, {member(1), member(7)})));
        QVERIFY(!m.apply(settled(0, {})));
        QVERIFY(!m.would_change({settled(0, {member(1), member(3, 0)})}));
        QVERIFY(m.would_change({settled(0, {member(1), member(3, 1)})}));
        QCOMPARE(m.config().number, ConfigurationNumber(1));
    }

    // ZZ-2.4, K4: numbers go upward, in bounded steps, on lanes that exist.
    void lanes() {
        LaneTable t({{ClientId(1), 2}});
        QVERIFY(t.executes(ClientId(1), LaneId(0), RequestNumber(1)));
        QVERIFY(!t.executes(ClientId(1), LaneId(0), RequestNumber(0)));
        QVERIFY(!t.executes(ClientId(1), LaneId(2), RequestNumber(1)));
        QVERIFY(!t.executes(ClientId(2), LaneId(0), RequestNumber(1)));
        QVERIFY(!t.executes(ClientId(1), LaneId(0), RequestNumber(UINT64_MAX)));
        t.order(ClientId(1), LaneId(1), RequestNumber(7));
        QVERIFY(!t.executes(ClientId(1), LaneId(1), RequestNumber(7)));
        QVERIFY(t.executes(ClientId(1), LaneId(1), RequestNumber(8)));
        LaneTable copy({{ClientId(1), 2}});
        QVERIFY(copy.assign(t.entries()));
        QVERIFY(copy == t);
        QVERIFY(!copy.assign({{ClientId(1), LaneId(9), RequestNumber(1)}}));
        QVERIFY(copy == t);
    }
};

} // namespace zz::agreement

QTEST_APPLESS_MAIN(zz::agreement::MembershipTest)
#include "membership_test.moc"
