// SPDX-License-Identifier: Apache-2.0
// Configuration, and whether this replica is awake (ZZ-1.7, ZZ-6.8, ZZ-7.1). Nothing is believed
// from one agreement replica, nothing at all from execution replicas.
#include <algorithm>

#include "backend/execution/core.h"
#include "protocol/proof/wake_up.h"

namespace zz::execution {

namespace {

// The number that caused the wake-up: it is committed, so a log that ends below it is not the whole
// log.
SequenceNumber number_of(const message::WakeUpProof& proof) {
    if (!proof.demands.empty())
        return proof.demands.front().value.n;
    if (!proof.no_signs.empty())
        return proof.no_signs.front().value.n;
    if (!proof.columns.empty())
        return proof.columns.front().value.n;
    return SequenceNumber(1); // Somebody was convicted over something.
}

} // namespace

void Core::ask_configuration() {
    send(all_agreement(), message::ConfigRequest{nonce_});
}

void Core::ask_status(Instant) {
    send(all_agreement(), message::ExecutionStatus{executed_, stable_.checkpoint.n, true});
}

void Core::on(const auth::Verified& m, const message::ConfigAnswer& answer) {
    on(answer.config);
    if (learnt_ || answer.nonce != nonce_)
        return;
    answered_.insert(agreement_id(m.sender()));
    if (answered_.size() < settings_.faults.quorum())
        return;
    learnt_ = true;
    reconsider();
}

void Core::on(const message::Embedded<message::Config>& config) {
    if (!membership_.add(config))
        return;
    output_.actions.emplace_back(
        core::Configured{membership_.config(), membership_.certificate(), {}});
    notice(core::NoticeKind::Configured, executed_, membership_.config().number.value);
    output_.notices.back().members = membership_.config().members;
    reconsider();
}

void Core::on(const auth::Verified& m, const message::WakeUpProof& proof) {
    for (const auto& config : proof.configs)
        on(config);
    const Epoch epoch = membership_.config().epoch;
    if (proof.epoch == epoch)
        consider_wake_up(proof);
    else if (proof.epoch > epoch &&
             (proofs_.contains(m.sender()) || proofs_.size() < kProofsPending))
        proofs_.insert_or_assign(m.sender(), proof);
    else
        return;
    reconsider();
}

// Precondition: `proof` is of the epoch we know.
void Core::consider_wake_up(const message::WakeUpProof& proof) {
    if (wakeup_known_ || settings_.faults.f == 0 ||
        !proof::proves_wake_up(proof, membership_.config(), settings_.faults, settings_.wakeup))
        return;
    wakeup_known_ = true;
    wakeup_epoch_ = proof.epoch;
    wakeup_number_ = number_of(proof);
    pinned_until_ = now_ + settings_.limits.completion_deadline;
    notice(core::NoticeKind::WakeUpKnown, executed_);
    if (opened_)
        act(Pin{true});
}

std::vector<ExecutionId> Core::awake_replicas() const {
    return wakeup_known_ ? membership_.all_live() : membership_.active();
}

void Core::update_sources() {
    std::vector<PrincipalId> first, last;
    for (const message::SlotEntry& e : membership_.config().members) {
        const ExecutionId id{e.slot, e.incarnation};
        if (id == self_ || e.state == message::MemberState::Empty)
            continue;
        (e.state == message::MemberState::Active ? first : last).push_back(principal(id));
    }
    fetch_.set_sources(first, last); // A convicted replica's disk may serve (ZZ-7.3).
}

// What follows from configuration and proofs; called whenever one of them changed.
void Core::reconsider() {
    const Epoch epoch = membership_.config().epoch;
    if (wakeup_known_ && wakeup_epoch_ != epoch) {
        wakeup_known_ = false;
        complete_frame_ = {};
        completed_ = false;
        if (pinned_until_ != kNever)
            act(Pin{false});
        pinned_until_ = kNever;
    }
    for (auto at = proofs_.begin(); at != proofs_.end();) {
        if (at->second.epoch == epoch)
            consider_wake_up(at->second);
        at = at->second.epoch <= epoch ? proofs_.erase(at) : std::next(at);
    }
    update_sources();
    if (!opened_ || !learnt_)
        return;
    const message::SlotEntry* entry = membership_.entry(self_.slot);
    const bool live = membership_.live(self_);
    const bool active = live && entry->state == message::MemberState::Active;
    const Standing before = standing_;
    standing_ = !live                     ? Standing::Removed
                : active || wakeup_known_ ? Standing::Awake
                                          : Standing::Asleep;
    // A woken replica sent back to sleep drops its state, also if it slept through being told
    // (ZZ-6.8).
    const bool leaves = standing_ == Standing::Asleep ||
                        (standing_ == Standing::Awake && !active && state_epoch_ != epoch);
    if (leaves)
        leave_awake();
    if (standing_ == Standing::Awake) {
        state_epoch_ = epoch;
        // Also woken in two epochs in a row: with nothing to drop, nothing else would begin it.
        if ((before != Standing::Awake || leaves) && dropping_ == 0)
            enter_awake();
        else if (before == Standing::Awake)
            tell_complete();
    }
}

void Core::enter_awake() {
    tip_.reset();
    replayed_ = false;
    recovering_ = true;
    if (executed_ >= stable_.checkpoint.n && executed_ > SequenceNumber(0) && whole_)
        act(Stable{stable_.checkpoint.n});
    const bool woken = membership_.entry(self_.slot)->state != message::MemberState::Active;
    log_at_ = woken ? now_ + kNewsPatience : now_;
    log_by_ = now_ + kNewsPatienceMax;
    body_tries_ = 0;
    ask_for_log(now_);
    install_if_behind();
    if (!whole_)
        walk();
}

void Core::leave_awake() {
    fetch_.forget_all();
    log_.clear();
    checkpoints_.clear();
    waiting_.clear();
    recovering_ = blocked_ = walking_ = false;
    log_at_ = kNever;
    tip_.reset();
    if (!holds_state_)
        return;
    holds_state_ = false;
    given_ = executed_ = SequenceNumber(0);
    whole_ = true;
    orders_.restart(SequenceNumber(0));
    ++dropping_;
    act(DropState{});
}

} // namespace zz::execution
