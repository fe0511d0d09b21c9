// SPDX-License-Identifier: Apache-2.0
// ZZ-10.1: a drill ends by itself with its lease; orders that make no sense are refused with words
// that help.
#include <QtTest>

#include <set>

#include "backend/drill/drill_host.h"
#include "tests/unit/drill/behaviour_support.h"

Q_DECLARE_METATYPE(zz::drill::Order)
Q_DECLARE_METATYPE(zz::PrincipalId)

namespace zz::drill::test {

namespace {

std::string refusal(const Order& order, const PrincipalId& self) {
    DrillHost host(at(self));
    const Status status = host.start(order, kStart, SequenceNumber(0));
    return status ? "started" : status.error().text;
}

core::Send a_report() {
    return send_of(all_agreement(), report_of(executed(kN)));
}

} // namespace

class DrillHostTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void without_a_drill_nothing_changes();
    void a_lease_ends_a_drill();
    void a_lease_is_renewed();
    void stop_sends_what_was_held_back();
    void a_drill_that_is_done_ends();
    void one_drill_at_a_time();
    void a_start_repeated_renews();
    void a_drill_begins_above_what_was_reached();
    void results_pass_through_the_host();
    void a_shell_may_own_a_forwarder();
    void unknown_names_and_wrong_targets_are_refused_data();
    void unknown_names_and_wrong_targets_are_refused();
    void every_entry_of_the_catalogue_can_be_played();
    void orders_follow_a_plan();
    void orders_follow_a_plain_drill();
};

void DrillHostTest::without_a_drill_nothing_changes() {
    DrillHost host(at(executor(1)));
    QCOMPARE(passed(host, {a_report()}).size(), std::size_t(1));
    QVERIFY(host.admits(kStart, from(orderer(1), message::SignRequest{})));
    QVERIFY(host.wake_at() == kNever);
    QVERIFY(!host.running() && !host.crashes() && host.take_ended().empty());
    QVERIFY(!host.stop("d1"));
}

void DrillHostTest::a_lease_ends_a_drill() {
    DrillHost host(at(executor(1)));
    Order order = order_of("crash", executor(1));
    order.lease = seconds(10);
    QVERIFY(bool(host.start(order, kStart, SequenceNumber(0))));
    QVERIFY(host.crashes());
    QVERIFY(host.wake_at() == kStart + seconds(10));
    QVERIFY(passed(host, {a_report()}, kStart + milliseconds(9999)).empty());
    QCOMPARE(passed(host, {a_report()}, kStart + seconds(10)).size(), std::size_t(1));
    QVERIFY(!host.crashes() && !host.running());
    QCOMPARE(host.take_ended(), (std::vector<Ended>{{"d1", "crash", EndCause::LeaseEnded}}));
    QVERIFY(host.take_ended().empty());
}

void DrillHostTest::a_lease_is_renewed() {
    DrillHost host(at(executor(1)));
    Order order = order_of("silent", executor(1));
    order.lease = seconds(10);
    QVERIFY(bool(host.start(order, kStart, SequenceNumber(0))));
    QVERIFY(!host.renew("other", seconds(10), kStart));
    QVERIFY(!host.renew("d1", seconds(0), kStart));
    QVERIFY(bool(host.renew("d1", seconds(10), kStart + seconds(9))));
    QVERIFY(passed(host, {a_report()}, kStart + seconds(18)).empty());
    // Too late: it has ended.
    QVERIFY(!host.renew("d1", seconds(10), kStart + seconds(19)));
    QCOMPARE(host.take_ended().size(), std::size_t(1));
}

void DrillHostTest::stop_sends_what_was_held_back() {
    DrillHost host(at(executor(1)));
    QVERIFY(bool(host.start(order_of("slow", executor(1)), kStart, SequenceNumber(0))));
    QVERIFY(passed(host, {a_report()}).empty());
    QVERIFY(bool(host.stop("d1")));
    QVERIFY(host.wake_at() <= kStart);
    const auto out = passed(host, {send_of({orderer(1)}, report_of(executed(kN + 1)))});
    QCOMPARE(out.size(), std::size_t(2));
    QVERIFY(std::get<message::Report>(out[0].message).n == kN);
    QVERIFY(std::get<message::Report>(out[1].message).n == kN + 1);
    QCOMPARE(host.take_ended(), (std::vector<Ended>{{"d1", "slow", EndCause::Stopped}}));
    QVERIFY(host.wake_at() == kNever);
}

void DrillHostTest::a_drill_that_is_done_ends() {
    DrillHost host(at(executor(1)));
    QVERIFY(bool(host.start(order_of("corrupt-state", executor(1)), kStart, SequenceNumber(0))));
    altered(host, execution::Installed{kN, {}, true});
    passed(host, {});
    QCOMPARE(host.take_ended(), (std::vector<Ended>{{"d1", "corrupt-state", EndCause::Finished}}));
}

void DrillHostTest::one_drill_at_a_time() {
    DrillHost host(at(executor(1)));
    QVERIFY(bool(host.start(order_of("silent", executor(1)), kStart, SequenceNumber(0))));
    Order other = order_of("slow", executor(1));
    other.id = "d2";
    const Status status = host.start(other, kStart, SequenceNumber(0));
    QVERIFY(!status);
    QVERIFY2(status.error().text.find("d1") != std::string::npos, status.error().text.c_str());
    host.stop_all();
    QVERIFY(bool(host.start(other, kStart, SequenceNumber(0))));
    QCOMPARE(host.running()->id, std::string("d2"));
}

// An order may come twice, because the operator's side repeats what was not answered.
void DrillHostTest::a_start_repeated_renews() {
    DrillHost host(at(executor(1)));
    Order order = order_of("silent", executor(1));
    QVERIFY(bool(host.start(order, kStart, SequenceNumber(0))));
    QVERIFY(bool(host.start(order, kStart + seconds(30), kN + 5)));
    QVERIFY(host.running()->ends == kStart + seconds(90));
    order.name = "slow";
    QVERIFY(!host.start(order, kStart, SequenceNumber(0)));
    QCOMPARE(host.running()->name, std::string("silent"));
}

void DrillHostTest::a_drill_begins_above_what_was_reached() {
    DrillHost host(at(executor(1)));
    const Order order = order_of("silent", executor(1));
    const Status status = host.start(order, kStart, kN);
    QVERIFY(!status);
    QVERIFY2(status.error().text.find("begin above it") != std::string::npos,
             status.error().text.c_str());
    QVERIFY(!host.running());
    QVERIFY(bool(host.start(order, kStart, kN - 1)));
}

void DrillHostTest::results_pass_through_the_host() {
    DrillHost host(at(executor(1)));
    const execution::Executed done = executed(kN);
    QVERIFY(std::get<execution::Executed>(altered(host, done)).digest == done.digest);
    QVERIFY(bool(host.start(order_of("wrong-reply", executor(1)), kStart, SequenceNumber(0))));
    QVERIFY(std::get<execution::Executed>(altered(host, done)).digest != done.digest);
    QVERIFY(std::get<execution::Executed>(altered(host, done, kStart + seconds(60))).digest ==
            done.digest);
}

void DrillHostTest::a_shell_may_own_a_forwarder() {
    DrillHost host(at(executor(1)));
    const std::unique_ptr<core::Wrapper> wrapper = host.wrapper();
    QCOMPARE(passed(*wrapper, {a_report()}).size(), std::size_t(1));
    QVERIFY(bool(host.start(order_of("silent", executor(1)), kStart, SequenceNumber(0))));
    QVERIFY(passed(*wrapper, {a_report()}).empty());
    QVERIFY(wrapper->wake_at() == host.wake_at());
}

void DrillHostTest::unknown_names_and_wrong_targets_are_refused_data() {
    QTest::addColumn<Order>("order");
    QTest::addColumn<PrincipalId>("self");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* tag, const Order& order, const PrincipalId& self,
                        const char* words) { QTest::newRow(tag) << order << self << words; };
    row("unknown", order_of("be-evil", executor(1)), executor(1), "no drill 'be-evil'");
    row("role of execution", order_of("wrong-reply", orderer(1)), orderer(1),
        "is for execution replicas; A1 is an agreement replica");
    row("role of agreement", order_of("equivocate-primary", executor(1)), executor(1),
        "is for agreement replicas");
    row("both roles", order_of("silent", principal(ClientId(1))), principal(ClientId(1)),
        "is for execution replicas and agreement replicas; client 1 is a client");
    row("another's", order_of("silent", executor(2)), executor(1), "but this is E1");
    row("another incarnation", order_of("silent", executor(1)), executor(1, 1), "but this is");
    const auto changed = [&](const char* tag, auto change, const char* words) {
        Order order = order_of("slow", executor(1));
        change(order);
        row(tag, order, executor(1), words);
    };
    changed(
        "id", [](Order& o) { o.id.clear(); }, "id has 0 bytes");
    changed(
        "long id", [](Order& o) { o.id.assign(65, 'x'); }, "id has 65 bytes");
    changed(
        "lease", [](Order& o) { o.lease = seconds(3601); }, "1000 to 3600000 ms");
    changed(
        "delay", [](Order& o) { o.delay = Duration(0); }, "the delay is 0 ms");
    changed(
        "negative delay", [](Order& o) { o.delay = -seconds(1); }, "the delay is -1000 ms");
    changed(
        "interval", [](Order& o) { o.interval = Duration(1); }, "the interval is 0 ms");
    changed(
        "wrong", [](Order& o) { o.wrong = 65; }, "from 1 to 64");
    changed(
        "copies", [](Order& o) { o.copies = 0; }, "0 copies");
    changed(
        "client", [](Order& o) { o.client = ClientId(0); }, "client 0");

    Order lie = order_of("matrix", executor(1));
    row("sends", lie, executor(1), "0 agreement replicas, there are 4");
    lie.sends.assign(4, Saying{Saying::What::Nothing, 2});
    row("saying", lie, executor(1), "wrong digests are numbered");
    lie.sends.assign(4, Saying::lie(65));
    row("number of saying", lie, executor(1), "wrong digests are numbered");
    lie.sends.assign(4, Saying::truth());
    lie.from_n = SequenceNumber(0);
    row("no number", lie, executor(1), "from_n is 0");
    Order claim = order_of("matrix", orderer(4));
    row("no claims", claim, orderer(4), "it claims nothing");
    claim.claims = {{SlotId(4), Saying::truth()}};
    row("claimed slot", claim, orderer(4), "E4; there are E1 to E3");
    claim.claims = {{SlotId(1), Saying::truth()}};
    claim.liars = {SlotId(0)};
    row("lying slot", claim, orderer(4), "not E1 to E3");
}

void DrillHostTest::unknown_names_and_wrong_targets_are_refused() {
    QFETCH(Order, order);
    QFETCH(PrincipalId, self);
    QFETCH(QString, words);
    const std::string text = refusal(order, self);
    QVERIFY2(QString::fromStdString(text).contains(words), text.c_str());
}

void DrillHostTest::every_entry_of_the_catalogue_can_be_played() {
    std::set<std::string_view> names;
    for (const CatalogEntry& entry : catalog()) {
        QVERIFY(names.insert(entry.name).second);
        QVERIFY(!entry.text.empty());
        QVERIFY(entry.execution || entry.agreement || entry.client || entry.host);
        for (const PrincipalId& target : {executor(2), orderer(2), principal(ClientId(2))}) {
            Order order = order_of(std::string(entry.name), target);
            order.sends.assign(4, Saying::truth());
            order.claims = {{SlotId(1), Saying::truth()}};
            QCOMPARE(bool(make_behaviour(order, at(target))), entry.allows(target.role));
        }
    }
}

// ZZ-10.3: the talk's blocking matrix with E1 and A4 as liars, E1 living in incarnation 3.
void DrillHostTest::orders_follow_a_plan() {
    MatrixPlan plan;
    plan.execution = {{SlotId(1),
                       {Saying::truth(), Saying::lie(1), Saying::lie(1), Saying::lie(1)},
                       Saying::lie(1),
                       Saying::lie(1)}};
    plan.agreement = {{AgreementId(4), {{SlotId(1), Saying::lie(1)}, {SlotId(2), Saying::lie(1)}}}};
    Order common = order_of("", {});
    const auto orders = orders_for(plan, common, {{SlotId(1), Incarnation(3)}});
    QCOMPARE(orders.size(), std::size_t(2));
    QVERIFY(orders[0].target == executor(1, 3));
    QCOMPARE(orders[0].sends, plan.execution[0].sends);
    QVERIFY(orders[1].target == orderer(4));
    QVERIFY(orders[1].claims == plan.agreement[0].claims);
    QCOMPARE(orders[1].liars, std::vector{SlotId(1)});
    for (const Order& order : orders) {
        QVERIFY(order.name == "matrix" && order.id == "d1" && order.from_n == kN);
        QVERIFY(bool(make_behaviour(order, at(order.target))));
    }
}

void DrillHostTest::orders_follow_a_plain_drill() {
    const PlainDrill drill{"slow", {executor(2), orderer(1)}, milliseconds(700)};
    const auto orders = orders_for(drill, order_of("", {}), {});
    QCOMPARE(orders.size(), std::size_t(2));
    QVERIFY(orders[0].target == executor(2) && orders[1].target == orderer(1));
    QVERIFY(orders[0].delay == milliseconds(700) && orders[1].name == "slow");
}

} // namespace zz::drill::test

QTEST_APPLESS_MAIN(zz::drill::test::DrillHostTest)
#include "drill_host_test.moc"
