// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/facts.h"

#include <algorithm>

#include <fmt/format.h>

namespace zz::demo {
namespace {

std::vector<ReplicaFacts> read_replicas(const Json& replicas) {
    std::vector<ReplicaFacts> out;
    for (const auto& replica : replicas)
        out.push_back({text(replica, "id"), text(replica, "host"), text(replica, "state"),
                       flag(replica, "primary"), number(replica, "incarnation"),
                       replica.contains("complete") && replica["complete"] == false,
                       replica.contains("ready") && replica["ready"] == false});
    return out;
}

ApplicationFacts read_application(const Json& app) {
    ApplicationFacts out;
    out.name = text(app, "name");
    if (const std::string mode = text(app, "mode"); !mode.empty())
        out.mode = mode;
    out.f = number(app, "f").value_or(1);
    out.view = number(app, "view");
    out.last_executed = number(app, "last_executed");
    out.stable_checkpoint = number(app, "stable_checkpoint");
    out.agreement = read_replicas(list(app, "agreement"));
    out.execution = read_replicas(list(app, "execution"));
    for (const auto& conviction : list(app, "convictions"))
        out.convicted.push_back(fmt::format("{}.{}", text(conviction, "id"),
                                            number(conviction, "incarnation").value_or(0)));
    const Json& counters = child(app, "counters");
    out.requests = number(counters, "requests");
    out.wakeups = number(counters, "wakeups");
    out.removals = number(counters, "removals");
    out.nonblocking = number(counters, "nonblocking");
    out.blocking = number(counters, "blocking");
    return out;
}

} // namespace

const ReplicaFacts* ApplicationFacts::slot(const std::string& id) const {
    for (const auto& replica : execution)
        if (replica.id == id)
            return &replica;
    return nullptr;
}

std::vector<std::string> ApplicationFacts::in_state(const std::string& state) const {
    std::vector<std::string> out;
    for (const auto& replica : execution)
        if (replica.state == state)
            out.push_back(replica.id);
    return out;
}

bool ApplicationFacts::at_rest() const {
    const bool whole = std::none_of(execution.begin(), execution.end(), [](const auto& replica) {
        return replica.incomplete || replica.unready;
    });
    if (mode != "zz")
        return whole && !execution.empty() && in_state("active").size() == execution.size();
    return whole && in_state("active").size() == f + 1 && in_state("sleeping").size() == f &&
           execution.size() == 2 * f + 1;
}

const ApplicationFacts* DataCenterFacts::application(const std::string& name) const {
    for (const auto& app : applications)
        if (app.name == name)
            return &app;
    return nullptr;
}

std::string DataCenterFacts::machine_state(const std::string& application,
                                           const std::string& name) const {
    for (const auto& host : hosts)
        for (const auto& machine : host.machines)
            if (machine.application == application && machine.name == name)
                return machine.state;
    return {};
}

DataCenterFacts read_facts(const Json& status) {
    DataCenterFacts out;
    for (const auto& host : list(status, "hosts")) {
        HostFacts one{text(host, "name"), text(host, "state"), text(host, "hypervisor"), {}};
        for (const auto& machine : list(host, "machines"))
            one.machines.push_back(
                {text(machine, "app"), text(machine, "name"), text(machine, "state")});
        out.hosts.push_back(std::move(one));
    }
    for (const auto& app : list(status, "applications"))
        out.applications.push_back(read_application(app));
    return out;
}

} // namespace zz::demo
