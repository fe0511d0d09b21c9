// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/site.h"

#include "protocol/base/check.h"

namespace zz::simulator {
namespace {

constexpr Duration kRestBound = seconds(300);

Shape shape_of(std::uint64_t seed, std::uint32_t f, cluster::SpareKind spare) {
    Shape shape;
    shape.faults = Faults{f};
    shape.secret = seed;
    shape.spare = spare;
    shape.lanes = 2;
    shape.limits.checkpoint_interval = 16;
    return shape;
}

} // namespace

Site::Site(std::uint64_t seed, std::uint32_t f, cluster::SpareKind spare)
    : world(seed), checker(world), center(world, checker, shape_of(seed, f, spare)) {
    center.on_start([this](const PrincipalId& machine) {
        if (const auto drill = drills_.find(machine); drill != drills_.end())
            attach(machine, drill->second.get(), drill->second.get());
    });
}

bool Site::begin() {
    center.start();
    if (!world.run(Instant{} + kStartBound, [this] { return center.at_rest(); })) {
        checker.fail("never came to rest at the start");
        return false;
    }
    center.start_clients();
    run(seconds(1));
    if (checker.checked() == 0)
        checker.fail("no request was answered in calm weather");
    return checker.violations().empty();
}

bool Site::come_to_rest() {
    stop();
    center.stop_clients();
    if (world.run(world.now() + kRestBound, [this] { return center.at_rest(); }))
        return true;
    std::string why;
    center.at_rest(&why);
    checker.fail("not back at rest: " + why);
    return false;
}

void Site::attach(const PrincipalId& target, core::Wrapper* wrapper, drill::DrillHost* host) {
    if (target.role == Role::Agreement) {
        if (AgreementNode* node = center.agreement(agreement_id(target)))
            node->wrap(wrapper);
    } else if (target.role == Role::Client) {
        center.client(target.index - 1).wrap(wrapper);
    } else if (ExecutionNode* node = center.execution(SlotId(target.index));
               node && node->id() == execution_id(target)) {
        node->wrap(wrapper);
        if (host)
            node->wrap_engine(
                [this, host](execution::Result& result) { host->alter(world.now(), result); });
    }
}

void Site::play(const PrincipalId& target, const std::string& name,
                const std::function<void(drill::Order&)>& change) {
    checker.corrupt(target);
    drill::Order order;
    order.id = "scenario";
    order.name = name;
    order.target = target;
    order.lease = seconds(3600);
    if (change)
        change(order);
    const Shape& shape = center.shape();
    auto host = std::make_unique<drill::DrillHost>(
        drill::Surroundings{shape.identity(target), shape.controllers(), shape.limits.window()});
    const Status started = host->start(order, world.now(), SequenceNumber(0));
    ZZ_CHECK(started, "{} for {}: {}", name, to_string(target), started.error().text);
    auto& placed = drills_[target];
    placed = std::move(host);
    attach(target, placed.get(), placed.get());
}

void Site::stop() {
    for (auto& [target, host] : drills_)
        host->stop_all();
}

void Site::wrap(const PrincipalId& target, core::Wrapper* wrapper) {
    checker.corrupt(target);
    attach(target, wrapper, nullptr);
}

Incarnation Site::incarnation(SlotId slot) const {
    if (const auto config = center.configuration())
        for (const auto& member : config->members)
            if (member.slot == slot)
                return member.incarnation;
    return Incarnation(0);
}

std::vector<ExecutionId> Site::actives() const {
    std::vector<ExecutionId> out;
    if (const auto config = center.configuration())
        for (const auto& member : config->members)
            if (member.state == message::MemberState::Active)
                out.push_back({member.slot, member.incarnation});
    return out;
}

} // namespace zz::simulator
