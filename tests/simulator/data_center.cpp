// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/data_center.h"

#include <fmt/format.h>

namespace zz::simulator {

DataCenter::DataCenter(World& world, Checker& checker, const Shape& shape)
    : world_(&world), checker_(&checker), shape_(shape) {
    for (std::uint32_t i = 1; i <= shape_.hosts(); ++i) {
        HostPlace& place = hosts_[HostId(i)];
        place.machines.observe([this](const hv::Transition& t) { on_transition(t); });
    }
}

NoticeSink DataCenter::sink() {
    return [this](const PrincipalId& by, const core::Notice& notice) {
        if (world_->tells_story())
            world_->tell(fmt::format("{} notes {} n={} epoch={} {} value={} {}", to_string(by),
                                     static_cast<int>(notice.kind), notice.n.value,
                                     notice.epoch.value, to_string(notice.subject), notice.value,
                                     notice.text));
        checker_->on_notice(by, notice);
    };
}

void DataCenter::start() {
    for (auto& [host, place] : hosts_)
        start_controller(host);
    for (std::uint32_t i = 1; i <= shape_.clients; ++i) {
        clients_.push_back(
            std::make_unique<ClientNode>(*world_, shape_, ClientId(i), sink(), *checker_));
        world_->attach(principal(ClientId(i)), clients_.back().get());
    }
}

void DataCenter::start_clients() {
    for (auto& client : clients_)
        client->start();
}

void DataCenter::stop_clients() {
    for (auto& client : clients_)
        client->stop();
}

void DataCenter::start_controller(HostId host) {
    HostPlace& place = hosts_.at(host);
    if (place.controller)
        return;
    place.controller = std::make_unique<ControllerNode>(
        *world_, shape_, host, place.controller_journal, place.machines, sink());
    world_->attach(controller_of(host), place.controller.get());
    place.controller->watch();
}

void DataCenter::crash_controller(HostId host) {
    HostPlace& place = hosts_.at(host);
    world_->detach(controller_of(host));
    if (place.controller)
        retire(std::move(place.controller));
}

void DataCenter::crash_machine(const PrincipalId& machine) {
    hosts_.at(host_of(machine)).machines.crash({ApplicationId(0), machine}, 9);
}

void DataCenter::crash_host(HostId host) {
    crash_controller(host);
    hosts_.at(host).machines.crash_host();
}

void DataCenter::on_transition(const hv::Transition& transition) {
    using hv::MachineState;
    const PrincipalId& machine = transition.name.principal;
    const bool was_up =
        transition.before == MachineState::Running || transition.before == MachineState::Paused;
    if (transition.after == MachineState::Running && transition.before == MachineState::Paused)
        return world_->resume(machine);
    if (transition.after == MachineState::Running)
        return begin(machine);
    if (transition.after == MachineState::Paused)
        return world_->pause(machine);
    if (was_up)
        end(machine);
    if (transition.after == MachineState::Absent && machine.role == Role::Execution)
        images_.erase(execution_id(machine));
}

void DataCenter::begin(const PrincipalId& machine) {
    Node* node = nullptr;
    if (machine.role == Role::Agreement) {
        const AgreementId id = agreement_id(machine);
        auto fresh = std::make_unique<AgreementNode>(
            *world_, shape_, id, journals_[id], sink(),
            [this](AgreementId by, const message::Order& o) {
                checker_->on_order(principal(by), o.n, o.batch_digest, o.time);
            });
        node = fresh.get();
        agreement_[machine] = std::move(fresh);
    } else {
        const ExecutionId id = execution_id(machine);
        auto fresh =
            std::make_unique<ExecutionNode>(*world_, shape_, id, images_[id], sink(), *checker_);
        node = fresh.get();
        execution_[machine] = std::move(fresh);
    }
    world_->attach(machine, node);
    if (started_)
        started_(machine);
    // Its first step; a process that died and began anew in between is another node.
    world_->after(Duration(0), [this, machine, node] {
        if (world_->node(machine) == node)
            node->on_time();
    });
}

// Without this a dead controller would go on looking at machines and start them.
void DataCenter::retire(std::unique_ptr<Node> node) {
    node->end();
    ended_.push_back(std::move(node));
}

void DataCenter::end(const PrincipalId& machine) {
    world_->detach(machine);
    if (const auto found = agreement_.find(machine); found != agreement_.end()) {
        retire(std::move(found->second));
        agreement_.erase(found);
    }
    if (const auto found = execution_.find(machine); found != execution_.end()) {
        retire(std::move(found->second));
        execution_.erase(found);
    }
}

AgreementNode* DataCenter::agreement(AgreementId id) {
    const auto found = agreement_.find(principal(id));
    return found == agreement_.end() ? nullptr : found->second.get();
}

ExecutionNode* DataCenter::execution(SlotId slot) {
    for (auto& [machine, node] : execution_)
        if (machine.index == slot.value)
            return node.get();
    return nullptr;
}

std::optional<message::Config> DataCenter::configuration() const {
    for (const auto& [machine, node] : agreement_) {
        const message::Config& config = node->core().agreement().state().members().config();
        std::uint32_t same = 0;
        for (const auto& [other, peer] : agreement_)
            same += peer->core().agreement().state().members().config() == config;
        if (same >= shape_.faults.quorum())
            return config;
    }
    return std::nullopt;
}

bool DataCenter::at_rest(std::string* why) const {
    const auto missing = [&](const std::string& text) {
        if (why)
            *why = text;
        return false;
    };
    for (const auto& client : clients_)
        if (!client->idle())
            return missing(fmt::format("{} waits for {} replies",
                                       to_string(client->identity().self),
                                       client->core().outstanding()));
    const auto config = configuration();
    if (!config)
        return missing("fewer than 2f+1 agreement replicas share a configuration");
    for (const auto& [machine, node] : agreement_)
        if (!node->is_wrapped() && !node->core().facts().awake.empty())
            return missing(fmt::format("{} knows of a wake-up in epoch {}", to_string(machine),
                                       config->epoch.value));
    return machines_at_rest(*config, why);
}

bool DataCenter::machines_at_rest(const message::Config& config, std::string* why) const {
    std::uint32_t active = 0;
    for (const message::SlotEntry& member : config.members) {
        const ExecutionId id{member.slot, member.incarnation};
        const auto& machines = hosts_.at(host_of(principal(id))).machines;
        const hv::MachineState state = machines.state({ApplicationId(0), principal(id)});
        const bool is_active = member.state == message::MemberState::Active;
        active += is_active;
        const bool right = is_active ? state == hv::MachineState::Running
                                     : member.state == message::MemberState::Asleep &&
                                           (state == hv::MachineState::Paused ||
                                            state == hv::MachineState::Saved ||
                                            (shape_.spare == cluster::SpareKind::Cold));
        if (!right) {
            if (why)
                *why = fmt::format("{} has member state {} and machine {}", to_string(id),
                                   static_cast<int>(member.state), to_string(state));
            return false;
        }
    }
    if (active != shape_.faults.active_replicas() && why)
        *why = fmt::format("{} active", active);
    return active == shape_.faults.active_replicas();
}

} // namespace zz::simulator
