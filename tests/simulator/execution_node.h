// SPDX-License-Identifier: Apache-2.0
// ExecutionNode: one execution replica in the world: core, and its engine in line with a little
// delay, over a store that outlives the process.
#pragma once

#include "backend/execution/core.h"
#include "backend/execution/engine.h"
#include "tests/simulator/checker.h"
#include "tests/simulator/core_node.h"

namespace zz::simulator {

// The disk of one incarnation.
struct ExecutionImage {
    state::MemoryNodeStore store;
};

class ExecutionNode final : public CoreNode<execution::Core> {
  public:
    ExecutionNode(World& world, const Shape& shape, ExecutionId id, ExecutionImage& image,
                  NoticeSink sink, Checker& checker);
    ~ExecutionNode() override { *alive_ = false; }
    void end() override { *alive_ = false; }

    ExecutionId id() const { return execution_id(identity_.self); }
    // What changes the engine's results before the core sees them (ZZ-10.1); empty: correct again.
    void wrap_engine(std::function<void(execution::Result&)> wrapper) {
        engine_wrapper_ = std::move(wrapper);
    }
    const execution::Engine& engine() const { return engine_; }

  private:
    void on_action(execution::Action& action) override;
    void run(const execution::Job& job);

    Checker* checker_;
    std::unique_ptr<application::Application> application_;
    execution::Engine engine_;
    std::function<void(execution::Result&)> engine_wrapper_;
    Duration delay_;
    Instant engine_free_at_{};
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace zz::simulator
