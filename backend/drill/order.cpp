// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/order.h"

namespace zz::drill {
namespace {

PrincipalId living(SlotId slot, const std::map<SlotId, Incarnation>& incarnations) {
    const auto found = incarnations.find(slot);
    return principal(
        ExecutionId{slot, found == incarnations.end() ? Incarnation(0) : found->second});
}

} // namespace

std::vector<Order> orders_for(const MatrixPlan& plan, const Order& common,
                              const std::map<SlotId, Incarnation>& incarnations) {
    std::vector<Order> orders;
    Order base = common;
    base.name = "matrix";
    base.liars.clear();
    for (const ExecutionLie& lie : plan.execution)
        base.liars.push_back(lie.slot);
    for (const ExecutionLie& lie : plan.execution) {
        Order order = base;
        order.target = living(lie.slot, incarnations);
        order.sends = lie.sends;
        order.reply = lie.reply;
        order.signs = lie.signs;
        orders.push_back(std::move(order));
    }
    for (const AgreementLie& lie : plan.agreement) {
        Order order = base;
        order.target = principal(lie.id);
        order.claims = lie.claims;
        orders.push_back(std::move(order));
    }
    return orders;
}

std::vector<Order> orders_for(const PlainDrill& drill, const Order& common,
                              const std::map<SlotId, Incarnation>& incarnations) {
    std::vector<Order> orders;
    for (const PrincipalId& target : drill.targets) {
        Order order = common;
        order.name = drill.name;
        order.target =
            target.role == Role::Execution ? living(SlotId(target.index), incarnations) : target;
        if (drill.delay > Duration{})
            order.delay = drill.delay;
        order.peers = drill.peers;
        orders.push_back(std::move(order));
    }
    return orders;
}

} // namespace zz::drill
