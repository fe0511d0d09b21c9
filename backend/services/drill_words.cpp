// SPDX-License-Identifier: Apache-2.0
#include "backend/services/drill_words.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "backend/runtime/clock.h"
#include "backend/runtime/process.h"
#include "protocol/matrix/classify.h"

namespace zz::services {
namespace {

using nlohmann::json;

bool is_host_drill(const std::string& name) {
    const auto* entry = drill::find_drill(name);
    return entry != nullptr && entry->host;
}
bool is_link_drill(const std::string& name) {
    return name.starts_with("link-");
}

// A replica or a client of the application, by its name.
Result<PrincipalId> find_target(const std::string& text, const DrillSite& site,
                                const json& status) {
    const auto& app = site.application();
    const auto first = [&](const char* list, auto&& is) -> std::string {
        for (const auto& replica : status[list])
            if (is(replica))
                return replica["id"].get<std::string>();
        return {};
    };
    std::string name = text;
    if (text == "active")
        name = first("execution", [](const json& r) { return r["state"] == "active"; });
    else if (text == "primary")
        name = first("agreement", [](const json& r) { return r["primary"] == true; });
    if (name.empty())
        return Error{fmt::format("--target {}: fewer than f+1 agreement replicas say who that is; "
                                 "wait until the application serves",
                                 text)};
    if (const auto* client = app.client(name))
        return principal(client->id);
    auto replica = drill::parse_replica(name, app.faults());
    if (replica)
        return replica;
    std::string clients;
    for (const auto& client : app.clients)
        clients += ", " + client.name;
    return Error{replica.error().text + clients};
}

// Whoever has no process now, or sleeps, takes no order: a drill on it would never begin.
bool takes_orders(const PrincipalId& target, const DrillSite& site, const json& status) {
    if (target.role == Role::Client) {
        const auto* client = site.application().client(ClientId(target.index));
        return client != nullptr && client->host.has_value();
    }
    if (target.role != Role::Execution)
        return true;
    for (const auto& replica : status["execution"])
        if (replica["id"] == fmt::format("E{}", target.index))
            return replica["state"] != "sleeping";
    return false;
}

Result<PlannedPart> plan_matrix_part(const DrillWords& words, DrillSite& site, const json& status,
                                     const drill::Order& common) {
    if (words.file.empty())
        return Error{"a matrix drill needs --file CSV (the form is that of `zzctl classify`)"};
    const drill::Stage stage = site.stage(status);
    const auto text = runtime::read_file(words.file, 1u << 20);
    if (!text)
        return text.error();
    const auto drawn = matrix::parse_csv(text.value(), stage.faults, words.file);
    if (!drawn)
        return drawn.error();
    drill::MatrixOptions options;
    if (!words.truth.empty())
        options.truth = words.truth;
    options.liars = words.liars;
    options.signs = words.signs;
    const auto plan = drill::plan_matrix(*drawn, stage, options, words.file);
    if (!plan)
        return plan.error();
    PlannedPart part;
    part.prediction = plan->prediction;
    part.orders = drill::orders_for(*plan, common, site.incarnations(status));
    return part;
}

Result<std::vector<PrincipalId>> targets_of(const DrillWords& words, const DrillSite& site,
                                            const json& status) {
    std::vector<PrincipalId> targets;
    if (words.targets.empty())
        return Error{fmt::format("name whom it befalls with --target, for example --target {}",
                                 is_host_drill(words.name) ? "h1" : "E1")};
    const auto& app = site.application();
    for (const std::string& text : words.targets) {
        if (!is_host_drill(words.name)) {
            const auto target = find_target(text, site, status);
            if (!target)
                return Error{"--target " + text + ": " + target.error().text};
            targets.push_back(*target);
            continue;
        }
        const auto* host = site.cluster().host(text);
        if (host == nullptr)
            return Error{fmt::format("--target {}: drill '{}' befalls a host, and there is none of "
                                     "this name",
                                     text, words.name)};
        for (const auto& replica : app.agreement)
            if (replica.host == host->id)
                targets.push_back(principal(replica.id));
        for (const auto& slot : app.execution)
            if (slot.host == host->id)
                targets.push_back(principal(ExecutionId{slot.id, Incarnation(0)}));
        for (const auto& client : app.clients)
            if (client.host == host->id)
                targets.push_back(principal(client.id));
    }
    return targets;
}

Result<PlannedPart> plan_plain_part(const DrillWords& words, DrillSite& site, const json& status,
                                    const drill::Order& common) {
    const auto targets = targets_of(words, site, status);
    if (!targets)
        return targets.error();
    drill::PlainDrill plain;
    plain.name = words.name;
    plain.delay = milliseconds(words.delay_ms);
    plain.targets = *targets;
    for (const std::string& text : words.peers) {
        if (!is_link_drill(words.name))
            return Error{fmt::format("--peer {}: only link drills have peers", text)};
        const auto peer = find_target(text, site, status);
        if (!peer)
            return Error{"--peer " + text + ": " + peer.error().text};
        plain.peers.push_back(*peer);
    }
    const auto prediction = drill::predict_plain(plain, site.stage(status));
    if (!prediction)
        return prediction.error();
    PlannedPart part;
    part.prediction = *prediction;
    std::erase_if(plain.targets, [&](const PrincipalId& target) {
        return is_host_drill(words.name) && !takes_orders(target, site, status);
    });
    for (const PrincipalId& target : plain.targets)
        if (!takes_orders(target, site, status))
            return Error{fmt::format("{} sleeps or is not run by a host: it would not hear of the "
                                     "drill; choose another --target",
                                     to_string(target))};
    part.orders = drill::orders_for(plain, common, site.incarnations(status));
    return part;
}

// What other drills that still run use up of this application's f.
void count_others(DrillSite& site, PlannedPart& part) {
    std::set<std::string> others;
    for (const DrillFile& file : site.drill_files()) {
        for (const DrillRecord& record : file.parts) {
            if (record.application != site.application().name ||
                record.started_wall_ns + record.lease_ns < runtime::wall_ns())
                continue;
            const auto states =
                target_states(record, site.application(), site.events_since(mark_of(record)));
            for (const auto& [target, state] : states)
                if (state == kTargetRuns)
                    others.insert(target);
        }
    }
    for (const drill::Order& order : part.orders)
        others.erase(to_string(order.target));
    for (const std::string& target : others) {
        part.prediction.margin.agreement -= target.starts_with('A') ? 1 : 0;
        part.prediction.margin.execution -= target.starts_with('E') ? 1 : 0;
    }
}

} // namespace

Result<std::vector<std::string>> applications_of(const DrillWords& words,
                                                 const cluster::Cluster& cluster) {
    if (!words.app.empty() && cluster.application(words.app) == nullptr)
        return Error{fmt::format("--app {}: there is no such application", words.app)};
    if (!is_host_drill(words.name)) {
        if (words.app.empty())
            return Error{"name the application with --app"};
        return std::vector<std::string>{words.app};
    }
    std::vector<std::string> out;
    if (!words.app.empty())
        out.push_back(words.app);
    for (const auto& app : cluster.applications)
        if (app.name != words.app)
            out.push_back(app.name);
    return out;
}

Result<PlannedDrill> plan_drill(const DrillWords& words, DrillSite& site,
                                const drill::Order& common) {
    if (drill::find_drill(words.name) == nullptr)
        return Error{fmt::format("there is no drill '{}': see zzctl drill catalog", words.name)};
    const auto applications = applications_of(words, site.cluster());
    if (!applications)
        return applications.error();
    PlannedDrill out;
    for (const std::string& name : *applications) {
        if (!site.select(name))
            return Error{fmt::format("--app {}: there is no such application", name)};
        const auto status = site.status();
        if (!status)
            return status.error();
        drill::Order own = common;
        if ((*status)["epoch"].is_number())
            own.epoch = Epoch((*status)["epoch"].get<std::uint64_t>());
        auto part = words.name == "matrix" ? plan_matrix_part(words, site, *status, own)
                                           : plan_plain_part(words, site, *status, own);
        if (!part)
            return part.error();
        if (part->orders.empty() && !out.parts.empty())
            continue; // It has nothing on that host.
        part->application = name;
        for (const SlotId slot : site.stage(*status).actives)
            part->actives.push_back(slot.value);
        count_others(site, *part);
        out.exceeds = out.exceeds || part->prediction.margin.agreement < 0 ||
                      part->prediction.margin.execution < 0;
        out.parts.push_back(std::move(part).value());
    }
    // The hosts themselves play their relays' part.
    if (is_host_drill(words.name)) {
        for (const std::string& text : words.targets) {
            drill::Order order = common;
            order.name = words.name;
            order.target = principal(site.cluster().host(text)->id);
            out.parts.front().orders.push_back(std::move(order));
        }
    }
    site.select(applications->front());
    return out;
}

Result<DrillPlace> open_place(const DrillWords& words) {
    const auto cluster = cluster::load(Layout{words.dir}.cluster_file());
    if (!cluster)
        return cluster.error();
    auto applications = applications_of(words, *cluster);
    if (!applications)
        return applications.error();
    auto site = DrillSite::open(words.dir, applications->front());
    if (!site)
        return site.error();
    return DrillPlace{std::move(applications).value(), std::move(site).value()};
}

} // namespace zz::services
