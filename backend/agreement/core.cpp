// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/core.h"

#include <algorithm>

#include "protocol/auth/digests.h"
#include "protocol/base/check.h"
#include "protocol/wire/codec.h"

namespace zz::agreement {

Core::Core(auth::Sealer sealer, Options options)
    : sealer_(sealer), options_(std::move(options)), faults_(sealer.identity().faults),
      self_(agreement_id(sealer.identity().self)),
      log_(faults_.agreement_replicas(), options_.limits.window()), state_(options_),
      next_(SequenceNumber(1)) {
    ZZ_CHECK(sealer.identity().self.role == Role::Agreement && self_.value >= 1 &&
                 self_.value <= faults_.agreement_replicas(),
             "{} is no agreement replica of this application", to_string(sealer.identity().self));
    null_body_ = std::make_shared<message::BatchContent>(wire::content_of({}));
    null_digest_ = auth::batch_digest(null_body_->encoded.view());
    for (std::uint32_t i = 1; i <= faults_.agreement_replicas(); ++i)
        if (i != self_.value)
            peers_.push_back(
                {principal(AgreementId(i)), {}, {}, {}, std::nullopt, Instant{INT64_MIN}});
    sign_config();
}

AgreementId Core::primary_of(View view) const {
    return AgreementId(static_cast<std::uint32_t>(view.value % faults_.agreement_replicas()) + 1);
}

Core::Peer* Core::peer(AgreementId id) {
    const auto found = std::find_if(peers_.begin(), peers_.end(),
                                    [&](const Peer& p) { return agreement_id(p.id) == id; });
    return found == peers_.end() ? nullptr : &*found;
}

void Core::step(Instant now, const Input& input) {
    ZZ_CHECK(!started_ || now >= now_, "time went back from {} to {}", now_.ns, now.ns);
    now_ = now;
    if (!started_)
        start();
    struct Visitor {
        Core& core;
        void operator()(const core::Received& r) { core.receive(r.message); }
        void operator()(const core::TimePassed&) { core.on_time(); }
        void operator()(const core::OrderSystem& o) {
            core.on_system(principal(core.self_), o.request);
        }
        void operator()(const core::SettledMark& s) {
            core.settled_ = std::max(core.settled_, s.mark);
            core.sign_checkpoints();
        }
        void operator()(const core::CheckpointMatched& m) {
            if (m.n > core.log_.h() && m.n <= core.log_.high())
                core.matched_.try_emplace(m.n, m.root);
            core.sign_checkpoints();
        }
        void operator()(const core::AwakeChanged& a) { core.on_awake(a.awake); }
        void operator()(const core::TellMark&) { core.tell_status(); }
    };
    std::visit(Visitor{*this}, input);
    propose();
    update_timers();
    flush();
}

// What others must know of a replica that begins, and what our own detection must know of a
// restored one.
void Core::start() {
    started_ = true;
    remember_config();
    next_heartbeat_ = now_ + options_.limits.heartbeat;
    next_repair_ = now_ + options_.limits.heartbeat / 4;
    advanced_ = now_;
    out_.actions.push_back(core::Configured{own_config_.value, {}, {}});
    if (log_.h() > SequenceNumber(0))
        out_.actions.push_back(core::StableMoved{stable_});
    if (begins_) {
        journal(record::Begun{sealer_.identity().generation});
        snapshot();
    }
    if (mute_)
        journal(record::Muted{view_});
    tell_status();
    if (begins_) {
        begins_ = false;
        adopt_chosen();
        fetch_bodies();
    }
    check_committed(state_.n() + 1); // A replica alone (f = 0) goes on from its own votes.
    for (SequenceNumber n = state_.n() + 1; log_.find(n); ++n)
        check_committed(n);
}

void Core::receive(const auth::Verified& v) {
    const PrincipalId from = v.sender();
    const message::Message& m = v.message();
    if (const auto* bundle = std::get_if<message::Bundle>(&m))
        return on_bundle(from, *bundle);
    if (const auto* fetch = std::get_if<message::Fetch>(&m))
        return on_fetch(from, *fetch);
    if (const auto* request = std::get_if<message::ConfigRequest>(&m))
        return on_config_request(from, *request);
    if (const auto* s = std::get_if<message::ExecutionStatus>(&m)) {
        if (from.role == Role::Execution)
            on_execution_status(from, *s);
        return;
    }
    if (std::holds_alternative<message::Enrol>(m))
        return on_system(from, {v.embedded<message::Enrol>()});
    if (from.role == Role::Agreement && from != principal(self_))
        receive_peer(agreement_id(from), v);
}

void Core::receive_peer(AgreementId from, const auth::Verified& v) {
    const message::Message& m = v.message();
    if (const auto* p = std::get_if<message::PrePrepare>(&m))
        on_pre_prepare(from, *p);
    else if (const auto* prepare = std::get_if<message::Prepare>(&m))
        on_prepare(from, *prepare);
    else if (const auto* commit = std::get_if<message::Commit>(&m))
        on_commit(from, *commit);
    else if (std::holds_alternative<message::ViewChange>(m))
        on_view_change(v.embedded<message::ViewChange>());
    else if (std::holds_alternative<message::NewView>(m))
        on_new_view(v.embedded<message::NewView>());
    else if (std::holds_alternative<message::Checkpoint>(m))
        on_checkpoint(v.embedded<message::Checkpoint>());
    else if (const auto* s = std::get_if<message::AgreementStatus>(&m))
        on_status(from, *s);
    else if (const auto* body = std::get_if<message::BatchBody>(&m))
        on_body(from, *body);
    else if (const auto* proof = std::get_if<message::StableProof>(&m))
        on_stable(proof->certificate);
    else if (const auto* state = std::get_if<message::AgreementState>(&m))
        on_state(*state);
    else if (std::holds_alternative<message::Config>(m))
        on_config(v.embedded<message::Config>());
    else if (const auto* convict = std::get_if<message::Convict>(&m))
        on_system(v.sender(), {*convict});
    else if (const auto* settled = std::get_if<message::Settled>(&m))
        on_system(v.sender(), {*settled});
    // Nothing else concerns ordering; a RECOVER ends this core (ZZ-8.4) and never comes here.
}

void Core::send(std::vector<PrincipalId> to, message::Message m, Blob frame) {
    if (to.empty())
        return;
    const RecordIndex after = record_.empty() ? next_record_ - 1 : next_record_;
    out_.sends.push_back({std::move(to), std::move(m), std::move(frame), after});
}

void Core::send_others(message::Message m, Blob frame) {
    std::vector<PrincipalId> to;
    for (const Peer& p : peers_)
        to.push_back(p.id);
    send(std::move(to), std::move(m), std::move(frame));
}

void Core::notice(core::Notice n) {
    out_.notices.push_back(std::move(n));
}

void Core::tell(core::NoticeKind kind, std::uint64_t value, SequenceNumber n, std::string text) {
    core::Notice note;
    note.kind = kind;
    note.value = value;
    note.n = n;
    note.text = std::move(text);
    notice(std::move(note));
}

void Core::journal(const record::Item& item) {
    record::append(record_, item);
    if (const auto* voted = std::get_if<record::Voted>(&item))
        record_top_ = std::max(record_top_, voted->n);
    if (const auto* committing = std::get_if<record::Committing>(&item))
        record_top_ = std::max(record_top_, committing->n);
    record_snapshot_ |= std::holds_alternative<record::Snapshot>(item);
}

// One record of all that this step decided.
void Core::flush() {
    out_.wake_at = wake_at();
    if (record_.empty())
        return;
    if (record_top_ > log_.h())
        vote_records_.push_back({next_record_, record_top_});
    if (record_snapshot_) {
        while (!vote_records_.empty() && vote_records_.front().second <= log_.h())
            vote_records_.pop_front();
        out_.truncate_below = vote_records_.empty()
                                  ? next_record_
                                  : std::min(next_record_, vote_records_.front().first);
    }
    out_.records.push_back({next_record_, std::move(record_)});
    next_record_ = next_record_ + 1;
    record_ = {};
    record_top_ = {};
    record_snapshot_ = false;
}

Output Core::take_output() {
    Output out = std::move(out_);
    out_ = {};
    out_.wake_at = out.wake_at;
    return out;
}

void Core::facts(core::AgreementFacts& facts) const {
    facts.view = view_;
    facts.view_active = active_;
    facts.mute = mute_;
    facts.configuration = state_.members().config();
    facts.configuration.generation = sealer_.identity().generation;
    facts.committed = state_.n();
    facts.stable = log_.h();
    facts.convictions = convictions_;
    facts.history = history_;
    facts.requests = requests_ordered_;
    facts.view_changes = view_changes_started_;
}

void Core::invariants() const {
    ZZ_CHECK(log_.h() <= state_.n(), "h {} is above the committed mark {}", log_.h().value,
             state_.n().value);
    ZZ_CHECK(state_.n() <= log_.high(), "committed mark {} is above the window {}",
             state_.n().value, log_.high().value);
    ZZ_CHECK(stable_.checkpoint.n == log_.h(), "certificate of {} at h {}",
             stable_.checkpoint.n.value, log_.h().value);
    ZZ_CHECK(log_.entries().size() <= options_.limits.window(), "{} slots", log_.entries().size());
    ZZ_CHECK(early_.size() <= peers_.size() * kEarlyPerSenderMax, "{} early proposals",
             early_.size());
    for (const auto& [n, slot] : log_.entries()) {
        ZZ_CHECK(log_.holds(n), "slot {} is outside the window", n.value);
        ZZ_CHECK(!slot.proposal || slot.proposal->vote.view <= view_, "slot {}: a later view",
                 n.value);
        ZZ_CHECK(n > state_.n() || slot.committed, "{} is executed but not committed", n.value);
    }
}

} // namespace zz::agreement
