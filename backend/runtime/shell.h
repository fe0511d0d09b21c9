// SPDX-License-Identifier: Apache-2.0
// Shell: performs what a core wants: records to the journal, then sends (each after its record,
// ZZ-8.3), actions, notices; steps it at wake_at. Generic over the core; knows none. A wrapper, if
// a drill set one, sees input and sends (ZZ-10.1). One thread, that of the loop; the core is the
// shell's owner's.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>

#include "backend/runtime/feed.h"
#include "backend/runtime/journal_writer.h"
#include "backend/runtime/node.h"
#include "protocol/core/wrapper.h"

namespace zz::runtime {

template <class Core, class Input, class Action> class Shell {
  public:
    // `journal` may be null: the core makes no records, or needs none of them back.
    Shell(Core& core, Node& node, Feed& feed, JournalWriter* journal,
          std::function<void(Action&)> perform)
        : core_(&core), node_(&node), feed_(&feed), journal_(journal),
          perform_(std::move(perform)) {}

    // Not owned; null takes it away.
    void set_wrapper(core::Wrapper* wrapper) { wrapper_ = wrapper; }

    // A frame that arrived; what cannot be verified is counted and dropped.
    void frame(Instant now, const Blob& bytes, const PrincipalId& link) {
        auto verified = node_->open(bytes, link);
        if (!verified || (wrapper_ && !wrapper_->admits(now, *verified)))
            return;
        step(now, Input(core::Received{std::move(*verified)}));
    }
    void step(Instant now, const Input& input) {
        core_->step(now, input);
        stepped_ = true;
    }
    // Once per turn of the loop: time, then everything the steps since the last call want. Actions
    // may step again.
    void turn(Instant now) {
        if (journal_)
            node_->set_durable(journal_->durable());
        if (now >= wake_at_)
            step(now, Input(core::TimePassed{}));
        if (wrapper_ && now >= wrapper_->wake_at())
            stepped_ = true;
        for (int round = 0; stepped_ && round < kRoundsMax; ++round) {
            stepped_ = false;
            perform(now);
        }
    }
    // When the next turn is due if nothing arrives.
    Instant wake_at() const {
        if (stepped_)
            return Instant{};
        return wrapper_ ? std::min(wake_at_, wrapper_->wake_at()) : wake_at_;
    }

  private:
    static constexpr int kRoundsMax =
        16; // of actions that step the core; the rest waits for the next turn

    void perform(Instant now) {
        auto out = core_->take_output();
        wake_at_ = out.wake_at;
        if (wrapper_)
            wrapper_->pass(now, out.sends);
        if (journal_) {
            journal_->submit(std::move(out.records), out.truncate_below);
            node_->set_durable(journal_->durable());
        } else if (!out.records.empty()) {
            node_->set_durable(out.records.back().index);
        }
        node_->post(std::move(out.sends));
        for (auto& action : out.actions)
            perform_(action);
        for (const auto& notice : out.notices)
            feed_->notice(notice, node_->application());
    }

    Core* core_;
    Node* node_;
    Feed* feed_;
    JournalWriter* journal_;
    std::function<void(Action&)> perform_;
    core::Wrapper* wrapper_ = nullptr;
    Instant wake_at_{};
    bool stepped_ = true;
};

} // namespace zz::runtime
