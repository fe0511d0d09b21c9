// SPDX-License-Identifier: Apache-2.0
// Requests that wait (ZZ-2.4, ZZ-3.3): one per lane, clients in turn, parts of bundles, bounds,
// timers, system requests.
#include <QTest>

#include "backend/agreement/bounds.h"
#include "backend/agreement/request_pool.h"
#include "backend/agreement/system_pool.h"
#include "protocol/auth/bundle.h"
#include "protocol/auth/plain_keyring.h"

namespace zz::agreement {

namespace {

message::Bundle bundle(std::uint32_t client, const std::vector<message::LaneRequest>& requests,
                       std::size_t bytes = 8) {
    const PrincipalId self = principal(ClientId(client));
    const auth::PlainKeyring keys(self, 1);
    std::vector<message::Request> list;
    for (const auto& r : requests)
        list.push_back({r.lane, r.number, 1, Blob(Bytes(bytes, 7))});
    return auth::make_bundle({{}, {}, {}, self, {}}, keys, list);
}

std::vector<message::LaneRequest> lanes(std::uint32_t from, std::uint32_t to,
                                        std::uint64_t number = 1) {
    std::vector<message::LaneRequest> out;
    for (std::uint32_t i = from; i < to; ++i)
        out.push_back({LaneId(i), RequestNumber(number)});
    return out;
}

LaneTable table() {
    return LaneTable({{ClientId(1), 100}, {ClientId(2), 100}, {ClientId(3), 100}});
}

cluster::Limits limits(std::uint32_t requests) {
    cluster::Limits l;
    l.batch_requests_max = requests;
    return l;
}

std::size_t leaves(const std::vector<message::Bundle>& bundles) {
    std::size_t n = 0;
    for (const auto& b : bundles)
        n += b.leaves.size();
    return n;
}

message::SystemRequest convict(std::uint32_t slot) {
    message::Convict c;
    c.slot = SlotId(slot);
    return {c};
}

message::SystemRequest enrol(std::uint32_t slot, std::uint32_t incarnation) {
    message::Embedded<message::Enrol> e;
    e.value.slot = SlotId(slot);
    e.value.incarnation = Incarnation(incarnation);
    e.frame = Blob(bytes_of(std::to_string(slot) + "." + std::to_string(incarnation)));
    return {e};
}

} // namespace

class RequestPoolTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void whole_bundle_goes_as_it_is() {
        RequestPool pool;
        const message::Bundle b = bundle(1, lanes(0, 5));
        QCOMPARE(pool.add(b, table(), {}).fresh, std::size_t(5));
        QCOMPARE(pool.add(b, table(), {}).fresh, std::size_t(0));
        const auto taken = pool.take(limits(10), table());
        QCOMPARE(taken.size(), std::size_t(1));
        QVERIFY(taken[0] == b);
        QVERIFY(pool.take(limits(10), table()).empty());
        pool.forget_proposed();
        QCOMPARE(leaves(pool.take(limits(10), table())), std::size_t(5));
    }

    // A bundle larger than a batch is parted; each part proves itself, and nothing is proposed
    // twice.
    void large_bundle_is_parted() {
        RequestPool pool;
        pool.add(bundle(1, lanes(0, 25)), table(), {});
        const auth::PlainKeyring keys(principal(AgreementId(1)), 1);
        const auth::Identity identity{{}, {}, {}, principal(AgreementId(1)), {}};
        for (const std::size_t expected : {10, 10, 5, 0}) {
            const auto taken = pool.take(limits(10), table());
            QCOMPARE(leaves(taken), expected);
            for (const message::Bundle& b : taken)
                QVERIFY(auth::verify_bundle(identity, keys, b));
        }
        QCOMPARE(pool.unproposed(), std::size_t(0));
    }

    // A part cannot be parted again: one that fits no batch is let go and blocks nobody.
    void part_beyond_a_batch_is_let_go() {
        RequestPool pool;
        std::vector<std::uint32_t> positions;
        for (std::uint32_t i = 0; i < 20; ++i)
            positions.push_back(i);
        pool.add(auth::part_of(bundle(1, lanes(0, 30)), positions), table(), {});
        pool.add(bundle(1, lanes(50, 51)), table(), {});
        QCOMPARE(leaves(pool.take(limits(10), table())), std::size_t(1));
        QCOMPARE(pool.unproposed(), std::size_t(0));
        QCOMPARE(pool.add(bundle(1, lanes(0, 3)), table(), {}).fresh, std::size_t(3));
    }

    // K6: one client's flood leaves room for the others in every batch.
    void clients_take_turns() {
        RequestPool pool;
        for (std::uint32_t i = 0; i < 100; ++i)
            pool.add(bundle(1, lanes(i, i + 1)), table(), {});
        pool.add(bundle(2, lanes(0, 1)), table(), {});
        pool.add(bundle(3, lanes(0, 1)), table(), {});
        std::set<std::uint32_t> clients;
        for (const message::Bundle& b : pool.take(limits(4), table()))
            clients.insert(b.client.value);
        QCOMPARE(clients.size(), std::size_t(3));
    }

    // ZZ-2.4: the highest number of a lane waits; what is ordered waits no more, and is told to who
    // asks again.
    void lanes_hold_one_request() {
        RequestPool pool;
        LaneTable t = table();
        pool.add(bundle(1, lanes(0, 1, 1)), t, {});
        pool.add(bundle(1, lanes(0, 1, 3)), t, {});
        QCOMPARE(pool.add(bundle(1, lanes(0, 1, 2)), t, {}).fresh, std::size_t(0));
        QCOMPARE(pool.unproposed(), std::size_t(1));
        t.order(ClientId(1), LaneId(0), RequestNumber(3));
        pool.ordered({ClientId(1), LaneId(0), RequestNumber(3)});
        QCOMPARE(pool.unproposed(), std::size_t(0));
        QCOMPARE(pool.bytes(), std::size_t(0));
        const Admitted again = pool.add(bundle(1, lanes(0, 1, 2)), t, {});
        QCOMPARE(again.ordered.size(), std::size_t(1));
        QVERIFY(!again.waiting);
        QCOMPARE(pool.add(bundle(9, lanes(0, 1)), t, {}).fresh, std::size_t(0));
    }

    // ZZ-2.6: bytes are bounded for each client; another one still gets in.
    void bytes_are_bounded() {
        RequestPool pool;
        std::size_t admitted = 0;
        for (std::uint32_t i = 0; i < 100; ++i)
            admitted += pool.add(bundle(1, lanes(i, i + 1), 1u << 20), table(), {}).fresh;
        QVERIFY(admitted > 0 && admitted < 33);
        QVERIFY(pool.bytes() <= kPoolClientBytesMax);
        QCOMPARE(pool.add(bundle(2, lanes(0, 1), 1u << 20), table(), {}).fresh, std::size_t(1));
    }

    // ZZ-3.3: a timer belongs to (client, lane, number) and ends when that or a higher number is
    // ordered.
    void timers_follow_requests() {
        RequestPool pool;
        QVERIFY(pool.next_deadline() == kNever);
        const Admitted a = pool.add(bundle(1, lanes(0, 2)), table(), {});
        pool.watch(*a.waiting, Instant{60}, Duration{40});
        pool.watch(*a.waiting, Instant{0}, Duration{50}); // It runs already.
        QVERIFY(pool.next_deadline() == Instant{100});
        QVERIFY(pool.ordered({ClientId(1), LaneId(0), RequestNumber(1)}) == Instant{60});
        QVERIFY(pool.next_deadline() == Instant{100});
        pool.watch_again(Instant{200}, Duration{100});
        QVERIFY(pool.next_deadline() == Instant{300});
        QCOMPARE(pool.watched().size(), std::size_t(1));
        QVERIFY(pool.ordered({ClientId(1), LaneId(1), RequestNumber(5)}) == kNever);
        QVERIFY(pool.next_deadline() == kNever);
    }

    // ZZ-3.5: a system request waits until it would change nothing.
    void system_requests_leave_when_moot() {
        message::Config c;
        for (std::uint32_t i = 1; i <= 3; ++i)
            c.members.push_back({SlotId(i), Incarnation(0), message::MemberState::Active, {}, {}});
        Membership m(c);
        SystemPool pool;
        const PrincipalId a = principal(AgreementId(2));
        QVERIFY(pool.add(convict(1), a, m, {}, Instant{5}));
        QVERIFY(!pool.add(convict(1), a, m, {}, Instant{9}));
        QVERIFY(pool.add(convict(2), a, m, {}, kNever));
        QVERIFY(!pool.add(convict(7), a, m, {}, kNever));
        QVERIFY(pool.next_deadline() == Instant{5});
        QCOMPARE(pool.take(1).size(), std::size_t(1));
        QVERIFY(pool.has_unproposed());
        QCOMPARE(pool.take(4).size(), std::size_t(1));
        QVERIFY(!pool.has_unproposed());
        pool.forget_proposed();
        QVERIFY(m.apply(convict(1)));
        pool.prune(m);
        QCOMPARE(pool.size(), std::size_t(1));
        QVERIFY(pool.next_deadline() == kNever);
    }

    // A stream of ENROLs over one sleeper holds one place, and passes at a pace.
    void enrols_of_one_slot_replace_each_other() {
        message::Config c;
        c.members.push_back({SlotId(1), Incarnation(0), message::MemberState::Asleep, {}, {}});
        const Membership m(c);
        SystemPool pool;
        const PrincipalId host = controller_of(HostId(1));
        Instant now{1};
        for (std::uint32_t i = 1; i <= 100; ++i, now = now + milliseconds(10))
            pool.add(enrol(1, i), host, m, now, kNever);
        QCOMPARE(pool.size(), std::size_t(1));
        QCOMPARE(pool.take(4).size(), std::size_t(1)); // The one at 500 ms replaced the first.
        QVERIFY(!pool.add(enrol(1, 2), host, m, now + seconds(8), kNever));
        QVERIFY(pool.add(enrol(1, 200), host, m, now + seconds(9), kNever));
        QCOMPARE(pool.size(), std::size_t(1));
    }
};

} // namespace zz::agreement

QTEST_APPLESS_MAIN(zz::agreement::RequestPoolTest)
#include "request_pool_test.moc"
