// SPDX-License-Identifier: Apache-2.0
// Cluster: what every party of a data center must agree on, read from one TOML file (ZZ-2.1):
// hosts, operators, applications with their replicas, clients, keys and limits. A plain value; read
// once at start, never changed.
//
// `check` reads text and reports every violation with its line; `load` and `parse` give a Cluster
// or one Error that lists them all. A Cluster that came from them satisfies every rule of check
// (placement ZZ-1.3, counts ZZ-1.1, budgets ZZ-1.5, uniqueness G2).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/base/quorum.h"
#include "protocol/base/result.h"
#include "protocol/cluster/limits.h"

namespace zz::cluster {

enum class HypervisorKind : std::uint8_t { Process, Libvirt };
enum class SpareKind : std::uint8_t { Paused, Hibernated, Cold }; // ZZ-7.7
enum class Durability : std::uint8_t { Async, Sync, Memory };     // ZZ-8.3
enum class Mode : std::uint8_t { Zz, Sep, Base, Unreplicated };   // ZZ-9.1
enum class WakeupPolicy : std::uint8_t { Evidence, Matrix };      // ZZ-6.6
enum class ApplicationKind : std::uint8_t { Kv, Compute, Web };
enum class OperatorRole : std::uint8_t { Viewer, Operator };   // a viewer may change nothing (O2)
enum class ClientProtocol : std::uint8_t { Resp, Http, Load }; // Load: driven by zzctl, no front

// How careful operators must be: in production what does harm wants a reason and a name typed anew
// (O6).
inline constexpr std::string_view kProduction = "production";
inline constexpr std::array<std::string_view, 3> kEnvironments{"lab", "staging", kProduction};
bool is_environment(std::string_view word);

inline constexpr std::uint32_t kHostsMax = 1000;
inline constexpr std::uint32_t kOperatorsMax = 1000;
inline constexpr std::uint32_t kApplicationsMax = 1000;
inline constexpr std::uint32_t kClientsPerApplicationMax = 256;
inline constexpr std::size_t kFileBytesMax = 16u << 20;
inline constexpr std::size_t kNameBytesMax = 32;

// The bounds of an application in this mode. An unreplicated one bears no fault, whatever `f`: one
// of one makes every quorum.
Faults faults_of(Mode mode, std::uint32_t f);

struct Host {
    HostId id;
    std::string name;
    std::string address;              // where its services listen
    std::uint16_t operator_port = 0;  // commands (ROUTER)
    std::uint16_t telemetry_port = 0; // events (PUB)
    std::uint16_t relay_port = 0;     // its replicas, and the other hosts (ROUTER)
    std::string metrics;              // "ADDRESS:PORT" for Prometheus to scrape; empty: none
    HypervisorKind hypervisor = HypervisorKind::Process;
    std::string hypervisor_uri;     // libvirt: connection URI; else empty
    std::optional<SpareKind> spare; // overrides that of the application for spares on this host
    PublicKeys controller;
    PublicKeys keys; // of zz-host

    // "tcp://ADDRESS:PORT".
    std::string operator_endpoint() const;
    std::string telemetry_endpoint() const;
    std::string relay_endpoint() const;
    friend bool operator==(const Host&, const Host&) = default;
};

struct Operator {
    OperatorId id;
    std::string name;
    OperatorRole role = OperatorRole::Viewer;
    PublicKeys keys;
    friend bool operator==(const Operator&, const Operator&) = default;
};

struct AgreementReplica {
    AgreementId id;
    HostId host;
    std::string endpoint; // where it listens
    PublicKeys keys;
    friend bool operator==(const AgreementReplica&, const AgreementReplica&) = default;
};

// A slot and its incarnation 0. Execution replicas only dial.
struct ExecutionSlot {
    SlotId id;
    HostId host;
    bool active = false; // at the start; else asleep
    PublicKeys keys;     // of incarnation 0
    friend bool operator==(const ExecutionSlot&, const ExecutionSlot&) = default;
};

struct Client {
    ClientId id;
    std::string name;
    ClientProtocol protocol = ClientProtocol::Resp;
    std::optional<HostId> host; // that runs it as a service; none: started by hand
    std::uint32_t lanes = 0;    // fixed (ZZ-2.4)
    std::string endpoint;       // where execution replicas dial in
    std::string front;          // "ADDRESS:PORT" for its users; empty if it has none
    PublicKeys keys;
    friend bool operator==(const Client&, const Client&) = default;
};

struct Application {
    ApplicationId id; // position in the file, from 0
    std::string name;
    ApplicationKind kind = ApplicationKind::Kv;
    std::uint32_t f = 1;
    Mode mode = Mode::Zz;
    WakeupPolicy wakeup = WakeupPolicy::Evidence;
    SpareKind spare = SpareKind::Paused;
    Durability durability = Durability::Async;
    Limits limits;
    std::vector<AgreementReplica> agreement; // ascending, [i] is A(i+1)
    std::vector<ExecutionSlot> execution;    // ascending, [i] is E(i+1)
    std::vector<Client> clients;             // ascending by id

    // What quorums follow (ZZ-9.1).
    Faults faults() const { return faults_of(mode, f); }
    // Null if there is none.
    const AgreementReplica* replica(AgreementId id) const;
    const ExecutionSlot* slot(SlotId id) const;
    const Client* client(ClientId id) const;
    const Client* client(std::string_view name) const;
    friend bool operator==(const Application&, const Application&) = default;
};

struct Cluster {
    ClusterId id; // first 8 bytes of SHA-256 over the bytes of the file
    std::string name;
    std::string environment; // one of kEnvironments: shown to operators
    bool drills = false;     // ZZ-10.1
    std::vector<Host> hosts; // ascending by id
    std::vector<Operator> operators;
    std::vector<Application> applications;

    // Null if there is none.
    const Host* host(HostId id) const;
    const Host* host(std::string_view name) const;
    const Application* application(ApplicationId id) const;
    const Application* application(std::string_view name) const;
    const Operator* find_operator(OperatorId id) const;
    // Keys of a principal as the file has them; of execution replicas only incarnation 0.
    // `application` is ignored for controllers, hosts and operators.
    std::optional<PublicKeys> keys_of(ApplicationId application,
                                      const PrincipalId& principal) const;
    friend bool operator==(const Cluster&, const Cluster&) = default;
};

// Whether Ai and Ei are one replica that orders and executes: then they share a host (ZZ-9.1).
constexpr bool is_one_replica(Mode mode) {
    return mode == Mode::Base || mode == Mode::Unreplicated;
}

// How many of each an application has at the start (ZZ-1.1, ZZ-9.1).
struct Counts {
    std::uint32_t agreement = 0;
    std::uint32_t execution = 0;
    std::uint32_t active = 0;
};
Counts counts(Mode mode, std::uint32_t f);
// Spares of this application on this host.
SpareKind spare_of(const Application& application, const Host& host);

// One rule that the file breaks.
struct Violation {
    std::uint32_t line = 0; // from 1; 0 = the file as a whole
    std::string text;       // what is wrong and what is wanted
    friend bool operator==(const Violation&, const Violation&) = default;
};

struct Checked {
    Cluster cluster;                   // complete only if there are no violations
    std::vector<Violation> violations; // by line
};

// Never fails otherwise than by violations, whatever the bytes.
Checked check(std::string_view text);
// `file` is for the text of the error only.
Result<Cluster> parse(std::string_view text, std::string_view file);
Result<Cluster> load(const std::string& file);
// "FILE:LINE: text\n" for each.
std::string to_text(const std::vector<Violation>& violations, std::string_view file);

// The file as it is written: canonical, with every default explained. The id is not part of it.
std::string to_toml(const Cluster& cluster);

std::string_view to_string(HypervisorKind value);
std::string_view to_string(SpareKind value);
std::string_view to_string(Durability value);
std::string_view to_string(Mode value);
std::string_view to_string(WakeupPolicy value);
std::string_view to_string(ApplicationKind value);
std::string_view to_string(OperatorRole value);
std::string_view to_string(ClientProtocol value);

} // namespace zz::cluster
