// SPDX-License-Identifier: Apache-2.0
// Machinist: performs a controller's asks on a hypervisor, with what a machine is made of: program
// and arguments, keys of a fresh incarnation in its data folder, and for a guest everything else
// that it needs to know. Lives on a worker thread of the controller's: one job in, results out. A
// host with guests has two of them, so that a libvirt that hangs delays no process.
#pragma once

#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "backend/controller/machines.h"
#include "hv/libvirt/libvirt_hypervisor.h"
#include "hv/process/process_hypervisor.h"
#include "protocol/cluster/cluster.h"
#include "protocol/crypto/key_file.h"

namespace zz::services {

// What guests are made of.
struct GuestPlan {
    std::string image;            // folder with vmlinuz, initramfs and their digests
    std::string command_line;     // of the kernel
    std::vector<std::string> far; // FROM=TO: where a guest dials what the cluster file says
    std::uint32_t memory_mib = 256;
};

// What the programs of this host's machines need to know.
struct HostPlan {
    const cluster::Cluster* cluster = nullptr;
    HostId host;
    std::string cluster_file;
    std::string keys;        // folder of the keys of the cluster file's principals
    std::string host_socket; // of zz-host
    std::string programs;    // folder of zz-agreement, zz-execution, zz-gateway
    GuestPlan guest;
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
    std::string kind;  // "process", "qemu-kvm", "qemu-tcg", ...
    bool guests = false;
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
    // Of processes; of guests.
    Machinist(HostPlan plan, std::unique_ptr<hv::ProcessHypervisor> hypervisor);
    Machinist(HostPlan plan, std::unique_ptr<hv::LibvirtHypervisor> hypervisor);

    std::vector<MachineResult> run(const MachineJob& job);

  private:
    Looked look();
    Asked perform(const AskJob& job);
    Status act(const hv::MachineName& name, controller::Ask ask);
    Status make_run(const hv::MachineName& name, bool wakes);
    Status restore(const hv::MachineName& name);
    Status start(const hv::MachineName& name);
    Result<PublicKeys> make_image(const hv::MachineName& name);
    hv::MachineSpec spec(const hv::MachineName& name) const;
    hv::MachineSpec guest_spec(const hv::MachineName& name) const;
    // Into a guest's data folder, which it reads at its start.
    Status put_identity(const hv::MachineName& name) const;
    // Of the cluster file's; of a fresh incarnation in its data folder.
    std::string key_file(const hv::MachineName& name) const;
    Result<hv::MachineState> state_of(const hv::MachineName& name);

    HostPlan plan_;
    bool guests_;
    std::function<std::string(const hv::MachineName&)> data_folder_;
    std::function<std::string()> kind_;
    std::unique_ptr<hv::Hypervisor> hypervisor_;
};

} // namespace zz::services
