// SPDX-License-Identifier: Apache-2.0
// AgreementNode: one agreement replica in the world.
#pragma once

#include "backend/replica/core.h"
#include "tests/simulator/core_node.h"
#include "tests/simulator/shape.h"

namespace zz::simulator {

class AgreementNode final : public CoreNode<replica::Core> {
  public:
    using OrderTap = std::function<void(AgreementId, const message::Order&)>;

    // Restores from `journal`, which outlives the node.
    AgreementNode(World& world, const Shape& shape, AgreementId id, JournalImage& journal,
                  NoticeSink sink, OrderTap tap);

    AgreementId id() const { return agreement_id(identity_.self); }

  private:
    void on_action(replica::Action& action) override {
        learn(std::get<core::Configured>(action).config);
    }
    void observe(const core::Send& send) override;

    OrderTap tap_;
};

} // namespace zz::simulator
