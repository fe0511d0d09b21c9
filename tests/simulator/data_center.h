// SPDX-License-Identifier: Apache-2.0
// DataCenter: one application on its hosts in a world: hypervisors in memory whose machines are
// nodes with production cores, a controller on each host, clients. What dies and comes back does so
// as in life: journals and stores outlive their processes, controllers bring crashed machines up
// again.
#pragma once

#include "tests/simulator/agreement_node.h"
#include "tests/simulator/checker.h"
#include "tests/simulator/client_node.h"
#include "tests/simulator/controller_node.h"
#include "tests/simulator/execution_node.h"

namespace zz::simulator {

class DataCenter {
  public:
    DataCenter(World& world, Checker& checker, const Shape& shape);

    // Controllers and clients up; controllers start the rest.
    void start();
    void start_clients();
    void stop_clients();

    void crash_machine(const PrincipalId& machine); // kill -9; its controller starts it again
    void crash_controller(HostId host);
    void start_controller(HostId host);
    void crash_host(HostId host);
    void start_host(HostId host) { start_controller(host); }

    // Null while it is not running.
    AgreementNode* agreement(AgreementId id);
    ExecutionNode* execution(SlotId slot); // the incarnation that runs in this slot
    ClientNode& client(std::uint32_t index) { return *clients_[index]; }
    hv::MemoryHypervisor& hypervisor(HostId host) { return hosts_.at(host).machines; }
    HostId host_of(const PrincipalId& machine) const { return HostId(machine.index); }
    const Shape& shape() const { return shape_; }
    // Called when a machine's process begins: who wraps it in bad behaviour does it here.
    void on_start(std::function<void(const PrincipalId&)> hook) { started_ = std::move(hook); }

    // f+1 active, none convicted, nobody awake beyond them, spares asleep with fresh images, as f+1
    // correct agreement replicas and the machines say; every request answered. The text says what
    // is missing.
    bool at_rest(std::string* why = nullptr) const;
    // The configuration that f+1 agreement replicas share; nothing if none do.
    std::optional<message::Config> configuration() const;

  private:
    struct HostPlace {
        hv::MemoryHypervisor machines;
        JournalImage controller_journal;
        std::unique_ptr<ControllerNode> controller;
    };
    void on_transition(const hv::Transition& transition);
    void begin(const PrincipalId& machine);
    void end(const PrincipalId& machine);
    void retire(std::unique_ptr<Node> node);
    NoticeSink sink();
    bool machines_at_rest(const message::Config& config, std::string* why) const;

    World* world_;
    Checker* checker_;
    Shape shape_;
    std::map<HostId, HostPlace> hosts_;
    std::map<AgreementId, JournalImage> journals_;
    std::map<ExecutionId, ExecutionImage> images_;
    std::map<PrincipalId, std::unique_ptr<AgreementNode>> agreement_;
    std::map<PrincipalId, std::unique_ptr<ExecutionNode>> execution_;
    std::vector<std::unique_ptr<ClientNode>> clients_;
    std::vector<std::unique_ptr<Node>> ended_; // processes that died inside their own step
    std::function<void(const PrincipalId&)> started_;
};

} // namespace zz::simulator
