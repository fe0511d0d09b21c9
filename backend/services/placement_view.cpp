// SPDX-License-Identifier: Apache-2.0
#include "backend/services/placement_view.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace zz::services {
namespace {

using nlohmann::json;

struct Carried {
    std::vector<std::string> agreement, active, asleep, gateways;
};

Carried carried_by(const cluster::Cluster& cluster, HostId host) {
    Carried out;
    for (const auto& app : cluster.applications) {
        for (const auto& replica : app.agreement)
            if (replica.host == host)
                out.agreement.push_back(fmt::format("{}.A{}", app.name, replica.id.value));
        for (const auto& slot : app.execution)
            if (slot.host == host)
                (slot.active ? out.active : out.asleep)
                    .push_back(fmt::format("{}.E{}", app.name, slot.id.value));
        for (const auto& client : app.clients)
            if (client.host == host)
                out.gateways.push_back(fmt::format("{}.{}", app.name, client.name));
    }
    return out;
}

std::string listed(const char* what, const std::vector<std::string>& names) {
    return fmt::format("{} {}{}{}", names.size(), what, names.empty() ? "" : ": ",
                       fmt::join(names, " "));
}

// Empty if the numbers differ by at most one.
std::string uneven(const cluster::Cluster& cluster, const char* what,
                   const std::vector<std::size_t>& counts) {
    const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
    if (counts.empty() || *high <= *low + 1)
        return {};
    const auto name = [&](auto it) {
        return cluster.hosts[static_cast<std::size_t>(it - counts.begin())].name;
    };
    return fmt::format("uneven: host {} has {} {}, host {} has {}\n", name(high), *high, what,
                       name(low), *low);
}

struct Awake {
    std::uint64_t awake = 0, asleep = 0, unknown = 0;
};

Awake placed_now(const json& app) {
    Awake out;
    for (const auto& replica : app["execution"]) {
        const auto state = replica["state"];
        if (state == "active" || state == "waking" || state == "recovering" ||
            state == "unresponsive")
            ++out.awake;
        else if (state == "sleeping")
            ++out.asleep;
        else if (state == "unknown" || state.is_null())
            ++out.unknown;
    }
    return out;
}

Awake placed_first(const cluster::Application& app) {
    Awake out;
    for (const auto& slot : app.execution)
        ++(slot.active ? out.awake : out.asleep);
    return out;
}

void add(json& sum, const json& one) {
    for (const auto& [key, value] : one.items()) {
        if (value.is_object())
            add(sum[key], value);
        else if (value.is_number_unsigned() && key != "f")
            sum[key] = (sum.contains(key) ? sum[key].get<std::uint64_t>() : 0) +
                       value.get<std::uint64_t>();
    }
}

} // namespace

std::string placement_text(const cluster::Cluster& cluster) {
    std::string out;
    std::vector<std::size_t> agreement, active, execution;
    for (const auto& host : cluster.hosts) {
        const Carried carried = carried_by(cluster, host.id);
        out += fmt::format("host {:<8} {}; {}; {}; {}\n", host.name,
                           listed("agreement", carried.agreement), listed("active", carried.active),
                           listed("asleep", carried.asleep), listed("gateways", carried.gateways));
        agreement.push_back(carried.agreement.size());
        active.push_back(carried.active.size());
        execution.push_back(carried.active.size() + carried.asleep.size());
    }
    out += "rule: no host has two agreement replicas of one application, nor two execution "
           "replicas (ZZ-1.3); each kind is spread evenly\n";
    return out + uneven(cluster, "agreement replicas", agreement) +
           uneven(cluster, "active execution replicas", active) +
           uneven(cluster, "execution replicas", execution);
}

json cost_json(const cluster::Cluster& cluster, const json& status) {
    json applications = json::array(), sum = json::object();
    for (const auto& app : cluster.applications) {
        const json* now = nullptr;
        if (status.is_object())
            for (const auto& one : status["applications"])
                if (one["name"] == app.name)
                    now = &one;
        const Awake placed = now != nullptr ? placed_now(*now) : placed_first(app);
        const std::uint64_t f = app.f;
        json one{{"name", app.name},
                 {"f", f},
                 {"mode", cluster::to_string(app.mode)},
                 {"crash", f + 1},
                 {"bft", 3 * f + 1},
                 {"separated", 2 * f + 1},
                 {"zz", {{"awake", f + 1}, {"asleep", f}}},
                 {"placed",
                  {{"agreement", app.agreement.size()},
                   {"awake", placed.awake},
                   {"asleep", placed.asleep},
                   {"unknown", placed.unknown}}}};
        add(sum, one);
        applications.push_back(std::move(one));
    }
    return {{"applications", applications}, {"data_center", sum}};
}

} // namespace zz::services
