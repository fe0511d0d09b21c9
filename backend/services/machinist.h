// SPDX-License-Identifier: Apache-2.0
// Machinist: performs a controller's asks on the hypervisor, with what a machine is made of:
// program and arguments, keys of a fresh incarnation in its data folder. Lives on the controller's
// worker thread: one job in, results out.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "backend/controller/machines.h"
#include "hv/process/process_hypervisor.h"
#include "protocol/cluster/cluster.h"
#include "protocol/crypto/key_file.h"

namespace zz::services {

// What the programs of this host's machines need to know.
struct HostPlan {
    const cluster::Cluster* cluster = nullptr;
    HostId host;
    std::string cluster_file;
    std::string keys;        // folder of the keys of the cluster file's principals
    std::string host_socket; // of zz-host
    std::string programs;    // folder of zz-agreement, zz-execution, zz-gateway
};

struct LookJob {};
struct AskJob {
    ApplicationId application;
    controller::MachineAsk ask;
};
using MachineJob = std::variant<LookJob, AskJob>;

struct Looked {
    std::vector<hv::MachineInfo> machines;
    std::vector<hv::MachineEvent> events;
    std::string error; // the list could not be had
};
struct Asked {
    ApplicationId application;
    controller::MachineAsk ask;
    std::string error;
    std::optional<PublicKeys> keys; // of MakeImage
};
using MachineResult = std::variant<Looked, Asked>;

class Machinist {
  public:
    Machinist(HostPlan plan, std::unique_ptr<hv::ProcessHypervisor> hypervisor)
        : plan_(std::move(plan)), hypervisor_(std::move(hypervisor)) {}

    std::vector<MachineResult> run(const MachineJob& job);

  private:
    Looked look();
    Asked perform(const AskJob& job);
    Status act(const hv::MachineName& name, controller::Ask ask);
    Status make_run(const hv::MachineName& name);
    Result<PublicKeys> make_image(const hv::MachineName& name);
    hv::MachineSpec spec(const hv::MachineName& name) const;
    std::string key_file(const hv::MachineName& name) const;
    hv::MachineState state_of(const hv::MachineName& name);

    HostPlan plan_;
    std::unique_ptr<hv::ProcessHypervisor> hypervisor_;
};

} // namespace zz::services
