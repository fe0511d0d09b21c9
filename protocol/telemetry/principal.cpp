// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/principal.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace zz::telemetry {
namespace {

template <class List> auto find_id(const List& list, std::uint32_t id) -> decltype(&list.Get(0)) {
    for (const auto& entry : list)
        if (entry.id() == id)
            return &entry;
    return nullptr;
}

template <class List> bool is_placed(const List& list, std::uint32_t index, std::uint32_t host) {
    for (const auto& entry : list)
        if (entry.index() == index)
            return entry.host() == host;
    return false;
}

} // namespace

PrincipalId principal_of(const Principal& principal) {
    return {static_cast<Role>(principal.role()), principal.index(), principal.incarnation()};
}

const ApplicationEntry* find_application(const ClusterFacts& cluster, std::uint32_t id) {
    return find_id(cluster.applications(), id);
}

const HostEntry* find_host(const ClusterFacts& cluster, std::uint32_t id) {
    return find_id(cluster.hosts(), id);
}

std::uint32_t fact_quorum(const ApplicationEntry& application) {
    return application.mode() == "unreplicated" ? 1 : application.f() + 1;
}

bool lives_on(const ClusterFacts& cluster, const Source& source, std::uint32_t host) {
    const PrincipalId who = principal_of(source.principal());
    if (source.application() == 0)
        return source.host() == host && who.index == host && find_host(cluster, host) != nullptr &&
               (who.role == Role::Host || who.role == Role::Controller);
    const auto* app = find_application(cluster, source.application() - 1);
    if (app == nullptr)
        return false;
    if (who.role == Role::Client) {
        const auto* client = find_id(app->clients(), who.index);
        return client != nullptr && source.host() == client->host() &&
               (client->host() == 0 || client->host() == host);
    }
    if (source.host() != host)
        return false;
    return who.role == Role::Agreement   ? is_placed(app->agreement(), who.index, host)
           : who.role == Role::Execution ? is_placed(app->execution(), who.index, host)
                                         : false;
}

bool lives_on(const ClusterFacts& cluster, const Facts& facts, std::uint32_t host) {
    const Role role = principal_of(facts.source().principal()).role;
    const bool fits = (!facts.has_agreement() || role == Role::Agreement) &&
                      (!facts.has_execution() || role == Role::Execution) &&
                      (!facts.has_client() || role == Role::Client) &&
                      (!facts.has_controller() || role == Role::Controller) &&
                      (!facts.has_host() || role == Role::Host);
    const auto is_here = [&](const MachineFacts& machine) {
        const PrincipalId who = principal_of(machine.principal());
        const auto* app = find_application(cluster, machine.application());
        return app != nullptr &&
               (who.role == Role::Agreement   ? is_placed(app->agreement(), who.index, host)
                : who.role == Role::Execution ? is_placed(app->execution(), who.index, host)
                                              : who.role == Role::Client);
    };
    const auto& machines = facts.controller().machines();
    return fits && lives_on(cluster, facts.source(), host) &&
           std::all_of(machines.begin(), machines.end(), is_here);
}

std::string kind_name(EventKind kind) {
    std::string name = EventKind_Name(kind);
    if (name.empty())
        return fmt::format("kind-{}", static_cast<int>(kind)); // of a newer version
    for (char& c : name)
        c = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return name;
}

std::string iso_time(std::int64_t wall_ns) {
    namespace chrono = std::chrono;
    const chrono::sys_time<chrono::nanoseconds> at{chrono::nanoseconds(wall_ns)};
    const auto day = chrono::floor<chrono::days>(at);
    const chrono::year_month_day date{day};
    const chrono::hh_mm_ss time{chrono::floor<chrono::milliseconds>(at - day)};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count(),
                       time.subseconds().count());
}

} // namespace zz::telemetry
