// SPDX-License-Identifier: Apache-2.0
// Reads the cluster file: hosts, operators, then each application against them. Every rule is
// checked where its values are read, so that each violation knows its line.
#include <algorithm>
#include <charconv>
#include <fstream>

#include "protocol/cluster/reader.h"
#include "protocol/crypto/sha256.h"
#include "protocol/message/fields.h"

namespace zz::cluster {

namespace {

constexpr std::uint32_t kIdMax = 1'000'000;
constexpr std::size_t kIpcPathBytesMax = 100; // the operating system allows 107
constexpr std::size_t kUriBytesMax = 1000;

struct Placed {
    HostId host;
    std::uint32_t line = 0;
};

// What the parts of one reading share.
struct Draft {
    Cluster cluster;
    Violations violations;
    Unique unique{violations};
    // Of the application that is being read.
    std::vector<Placed> agreement_at, execution_at;
};

// "ADDRESS:PORT" with a port of 1 to 65535.
bool is_socket_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_address(text.substr(0, colon)))
        return false;
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc() && end == digits.data() + digits.size() && port != 0 &&
           digits.front() != '0';
}

// Visible ASCII that needs no escape in TOML.
bool is_plain(std::string_view text, std::size_t max) {
    return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c <= '~' && c != '"' && c != '\\';
    });
}

void claim_socket(Draft& draft, const std::string& address, std::uint32_t line) {
    draft.unique.claim("address and port", address, line);
}

std::string read_endpoint(Reader& reader, Draft& draft) {
    const std::string value = reader.text("endpoint");
    if (value.empty())
        return value;
    const std::string_view rest =
        std::string_view(value).substr(std::min<std::size_t>(6, value.size()));
    const bool tcp = value.starts_with("tcp://") && is_socket_address(rest);
    const bool ipc = value.starts_with("ipc://") && is_plain(rest, kIpcPathBytesMax);
    if (!tcp && !ipc)
        reader.violate("endpoint",
                       fmt::format("'{}' is neither tcp://ADDRESS:PORT nor ipc://PATH", value));
    else
        claim_socket(draft, std::string(rest), reader.line_of("endpoint"));
    return value;
}

// An ADDRESS:PORT that may be missing.
std::string read_socket(Reader& reader, Draft& draft, std::string_view key) {
    const std::string value = reader.optional_text(key);
    if (value.empty())
        return value;
    if (!is_socket_address(value))
        reader.violate(key, fmt::format("'{}' is no ADDRESS:PORT", value));
    else
        claim_socket(draft, value, reader.line_of(key));
    return value;
}

// The id of the named host, which must be in the file.
HostId read_host(Reader& reader, const Draft& draft) {
    const std::string name = reader.name("host");
    if (name.empty())
        return {};
    const Host* host = draft.cluster.host(name);
    if (!host) {
        reader.violate("host", fmt::format("there is no [[host]] with the name '{}'", name));
        return {};
    }
    return host->id;
}

// 1 to max, each once in its list.
std::uint32_t read_id(Reader& reader, Draft& draft, std::string_view key, const std::string& what,
                      std::uint32_t max) {
    const std::uint32_t id = reader.number(key, 1, max);
    if (reader.has(key))
        draft.unique.claim(what, std::to_string(id), reader.line_of(key));
    return id;
}

std::string read_unique_name(Reader& reader, Draft& draft, const std::string& what) {
    const std::string name = reader.name("name");
    if (!name.empty())
        draft.unique.claim(what, name, reader.line_of("name"));
    return name;
}

void read_data_center(Reader& root, Draft& draft) {
    const toml::table* table = root.table("data_center");
    if (!table) {
        if (!root.has("data_center"))
            draft.violations.add(1, "the file lacks the table [data_center]");
        return;
    }
    Reader reader(*table, "[data_center]", draft.violations);
    draft.cluster.name = reader.name("name");
    draft.cluster.environment =
        reader.has("environment") ? reader.name("environment") : std::string(kEnvironments[0]);
    if (!draft.cluster.environment.empty() && !is_environment(draft.cluster.environment))
        reader.violate("environment", fmt::format("'{}' is none of: {}", draft.cluster.environment,
                                                  fmt::join(kEnvironments, ", ")));
    draft.cluster.drills = reader.boolean_or("drills", false);
}

void read_host_table(const toml::table& table, Draft& draft) {
    Reader reader(table, "[[host]]", draft.violations);
    Host host;
    host.name = read_unique_name(reader, draft, "host name");
    if (!host.name.empty())
        reader.rename(fmt::format("[[host]] {}", host.name));
    host.id = HostId(read_id(reader, draft, "id", "host id", kIdMax));
    host.address = reader.text("address");
    if (!host.address.empty() && !is_address(host.address))
        reader.violate("address", "wants a host name or an IPv4 address");
    const auto port = [&](std::string_view key) {
        const auto value = static_cast<std::uint16_t>(reader.number(key, 1, 65535));
        if (reader.has(key))
            claim_socket(draft, fmt::format("{}:{}", host.address, value), reader.line_of(key));
        return value;
    };
    host.operator_port = port("operator_port");
    host.telemetry_port = port("telemetry_port");
    host.relay_port = port("relay_port");
    host.metrics = read_socket(reader, draft, "metrics");
    host.hypervisor = reader.choice_or("hypervisor", HypervisorKind::Process);
    host.hypervisor_uri = reader.optional_text("hypervisor_uri");
    if (!host.hypervisor_uri.empty() && !is_plain(host.hypervisor_uri, kUriBytesMax))
        reader.violate("hypervisor_uri", "wants visible ASCII without quotes and backslashes");
    if (host.hypervisor == HypervisorKind::Libvirt && host.hypervisor_uri.empty())
        reader.violate("hypervisor", "libvirt needs the key 'hypervisor_uri', a connection URI");
    if (host.hypervisor == HypervisorKind::Process && !host.hypervisor_uri.empty())
        reader.violate("hypervisor_uri", "has no meaning for the hypervisor 'process'");
    if (reader.has("spare"))
        host.spare = reader.choice_or("spare", SpareKind::Paused);
    host.controller = reader.keys("controller_", draft.unique);
    host.keys = reader.keys("", draft.unique);
    draft.cluster.hosts.push_back(std::move(host));
}

void read_operator(const toml::table& table, Draft& draft) {
    Reader reader(table, "[[operator]]", draft.violations);
    Operator entry;
    entry.name = read_unique_name(reader, draft, "operator name");
    entry.id = OperatorId(read_id(reader, draft, "id", "operator id", kIdMax));
    entry.role = reader.choice_or("role", OperatorRole::Viewer);
    entry.keys = reader.keys("", draft.unique);
    draft.cluster.operators.push_back(std::move(entry));
}

void read_limits(Reader& reader, Draft& draft, Limits& limits) {
    for (const LimitField& field : kLimitFields) {
        if (!reader.has(field.key))
            continue;
        const std::uint32_t value = reader.number(field.key, field.min, field.max);
        if (field.number)
            limits.*field.number = value;
        else
            limits.*field.duration = milliseconds(value);
    }
    const auto rule = [&](bool holds, std::string_view key, std::string text) {
        if (!holds)
            draft.violations.add(reader.line_of(key),
                                 fmt::format("{} of {}: {}", key, reader.where(), text));
    };
    rule(limits.deadline_floor <= limits.deadline_cap, "deadline_floor_ms",
         "the floor lies above the cap deadline_cap_ms");
    rule(limits.recovery_deadline <= limits.completion_deadline, "recovery_deadline_ms",
         "lies after completion_deadline_ms");
    rule(limits.request_budget_max <= limits.batch_budget_max, "request_budget_max",
         fmt::format("{} exceeds batch_budget_max, {}: such a request fits no batch",
                     limits.request_budget_max, limits.batch_budget_max));
    const std::int64_t quarter_us = limits.deadline_cap / microseconds(4);
    rule(limits.batch_budget_max <= quarter_us, "batch_budget_max",
         fmt::format("{} exceeds a quarter of the deadline cap, {} steps of 1 us (ZZ-1.5)",
                     limits.batch_budget_max, quarter_us));
    // A batch carries the signature, the path and the frame of the request besides its bytes.
    rule(limits.batch_bytes_max >= limits.request_bytes_max + 2048, "batch_bytes_max",
         fmt::format("{} does not hold one request of request_bytes_max, {}, and its frame of 2048",
                     limits.batch_bytes_max, limits.request_bytes_max));
}

void read_agreement(const toml::table& table, Draft& draft, Application& application) {
    Reader reader(table, fmt::format("[[application.agreement]] of {}", application.name),
                  draft.violations);
    AgreementReplica replica;
    replica.id =
        AgreementId(read_id(reader, draft, "id", application.name + " agreement id", kIdMax));
    replica.host = read_host(reader, draft);
    if (replica.host.value != 0)
        draft.agreement_at.push_back({replica.host, reader.line_of("host")});
    replica.endpoint = read_endpoint(reader, draft);
    replica.keys = reader.keys("", draft.unique);
    application.agreement.push_back(std::move(replica));
}

void read_execution(const toml::table& table, Draft& draft, Application& application) {
    Reader reader(table, fmt::format("[[application.execution]] of {}", application.name),
                  draft.violations);
    ExecutionSlot slot;
    slot.id = SlotId(read_id(reader, draft, "slot", application.name + " slot", kIdMax));
    slot.host = read_host(reader, draft);
    if (slot.host.value != 0)
        draft.execution_at.push_back({slot.host, reader.line_of("host")});
    // ZZ-2.1: the first ones are active; the file says so for its readers and is checked.
    const std::uint32_t active = counts(application.mode, application.f).active;
    const std::string wanted = slot.id.value <= active ? "active" : "asleep";
    const std::string state = reader.has("state") ? reader.text("state") : wanted;
    if (!state.empty() && state != wanted)
        reader.violate(
            "state",
            fmt::format("slot {} starts {}: the first {} slots are active, the others asleep",
                        slot.id.value, wanted, active));
    slot.active = wanted == "active";
    slot.keys = reader.keys("", draft.unique);
    application.execution.push_back(std::move(slot));
}

void read_client(const toml::table& table, Draft& draft, Application& application) {
    Reader reader(table, fmt::format("[[application.client]] of {}", application.name),
                  draft.violations);
    Client client;
    client.name = read_unique_name(reader, draft, application.name + " client name");
    client.id = ClientId(
        read_id(reader, draft, "id", application.name + " client id", kClientsPerApplicationMax));
    client.protocol = reader.choice_or("protocol", ClientProtocol::Resp);
    client.lanes = reader.number_or("lanes", application.limits.lanes_per_client, 1, 65'536);
    if (reader.has("host"))
        client.host = read_host(reader, draft);
    client.endpoint = read_endpoint(reader, draft);
    client.front = read_socket(reader, draft, "front");
    if (client.protocol == ClientProtocol::Load && !client.front.empty())
        reader.violate("front", "has no meaning for the protocol 'load'");
    if (client.protocol != ClientProtocol::Load && client.front.empty())
        draft.violations.add(reader.line(),
                             fmt::format("{} lacks the key 'front', the ADDRESS:PORT for its users",
                                         reader.where()));
    client.keys = reader.keys("", draft.unique);
    application.clients.push_back(std::move(client));
}

// ZZ-1.3: one host, one replica of a kind. Says where it could go instead.
void check_placement(Draft& draft, const std::string& what, const std::vector<Placed>& placed) {
    std::string free;
    for (const Host& host : draft.cluster.hosts)
        if (std::none_of(placed.begin(), placed.end(),
                         [&](const Placed& p) { return p.host == host.id; }))
            free += (free.empty() ? "" : ", ") + host.name;
    for (auto it = placed.begin(); it != placed.end(); ++it) {
        const auto first =
            std::find_if(placed.begin(), it, [&](const Placed& p) { return p.host == it->host; });
        if (first == it)
            continue;
        draft.violations.add(
            it->line,
            fmt::format("two {} on host '{}', the other one in line {}: one faulty host would be "
                        "two faults (ZZ-1.3); {}",
                        what, draft.cluster.host(it->host)->name, first->line,
                        free.empty() ? "there is no host without one: add a host"
                                     : "hosts without one: " + free));
    }
}

template <class List> void sort_by_id(List& list) {
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.id < b.id; });
}

void check_counts(const Reader& reader, Draft& draft, const Application& application) {
    const Counts wanted = counts(application.mode, application.f);
    const auto count = [&](std::string_view what, std::size_t has, std::uint32_t wants) {
        if (has != wants)
            draft.violations.add(reader.line(),
                                 fmt::format("{} has {} {}; f = {} in mode {} needs {} (ZZ-1.1)",
                                             reader.where(), has, what, application.f,
                                             word(application.mode), wants));
    };
    count("agreement replicas", application.agreement.size(), wanted.agreement);
    count("execution slots", application.execution.size(), wanted.execution);
    for (const ExecutionSlot& slot : application.execution) {
        const AgreementReplica* twin = application.replica(AgreementId(slot.id.value));
        if (is_one_replica(application.mode) && twin && twin->host != slot.host)
            draft.violations.add(reader.line(),
                                 fmt::format("{}: A{} and E{} are on different hosts; in mode {} "
                                             "they are one replica and share a host (ZZ-9.1)",
                                             reader.where(), slot.id.value, slot.id.value,
                                             word(application.mode)));
    }
    const auto contiguous = [&](std::string_view what, const auto& list) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (list[i].id.value > list.size())
                draft.violations.add(reader.line(),
                                     fmt::format("{}: {} {} is beyond 1 to {}", reader.where(),
                                                 what, list[i].id.value, list.size()));
        }
    };
    contiguous("agreement id", application.agreement);
    contiguous("slot", application.execution);
    if (application.clients.empty())
        draft.violations.add(
            reader.line(),
            fmt::format("{} has no [[application.client]]: nobody could use it", reader.where()));
}

void read_application(const toml::table& table, Draft& draft) {
    Reader reader(table, "[[application]]", draft.violations);
    Application application;
    const auto position = static_cast<std::uint16_t>(draft.cluster.applications.size());
    application.id = ApplicationId(position);
    application.name = read_unique_name(reader, draft, "application name");
    if (!application.name.empty())
        reader.rename(fmt::format("[[application]] {}", application.name));
    if (reader.has("id") && reader.number("id", 0, kApplicationsMax) != position)
        reader.violate("id", fmt::format("must be its position in the file, {}", position));
    application.kind = reader.choice_or("kind", ApplicationKind::Kv);
    application.mode = reader.choice_or("mode", Mode::Zz);
    application.f = reader.number("f", 1, static_cast<std::uint32_t>(message::kMaxFaults));
    if (counts(application.mode, application.f).execution > message::kMaxSlots) {
        reader.violate("f",
                       fmt::format("{} is too much for mode base: more than {} execution replicas",
                                   application.f, message::kMaxSlots));
    }
    application.wakeup = reader.choice_or("wakeup", WakeupPolicy::Evidence);
    application.spare = reader.choice_or("spare", SpareKind::Paused);
    application.durability = reader.choice_or("durability", Durability::Async);
    if (const toml::table* limits = reader.table("limits")) {
        Reader inner(*limits, fmt::format("[application.limits] of {}", application.name),
                     draft.violations);
        read_limits(inner, draft, application.limits);
    }
    draft.agreement_at.clear();
    draft.execution_at.clear();
    for (const toml::table* entry : reader.tables("agreement", message::kMaxAgreement))
        read_agreement(*entry, draft, application);
    for (const toml::table* entry : reader.tables("execution", message::kMaxAgreement))
        read_execution(*entry, draft, application);
    for (const toml::table* entry : reader.tables("client", kClientsPerApplicationMax))
        read_client(*entry, draft, application);
    check_placement(draft, "agreement replicas of " + application.name, draft.agreement_at);
    check_placement(draft, "execution replicas of " + application.name, draft.execution_at);
    sort_by_id(application.agreement);
    sort_by_id(application.execution);
    sort_by_id(application.clients);
    check_counts(reader, draft, application);
    draft.cluster.applications.push_back(std::move(application));
}

void read_file(const toml::table& table, Draft& draft) {
    Reader root(table, "the file", draft.violations);
    read_data_center(root, draft);
    for (const toml::table* entry : root.tables("host", kHostsMax))
        read_host_table(*entry, draft);
    for (const toml::table* entry : root.tables("operator", kOperatorsMax))
        read_operator(*entry, draft);
    for (const toml::table* entry : root.tables("application", kApplicationsMax))
        read_application(*entry, draft);
    if (draft.cluster.hosts.empty())
        draft.violations.add(0, "the file has no [[host]]");
    if (draft.cluster.applications.empty())
        draft.violations.add(0, "the file has no [[application]]");
    sort_by_id(draft.cluster.hosts);
    sort_by_id(draft.cluster.operators);
}

} // namespace

Checked check(std::string_view text) {
    Draft draft;
    if (text.size() > kFileBytesMax) {
        draft.violations.add(0, fmt::format("the file has {} bytes; at most {} are allowed",
                                            text.size(), kFileBytesMax));
        return {std::move(draft.cluster), draft.violations.take()};
    }
    const Digest digest = crypto::sha256(view_of(text));
    std::copy_n(digest.bytes.begin(), ClusterId::size, draft.cluster.id.bytes.begin());
    try {
        read_file(toml::parse(text), draft);
    } catch (const toml::parse_error& error) {
        draft.violations.add(error.source().begin.line,
                             fmt::format("not TOML: {}", error.description()));
    }
    return {std::move(draft.cluster), draft.violations.take()};
}

Result<Cluster> parse(std::string_view text, std::string_view file) {
    Checked checked = check(text);
    if (!checked.violations.empty()) {
        std::string all = to_text(checked.violations, file);
        all.pop_back();
        return Error{std::move(all)};
    }
    return std::move(checked.cluster);
}

Result<Cluster> load(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text(64 * 1024, '\0');
    std::size_t size = 0;
    // read() turns the failures of the file into bits of the stream, folders included.
    while (in && size <= kFileBytesMax) {
        if (size == text.size())
            text.resize(2 * size);
        in.read(text.data() + size, static_cast<std::streamsize>(text.size() - size));
        size += static_cast<std::size_t>(in.gcount());
    }
    if (!in.is_open() || in.bad())
        return Error{
            fmt::format("{}: cannot be read; check that it is a file and its permissions", file)};
    text.resize(size);
    return parse(text, file);
}

} // namespace zz::cluster
