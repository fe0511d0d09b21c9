// SPDX-License-Identifier: Apache-2.0
#include "protocol/cluster/generate.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <string_view>
#include <sys/stat.h>
#include <tuple>

#include "protocol/cluster/names.h"
#include "protocol/cluster/ports.h"
#include "protocol/message/fields.h"

namespace zz::cluster {

namespace {

constexpr const char* kLoopback = "127.0.0.1";

// How many of each kind a host carries; a new one goes where there are fewest of its kind, then
// fewest at all, then to the next host in a turn that begins one further for each application.
struct Load {
    std::uint32_t agreement = 0;
    std::uint32_t active = 0;
    std::uint32_t asleep = 0;
    std::uint32_t gateways = 0;
    std::uint32_t all() const { return agreement + 4 * active + asleep + gateways; }
};

class Builder {
  public:
    explicit Builder(const GenerateOptions& options)
        : options_(options), ports_(options.address, options.base_port), load_(options.hosts) {}

    Result<Generated> build();

  private:
    Status add_host(std::uint32_t index);
    Status add_application(std::uint32_t index, const ApplicationOption& option);
    Status add_clients(std::uint32_t index, Application& application);
    Result<std::string> next_address();
    PublicKeys fresh_keys(std::string file);
    std::uint32_t choose(std::uint32_t Load::*kind, std::uint32_t turn,
                         const std::set<std::uint32_t>& taken);
    HostId host_id(std::uint32_t index) const { return out_.cluster.hosts[index].id; }

    const GenerateOptions& options_;
    Ports ports_;
    std::vector<Load> load_;
    Generated out_;
};

PublicKeys Builder::fresh_keys(std::string file) {
    crypto::KeyPair keys = crypto::generate_keys();
    const PublicKeys publics = keys.publics;
    out_.keys.push_back({std::move(file), std::move(keys)});
    return publics;
}

Result<std::string> Builder::next_address() {
    const Result<std::uint16_t> port = ports_.next();
    if (!port)
        return port.error();
    return fmt::format("{}:{}", options_.address, *port);
}

std::uint32_t Builder::choose(std::uint32_t Load::*kind, std::uint32_t turn,
                              const std::set<std::uint32_t>& taken) {
    const auto hosts = static_cast<std::uint32_t>(load_.size());
    const auto rank = [&](std::uint32_t index) {
        return std::tuple(load_[index].*kind, load_[index].all(),
                          (index + hosts - turn % hosts) % hosts);
    };
    std::uint32_t best = hosts;
    for (std::uint32_t index = 0; index < hosts; ++index) {
        if (!taken.contains(index) && (best == hosts || rank(index) < rank(best)))
            best = index;
    }
    ++(load_[best].*kind);
    return best;
}

std::string with_name(std::string text, const std::string& name) {
    constexpr std::string_view kWord = "{HOST}";
    for (auto at = text.find(kWord); at != std::string::npos; at = text.find(kWord))
        text.replace(at, kWord.size(), name);
    return text;
}

Status Builder::add_host(std::uint32_t index) {
    Host host;
    host.id = HostId(index + 1);
    host.name = fmt::format("h{}", index + 1);
    host.address = options_.address;
    for (std::uint16_t Host::*port :
         {&Host::operator_port, &Host::telemetry_port, &Host::relay_port}) {
        const Result<std::uint16_t> next = ports_.next();
        if (!next)
            return next.error();
        host.*port = *next;
    }
    if (options_.metrics) {
        const Result<std::uint16_t> port = ports_.next();
        if (!port)
            return port.error();
        host.metrics = fmt::format("{}:{}", kLoopback, *port);
    }
    host.hypervisor = options_.hypervisor;
    if (options_.hypervisor == HypervisorKind::Libvirt)
        host.hypervisor_uri = with_name(options_.hypervisor_uri, host.name);
    host.controller = fresh_keys(fmt::format("controller-{}.key", host.name));
    host.keys = fresh_keys(fmt::format("host-{}.key", host.name));
    out_.cluster.hosts.push_back(std::move(host));
    return Ok{};
}

Status Builder::add_clients(std::uint32_t index, Application& application) {
    const bool web = application.kind == ApplicationKind::Web;
    for (const bool load : {false, true}) {
        Client client;
        client.id = ClientId(load ? 2 : 1);
        client.name = load ? "load" : "gateway";
        client.protocol = load  ? ClientProtocol::Load
                          : web ? ClientProtocol::Http
                                : ClientProtocol::Resp;
        client.lanes = application.limits.lanes_per_client;
        const Result<std::string> endpoint = next_address();
        if (!endpoint)
            return endpoint.error();
        client.endpoint = "tcp://" + *endpoint;
        if (!load) {
            client.host = host_id(choose(&Load::gateways, index, {}));
            const Result<std::string> front = next_address();
            if (!front)
                return front.error();
            client.front = *front;
        }
        client.keys = fresh_keys(fmt::format("{}-client-{}.key", application.name, client.name));
        application.clients.push_back(std::move(client));
    }
    return Ok{};
}

Status Builder::add_application(std::uint32_t index, const ApplicationOption& option) {
    Application application;
    application.id = ApplicationId(static_cast<std::uint16_t>(index));
    application.name = option.name;
    application.kind = option.kind;
    application.f = options_.f;
    const auto mode = options_.mode_of.find(option.name);
    application.mode = mode == options_.mode_of.end() ? options_.mode : mode->second;
    const auto policy = options_.wakeup_of.find(option.name);
    application.wakeup = policy == options_.wakeup_of.end() ? options_.wakeup : policy->second;
    application.spare = options_.spare;
    application.durability = options_.durability;
    application.limits = options_.limits;
    if (options_.hypervisor == HypervisorKind::Libvirt)
        application.limits.checkpoint_interval =
            std::min(application.limits.checkpoint_interval, kGuestCheckpointInterval);
    const Counts wanted = counts(application.mode, options_.f);
    std::set<std::uint32_t> taken;
    for (std::uint32_t id = 1; id <= wanted.agreement; ++id) {
        const std::uint32_t host = choose(&Load::agreement, index, taken);
        taken.insert(host);
        const Result<std::string> endpoint = next_address();
        if (!endpoint)
            return endpoint.error();
        application.agreement.push_back({AgreementId(id), host_id(host), "tcp://" + *endpoint,
                                         fresh_keys(fmt::format("{}-A{}.key", option.name, id))});
    }
    taken.clear();
    for (std::uint32_t id = 1; id <= wanted.execution; ++id) {
        const bool active = id <= wanted.active;
        std::uint32_t host = 0;
        if (is_one_replica(application.mode)) {
            host = application.agreement[id - 1].host.value - 1;
            ++load_[host].active;
        } else {
            host = choose(active ? &Load::active : &Load::asleep, index, taken);
        }
        taken.insert(host);
        application.execution.push_back({SlotId(id), host_id(host), active,
                                         fresh_keys(fmt::format("{}-E{}.0.key", option.name, id))});
    }
    if (const Status added = add_clients(index, application); !added)
        return added;
    out_.cluster.applications.push_back(std::move(application));
    return Ok{};
}

// Texts go into the file between quotes, so they are checked before it is written.
Status check_texts(const GenerateOptions& options,
                   const std::vector<ApplicationOption>& applications) {
    std::vector<std::string> names{options.name, options.environment};
    for (const ApplicationOption& application : applications)
        names.push_back(application.name);
    for (const std::string& name : names) {
        if (!is_name(name))
            return Error{
                fmt::format("a name of {} bytes is no name: 1 to {} letters, digits, '-' or '_'",
                            name.size(), kNameBytesMax)};
    }
    if (!is_address(options.address))
        return Error{"the address of the hosts is neither a host name nor an IPv4 address"};
    if (options.hypervisor_uri.find_first_of("\"\\\n") != std::string::npos)
        return Error{"the hypervisor's URI may hold no quotes, backslashes and line ends"};
    return Ok{};
}

Status check_options(const GenerateOptions& options,
                     const std::vector<ApplicationOption>& applications) {
    if (options.f < 1 || options.f > message::kMaxFaults)
        return Error{
            fmt::format("f = {} is out of range: 1 to {}", options.f, message::kMaxFaults)};
    for (const ApplicationOption& application : applications) {
        const auto own = options.mode_of.find(application.name);
        const Mode mode = own == options.mode_of.end() ? options.mode : own->second;
        const Counts wanted = counts(mode, options.f);
        const std::uint32_t hosts = std::max(wanted.agreement, wanted.execution);
        if (options.hosts < hosts || options.hosts > kHostsMax)
            return Error{fmt::format("{} hosts: f = {} in mode {} needs {} to {}, one replica of a "
                                     "kind on each (ZZ-1.3)",
                                     options.hosts, options.f, to_string(mode), hosts, kHostsMax)};
    }
    if (applications.size() > kApplicationsMax)
        return Error{fmt::format("{} applications are more than the {} allowed",
                                 applications.size(), kApplicationsMax)};
    return Ok{};
}

// What is chosen for one application is chosen for one that is made.
template <class Choice>
Status check_names(const std::map<std::string, Choice>& choices, std::string_view what,
                   const std::vector<ApplicationOption>& applications) {
    for (const auto& [name, choice] : choices) {
        if (std::none_of(applications.begin(), applications.end(),
                         [&name = name](const auto& option) { return option.name == name; }))
            return Error{fmt::format("{} {}={}: there is no application '{}'", what, name,
                                     to_string(choice), name)};
    }
    return Ok{};
}

Result<Generated> Builder::build() {
    const std::vector<ApplicationOption> applications =
        options_.applications.empty() ? default_applications(4) : options_.applications;
    if (const Status good = check_options(options_, applications); !good)
        return good.error();
    if (const Status good = check_texts(options_, applications); !good)
        return good.error();
    if (const Status good = check_names(options_.wakeup_of, "wakeup", applications); !good)
        return good.error();
    if (const Status good = check_names(options_.mode_of, "mode", applications); !good)
        return good.error();
    out_.cluster.name = options_.name;
    out_.cluster.environment = options_.environment;
    out_.cluster.drills = options_.drills;
    for (std::uint32_t index = 0; index < options_.hosts; ++index) {
        if (const Status added = add_host(index); !added)
            return added.error();
    }
    out_.cluster.operators.push_back(
        {OperatorId(1), "admin", OperatorRole::Operator, fresh_keys("operator-admin.key")});
    out_.cluster.operators.push_back(
        {OperatorId(2), "viewer", OperatorRole::Viewer, fresh_keys("operator-viewer.key")});
    for (std::uint32_t index = 0; index < applications.size(); ++index) {
        if (const Status added = add_application(index, applications[index]); !added)
            return added.error();
    }
    // What was asked for may still break a rule, a name or a limit: the one list of rules decides.
    Result<Cluster> checked = parse(to_toml(out_.cluster), "the new cluster file");
    if (!checked)
        return checked.error();
    out_.cluster = std::move(*checked);
    return std::move(out_);
}

} // namespace

Result<Generated> generate(const GenerateOptions& options) {
    return Builder(options).build();
}

Status write_files(const Generated& generated, const std::string& directory) {
    namespace fs = std::filesystem;
    const fs::path file = fs::path(directory) / "cluster.toml";
    const fs::path keys = fs::path(directory) / "keys";
    std::error_code error;
    if (fs::exists(file, error))
        return Error{fmt::format("{} exists: choose another folder or remove it with its keys",
                                 file.string())};
    fs::create_directories(keys, error);
    if (error || chmod(keys.c_str(), 0700) != 0)
        return Error{fmt::format("{}: cannot be made: {}", keys.string(),
                                 error ? error.message() : "chmod failed")};
    for (const PrincipalKeys& entry : generated.keys) {
        if (const Status written = crypto::write_key_file(keys / entry.file, entry.keys); !written)
            return written;
    }
    // Last, so that a cluster file means that all its keys are there.
    const fs::path fresh = file.string() + ".new";
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << to_toml(generated.cluster);
    out.close();
    if (!out)
        return Error{
            fmt::format("{}: cannot be written; check free space and permissions", fresh.string())};
    fs::rename(fresh, file, error);
    if (error)
        return Error{fmt::format("{}: cannot be made: {}", file.string(), error.message())};
    return Ok{};
}

std::vector<ApplicationOption> default_applications(std::uint32_t count) {
    constexpr std::uint32_t kLetters = 26;
    std::vector<ApplicationOption> out;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string name(1, static_cast<char>('A' + i % kLetters));
        if (i >= kLetters)
            name += std::to_string(i / kLetters + 1);
        out.push_back({std::move(name), ApplicationKind::Kv});
    }
    return out;
}

std::string key_file_name(const Cluster& cluster, ApplicationId in, const PrincipalId& of) {
    if (of.role == Role::Operator) {
        const Operator* entry = cluster.find_operator(OperatorId(of.index));
        return entry ? fmt::format("operator-{}.key", entry->name) : "";
    }
    if (of.role == Role::Host || of.role == Role::Controller) {
        const Host* host = cluster.host(HostId(of.index));
        return host ? fmt::format("{}-{}.key", of.role == Role::Host ? "host" : "controller",
                                  host->name)
                    : "";
    }
    const Application* application = cluster.application(in);
    if (!application)
        return "";
    if (of.role == Role::Client) {
        const Client* client = application->client(ClientId(of.index));
        return client ? fmt::format("{}-client-{}.key", application->name, client->name) : "";
    }
    if (of.role == Role::Agreement)
        return application->replica(agreement_id(of))
                   ? fmt::format("{}-A{}.key", application->name, of.index)
                   : "";
    if (!application->slot(execution_id(of).slot))
        return "";
    return fmt::format("{}-E{}.{}.key", application->name, of.index, of.incarnation);
}

} // namespace zz::cluster
