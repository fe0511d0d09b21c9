// SPDX-License-Identifier: Apache-2.0
// agreement::Core: status exchange, fetch and catch-up (ZZ-3.6). Nothing is flooded: a STATUS is
// answered at most twice a heartbeat, with what its sender lacks; what we lack is asked of a few
// peers in turn.
#include <algorithm>

#include "backend/agreement/core.h"
#include "backend/agreement/quorums.h"
#include "protocol/auth/digests.h"
#include "protocol/base/check.h"

namespace zz::agreement {

message::AgreementStatus Core::status() const {
    message::AgreementStatus s{view_, active_, log_.h(), state_.n(), state_.n()};
    for (const Slot* slot = log_.find(s.prepared_mark + 1); slot && slot->prepared;
         slot = log_.find(s.prepared_mark + 1))
        s.prepared_mark = s.prepared_mark + 1;
    return s;
}

void Core::tell_status() {
    send_others(status());
}

void Core::on_status(AgreementId from, const message::AgreementStatus& s) {
    Peer* p = peer(from);
    if (!p)
        return;
    if (!p->first_h)
        p->first_h = s.h;
    p->h = std::max(p->h, s.h);
    p->view = s.view;
    if (s.committed_mark > p->mark) {
        p->mark = s.committed_mark;
        update_quorum_mark();
    }
    if (mute_ && !mute_mark_)
        learn_mute_mark();
    if (p->answered > now_ - options_.limits.heartbeat / 2)
        return;
    p->answered = now_;
    resend_view(*p, s);
    if (s.h < log_.h())
        send({p->id}, message::StableProof{stable_});
    for (const auto& [n, own] : checkpoints_[self_])
        if (n > s.h)
            send({p->id}, own.value, own.frame);
    resend_votes(*p, s);
}

// Also what an idle old primary needs to learn the view (A16).
void Core::resend_view(const Peer& p, const message::AgreementStatus& s) {
    if (active_ && new_view_ && (s.view < view_ || (s.view == view_ && !s.view_active)))
        send({p.id}, new_view_->value, new_view_->frame);
    const auto own = view_changes_.find(self_);
    if (!active_ && own != view_changes_.end() && s.view <= view_ &&
        !(s.view == view_ && s.view_active))
        send({p.id}, own->second.value, own->second.frame);
}

void Core::resend_votes(const Peer& p, const message::AgreementStatus& s) {
    if (!may_vote() || s.view != view_ || !s.view_active)
        return;
    const SequenceNumber first = std::max(s.committed_mark, log_.h()) + 1;
    for (SequenceNumber n = first; n < first + kResendNumbersMax && log_.holds(n); ++n) {
        Slot* slot = log_.find(n);
        Proposal* own = slot ? slot->in_view(view_) : nullptr;
        if (!own || !own->voted || slot->since > now_ - options_.limits.heartbeat / 4)
            continue;
        const Digest digest = own->vote.digest;
        if (n > s.prepared_mark && is_primary()) {
            const Body body = slot->body(digest);
            if (body && may_serve(p.id, body->encoded.size()))
                send({p.id}, message::PrePrepare{view_, n, digest, *body});
        } else if (n > s.prepared_mark) {
            send({p.id}, message::Prepare{view_, n, digest});
        }
        if (own->prepared)
            send({p.id}, message::Commit{view_, n, digest, state_.n()});
    }
}

bool Core::may_serve(const PrincipalId& to, std::size_t bytes) {
    Served& served = served_[to];
    if (served.count >= kServeCountMax || served.bytes > kServeBytesMax)
        return false;
    ++served.count;
    served.bytes += bytes;
    return true;
}

void Core::on_fetch(const PrincipalId& from, const message::Fetch& m) {
    if (from == principal(self_))
        return;
    switch (m.what) {
    case message::FetchWhat::BatchByNumber: {
        Slot* slot = log_.find(m.n);
        if (slot && m.n <= state_.n()) {
            const Body body = slot->body(*slot->committed);
            if (may_serve(from, body->encoded.size()))
                send({from}, message::BatchBody{m.n, *slot->committed, true, *body});
        } else if (m.n <= log_.h() && log_.h() > SequenceNumber(0) && may_serve(from, 0)) {
            send({from},
                 message::StableProof{stable_}); // Its body is gone: this is what replaced it.
        }
        return;
    }
    case message::FetchWhat::BatchByDigest: {
        const Slot* slot = log_.find(m.n);
        const Body body = slot ? slot->body(m.digest) : nullptr;
        if (body && may_serve(from, body->encoded.size()))
            send({from},
                 message::BatchBody{m.n, m.digest, m.n <= state_.n() && slot->committed == m.digest,
                                    *body});
        return;
    }
    case message::FetchWhat::StableProof:
        if (m.n <= log_.h() && log_.h() > SequenceNumber(0) && may_serve(from, 0))
            send({from}, message::StableProof{stable_});
        return;
    case message::FetchWhat::AgreementState:
        if (from.role != Role::Agreement || log_.h() == SequenceNumber(0) || m.n > log_.h())
            return;
        if (may_serve(from, stable_state_.size())) {
            if (m.n < log_.h())
                send({from}, message::StableProof{stable_}); // A newer one than asked for (R10).
            send({from}, message::AgreementState{log_.h(), stable_state_});
        }
        return;
    case message::FetchWhat::NewView:
        if (from.role == Role::Agreement && new_view_ && new_view_->value.view.value == m.n.value &&
            may_serve(from, new_view_->frame.size()))
            send({from}, new_view_->value, new_view_->frame);
        return;
    }
}

void Core::on_body(AgreementId from, const message::BatchBody& m) {
    if (m.n <= state_.n() || !log_.holds(m.n))
        return;
    Slot& slot = log_.at(m.n);
    if (m.committed)
        slot.claims.try_emplace(from, m.batch_digest);
    // Only what is missing, or was asked for by its number.
    if (slot.wanted_body() == m.batch_digest || slot.asked > 0)
        keep_spare(m.n, m.batch_digest, m.batch);
    vote(m.n); // R7: what was missing may have been this.
    check_committed(m.n);
}

void Core::on_state(const message::AgreementState& m) {
    if (!target_ || m.n != target_->checkpoint.n || m.n <= state_.n() ||
        auth::agreement_state_digest(m.state.view()) != target_->checkpoint.agreement_digest)
        return; // R3: only what 2f+1 replicas signed is installed.
    const SequenceNumber from = state_.n();
    const ConfigurationNumber before = state_.members().config().number;
    if (!state_.decode(m.state.view()) || state_.n() != m.n)
        return tell(core::NoticeKind::AssumptionViolated, 0, m.n,
                    "2f+1 replicas signed an agreement state that is none");
    const message::StableCertificate certificate = std::move(*target_);
    target_.reset();
    advanced_ = now_;
    for (const LaneEntry& e : state_.lanes().entries())
        pool_.ordered({e.client, e.lane, e.number});
    move_h(certificate, m.state);
    if (state_.members().config().number != before) {
        configured({});
        history_.back().n = {}; // It was executed somewhere before.
        history_.back().time = {};
    }
    tell(core::NoticeKind::CaughtUp, from.value, m.n);
    update_quorum_mark();
    advance();
}

// The committed mark that f+1 peers have reached, so a correct one has.
SequenceNumber Core::weak_mark() const {
    std::vector<SequenceNumber> marks;
    for (const Peer& p : peers_)
        marks.push_back(p.mark);
    if (marks.size() < weak_quorum(faults_))
        return {};
    std::sort(marks.rbegin(), marks.rend());
    return marks[weak_quorum(faults_) - 1];
}

// Others went on, and we stand still: what we miss is ours to fetch, not the primary's fault.
bool Core::is_behind() const {
    return weak_mark() > state_.n() && advanced_ <= now_ - options_.limits.heartbeat / 2;
}

// Up to `count` peers, those first whose mark says that they can serve `committed`. Each thing
// asked for has a turn of its own, so that no pattern of missing numbers keeps one to the same few
// peers.
std::vector<PrincipalId> Core::some_peers(std::size_t count, SequenceNumber committed,
                                          std::uint32_t& turn) {
    std::vector<PrincipalId> able, rest;
    for (std::size_t i = 0; i < peers_.size(); ++i) {
        const Peer& p = peers_[(committed.value + turn + i) % peers_.size()];
        (p.mark >= committed ? able : rest).push_back(p.id);
    }
    ++turn;
    able.insert(able.end(), rest.begin(), rest.end());
    able.resize(std::min(count, able.size()));
    return able;
}

void Core::repair() {
    fetch_bodies();
    fetch_claims();
    fetch_state();
}

// Bodies of what was chosen or committed without our holding it (R7).
void Core::fetch_bodies() {
    std::uint64_t asked = 0;
    for (auto& [n, slot] : log_.entries()) {
        if (n <= state_.n() || asked >= kFetchNumbersMax)
            continue;
        const auto digest = slot.wanted_body();
        if (!digest || slot.fetched > now_ - options_.limits.heartbeat / 4)
            continue;
        slot.fetched = now_;
        ++asked;
        send(some_peers(weak_quorum(faults_), n, slot.asked),
             message::Fetch{message::FetchWhat::BatchByDigest, n, *digest});
    }
}

// Batches that f+1 peers have committed and we have not, by f+1 equal claims.
void Core::fetch_claims() {
    const SequenceNumber top = std::min(weak_mark(), log_.high());
    if (!is_behind())
        return;
    std::uint64_t asked = 0;
    for (SequenceNumber n = state_.n() + 1; n <= top && asked < kFetchNumbersMax; ++n) {
        Slot& slot = log_.at(n);
        if (slot.committed || slot.fetched > now_ - options_.limits.heartbeat / 4)
            continue;
        slot.fetched = now_;
        ++asked;
        send(some_peers(weak_quorum(faults_), n, slot.asked),
             message::Fetch{message::FetchWhat::BatchByNumber, n, {}});
    }
}

void Core::fetch_state() {
    if (!target_)
        return;
    const bool soon = target_->checkpoint.n <= log_.high();
    if (soon && std::max(target_since_, advanced_) > now_ - options_.limits.heartbeat / 2)
        return; // The batches are still coming in.
    send(some_peers(1, target_->checkpoint.n, turn_),
         message::Fetch{message::FetchWhat::AgreementState, target_->checkpoint.n, {}});
}

// ZZ-8.4: the windows that others know, once 2f+1 of them told theirs. An h counts once there is a
// certificate that reaches it: a liar's would keep us mute for ever.
void Core::learn_mute_mark() {
    const SequenceNumber proven = std::max(log_.h(), target_ ? target_->checkpoint.n : log_.h());
    SequenceNumber highest;
    std::size_t told = 0;
    for (const Peer& p : peers_)
        if (p.first_h && *p.first_h <= proven) {
            ++told;
            highest = std::max(highest, *p.first_h);
        }
    if (told >= strong_quorum(faults_))
        mute_mark_ = highest + options_.limits.window();
}

} // namespace zz::agreement
