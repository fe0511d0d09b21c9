// SPDX-License-Identifier: Apache-2.0
#include "protocol/client/core.h"

#include <algorithm>
#include <utility>

#include "protocol/auth/bundle.h"
#include "protocol/base/check.h"

namespace zz::client {

namespace {

inline constexpr int kTimeoutDoublings = 5; // reply timeout: 1, 2, .. 32 times the setting
inline constexpr int kDoubtDoublings = 6;
inline constexpr std::size_t kBundleBytesMax = 4u << 20;
// f+1 digests without the result: how much of the reply timeout the designated replica may still
// take.
inline constexpr int kResultPatience = 20;
inline constexpr int kConfigurationPeriod = 10; // heartbeats

} // namespace

Core::Core(Settings settings, const auth::Sealer& sealer, const auth::Keyring& keyring)
    : settings_(std::move(settings)), sealer_(&sealer), keyring_(&keyring),
      self_(sealer.identity().self.index), membership_(settings_.faults, settings_.configuration),
      lanes_(settings_.lanes), highest_(settings_.first_number - 1),
      doubt_(settings_.limits.reply_timeout), nonce_(settings_.nonce) {
    ZZ_CHECK(sealer.identity().self.role == Role::Client, "{} is no client",
             to_string(sealer.identity().self));
    for (std::size_t i = 0; i < lanes_.size(); ++i)
        lanes_[i].last = (i < settings_.first_numbers.size() ? settings_.first_numbers[i]
                                                             : settings_.first_number) -
                         1;
}

bool Core::busy(LaneId lane) const {
    return lane.value < lanes_.size() && lanes_[lane.value].request.has_value();
}

AgreementId Core::believed_primary() const {
    return AgreementId(
        static_cast<std::uint32_t>(view_.value % settings_.faults.agreement_replicas()) + 1);
}

RequestNumber Core::submit(LaneId lane, Bytes operation, std::uint32_t budget) {
    ZZ_CHECK(lane.value < lanes_.size(), "lane {} of {}", lane.value, lanes_.size());
    Lane& l = lanes_[lane.value];
    ZZ_CHECK(!l.request, "lane {} still waits for request {}", lane.value, l.last.value);
    ZZ_CHECK(operation.size() <= settings_.limits.request_bytes_max,
             "operation of {} bytes, at most {}", operation.size(),
             settings_.limits.request_bytes_max);
    ++l.last;
    highest_ = std::max(highest_, l.last);
    const std::uint32_t most = settings_.limits.request_budget_max;
    l.request.emplace();
    l.request->request = {lane, l.last, budget == 0 ? most : std::min(budget, most),
                          Blob(std::move(operation))};
    l.request->timeout = settings_.limits.reply_timeout;
    ++outstanding_;
    queued_.push_back(lane);
    output_.wake_at = Instant{0}; // At once.
    return l.last;
}

std::vector<PrincipalId> Core::all_agreement() const {
    std::vector<PrincipalId> all;
    for (std::uint32_t i = 1; i <= settings_.faults.agreement_replicas(); ++i)
        all.push_back(principal(AgreementId(i)));
    return all;
}

void Core::flush(Instant now) {
    if (queued_.empty())
        return;
    const std::vector<LaneId> lanes = std::exchange(queued_, {});
    send_bundles(lanes, now < doubt_until_);
    for (const LaneId lane : lanes) {
        Outstanding& o = *lanes_[lane.value].request;
        o.queued = false;
        o.deadline = now + o.timeout;
        timers_.insert({o.due(), lane});
    }
}

void Core::send_bundles(const std::vector<LaneId>& lanes, bool to_all) {
    const std::vector<PrincipalId> to =
        to_all ? all_agreement() : std::vector{principal(believed_primary())};
    const std::size_t bytes_max =
        std::min<std::size_t>(kBundleBytesMax, settings_.limits.batch_bytes_max / 2);
    const std::size_t count_max =
        std::min<std::size_t>(message::kMaxBundleRequests, settings_.limits.batch_requests_max);
    std::vector<message::Request> requests;
    std::size_t bytes = 0;
    const auto send = [&] {
        if (!requests.empty())
            output_.sends.push_back(
                {to, auth::make_bundle(sealer_->identity(), *keyring_, requests), {}, {}});
        requests.clear();
        bytes = 0;
    };
    for (const LaneId lane : lanes) {
        const message::Request& request = lanes_[lane.value].request->request;
        if (requests.size() >= count_max || bytes + request.operation.size() > bytes_max)
            send();
        requests.push_back(request);
        bytes += request.operation.size();
    }
    send();
}

void Core::step(Instant now, const Input& input) {
    if (const auto* received = std::get_if<core::Received>(&input))
        on_received(now, received->message);
    flush(now);
    on_timers(now);
    output_.wake_at = ask_again_at_;
    if (!timers_.empty())
        output_.wake_at = std::min(output_.wake_at, timers_.begin()->first);
}

void Core::on_timers(Instant now) {
    if (now >= ask_again_at_)
        ask_configuration(now);
    std::vector<LaneId> late, lacking;
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const LaneId lane = timers_.begin()->second;
        timers_.erase(timers_.begin());
        Outstanding& o = *lanes_[lane.value].request;
        if (o.deadline <= now) {
            late.push_back(lane);
            late_ += std::exchange(o.late, true) ? 0U : 1U;
            o.timeout = std::min<Duration>(o.timeout * 2, settings_.limits.reply_timeout *
                                                              (1 << kTimeoutDoublings));
            o.deadline = now + o.timeout;
        } else {
            lacking.push_back(lane);
        }
        o.ask_result = kNever;
        timers_.insert({o.due(), lane});
    }
    if (!late.empty())
        retransmit(now, late);
    if (!lacking.empty())
        ask_results(lacking);
}

void Core::retransmit(Instant now, const std::vector<LaneId>& lanes) {
    retransmitted_ += lanes.size();
    if (now >= doubt_until_) {
        const Duration longest = settings_.limits.reply_timeout * (1 << kDoubtDoublings);
        // Quiet for as long as the last doubt lasted: the belief was good for a while.
        doubt_ = now - doubt_until_ > doubt_ ? settings_.limits.reply_timeout * 2
                                             : std::min<Duration>(doubt_ * 2, longest);
        doubt_until_ = now + doubt_;
    }
    send_bundles(lanes, true);
    std::vector<PrincipalId> replicas;
    for (const ExecutionId& id : membership_.all_live())
        replicas.push_back(principal(id));
    message::RequestAgain again;
    for (const LaneId lane : lanes) {
        again.requests.push_back({lane, lanes_[lane.value].request->request.number});
        if (again.requests.size() == message::kMaxBundleRequests || lane == lanes.back()) {
            output_.sends.push_back({replicas, again, {}, {}});
            again.requests.clear();
        }
    }
    ask_configuration(now);
}

void Core::ask_results(const std::vector<LaneId>& lanes) {
    std::map<PrincipalId, message::RequestAgain> asks;
    for (const LaneId lane : lanes) {
        const Outstanding& o = *lanes_[lane.value].request;
        for (const ExecutionId& id : o.votes.lacks_result(membership_, settings_.faults))
            if (auto& list = asks[principal(id)].requests; list.size() < list.max)
                list.push_back({lane, o.request.number});
    }
    for (auto& [to, again] : asks)
        output_.sends.push_back({{to}, std::move(again), {}, {}});
}

// Asked at the start, on timeouts, and now and then: also the answer to "who is primary?".
void Core::ask_configuration(Instant now) {
    ask_again_at_ = now + settings_.limits.heartbeat * kConfigurationPeriod;
    if (now - asked_at_ < settings_.limits.reply_timeout)
        return;
    asked_at_ = now;
    output_.sends.push_back({all_agreement(), message::ConfigRequest{++nonce_}, {}, {}});
}

// f+1 votes came without the result: a silent designated replica must not cost the whole reply
// timeout.
void Core::expect_result(LaneId lane, Instant now) {
    Outstanding& o = *lanes_[lane.value].request;
    if (o.queued || o.ask_result != kNever)
        return;
    const Instant at = now + settings_.limits.reply_timeout / kResultPatience;
    if (at >= o.deadline)
        return;
    timers_.erase({o.due(), lane});
    o.ask_result = at;
    timers_.insert({o.due(), lane});
}

Output Core::take_output() {
    Output out = std::exchange(output_, {});
    output_.wake_at = out.wake_at;
    return out;
}

} // namespace zz::client
