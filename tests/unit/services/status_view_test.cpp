// SPDX-License-Identifier: Apache-2.0
// `status`: facts are what f+1 agreement replicas say, each told by the host that it lives on; a
// host that lies about others changes nothing.
#include "backend/runtime/clock.h"
#include "backend/services/status_view.h"
#include "protocol/cluster/generate.h"

#include <QTest>

namespace zz::services {
namespace {

void add(telemetry::Snapshot& snapshot, const PrincipalId& who, std::uint32_t told_host,
         std::uint64_t view, std::uint64_t settled) {
    auto& facts = *snapshot.add_sources();
    auto& source = *facts.mutable_source();
    source.set_host(told_host);
    source.set_application(1);
    source.mutable_principal()->set_role(static_cast<std::uint32_t>(who.role));
    source.mutable_principal()->set_index(who.index);
    facts.set_wall_ns(runtime::wall_ns());
    auto& claims = *facts.mutable_agreement();
    claims.set_view(view);
    claims.set_settled(settled);
    claims.set_committed(settled);
    for (std::uint32_t slot = 1; slot <= 3; ++slot) {
        auto& entry = *claims.add_slots();
        entry.set_slot(slot);
        entry.set_state(slot <= 2 ? 1 : 2);
    }
}

} // namespace

class StatusViewTest : public QObject {
    Q_OBJECT

    cluster::Cluster cluster_;
    std::map<HostId, telemetry::Snapshot> snapshots_;

    nlohmann::json app() const { return status_json(cluster_, snapshots_)["applications"][0]; }

  private Q_SLOTS:
    void init() {
        cluster::GenerateOptions options;
        options.applications = {{"A", {}}};
        const auto made = cluster::generate(options);
        QVERIFY2(made, made ? "" : made.error().text.c_str());
        cluster_ = made->cluster;
        snapshots_.clear();
        for (const auto& replica : cluster_.applications[0].agreement)
            add(snapshots_[replica.host], principal(replica.id), replica.host.value, 5,
                100 + replica.id.value);
    }

    void facts_by_f_plus_one() {
        const auto a = app();
        QVERIFY(a["view"] == 5 && a["last_executed"] == 103);
        QVERIFY(a["agreement"][1]["primary"] == true && a["agreement"][0]["state"] == "up");
        QVERIFY(a["agreement"][0]["mute"] == false);
        QVERIFY(a["execution"][0]["state"] == "active" && a["execution"][2]["state"] == "sleeping");
        QVERIFY(a["execution"][2]["spare"] == "paused" && a["execution"][2]["ready"].is_null());
    }

    void too_few_are_unknown() {
        const auto keep = cluster_.applications[0].agreement[0].host;
        std::erase_if(snapshots_, [&](const auto& entry) { return entry.first != keep; });
        const auto a = app();
        QVERIFY(a["view"].is_null() && a["last_executed"].is_null());
        QVERIFY(a["agreement"][0]["state"] == "up" && a["agreement"][1]["state"] == "unknown");
        QVERIFY(a["execution"][0]["state"] == "unknown");
    }

    // Domains and their hypervisor are what the host and its controller say; one that does not
    // answer is unknown, and what it drives too.
    void hypervisor_and_machines() {
        const auto& slot = cluster_.applications[0].execution[2];
        const auto add_source = [&](const PrincipalId& who) -> telemetry::Facts& {
            auto& facts = *snapshots_[slot.host].add_sources();
            facts.mutable_source()->set_host(slot.host.value);
            facts.mutable_source()->mutable_principal()->set_role(
                static_cast<std::uint32_t>(who.role));
            facts.mutable_source()->mutable_principal()->set_index(who.index);
            facts.set_wall_ns(runtime::wall_ns());
            return facts;
        };
        auto& host = *add_source(principal(slot.host)).mutable_host();
        host.set_hypervisor("qemu-tcg");
        auto& machine = *add_source(controller_of(slot.host)).mutable_controller()->add_machines();
        machine.mutable_principal()->set_role(static_cast<std::uint32_t>(Role::Execution));
        machine.mutable_principal()->set_index(3);
        machine.set_state(3);
        const auto entry = [&] {
            return status_json(cluster_, snapshots_)["hosts"][slot.host.value - 1];
        };
        QVERIFY(entry()["hypervisor"] == "qemu-tcg" && entry()["hypervisor_trouble"].is_null());
        QVERIFY(entry()["machines"][0]["name"] == "E3.0");
        QVERIFY(entry()["machines"][0]["state"] == "paused");
        QVERIFY(app()["execution"][2]["machine"] == "paused");
        QVERIFY(app()["execution"][0]["machine"].is_null());
        for (auto& facts : *snapshots_[slot.host].mutable_sources())
            if (facts.has_host())
                facts.mutable_host()->set_hypervisor("unknown: no connection");
        QVERIFY(entry()["hypervisor"] == "unknown");
        QVERIFY(entry()["hypervisor_trouble"] == "no connection");
    }

    // One host tells of the replicas of all others, in their names and as another host.
    void a_host_speaks_for_its_own_replicas() {
        const auto& replicas = cluster_.applications[0].agreement;
        auto& lies = snapshots_[replicas.back().host];
        for (const auto& replica : replicas) {
            add(lies, principal(replica.id), replica.host.value, 9, 999'999);
            add(lies, principal(replica.id), replicas.back().host.value, 9, 999'999);
        }
        lies.set_host(replicas.front().host.value);
        const auto a = app();
        QVERIFY(a["view"] == 5 && a["last_executed"] == 103);
    }
};

} // namespace zz::services

using zz::services::StatusViewTest;
QTEST_GUILESS_MAIN(StatusViewTest)
#include "status_view_test.moc"
