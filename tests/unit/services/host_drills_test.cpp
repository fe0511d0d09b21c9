// SPDX-License-Identifier: Apache-2.0
// A zz-host's own part of drills (ZZ-10.1): its relay misbehaves while the lease holds, never
// longer; drills are listed; none without leave of the cluster file.
#include "backend/services/drill_json.h"
#include "backend/services/host_drills.h"

#include <QTest>

#include <set>

namespace zz::services {
namespace {

constexpr Instant kNow{1'000'000'000};

telemetry::CommandBody start_of(const std::string& id, const std::string& name, HostId target) {
    drill::Order order;
    order.id = id;
    order.name = name;
    order.target = principal(target);
    telemetry::CommandBody body;
    auto& start = *body.mutable_drill_start();
    start.set_id(id);
    start.set_name(name);
    start.set_lease_ms(5000);
    start.set_parameters(orders_text({order}));
    return body;
}

} // namespace

class HostDrillsTest : public QObject {
    Q_OBJECT

    cluster::Cluster cluster_;
    std::set<PrincipalId> linked_;

    HostDrills of_host(HostId host) {
        return {cluster_, host,
                [this](const transport::Peer& peer) { return linked_.contains(peer.principal); }};
    }

  private Q_SLOTS:
    void init() { cluster_.drills = true; }

    void a_lease_ends_it() {
        HostDrills drills = of_host(HostId(2));
        QVERIFY(bool(drills.take(start_of("d1", "host-stop", HostId(2)), kNow, 7)));
        QVERIFY(drills.relay() == RelayPlay::Shut);
        QVERIFY(drills.wake_at() == kNow + seconds(5));
        auto told = drills.look(kNow);
        QVERIFY(told.size() == 1 && told[0].begun && told[0].text == "d1 host-stop");
        const auto list = drills.list(kNow + seconds(1));
        QVERIFY(list.size() == 1 && list[0].lease_ms() == 4000 && list[0].started_wall_ns() == 7);
        told = drills.look(kNow + seconds(5));
        QVERIFY(told.size() == 1 && !told[0].begun && told[0].text == "d1 lease ended");
        QVERIFY(drills.relay() == RelayPlay::Honest && drills.list(kNow + seconds(5)).empty());
    }

    void stop_ends_it_and_only_it() {
        HostDrills drills = of_host(HostId(2));
        QVERIFY(bool(drills.take(start_of("d1", "host-lie", HostId(2)), kNow, 0)));
        QVERIFY(drills.relay() == RelayPlay::Garbles);
        QVERIFY(!drills.take(start_of("d2", "host-stop", HostId(2)), kNow, 0));
        telemetry::CommandBody stop;
        stop.mutable_drill_stop()->set_id("d2");
        QVERIFY(bool(drills.take(stop, kNow, 0)));
        QVERIFY(drills.relay() == RelayPlay::Garbles);
        stop.mutable_drill_stop()->set_id("d1");
        QVERIFY(bool(drills.take(stop, kNow, 0)));
        QVERIFY(drills.relay() == RelayPlay::Honest);
        QCOMPARE(drills.look(kNow).back().text, "d1 stopped");
    }

    // The same drill comes once for each application of the host.
    void another_hosts_drill_is_only_listed() {
        HostDrills drills = of_host(HostId(3));
        QVERIFY(bool(drills.take(start_of("d1", "host-stop", HostId(2)), kNow, 0)));
        QVERIFY(drills.relay() == RelayPlay::Honest && drills.list(kNow).size() == 1);
        QVERIFY(bool(drills.take(start_of("d2", "host-stop", HostId(3)), kNow, 0)));
        QVERIFY(bool(drills.take(start_of("d2", "host-stop", HostId(3)), kNow, 0)));
        QCOMPARE(drills.look(kNow).size(), std::size_t(1));
        telemetry::CommandBody all;
        all.mutable_drill_stop_all();
        QVERIFY(bool(drills.take(all, kNow, 0)));
        QVERIFY(drills.relay() == RelayPlay::Honest && drills.list(kNow).empty());
    }

    void none_without_leave_and_none_that_is_malformed() {
        cluster_.drills = false;
        HostDrills drills = of_host(HostId(2));
        QVERIFY(!drills.take(start_of("d1", "host-stop", HostId(2)), kNow, 0));
        cluster_.drills = true;
        auto body = start_of("d1", "host-stop", HostId(2));
        body.mutable_drill_start()->set_parameters("[{]");
        QVERIFY(!drills.take(body, kNow, 0));
        QVERIFY(drills.relay() == RelayPlay::Honest && drills.list(kNow).empty());
    }

    // E1.0 was replaced a moment ago: whoever aims at it still is told, and nothing is listed.
    void an_order_that_reaches_nobody_is_refused() {
        auto& app = cluster_.applications.emplace_back();
        app.name = "A";
        app.execution.emplace_back().id = SlotId(1);
        app.execution.back().host = HostId(2);
        const auto old = principal(ExecutionId{SlotId(1), Incarnation(0)});
        linked_ = {principal(ExecutionId{SlotId(1), Incarnation(1)})};
        auto body = start_of("d1", "silent", HostId(2));
        drill::Order order;
        order.id = "d1";
        order.name = "silent";
        order.target = old;
        body.mutable_drill_start()->set_parameters(orders_text({order}));
        HostDrills drills = of_host(HostId(2));
        const Status refused = drills.take(body, kNow, 0);
        QVERIFY(!refused && refused.error().text.starts_with("A.E1.0 is not linked"));
        QVERIFY(drills.list(kNow).empty());
        QVERIFY(bool(of_host(HostId(3)).take(body, kNow, 0))); // another host's matter
        body.mutable_drill_start()->set_force(true);
        QVERIFY(bool(drills.take(body, kNow, 0)));
        body.mutable_drill_start()->set_force(false);
        linked_ = {old};
        QVERIFY(bool(drills.take(body, kNow, 0)));
    }

    void the_list_is_bounded() {
        HostDrills drills = of_host(HostId(2));
        for (std::size_t i = 0; i <= kListedDrillsMax; ++i)
            QVERIFY(
                bool(drills.take(start_of("d" + std::to_string(i), "silent", HostId(9)), kNow, 0)));
        QCOMPARE(drills.list(kNow).size(), kListedDrillsMax);
    }
};

} // namespace zz::services

QTEST_APPLESS_MAIN(zz::services::HostDrillsTest)
#include "host_drills_test.moc"
