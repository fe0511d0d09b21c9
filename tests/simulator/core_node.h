// SPDX-License-Identifier: Apache-2.0
// CoreNode: a core of the product with the simulator's shell around it: keyring, opener, sealer,
// journal, wrapper. It performs an output as the runtime does: records, sends, actions, notices.
#pragma once

#include <memory>
#include <optional>

#include "protocol/auth/opener.h"
#include "protocol/auth/plain_keyring.h"
#include "protocol/core/wrapper.h"
#include "protocol/wire/codec.h"
#include "tests/simulator/world.h"

namespace zz::simulator {

// A journal that outlives its node: kill -9 keeps what was handed to it (ZZ-8.3, async).
struct JournalImage {
    std::vector<core::Record> records;

    void keep(std::vector<core::Record>& fresh, RecordIndex truncate_below) {
        for (core::Record& record : fresh)
            records.push_back(std::move(record));
        std::erase_if(records, [&](const core::Record& r) { return r.index < truncate_below; });
    }
};

// Who wants to hear what cores tell people.
using NoticeSink = std::function<void(const PrincipalId& reporter, const core::Notice& notice)>;

template <class Core> class CoreNode : public Node {
  public:
    CoreNode(World& world, const auth::Identity& identity, std::uint64_t secret,
             JournalImage* journal, NoticeSink sink)
        : world_(&world), identity_(identity), keyring_(identity.self, secret),
          opener_(identity, keyring_), sealer_(identity, keyring_), journal_(journal),
          sink_(std::move(sink)) {}

    void deliver(const PrincipalId& link, const Blob& frame) final {
        const auth::Opened opened = opener_.open(frame, link);
        if (const auto* reason = std::get_if<auth::Rejected>(&opened)) {
            ++rejected_;
            world_->mix(static_cast<std::uint64_t>(*reason));
            if (world_->tells_story())
                world_->tell(to_string(identity_.self) + " refuses a frame of " + to_string(link) +
                             ": " + std::string(auth::name(*reason)));
            return;
        }
        const auth::Verified& verified = std::get<auth::Verified>(opened);
        if (wrapper_ && !wrapper_->admits(world_->now(), verified))
            return;
        if (world_->tells_story())
            world_->tell(to_string(verified.sender()) + " -> " + to_string(identity_.self) + ": " +
                         wire::print(verified.message()));
        step(core::Received{verified});
    }
    void on_time() final { step(core::TimePassed{}); }
    Instant wake_at() const final {
        return wrapper_ ? std::min(wake_at_, wrapper_->wake_at()) : wake_at_;
    }

    Core& core() { return *core_; }
    const Core& core() const { return *core_; }
    const auth::Identity& identity() const { return identity_; }
    auth::PlainKeyring& keyring() { return keyring_; }
    const auth::Sealer& sealer() const { return sealer_; }
    std::uint64_t rejected() const { return rejected_; }
    // Null: correct again. Not owned.
    void wrap(core::Wrapper* wrapper) {
        wrapper_ = wrapper;
        world_->refresh(identity_.self);
    }
    bool is_wrapped() const { return wrapper_ != nullptr; }

    template <class Input> void step(const Input& input) {
        core_->step(world_->now(), input);
        perform();
    }
    void perform() {
        auto out = core_->take_output();
        if constexpr (requires { core_->invariants(); })
            core_->invariants();
        wake_at_ = out.wake_at;
        if (journal_)
            journal_->keep(out.records, out.truncate_below);
        for (const core::Send& send : out.sends)
            observe(send);
        if (wrapper_)
            wrapper_->pass(world_->now(), out.sends);
        for (const core::Send& send : out.sends)
            dispatch(send);
        for (const core::Notice& notice : out.notices)
            if (sink_)
                sink_(identity_.self, notice);
        for (auto& action : out.actions)
            on_action(action);
        world_->refresh(identity_.self);
    }

  protected:
    using Action = typename decltype(std::declval<Core&>().take_output().actions)::value_type;

    virtual void on_action(Action& action) = 0;
    // What the core itself sends, before a wrapper changes it.
    virtual void observe(const core::Send&) {}
    void learn(const message::Config& config) {
        for (const message::SlotEntry& member : config.members)
            if (member.state != message::MemberState::Empty)
                keyring_.learn(principal(ExecutionId{member.slot, member.incarnation}),
                               {member.signing, member.exchange});
    }

    World* world_;
    auth::Identity identity_;
    auth::PlainKeyring keyring_;
    auth::Opener opener_;
    auth::Sealer sealer_;
    std::unique_ptr<Core> core_;

  private:
    void dispatch(const core::Send& send) {
        if (send.frame.empty()) {
            for (const auth::Sealed& sealed : sealer_.seal(send.message, send.to))
                world_->send(identity_.self, sealed.to, sealed.frame);
            return;
        }
        for (const PrincipalId& to : send.to)
            world_->send(identity_.self, to, send.frame);
    }

    JournalImage* journal_;
    NoticeSink sink_;
    core::Wrapper* wrapper_ = nullptr;
    Instant wake_at_{};
    std::uint64_t rejected_ = 0;
};

} // namespace zz::simulator
