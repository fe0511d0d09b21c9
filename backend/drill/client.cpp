// SPDX-License-Identifier: Apache-2.0
// bad-signature, replay, flood: of clients (gateways).
#include <deque>

#include "backend/drill/parts.h"

namespace zz::drill {
namespace {

constexpr std::size_t kReplayedMax = 16; // bundles that are sent again

class BadSignature final : public Behaviour {
  public:
    void pass(Instant, std::vector<core::Send>& sends) override {
        for (core::Send& send : sends) {
            if (auto* bundle = std::get_if<message::Bundle>(&send.message)) {
                bundle->signature.bytes[0] ^= 1U;
                send.frame = Blob();
            }
        }
    }
};

class Replay final : public Behaviour {
  public:
    explicit Replay(Duration interval) : interval_(interval) {}

    void pass(Instant now, std::vector<core::Send>& sends) override {
        const std::size_t fresh = sends.size();
        if (now >= due_) {
            due_ = now + interval_;
            sends.insert(sends.end(), old_.begin(), old_.end());
        }
        for (std::size_t i = 0; i < fresh; ++i) {
            if (std::holds_alternative<message::Bundle>(sends[i].message))
                old_.push_back(sends[i]);
        }
        while (old_.size() > kReplayedMax)
            old_.pop_front();
    }
    Instant wake_at() const override { return due_; }

  private:
    Duration interval_;
    Instant due_;
    std::deque<core::Send> old_;
};

class Flood final : public Behaviour {
  public:
    Flood(std::uint32_t copies, std::vector<PrincipalId> agreement)
        : copies_(copies), agreement_(std::move(agreement)) {}

    void pass(Instant, std::vector<core::Send>& sends) override {
        std::vector<core::Send> out;
        for (core::Send& send : sends) {
            const bool repeated = std::holds_alternative<message::Bundle>(send.message);
            if (repeated)
                send.to = agreement_;
            out.insert(out.end(), repeated ? copies_ : 1U, send);
        }
        sends = std::move(out);
    }

  private:
    std::uint32_t copies_;
    std::vector<PrincipalId> agreement_;
};

} // namespace

Made make_bad_signature() {
    return std::make_unique<BadSignature>();
}
Made make_replay(const Order& order) {
    return std::make_unique<Replay>(order.interval);
}
Made make_flood(const Order& order, const Surroundings& here) {
    return std::make_unique<Flood>(order.copies, here.other_agreement());
}

} // namespace zz::drill
