// SPDX-License-Identifier: Apache-2.0
// A recording that was never recorded: a test says who told what in which second, and a Session
// opens the file. One application on four hosts; every host, replica and controller tells its facts
// each second unless it is silent.
#pragma once

#include <QString>
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "console/model/session.h"
#include "protocol/cluster/generate.h"
#include "protocol/telemetry/session_file.h"
#include "protocol/telemetry/version.h"

namespace zz::console {

struct Story {
    static constexpr std::int64_t kBegin = 1'764'072'271 * kNs;

    cluster::Cluster cluster;
    std::map<std::uint32_t, std::uint32_t> slots{{1, 1}, {2, 1}, {3, 2}}; // active, active, asleep
    std::map<std::uint32_t, std::uint32_t> incarnations;
    std::set<std::uint32_t> silent_hosts; // nothing of them is heard
    std::set<PrincipalId> silent;         // of the others
    std::vector<std::pair<std::int64_t, telemetry::Update>> said;
    std::uint64_t number = 0;

    // False: there is no such data center.
    bool make() {
        cluster::GenerateOptions options;
        options.applications = cluster::default_applications(1);
        auto made = cluster::generate(options);
        if (made)
            cluster = made->cluster;
        return static_cast<bool>(made);
    }
    static std::int64_t at(double second) {
        return kBegin + static_cast<std::int64_t>(second * 1e9);
    }

    std::uint32_t host_of(const PrincipalId& who) const {
        const auto& app = cluster.applications.front();
        if (who.role == Role::Execution)
            return app.slot(SlotId(who.index))->host.value;
        for (const auto& one : app.agreement)
            if (who.role == Role::Agreement && one.id.value == who.index)
                return one.host.value;
        return who.index; // hosts and controllers
    }

    // What everybody tells from this second up to that one.
    void seconds(int from, int until) {
        for (int second = from; second < until; ++second) {
            for (const auto& host : cluster.hosts) {
                telemetry::Update update;
                update.mutable_heartbeat()->set_host(host.id.value);
                put(second, host.id.value, std::move(update));
            }
            for (const auto& one : cluster.applications.front().agreement)
                facts(second, {Role::Agreement, one.id.value, 0});
            for (const auto& [slot, state] : slots)
                if (state == 1)
                    facts(second, {Role::Execution, slot, incarnations[slot]});
        }
    }

    telemetry::Event& tell(double second, telemetry::EventKind kind, const PrincipalId& who,
                           const PrincipalId& subject, const std::string& text = {}) {
        telemetry::Update update;
        auto& event = *update.mutable_event();
        name(who, *event.mutable_source());
        event.set_kind(kind);
        event.set_number(++number);
        event.set_wall_ns(at(second));
        event.set_text(text);
        name(subject, *event.mutable_subject());
        said.emplace_back(at(second), std::move(update));
        said.back().second.set_host(host_of(who));
        return *said.back().second.mutable_event();
    }

    // Into this file, and from there into the session.
    Status open(Session& session, const QString& path) {
        std::stable_sort(said.begin(), said.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        telemetry::SessionHeader header;
        header.set_protocol(telemetry::kTelemetryVersion);
        header.set_started_wall_ns(kBegin);
        header.set_cluster_file(cluster::to_toml(cluster));
        auto writer = telemetry::SessionWriter::create(path.toStdString(), header);
        if (!writer)
            return writer.error();
        for (const auto& [at_ns, update] : said)
            if (const Status added = writer->add(at_ns, update); !added)
                return added;
        if (const Status closed = writer->close(said.back().first, 0); !closed)
            return closed;
        return session.openFile(path);
    }

  private:
    static void name(const PrincipalId& who, telemetry::Principal& out) {
        out.set_role(static_cast<std::uint32_t>(who.role));
        out.set_index(who.index);
        out.set_incarnation(who.incarnation);
    }
    void name(const PrincipalId& who, telemetry::Source& out) const {
        name(who, *out.mutable_principal());
        out.set_host(host_of(who));
        const bool of_application = who.role == Role::Agreement || who.role == Role::Execution;
        out.set_application(of_application ? 1 : 0);
    }
    void put(double second, std::uint32_t host, telemetry::Update update) {
        if (silent_hosts.contains(host))
            return;
        update.set_host(host);
        said.emplace_back(at(second), std::move(update));
    }
    void facts(int second, const PrincipalId& who) {
        if (silent.contains(who))
            return;
        telemetry::Update update;
        auto& facts = *update.mutable_facts();
        name(who, *facts.mutable_source());
        facts.set_wall_ns(at(second));
        if (who.role == Role::Execution) {
            facts.mutable_execution()->set_slot(who.index);
            facts.mutable_execution()->set_incarnation(who.incarnation);
            facts.mutable_execution()->set_complete(true);
        } else {
            facts.mutable_agreement()->set_view_active(true);
            facts.mutable_agreement()->set_configuration(1);
            for (const auto& [slot, state] : slots) {
                auto& one = *facts.mutable_agreement()->add_slots();
                one.set_slot(slot);
                one.set_incarnation(incarnations[slot]);
                one.set_state(state);
            }
        }
        put(second, host_of(who), std::move(update));
    }
};

} // namespace zz::console
