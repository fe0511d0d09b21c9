// SPDX-License-Identifier: Apache-2.0
// ClientNode: one client principal whose lanes issue kv commands in a closed loop until they are
// told to stop.
#pragma once

#include "protocol/client/core.h"
#include "tests/simulator/checker.h"
#include "tests/simulator/core_node.h"

namespace zz::simulator {

class ClientNode final : public CoreNode<client::Core> {
  public:
    ClientNode(World& world, const Shape& shape, ClientId id, NoticeSink sink, Checker& checker);

    // Every idle lane submits, and again after each reply until `stop`.
    void start();
    void stop() { running_ = false; }
    bool idle() const { return core_->outstanding() == 0; }
    std::uint64_t accepted() const { return accepted_; }

  private:
    void on_action(client::Action& action) override;
    void submit(LaneId lane);
    Bytes next_operation();

    Checker* checker_;
    Random random_;
    std::uint32_t lanes_;
    bool running_ = false;
    std::uint64_t accepted_ = 0;
};

} // namespace zz::simulator
