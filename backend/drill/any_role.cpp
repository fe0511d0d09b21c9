// SPDX-License-Identifier: Apache-2.0
// silent, crash, slow, and the links: of replicas of both clusters.
#include <algorithm>
#include <deque>

#include "backend/drill/parts.h"

namespace zz::drill {
namespace {

constexpr std::size_t kHeldMax = 65536; // sends held back; beyond it the oldest leave early

class Silent : public Behaviour {
  public:
    void pass(Instant, std::vector<core::Send>& sends) override { sends.clear(); }
};

class Crash final : public Silent {
  public:
    bool crashes() const override { return true; }
};

// Everything leaves `delay` later, in the same order.
class Slow final : public Behaviour {
  public:
    explicit Slow(Duration delay) : delay_(delay) {}

    void pass(Instant now, std::vector<core::Send>& sends) override {
        for (core::Send& send : sends)
            held_.push_back({now + delay_, std::move(send)});
        sends.clear();
        while (!held_.empty() && (held_.front().due <= now || held_.size() > kHeldMax)) {
            sends.push_back(std::move(held_.front().send));
            held_.pop_front();
        }
    }
    Instant wake_at() const override { return held_.empty() ? kNever : held_.front().due; }
    void release(std::vector<core::Send>& sends) override {
        for (Held& held : held_)
            sends.push_back(std::move(held.send));
        held_.clear();
    }

  private:
    struct Held {
        Instant due;
        core::Send send;
    };
    Duration delay_;
    std::deque<Held> held_;
};

// The core's messages stay as they are: the links fail them.
class Link final : public Behaviour {
  public:
    explicit Link(LinkTrouble trouble) : trouble_(std::move(trouble)) {}
    const LinkTrouble* link() const override { return &trouble_; }

  private:
    LinkTrouble trouble_;
};

} // namespace

Made make_silent() {
    return std::make_unique<Silent>();
}
Made make_crash() {
    return std::make_unique<Crash>();
}
Made make_slow(const Order& order) {
    return std::make_unique<Slow>(order.delay);
}
Made make_link(const Order& order) {
    LinkTrouble trouble;
    trouble.peers = order.peers;
    trouble.cut = order.name == "link-cut";
    if (order.name == "link-delay")
        trouble.delay = order.delay;
    if (order.name == "link-loss")
        trouble.loss_percent = order.loss_percent;
    trouble.seed = order.seed;
    return std::make_unique<Link>(std::move(trouble));
}

} // namespace zz::drill
