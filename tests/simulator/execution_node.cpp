// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/execution_node.h"

#include <algorithm>

namespace zz::simulator {

ExecutionNode::ExecutionNode(World& world, const Shape& shape, ExecutionId id,
                             ExecutionImage& image, NoticeSink sink, Checker& checker)
    : CoreNode(world, shape.identity(principal(id)), shape.secret, nullptr, std::move(sink)),
      checker_(&checker), application_(application::make_application("kv")),
      engine_(image.store, *application_),
      delay_(world.random().between(microseconds(20), microseconds(200))) {
    learn(shape.genesis());
    execution::Settings settings;
    settings.faults = shape.faults;
    settings.wakeup = shape.policy;
    settings.limits = shape.limits;
    settings.configuration = shape.genesis();
    settings.nonce = world.random().next();
    core_ = std::make_unique<execution::Core>(settings, sealer_);
}

void ExecutionNode::on_action(execution::Action& action) {
    if (const auto* configured = std::get_if<core::Configured>(&action))
        return learn(configured->config);
    // One job at a time, in order, as on the execution thread.
    engine_free_at_ = std::max(engine_free_at_, world_->now()) + delay_;
    world_->at(engine_free_at_, [this, job = std::get<execution::Job>(action), alive = alive_] {
        if (*alive)
            run(job);
    });
}

void ExecutionNode::run(const execution::Job& job) {
    if (const auto* batch = std::get_if<execution::ExecuteBatch>(&job))
        checker_->on_batch(identity_.self, *batch);
    for (execution::Result& result : engine_.run(job)) {
        if (const auto* executed = std::get_if<execution::Executed>(&result))
            checker_->on_executed(identity_.self, *executed);
        if (const auto* taken = std::get_if<execution::CheckpointTaken>(&result))
            checker_->on_checkpoint(identity_.self, *taken);
        if (engine_wrapper_)
            engine_wrapper_(result);
        step(result);
    }
}

} // namespace zz::simulator
