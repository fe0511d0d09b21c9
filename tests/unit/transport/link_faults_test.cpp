// SPDX-License-Identifier: Apache-2.0
// Faults of links for drills (ZZ-10.2): who is cut off from whom, what is late, what is lost, and
// that a host can always be heard; then over real links.
#include <QTest>

#include <algorithm>

#include "protocol/transport/link_faults.h"
#include "protocol/transport/routed.h"
#include "tests/unit/transport/transport_support.h"

namespace zz::transport {
namespace {

constexpr Instant kNow{1'000'000'000};

Blob some() {
    return Blob(bytes_of("frame"));
}
Peer host_peer() {
    return peer(principal(HostId(1)));
}
// As a service and its host exchange it.
Blob routed(const PrincipalId& from, const PrincipalId& to) {
    return encode({ApplicationId(0), from, to, some()});
}

const PrincipalId kA1 = principal(AgreementId(1)), kA2 = principal(AgreementId(2));
const PrincipalId kE1 = principal(ExecutionId{SlotId(1), Incarnation(0)});
const PrincipalId kE2 = principal(ExecutionId{SlotId(2), Incarnation(0)});

} // namespace

class LinkFaultsTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void a_cut_link_is_cut_both_ways_and_others_are_not() {
        LinkFaults faults;
        QVERIFY(!faults.active());
        LinkFault fault;
        fault.far = {execution_peer(1, 0)};
        fault.cut = true;
        faults.set(fault);
        Blob frame = some();
        QVERIFY(!faults.passes_out(kNow, execution_peer(1, 0), frame));
        QVERIFY(!faults.passes_out(kNow, execution_peer(1, 7), frame)); // its successor
        QVERIFY(faults.passes_out(kNow, execution_peer(2, 0), frame));
        Received in{execution_peer(1, 0), some(), {}};
        QVERIFY(!faults.passes_in(kNow, in));
        Received other{agreement_peer(1), some(), {}};
        QVERIFY(faults.passes_in(kNow, other));
        QCOMPARE(faults.lost(), std::uint64_t(3));
        faults.clear();
        QVERIFY(!faults.active() && faults.passes_out(kNow, execution_peer(1, 0), frame));
    }

    // What goes through the relay belongs to whoever is at its end; what is for the host passes.
    void the_relay_is_a_way_not_an_end() {
        LinkFaults faults;
        LinkFault fault;
        fault.cut = true;
        faults.set(fault);
        Blob relayed = routed(kE1, kE2);
        QVERIFY(!faults.passes_out(kNow, host_peer(), relayed));
        Blob own = routed(kE1, principal(HostId(1)));
        QVERIFY(faults.passes_out(kNow, host_peer(), own));
        Received command{host_peer(), routed(principal(HostId(1)), kE1), {}};
        QVERIFY(faults.passes_in(kNow, command));
        Received of_another{host_peer(), routed(kE2, kE1), {}};
        QVERIFY(!faults.passes_in(kNow, of_another));
    }

    void what_is_late_keeps_its_order_and_comes_when_due() {
        LinkFaults faults;
        LinkFault fault;
        fault.delay = milliseconds(50);
        faults.set(fault);
        for (const std::uint32_t id : {1U, 2U}) {
            Blob frame = some();
            QVERIFY(!faults.passes_out(kNow + milliseconds(id), agreement_peer(id), frame));
        }
        QVERIFY(faults.wake_at() == kNow + milliseconds(51));
        QVERIFY(faults.take_out(kNow + milliseconds(50)).empty());
        const auto first = faults.take_out(kNow + milliseconds(51));
        QVERIFY(first.size() == 1 && first[0].link == agreement_peer(1));
        // The end of the drill sets free what it held back.
        faults.clear();
        QVERIFY(faults.active());
        const auto rest = faults.take_out(kNow + milliseconds(51));
        QVERIFY(rest.size() == 1 && rest[0].link == agreement_peer(2));
        QVERIFY(!faults.active());
    }

    void loss_follows_its_seed() {
        const auto lost = [](std::uint64_t seed) {
            LinkFaults faults;
            LinkFault fault;
            fault.loss_percent = 30;
            fault.seed = seed;
            faults.set(fault);
            std::string out;
            for (int i = 0; i < 1000; ++i) {
                Blob frame = some();
                out += faults.passes_out(kNow, agreement_peer(1), frame) ? '1' : '0';
            }
            return out;
        };
        QCOMPARE(lost(5), lost(5));
        QVERIFY(lost(5) != lost(6));
        const std::string drawn = lost(5);
        const auto count = std::count(drawn.begin(), drawn.end(), '0');
        QVERIFY(count > 200 && count < 400);
    }

    void the_held_are_bounded() {
        LinkFaults faults;
        LinkFault fault;
        fault.delay = seconds(100);
        faults.set(fault);
        for (std::size_t i = 0; i < kDelayedFramesMax + 10; ++i) {
            Blob frame = some();
            QVERIFY(!faults.passes_out(kNow, agreement_peer(1), frame));
        }
        QCOMPARE(faults.take_out(kNow).size(), std::size_t(10));
    }

    void over_real_links() {
        Context context;
        Node a(context, agreement_peer(1));
        Node b(context, agreement_peer(2));
        a.listen();
        b.dial(a);
        QVERIFY(until({&a, &b}, [&] { return a.saw(b.name, PeerChange::Seen); }));
        LinkFault fault;
        fault.cut = true;
        a.transport->set_link_fault(fault);
        QVERIFY(b.transport->send(a.name, some()) && a.transport->send(b.name, some()));
        QVERIFY(until({&a, &b}, [&] { return a.transport->counters().lost_by_drill == 2; }));
        QVERIFY(a.frames.empty() && b.frames.empty());
        fault.cut = false;
        fault.delay = milliseconds(30);
        a.transport->set_link_fault(fault);
        QVERIFY(b.transport->send(a.name, some()) && a.transport->send(b.name, some()));
        QVERIFY(until({&a, &b}, [&] { return a.frames.size() == 1 && b.frames.size() == 1; }));
        a.transport->clear_link_fault();
        QVERIFY(b.transport->send(a.name, some()));
        QVERIFY(until({&a, &b}, [&] { return a.frames.size() == 2; }));
    }
};

} // namespace zz::transport

QTEST_APPLESS_MAIN(zz::transport::LinkFaultsTest)
#include "link_faults_test.moc"
