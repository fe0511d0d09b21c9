// SPDX-License-Identifier: Apache-2.0
#include "backend/execution/core.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace zz::execution {

namespace {
inline constexpr int kStoppedHeartbeats = 4; // a longer silence of our own clock: we were stopped
} // namespace

Core::Core(Settings settings, const auth::Sealer& sealer)
    : settings_(std::move(settings)), sealer_(&sealer), self_(execution_id(sealer.identity().self)),
      membership_(settings_.faults, settings_.configuration),
      orders_(settings_.faults, 2 * std::uint64_t{settings_.limits.window()}),
      fetch_(settings_.limits.walk_bytes_per_second), nonce_(settings_.nonce) {
    stable_.checkpoint = settings_.base;
    ZZ_CHECK(sealer.identity().self.role == Role::Execution, "{} is no execution replica",
             to_string(sealer.identity().self));
}

std::vector<PrincipalId> Core::all_agreement() const {
    std::vector<PrincipalId> all;
    for (std::uint32_t i = 1; i <= settings_.faults.agreement_replicas(); ++i)
        all.push_back(principal(AgreementId(i)));
    return all;
}

void Core::send(std::vector<PrincipalId> to, message::Message m, Blob frame) {
    if (!to.empty())
        output_.sends.push_back({std::move(to), std::move(m), std::move(frame), {}});
}

void Core::notice(core::NoticeKind kind, SequenceNumber n, std::uint64_t value, std::string text) {
    core::Notice out;
    out.kind = kind;
    out.n = n;
    out.epoch = membership_.config().epoch;
    out.subject = sealer_->identity().self;
    out.value = value;
    out.text = std::move(text);
    output_.notices.push_back(std::move(out));
}

bool Core::spend(Budget budget, const PrincipalId& who, std::uint32_t most) {
    std::uint32_t& spent = spent_[{budget, who}];
    if (spent >= most)
        return false;
    ++spent;
    return true;
}

void Core::start(Instant now) {
    started_ = true;
    last_step_ = now;
    heartbeat_at_ = now + settings_.limits.heartbeat;
    act(Open{sealer_->identity().generation, settings_.base.n, settings_.base.root});
    ++nonce_;
    ask_configuration();
    ask_status(now);
}

// ZZ-6.8: after SIGCONT, a restored image, or a stall as long as one, nothing that was remembered
// is believed: the configuration comes first, then what was ordered meanwhile. State of the epoch
// we are still in is kept.
void Core::on_resumed(Instant now) {
    learnt_ = false;
    answered_.clear();
    standing_ = Standing::Unknown;
    waiting_.clear();
    proofs_.clear();
    orders_.restart(given_);
    body_at_ = gap_at_ = kNever;
    heartbeat_at_ = now + settings_.limits.heartbeat;
    notice(core::NoticeKind::Text, executed_, 0, "resumed: taking the configuration first");
    ++nonce_; // Older answers no longer count.
    ask_configuration();
    ask_status(now);
}

void Core::step(Instant now, const Input& input) {
    now_ = now;
    if (!started_)
        start(now);
    else if (now - last_step_ > settings_.limits.heartbeat * kStoppedHeartbeats)
        on_resumed(now);
    last_step_ = now;
    if (const auto* received = std::get_if<core::Received>(&input))
        on_received(now, received->message);
    else if (const auto* result = std::get_if<Result>(&input))
        on_result(now, *result);
    if (now >= heartbeat_at_)
        on_heartbeat(now);
    if (participates()) {
        give_batches();
        note_progress();
        ask_for_log(now);
        on_order_timers(now);
        fetch_nodes(now);
    }
    output_.wake_at = heartbeat_at_;
    if (participates())
        output_.wake_at = std::min({heartbeat_at_, order_wake_at(), fetch_.wake_at(now)});
}

void Core::on_heartbeat(Instant now) {
    heartbeat_at_ = now + settings_.limits.heartbeat;
    spent_.clear();
    heard_.clear();
    if (!learnt_ || membership_.highest_seen() > membership_.config().number)
        ask_configuration();
    if (now >= pinned_until_) {
        pinned_until_ = kNever;
        act(Pin{false});
    }
    if (standing_ != Standing::Awake)
        return;
    // Idle, or nothing comes: what is missing is asked for (ZZ-12).
    if (log_at_ == kNever && (executed_ == executed_at_heartbeat_ || recovering_))
        ask_status(now);
    executed_at_heartbeat_ = executed_;
    if (!participates())
        return;
    install_if_behind();
    if (!whole_)
        walk();
    tell_complete();
}

void Core::on_received(Instant now, const auth::Verified& m) {
    const message::Message& content = m.message();
    const bool of_agreement = m.sender().role == Role::Agreement;
    if (const auto* order = std::get_if<message::Order>(&content)) {
        if (orders_.add(agreement_id(m.sender()), *order))
            on_log_news(now);
    } else if (const auto* body = std::get_if<message::BatchBody>(&content)) {
        if (orders_.add(agreement_id(m.sender()), *body))
            on_log_news(now);
    } else if (const auto* sign = std::get_if<message::SignRequest>(&content)) {
        on(m, *sign);
    } else if (const auto* status = std::get_if<message::ExecutionStatus>(&content);
               status && of_agreement) {
        on(m, *status);
    } else if (const auto* again = std::get_if<message::RequestAgain>(&content)) {
        on(m, *again);
    } else if (std::holds_alternative<message::Checkpoint>(content)) {
        on(m.embedded<message::Checkpoint>());
    } else if (const auto* proof = std::get_if<message::StableProof>(&content)) {
        on_stable(proof->certificate);
    } else if (const auto* answer = std::get_if<message::ConfigAnswer>(&content)) {
        on(m, *answer);
    } else if (std::holds_alternative<message::Config>(content)) {
        on(m.embedded<message::Config>());
    } else if (const auto* wake_up = std::get_if<message::WakeUpProof>(&content)) {
        on(m, *wake_up);
    } else if (const auto* fetch = std::get_if<message::NodeFetch>(&content)) {
        on(m, *fetch);
    } else if (const auto* nodes = std::get_if<message::Nodes>(&content)) {
        on(now, m, *nodes);
    }
}

void Core::on_result(Instant now, const Result& result) {
    if (const auto* opened = std::get_if<Opened>(&result)) {
        opened_ = true;
        given_ = executed_ = opened->n;
        holds_state_ = opened->n > SequenceNumber(0);
        whole_ = opened->whole;
        // One that was installed came without its batch digest: it is not ours to sign (ZZ-5.2).
        if (holds_state_ && opened->batch_digest != Digest{})
            checkpoints_[opened->n] = {opened->batch_digest, opened->root, {}, {}};
        orders_.advance(executed_);
        reconsider();
    } else if (const auto* executed = std::get_if<Executed>(&result)) {
        on(*executed);
    } else if (const auto* needs = std::get_if<NeedsNodes>(&result)) {
        on(now, *needs);
    } else if (const auto* taken = std::get_if<CheckpointTaken>(&result)) {
        on(*taken);
    } else if (const auto* installed = std::get_if<Installed>(&result)) {
        on(*installed);
    } else if (std::holds_alternative<Dropped>(result)) {
        --dropping_;
        if (dropping_ == 0 && standing_ == Standing::Awake)
            enter_awake();
    } else if (std::holds_alternative<NodesAdded>(result)) {
        if (!whole_ && participates())
            walk();
    } else if (const auto* supplied = std::get_if<Supplied>(&result)) {
        on(*supplied);
    } else if (const auto* walked = std::get_if<Walked>(&result)) {
        on(*walked);
    } else if (const auto* found = std::get_if<RepliesFound>(&result)) {
        on(*found);
    }
}

core::ExecutionFacts Core::facts() const {
    core::ExecutionFacts facts;
    facts.id = self_;
    facts.configuration = membership_.config().number;
    facts.epoch = membership_.config().epoch;
    facts.executed = executed_;
    facts.stable = stable_.checkpoint.n;
    facts.recovering = recovering_;
    facts.complete = whole_ && standing_ == Standing::Awake && !recovering_;
    facts.nodes_fetched = fetch_.nodes_fetched();
    facts.bytes_fetched = fetch_.bytes_fetched();
    return facts;
}

Output Core::take_output() {
    Output out = std::exchange(output_, {});
    output_.wake_at = out.wake_at;
    return out;
}

} // namespace zz::execution
