// SPDX-License-Identifier: Apache-2.0
// ProcessHypervisor: machines are local processes. A folder per machine below the root holds
//   machine   its record: name, incarnation and spec (the "image": it says itself which incarnation
//   it is) state     what it shall be when there is no process: defined, running, saved, stopped
//   pid       process id, its start time and the boot it belongs to, while one runs
//   log       standard output and error, rotated once at kLogBytesMax at each start
//   data/     the working folder of the program, which is all that hibernation keeps (ZZ-7.7)
// Processes survive their controller and are adopted by the next one; a process is touched only if
// start time and boot are those recorded, so that a recycled process id is safe. One controller a
// root (a lock says so). One thread; it waits only for its own children, never for others, and
// leaves no zombie.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "hv/hypervisor.h"

namespace zz::hv {

inline constexpr std::uint64_t kLogBytesMax = 16u << 20;
// How long a call may wait for a process to stand still, go on or die. A killed process that the
// kernel does not end in this time hangs in a device: the call says so (C4).
inline constexpr Duration kProcessWaitMax = seconds(5);

class ProcessHypervisor final : public Hypervisor {
  public:
    // Makes the root if need be and adopts what runs there.
    static Result<std::unique_ptr<ProcessHypervisor>> open(const std::string& root);
    // Leaves every process as it is.
    ~ProcessHypervisor() override;
    ProcessHypervisor(const ProcessHypervisor&) = delete;
    ProcessHypervisor& operator=(const ProcessHypervisor&) = delete;

    Status define(const MachineName& name, const MachineSpec& spec) override;
    Status start(const MachineName& name) override;
    Status suspend(const MachineName& name) override;
    Status resume(const MachineName& name) override;
    // Ends the process at once, as a power cut would: services survive that (ZZ-8.1).
    Status save(const MachineName& name) override;
    Status restore(const MachineName& name) override;
    Status destroy(const MachineName& name, Disk disk) override;
    Result<std::vector<MachineInfo>> list() override;
    std::vector<MachineEvent> poll_events() override;

    // The folder "data" of a machine; for whoever puts keys into an image before its first start.
    std::string data_folder(const MachineName& name) const;
    std::string log_file(const MachineName& name) const;

  private:
    struct Machine;
    explicit ProcessHypervisor(std::string root, int lock);

    std::string folder(const MachineName& name) const;
    Status adopt_all();
    Status adopt(const std::string& entry);
    Status launch(const MachineName& name, Machine& machine);
    Status kill_now(const MachineName& name, Machine& machine);
    Status end_with(Call call, const MachineName& name, MachineState state);
    Status record_state(const MachineName& name, Machine& machine, MachineState state);
    // Looks whether the process still lives and in which state; reaps it if it ended.
    void refresh(const MachineName& name, Machine& machine);
    Result<Machine*> find(Call call, const MachineName& name);

    std::string root_;
    int lock_;
    std::map<MachineName, Machine> machines_;
    std::vector<MachineEvent> events_;
};

} // namespace zz::hv
