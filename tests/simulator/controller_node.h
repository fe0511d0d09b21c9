// SPDX-License-Identifier: Apache-2.0
// ControllerNode: the replica controller of one host with its hypervisor; what the controller's
// service does.
#pragma once

#include "backend/controller/core.h"
#include "hv/memory/memory_hypervisor.h"
#include "tests/simulator/core_node.h"
#include "tests/simulator/shape.h"

namespace zz::simulator {

class ControllerNode final : public CoreNode<controller::Core> {
  public:
    ControllerNode(World& world, const Shape& shape, HostId host, JournalImage& journal,
                   hv::MemoryHypervisor& machines, NoticeSink sink);
    ~ControllerNode() override { *alive_ = false; }
    void end() override { *alive_ = false; }

    // Tells the core which machines there are, now and from time to time.
    void watch();

  private:
    void tell_machines();
    void on_action(controller::Action& action) override;
    void perform(const controller::MachineAsk& ask);
    Status call(const controller::MachineAsk& ask);

    std::uint64_t secret_;
    hv::MemoryHypervisor* machines_;
    std::shared_ptr<bool> alive_ =
        std::make_shared<bool>(true); // asks under way when the controller dies
};

} // namespace zz::simulator
