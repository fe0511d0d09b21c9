// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/drill_host.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace zz::drill {
namespace {

constexpr std::size_t kEndedMax = 64; // not taken yet; the oldest go

class Forwarder final : public core::Wrapper {
  public:
    explicit Forwarder(core::Wrapper& to) : to_(&to) {}
    void pass(Instant now, std::vector<core::Send>& sends) override { to_->pass(now, sends); }
    bool admits(Instant now, const auth::Verified& m) override { return to_->admits(now, m); }
    Instant wake_at() const override { return to_->wake_at(); }

  private:
    core::Wrapper* to_;
};

Error no_such(std::string_view id, const std::optional<DrillHost::Running>& running,
              const PrincipalId& self) {
    return Error{running ? fmt::format("drill '{}' does not run at {}; '{}' does", id,
                                       to_string(self), running->id)
                         : fmt::format("drill '{}' does not run at {}; it has ended or was never "
                                       "started",
                                       id, to_string(self))};
}

} // namespace

std::string_view to_string(EndCause cause) {
    switch (cause) {
    case EndCause::Stopped:
        return "stopped";
    case EndCause::LeaseEnded:
        return "lease ended";
    case EndCause::Finished:
        return "finished";
    }
    return "unknown";
}

Status DrillHost::start(const Order& order, Instant now, SequenceNumber reached) {
    expire(now);
    if (const Status status = check(order, here_.identity); !status)
        return status;
    if (behaviour_ && order.id == order_.id) {
        if (order == order_)
            return renew(order.id, order.lease, now);
        return Error{fmt::format("drill '{}' runs at {} already, with other parameters; stop it "
                                 "first",
                                 order.id, to_string(order.target))};
    }
    if (behaviour_)
        return Error{fmt::format("{} plays in drill '{}' ({}) already; stop that one first",
                                 to_string(order.target), order_.id, order_.name)};
    if (order.from_n > SequenceNumber(0) && order.from_n <= reached)
        return Error{fmt::format("drill '{}' begins at number {}, but {} has reached {}; begin "
                                 "above it",
                                 order.name, order.from_n.value, to_string(order.target),
                                 reached.value)};
    Result<std::unique_ptr<Behaviour>> made = make_behaviour(order, here_);
    if (!made)
        return made.error();
    behaviour_ = std::move(*made);
    order_ = order;
    ends_ = now + order.lease;
    return Ok{};
}

Status DrillHost::renew(std::string_view id, Duration lease, Instant now) {
    expire(now);
    if (!behaviour_ || id != order_.id)
        return no_such(id, running(), here_.identity.self);
    Order renewed = order_;
    renewed.lease = lease;
    if (const Status status = check(renewed, here_.identity); !status)
        return status;
    ends_ = std::max(ends_, now + lease);
    return Ok{};
}

Status DrillHost::stop(std::string_view id) {
    if (!behaviour_ || id != order_.id)
        return no_such(id, running(), here_.identity.self);
    end(EndCause::Stopped);
    return Ok{};
}

void DrillHost::stop_all() {
    if (behaviour_)
        end(EndCause::Stopped);
}

std::optional<DrillHost::Running> DrillHost::running() const {
    if (!behaviour_)
        return std::nullopt;
    return Running{order_.id, order_.name, ends_, behaviour_->number()};
}

std::vector<Ended> DrillHost::take_ended() {
    return std::exchange(ended_, {});
}

bool DrillHost::crashes() const {
    return behaviour_ && behaviour_->crashes();
}

const LinkTrouble* DrillHost::link() const {
    return behaviour_ ? behaviour_->link() : nullptr;
}

void DrillHost::pass(Instant now, std::vector<core::Send>& sends) {
    expire(now);
    if (behaviour_)
        behaviour_->pass(now, sends);
    if (!released_.empty()) {
        // What was held back is older than what the core sends now.
        std::move(sends.begin(), sends.end(), std::back_inserter(released_));
        sends = std::exchange(released_, {});
    }
}

bool DrillHost::admits(Instant now, const auth::Verified& m) {
    expire(now);
    return !behaviour_ || behaviour_->admits(now, m);
}

Instant DrillHost::wake_at() const {
    if (!released_.empty())
        return Instant{};
    return behaviour_ ? std::min(ends_, behaviour_->wake_at()) : kNever;
}

void DrillHost::alter(Instant now, execution::Result& result) {
    expire(now);
    if (behaviour_)
        behaviour_->alter(now, result);
}

std::unique_ptr<core::Wrapper> DrillHost::wrapper() {
    return std::make_unique<Forwarder>(*this);
}

void DrillHost::expire(Instant now) {
    if (behaviour_ && now >= ends_)
        end(EndCause::LeaseEnded);
    else if (behaviour_ && behaviour_->finished())
        end(EndCause::Finished);
}

void DrillHost::end(EndCause cause) {
    behaviour_->release(released_);
    behaviour_.reset();
    ends_ = kNever;
    ended_.push_back({order_.id, order_.name, cause});
    if (ended_.size() > kEndedMax)
        ended_.erase(ended_.begin());
}

} // namespace zz::drill
