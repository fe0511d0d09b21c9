// SPDX-License-Identifier: Apache-2.0
#include "protocol/cluster/cluster.h"

#include <algorithm>
#include <fmt/format.h>

#include "protocol/cluster/names.h"

namespace zz::cluster {

namespace {

template <class List, class Predicate> auto find(const List& list, Predicate predicate) {
    const auto it = std::find_if(list.begin(), list.end(), predicate);
    return it == list.end() ? nullptr : &*it;
}

template <class List, class Id> auto by_id(const List& list, Id id) {
    return find(list, [id](const auto& entry) { return entry.id == id; });
}

template <class List> auto by_name(const List& list, std::string_view name) {
    return find(list, [name](const auto& entry) { return entry.name == name; });
}

std::string tcp(const std::string& address, std::uint16_t port) {
    return fmt::format("tcp://{}:{}", address, port);
}

template <class Entry> std::optional<PublicKeys> keys_or_none(const Entry* entry) {
    return entry ? std::optional(entry->keys) : std::nullopt;
}

} // namespace

std::string Host::operator_endpoint() const {
    return tcp(address, operator_port);
}
std::string Host::telemetry_endpoint() const {
    return tcp(address, telemetry_port);
}
std::string Host::relay_endpoint() const {
    return tcp(address, relay_port);
}

const AgreementReplica* Application::replica(AgreementId wanted) const {
    return by_id(agreement, wanted);
}
const ExecutionSlot* Application::slot(SlotId wanted) const {
    return by_id(execution, wanted);
}
const Client* Application::client(ClientId wanted) const {
    return by_id(clients, wanted);
}
const Client* Application::client(std::string_view wanted) const {
    return by_name(clients, wanted);
}

const Host* Cluster::host(HostId wanted) const {
    return by_id(hosts, wanted);
}
const Host* Cluster::host(std::string_view wanted) const {
    return by_name(hosts, wanted);
}
const Application* Cluster::application(ApplicationId wanted) const {
    return by_id(applications, wanted);
}
const Application* Cluster::application(std::string_view wanted) const {
    return by_name(applications, wanted);
}
const Operator* Cluster::find_operator(OperatorId wanted) const {
    return by_id(operators, wanted);
}

std::optional<PublicKeys> Cluster::keys_of(ApplicationId in, const PrincipalId& of) const {
    switch (of.role) {
    case Role::Controller: {
        const Host* entry = host(HostId(of.index));
        return entry ? std::optional(entry->controller) : std::nullopt;
    }
    case Role::Host:
        return keys_or_none(host(HostId(of.index)));
    case Role::Operator:
        return keys_or_none(find_operator(OperatorId(of.index)));
    case Role::Agreement:
    case Role::Execution:
    case Role::Client:
        break;
    }
    const Application* entry = application(in);
    if (!entry)
        return std::nullopt;
    if (of.role == Role::Agreement)
        return keys_or_none(entry->replica(AgreementId(of.index)));
    if (of.role == Role::Client)
        return keys_or_none(entry->client(ClientId(of.index)));
    if (of.incarnation != 0)
        return std::nullopt; // Later incarnations are in configuration certificates (ZZ-2.1).
    return keys_or_none(entry->slot(SlotId(of.index)));
}

Faults faults_of(Mode mode, std::uint32_t f) {
    switch (mode) {
    case Mode::Zz:
        return {f, Executors::Few};
    case Mode::Sep:
        return {f, Executors::Most};
    case Mode::Base:
        return {f, Executors::All};
    case Mode::Unreplicated:
        break;
    }
    return {0, Executors::All};
}

Counts counts(Mode mode, std::uint32_t f) {
    const Faults faults = faults_of(mode, f);
    return {faults.agreement_replicas(), faults.execution_slots(), faults.active_replicas()};
}

bool is_environment(std::string_view word) {
    return std::find(kEnvironments.begin(), kEnvironments.end(), word) != kEnvironments.end();
}

SpareKind spare_of(const Application& application, const Host& host) {
    return host.spare.value_or(application.spare);
}

std::string to_text(const std::vector<Violation>& violations, std::string_view file) {
    std::string out;
    for (const Violation& v : violations) {
        if (v.line == 0)
            out += fmt::format("{}: {}\n", file, v.text);
        else
            out += fmt::format("{}:{}: {}\n", file, v.line, v.text);
    }
    return out;
}

std::string_view to_string(HypervisorKind value) {
    return word(value);
}
std::string_view to_string(SpareKind value) {
    return word(value);
}
std::string_view to_string(Durability value) {
    return word(value);
}
std::string_view to_string(Mode value) {
    return word(value);
}
std::string_view to_string(WakeupPolicy value) {
    return word(value);
}
std::string_view to_string(ApplicationKind value) {
    return word(value);
}
std::string_view to_string(OperatorRole value) {
    return word(value);
}
std::string_view to_string(ClientProtocol value) {
    return word(value);
}

} // namespace zz::cluster
