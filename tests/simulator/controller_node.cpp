// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/controller_node.h"

namespace zz::simulator {

namespace {

inline constexpr Duration kAskTime = milliseconds(2); // a call of the hypervisor
inline constexpr Duration kListEvery = milliseconds(500);

controller::Settings settings_of(World& world, const Shape& shape, HostId host) {
    controller::Settings settings;
    settings.faults = shape.faults;
    settings.policy = shape.policy;
    settings.spare = shape.spare;
    settings.limits = shape.limits;
    settings.agreement = AgreementId(host.value);
    if (host.value <= shape.faults.execution_slots())
        settings.slot = SlotId(host.value);
    settings.first = shape.genesis();
    settings.nonce = world.random().next();
    return settings;
}

controller::MachineState state_of(hv::MachineState state) {
    switch (state) {
    case hv::MachineState::Absent:
        return controller::MachineState::Absent;
    case hv::MachineState::Defined:
        return controller::MachineState::Defined;
    case hv::MachineState::Running:
        return controller::MachineState::Running;
    case hv::MachineState::Paused:
        return controller::MachineState::Paused;
    case hv::MachineState::Saved:
        return controller::MachineState::Saved;
    case hv::MachineState::Stopped:
        return controller::MachineState::Stopped;
    }
    return controller::MachineState::Absent;
}

} // namespace

ControllerNode::ControllerNode(World& world, const Shape& shape, HostId host, JournalImage& journal,
                               hv::MemoryHypervisor& machines, NoticeSink sink)
    : CoreNode(world, shape.identity(controller_of(host)), shape.secret, &journal, std::move(sink)),
      secret_(shape.secret), machines_(&machines) {
    learn(shape.genesis());
    core_ = std::make_unique<controller::Core>(sealer_, settings_of(world, shape, host));
    core_->restore(journal.records);
}

void ControllerNode::tell_machines() {
    controller::Machines facts;
    const auto list = machines_->list();
    if (!list)
        return;
    for (const hv::MachineInfo& info : *list)
        facts.machines.push_back({info.name.principal, state_of(info.state)});
    step(facts);
}

void ControllerNode::watch() {
    tell_machines();
    world_->after(kListEvery, [this, alive = alive_] {
        if (*alive)
            watch();
    });
}

void ControllerNode::on_action(controller::Action& action) {
    if (const auto* learnt = std::get_if<controller::LearnConfiguration>(&action))
        return learn(learnt->config);
    const controller::MachineAsk ask = std::get<controller::MachineAsk>(action);
    world_->after(kAskTime, [this, ask, alive = alive_] {
        if (*alive)
            perform(ask);
    });
}

void ControllerNode::perform(const controller::MachineAsk& ask) {
    const Status done = call(ask);
    if (world_->tells_story())
        world_->tell(to_string(identity_.self) + ": " + to_string(ask.ask) + " " +
                     to_string(ask.machine) + (done ? "" : " failed: " + done.error().text));
    if (done && ask.ask == controller::Ask::MakeImage)
        step(controller::KeysMade{execution_id(ask.machine),
                                  auth::PlainKeyring::keys_of(ask.machine, secret_)});
    step(controller::AskDone{ask, done ? std::string() : done.error().text});
    tell_machines();
}

Status ControllerNode::call(const controller::MachineAsk& ask) {
    const hv::MachineName name{ApplicationId(0), ask.machine};
    const hv::MachineState state = machines_->state(name);
    const auto define_if_absent = [&]() -> Status {
        return state == hv::MachineState::Absent ? machines_->define(name, {}) : Status(Ok{});
    };
    switch (ask.ask) {
    case controller::Ask::Start: {
        const Status defined = define_if_absent();
        return defined ? machines_->start(name) : defined;
    }
    case controller::Ask::Wake:
        if (state == hv::MachineState::Paused)
            return machines_->resume(name);
        if (state == hv::MachineState::Saved)
            return machines_->restore(name);
        {
            const Status defined = define_if_absent();
            return defined ? machines_->start(name) : defined;
        }
    case controller::Ask::Pause:
        return machines_->suspend(name);
    case controller::Ask::Save:
        return machines_->save(name);
    case controller::Ask::Stop:
        return machines_->destroy(name, hv::Disk::Keep);
    case controller::Ask::Erase:
        return machines_->destroy(name, hv::Disk::Erase);
    case controller::Ask::MakeImage:
        return define_if_absent();
    }
    return Ok{};
}

} // namespace zz::simulator
