// SPDX-License-Identifier: Apache-2.0
// Making a new data center: placement, ports and fresh keys for `zzctl cluster init`. For tools: it
// draws randomness and probes ports. What it makes passes `check`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/cluster/cluster.h"
#include "protocol/crypto/key_file.h"

namespace zz::cluster {

struct ApplicationOption {
    std::string name;
    ApplicationKind kind = ApplicationKind::Kv;
};

// At most so many batches from one checkpoint to the next where execution replicas are guests: what
// a woken one replays it replays slowly (resources/decisions/0081).
inline constexpr std::uint32_t kGuestCheckpointInterval = 32;

struct GenerateOptions {
    std::string name = "zz";
    std::string environment{kEnvironments[0]};
    std::uint32_t hosts = 4;
    std::vector<ApplicationOption> applications; // empty: four of kind kv, named A to D
    std::uint32_t f = 1;
    Mode mode = Mode::Zz;
    std::map<std::string, Mode> mode_of; // per application name, over `mode`
    HypervisorKind hypervisor = HypervisorKind::Process;
    std::string hypervisor_uri = "qemu:///system"; // libvirt only; {HOST}: the host's name
    SpareKind spare = SpareKind::Paused;
    Durability durability = Durability::Async;
    WakeupPolicy wakeup = WakeupPolicy::Evidence;
    std::map<std::string, WakeupPolicy> wakeup_of; // per application name, over `wakeup`
    bool drills = false;
    bool metrics = true; // each host answers Prometheus on loopback
    Limits limits;
    std::string address = "127.0.0.1"; // of every host
    // First port, the others follow; 0: ports that are free on this machine now.
    std::uint16_t base_port = 0;
};

// A principal's private keys and the name of the file for them.
struct PrincipalKeys {
    std::string file;
    crypto::KeyPair keys;
};

struct Generated {
    Cluster cluster; // its id is that of to_toml(cluster)
    std::vector<PrincipalKeys> keys;
};

Result<Generated> generate(const GenerateOptions& options);
// Writes DIR/cluster.toml and DIR/keys/*.key (0600, in a folder of 0700). Refuses a folder that has
// a cluster file.
Status write_files(const Generated& generated, const std::string& directory);

// Names "A", "B", ... "Z", "A2", ... as `cluster init` gives them.
std::vector<ApplicationOption> default_applications(std::uint32_t count);

// Where write_files puts the keys of a principal, below DIR/keys: "host-h1.key",
// "controller-h1.key", "operator-admin.key", "A-A1.key", "A-E1.0.key", "A-client-gateway.key".
// Empty if the cluster has no such principal. For execution replicas any incarnation has a name.
std::string key_file_name(const Cluster& cluster, ApplicationId application,
                          const PrincipalId& principal);

} // namespace zz::cluster
