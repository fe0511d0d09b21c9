// SPDX-License-Identifier: Apache-2.0
// Writes the cluster file: one canonical text for a Cluster, limits that keep their default as
// explained comments.
#include <fmt/format.h>
#include <iterator>

#include "protocol/cluster/names.h"

namespace zz::cluster {

namespace {

using Out = std::back_insert_iterator<std::string>;

void write_keys(Out out, std::string_view prefix, const PublicKeys& keys) {
    fmt::format_to(out, "{0}signing_key = \"{1}\"\n{0}exchange_key = \"{2}\"\n", prefix,
                   to_hex(keys.signing.view()), to_hex(keys.exchange.view()));
}

void write_host(Out out, const Host& host) {
    fmt::format_to(out, "\n[[host]]\nid = {}\nname = \"{}\"\naddress = \"{}\"\n", host.id.value,
                   host.name, host.address);
    fmt::format_to(out, "operator_port = {}   # commands of operators\n", host.operator_port);
    fmt::format_to(out, "telemetry_port = {}  # events for any number of subscribers\n",
                   host.telemetry_port);
    fmt::format_to(out, "relay_port = {}      # its replicas and the other hosts\n",
                   host.relay_port);
    if (!host.metrics.empty())
        fmt::format_to(out, "metrics = \"{}\" # for Prometheus, read by whoever reaches it\n",
                       host.metrics);
    fmt::format_to(out, "hypervisor = \"{}\"\n", word(host.hypervisor));
    if (!host.hypervisor_uri.empty())
        fmt::format_to(out, "hypervisor_uri = \"{}\"\n", host.hypervisor_uri);
    if (host.spare)
        fmt::format_to(out, "spare = \"{}\"\n", word(*host.spare));
    write_keys(out, "controller_", host.controller);
    write_keys(out, "", host.keys);
}

void write_operator(Out out, const Operator& entry) {
    fmt::format_to(out, "\n[[operator]]\nid = {}\nname = \"{}\"\nrole = \"{}\"\n", entry.id.value,
                   entry.name, word(entry.role));
    write_keys(out, "", entry.keys);
}

std::int64_t number_of(const Limits& limits, const LimitField& field) {
    if (field.number)
        return limits.*field.number;
    return limits.*field.duration / milliseconds(1);
}

void write_limits(Out out, const Limits& limits) {
    fmt::format_to(out, "\n[application.limits] # those with '#' in front keep their default\n");
    const Limits defaults;
    for (const LimitField& field : kLimitFields) {
        const std::int64_t value = number_of(limits, field);
        const bool kept = value == number_of(defaults, field);
        fmt::format_to(out, "{}{} = {} # {}\n", kept ? "# " : "", field.key, value, field.meaning);
    }
}

void write_client(Out out, const Cluster& cluster, const Client& client) {
    fmt::format_to(out, "\n[[application.client]]\nid = {}\nname = \"{}\"\nprotocol = \"{}\"\n",
                   client.id.value, client.name, word(client.protocol));
    if (client.host) {
        const Host* host = cluster.host(*client.host);
        fmt::format_to(out, "host = \"{}\"\n", host ? host->name : "");
    }
    fmt::format_to(out, "lanes = {}\nendpoint = \"{}\" # execution replicas dial in here\n",
                   client.lanes, client.endpoint);
    if (!client.front.empty())
        fmt::format_to(out, "front = \"{}\" # for its users\n", client.front);
    write_keys(out, "", client.keys);
}

void write_application(Out out, const Cluster& cluster, const Application& application) {
    const auto host_name = [&](HostId id) {
        const Host* host = cluster.host(id);
        return host ? std::string_view(host->name) : std::string_view();
    };
    fmt::format_to(out, "\n[[application]]\nid = {} # position in the file\nname = \"{}\"\n",
                   application.id.value, application.name);
    fmt::format_to(out, "kind = \"{}\"         # {}\n", word(application.kind),
                   words<ApplicationKind>());
    fmt::format_to(out, "f = {}               # faulty replicas borne in each cluster\n",
                   application.f);
    fmt::format_to(out, "mode = \"{}\"         # {}\n", word(application.mode), words<Mode>());
    fmt::format_to(out, "wakeup = \"{}\" # {}\n", word(application.wakeup), words<WakeupPolicy>());
    fmt::format_to(out, "spare = \"{}\"    # {}\n", word(application.spare), words<SpareKind>());
    fmt::format_to(out, "durability = \"{}\" # {}\n", word(application.durability),
                   words<Durability>());
    write_limits(out, application.limits);
    for (const AgreementReplica& replica : application.agreement) {
        fmt::format_to(out,
                       "\n[[application.agreement]]\nid = {}\nhost = \"{}\"\nendpoint = \"{}\"\n",
                       replica.id.value, host_name(replica.host), replica.endpoint);
        write_keys(out, "", replica.keys);
    }
    for (const ExecutionSlot& slot : application.execution) {
        fmt::format_to(out,
                       "\n[[application.execution]]\nslot = {}\nhost = \"{}\"\nstate = \"{}\" # at "
                       "the start\n",
                       slot.id.value, host_name(slot.host), slot.active ? "active" : "asleep");
        write_keys(out, "", slot.keys);
    }
    for (const Client& client : application.clients)
        write_client(out, cluster, client);
}

} // namespace

std::string to_toml(const Cluster& cluster) {
    std::string text;
    const Out out = std::back_inserter(text);
    fmt::format_to(out, "# The cluster file: every party of the data center has the same bytes; "
                        "their digest is the\n"
                        "# cluster's identity. It holds public keys only. Check it with: zzctl "
                        "cluster check FILE\n\n");
    fmt::format_to(out, "[data_center]\nname = \"{}\"\nenvironment = \"{}\" # {}\n", cluster.name,
                   cluster.environment, fmt::join(kEnvironments, ", "));
    fmt::format_to(out, "drills = {} # true: operators may make replicas misbehave on purpose\n",
                   cluster.drills);
    for (const Host& host : cluster.hosts)
        write_host(out, host);
    for (const Operator& entry : cluster.operators)
        write_operator(out, entry);
    for (const Application& application : cluster.applications)
        write_application(out, cluster, application);
    return text;
}

} // namespace zz::cluster
