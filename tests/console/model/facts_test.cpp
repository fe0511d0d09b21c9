// SPDX-License-Identifier: Apache-2.0
// What the console shows as so is what f+1 agreement replicas say: not one that says it often, nor
// a host that speaks for others, nor somebody whose word it is not.
#include "console/core/believed.h"
#include "console/model/alerts.h"
#include "console/model/cluster_view.h"
#include "console/model/disputes.h"
#include "protocol/cluster/generate.h"
#include "protocol/outline/outline.h"
#include "protocol/telemetry/session_file.h"
#include "protocol/telemetry/version.h"

#include <QtTest>

namespace zz::console {

namespace {

constexpr std::int64_t kStart = 1'700'000'000 * kNs;

cluster::Cluster some_cluster() {
    cluster::GenerateOptions options;
    options.applications = cluster::default_applications(1);
    options.base_port = 20'000;
    return cluster::generate(options).value().cluster;
}

telemetry::Source source_of(std::uint32_t host, Role role, std::uint32_t index) {
    telemetry::Source out;
    out.set_host(host);
    out.set_application(role == Role::Controller || role == Role::Host ? 0 : 1);
    out.mutable_principal()->set_role(static_cast<std::uint32_t>(role));
    out.mutable_principal()->set_index(index);
    return out;
}

telemetry::Update said(std::uint32_t host, Role role, std::uint32_t index) {
    telemetry::Update out;
    out.set_host(host);
    *out.mutable_facts()->mutable_source() = source_of(host, role, index);
    return out;
}

// Ai, of host i, tells that E1 is so.
telemetry::Update told(std::uint32_t i, telemetry::EventKind kind, Role role = Role::Agreement) {
    static std::uint64_t number = 0;
    telemetry::Update out;
    out.set_host(i);
    auto& event = *out.mutable_event();
    *event.mutable_source() = source_of(i, role, i);
    event.set_number(++number);
    event.set_kind(kind);
    event.set_wall_ns(kStart + static_cast<std::int64_t>(number) * 1'000'000);
    event.set_n(5);
    event.set_vote(1);
    *event.mutable_subject() = source_of(1, Role::Execution, 1).principal();
    return out;
}

// Ai tells its own column: a letter for each of these members.
telemetry::Update column(std::uint32_t i, const std::vector<Dispute::Member>& members,
                         const std::string& letters, std::uint32_t whose = 0) {
    telemetry::Update out = told(i, telemetry::COLUMN_OF);
    auto& event = *out.mutable_event();
    *event.mutable_subject() = source_of(i, Role::Agreement, whose == 0 ? i : whose).principal();
    for (std::size_t k = 0; k < members.size(); ++k) {
        auto& entry = *event.add_columns();
        entry.set_slot(members[k].first);
        entry.set_incarnation(members[k].second);
        entry.set_state(2);
        entry.set_digest(std::string(Digest::size, letters[k]));
    }
    return out;
}

Arrival arrival(const telemetry::Update& update, std::int64_t at_ns = kStart) {
    Arrival out;
    out.at_ns = at_ns;
    out.update = std::make_shared<const telemetry::Update>(update);
    return out;
}

EventRecord record(const telemetry::Update& update) {
    EventRecord out;
    out.update = std::make_shared<const telemetry::Update>(update);
    out.kind = update.event().kind();
    out.wall_ns = update.event().wall_ns();
    return out;
}

} // namespace

class FactsTest : public QObject {
    Q_OBJECT

    const cluster::Cluster cluster_ = some_cluster();
    const telemetry::ClusterFacts outline_ = outline::describe(cluster_);
    QTemporaryDir dir_;

  private Q_SLOTS:
    void who_says_it_twice_is_one() {
        State state;
        for (std::uint32_t i = 1; i <= 4; ++i) {
            auto update = said(i, Role::Agreement, i);
            auto& facts = *update.mutable_facts()->mutable_agreement();
            for (std::uint32_t slot = 1; slot <= 3; ++slot) {
                auto& entry = *facts.add_slots();
                entry.set_slot(slot);
                entry.set_state(slot == 3 ? 2 : 1);
            }
            for (int times = 0; i == 4 && times < 2; ++times) {
                facts.add_unresponsive()->set_slot(2);
                facts.add_awake()->set_slot(3);
                facts.add_convictions()->set_slot(1);
            }
            state.apply(arrival(update));
        }
        const auto app = cluster_now(cluster_, state, kStart).applications[0];
        QCOMPARE(app.execution[1].state, ReplicaState::Active);
        QVERIFY(!app.execution[2].awake);
        QVERIFY(app.convictions.empty());
    }

    // Half of the replicas have told of the change: the rows are those of the number.
    void of_two_configurations_the_newer_holds() {
        State state;
        for (std::uint32_t i = 1; i <= 4; ++i) {
            auto update = said(i, Role::Agreement, i);
            auto& facts = *update.mutable_facts()->mutable_agreement();
            facts.set_configuration(i <= 2 ? 4 : 3);
            for (std::uint32_t slot = 1; slot <= 3; ++slot) {
                auto& entry = *facts.add_slots();
                entry.set_slot(slot);
                entry.set_incarnation(slot == 1 ? 1 : 0);
                entry.set_state(slot == 3 || (slot == 1) == (i <= 2) ? 1 : 2);
            }
            state.apply(arrival(update));
        }
        const auto app = cluster_now(cluster_, state, kStart).applications[0];
        QCOMPARE(app.configuration, std::optional<std::uint64_t>(4));
        QCOMPARE(app.execution[0].state, ReplicaState::Active);
        QVERIFY(is_asleep(app.execution[1].state));
    }

    void a_host_speaks_for_its_own_alone() {
        const auto is_believed = [&](const telemetry::Update& update) {
            return believed(outline_, std::make_shared<const telemetry::Update>(update)).update !=
                   nullptr;
        };
        auto own = said(2, Role::Agreement, 2), foreign = said(2, Role::Agreement, 3);
        own.mutable_facts()->mutable_agreement();
        foreign.mutable_facts()->mutable_agreement();
        QVERIFY(is_believed(own));
        QVERIFY(!is_believed(foreign));
        foreign.mutable_facts()->mutable_source()->set_host(3); // it says whose it is
        QVERIFY(!is_believed(foreign));
        own.mutable_facts()->mutable_controller(); // of another kind than its source
        QVERIFY(!is_believed(own));
        // A controller tells of the machines of its host, and of no others.
        for (const auto& slot : cluster_.applications[0].execution) {
            auto machines = said(2, Role::Controller, 2);
            auto& machine = *machines.mutable_facts()->mutable_controller()->add_machines();
            *machine.mutable_principal() = source_of(2, Role::Execution, slot.id.value).principal();
            QCOMPARE(is_believed(machines), slot.host == HostId(2));
        }
        telemetry::Update event = told(2, telemetry::DEVIATION);
        QVERIFY(is_believed(event));
        event.set_host(3);
        QVERIFY(!is_believed(event));
        telemetry::Update snapshot;
        snapshot.set_host(2);
        for (std::uint32_t i = 1; i <= 4; ++i) {
            auto& facts = *snapshot.mutable_snapshot()->add_sources();
            *facts.mutable_source() = source_of(2, Role::Agreement, i);
            facts.mutable_agreement();
        }
        const auto rest = believed(outline_, std::make_shared<const telemetry::Update>(snapshot));
        QCOMPARE(rest.dropped, std::size_t{3});
        QCOMPARE(rest.update->snapshot().sources_size(), 1);
        QCOMPARE(rest.update->snapshot().sources(0).source().principal().index(), 2U);
    }

    void a_conviction_is_one_once_f_plus_one_told_it() {
        DisputeBook book(&cluster_);
        book.take(record(column(1, {{1, 0}, {2, 0}}, "PQ")));
        for (const Role role : {Role::Client, Role::Execution, Role::Agreement})
            book.take(record(told(1, telemetry::CONVICTED, role)));
        QVERIFY(!book.all().front().convicted_ns);
        book.take(record(told(1, telemetry::EPOCH_SETTLED)));
        QVERIFY(!book.all().front().removed_ns);
        book.take(record(told(2, telemetry::CONVICTED)));
        book.take(record(told(2, telemetry::EPOCH_SETTLED)));
        QVERIFY(book.all().front().convicted_ns && book.all().front().removed_ns);
        // Only agreement replicas open one.
        auto other = told(1, telemetry::DEVIATION, Role::Client);
        other.mutable_event()->set_n(6);
        book.take(record(other));
        QCOMPARE(book.all().size(), std::size_t{1});
    }

    // Rows that one column invents push nobody out, and its own word takes the place of hearsay.
    void one_column_makes_no_rows() {
        DisputeBook book(&cluster_);
        const std::vector<Dispute::Member> actives{{1, 0}, {2, 0}};
        for (std::uint32_t i = 1; i <= 3; ++i)
            book.take(record(column(i, actives, "PQ")));
        const std::vector<Dispute::Member> invented{{0, 0}, {1, 7}, {2, 9}, {99, 0}};
        book.take(record(column(4, invented, "XXXX")));
        const Dispute& dispute = book.all().front();
        QVERIFY(dispute.rows() == actives);
        const Faults faults = cluster_.applications[0].faults();
        QCOMPARE(dispute.verdict(faults).kind, matrix::Kind::Blocking);
        book.take(record(column(2, {{3, 0}}, "Z", 4))); // A2 of A4's
        book.take(record(column(4, actives, "PQ")));
        QVERIFY(dispute.rows() == actives);
        DisputeBook heard(&cluster_);
        heard.take(record(column(2, {{3, 0}}, "Z", 4)));
        heard.take(record(column(4, actives, "PQ")));
        QVERIFY(heard.all().front().rows() == actives);
    }

    // An unreplicated application has no matrix, whatever somebody tells of it.
    void without_replicas_there_is_no_dispute() {
        cluster::Cluster one = cluster_;
        one.applications[0].f = 0;
        one.applications[0].mode = cluster::Mode::Unreplicated;
        DisputeBook book(&one);
        book.take(record(column(1, {{1, 0}}, "P")));
        QVERIFY(book.all().empty());
    }

    // Of what had happened until then: it comes again, it is open again.
    void an_acknowledgement_holds_for_what_was() {
        const auto path = dir_.filePath("s.zzs").toStdString();
        telemetry::SessionHeader header;
        header.set_protocol(telemetry::kTelemetryVersion);
        header.set_cluster_file(cluster::to_toml(cluster_));
        auto writer = telemetry::SessionWriter::create(path, header);
        QVERIFY(bool(writer));
        const auto first = told(1, telemetry::CONVICTED), second = told(2, telemetry::CONVICTED);
        QVERIFY(bool(writer->add(first.event().wall_ns(), first)));
        QVERIFY(bool(writer->add(second.event().wall_ns(), second)));
        QVERIFY(bool(writer->close(second.event().wall_ns(), 0)));
        Session session;
        QVERIFY(bool(session.openFile(QString::fromStdString(path))));
        AlertBook book(session);
        book.refresh();
        const auto alerts = book.alerts({});
        QCOMPARE(alerts.size(), std::size_t{1});
        QCOMPARE(alerts[0].last_ns, second.event().wall_ns());
        const auto acknowledged = [&](std::int64_t until_ns) {
            return book.alerts({{alerts[0].key, {until_ns, "me: known"}}})[0].acknowledged;
        };
        QCOMPARE(acknowledged(second.event().wall_ns()), QString("me: known"));
        QVERIFY(acknowledged(first.event().wall_ns()).isEmpty());
        session.seek(first.event().wall_ns());
        book.refresh();
        QVERIFY(book.alerts({}).empty()); // one voice
    }
};

} // namespace zz::console

QTEST_GUILESS_MAIN(zz::console::FactsTest)
#include "facts_test.moc"
