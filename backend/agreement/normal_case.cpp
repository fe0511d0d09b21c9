// SPDX-License-Identifier: Apache-2.0
// agreement::Core: PRE-PREPARE, PREPARE, COMMIT, and execution of what is committed (ZZ-3.1,
// ZZ-3.4, ZZ-3.5).
#include <algorithm>

#include "backend/agreement/core.h"
#include "backend/agreement/quorums.h"

namespace zz::agreement {

void Core::on_pre_prepare(AgreementId from, const message::PrePrepare& m) {
    if (from != primary_of(m.view) || !log_.holds(m.n))
        return;
    if (m.view > view_ || (m.view == view_ && !active_))
        return keep_early(from, m);
    Slot& slot = log_.at(m.n);
    const Vote proposed{m.view, m.batch_digest};
    Proposal* known = slot.in_view(view_);
    if (m.view == view_ && known && known->vote != proposed) {
        // A1: the first one stands; people see both.
        core::Notice n;
        n.kind = core::NoticeKind::Suspicion;
        n.subject = principal(from);
        n.n = m.n;
        n.value = 1;
        n.digest = m.batch_digest;
        n.text = "second proposal in view " + std::to_string(m.view.value) + ": " +
                 short_hex(known->vote.digest) + " and " + short_hex(m.batch_digest);
        return notice(std::move(n));
    }
    // Held even where we do not vote for it: 2f+1 COMMITs of others may yet order it.
    if (m.view < view_) {
        keep_spare(m.n, m.batch_digest, m.batch);
        return advance();
    }
    if (!known) {
        if (const std::string why = refusal(m.batch.batch); !why.empty()) {
            keep_spare(m.n, m.batch_digest, m.batch);
            tell(core::NoticeKind::Rejection, 1, m.n, "PREPARE withheld: " + why);
            return check_committed(m.n);
        }
        accept(m.n, proposed);
    }
    if (!slot.body(m.batch_digest))
        slot.keep_body(m.batch_digest, std::make_shared<message::BatchContent>(m.batch));
    vote(m.n);
    advance();
}

void Core::keep_spare(SequenceNumber n, const Digest& digest, const message::BatchContent& batch) {
    Slot& slot = log_.at(n);
    const bool wanted = slot.wanted_body() == digest;
    if (!slot.body(digest) &&
        (wanted || log_.spare_bytes() + batch.encoded.size() <= kSpareBytesMax))
        slot.keep_body(digest, std::make_shared<message::BatchContent>(batch));
}

// Of views not entered yet; bounded, and only one a number of a primary.
void Core::keep_early(AgreementId from, const message::PrePrepare& m) {
    const bool held = std::any_of(early_.begin(), early_.end(), [&](const Early& e) {
        return e.message.view == m.view && e.message.n == m.n;
    });
    const auto of_sender =
        std::count_if(early_.begin(), early_.end(), [&](const Early& e) { return e.from == from; });
    if (!held && static_cast<std::size_t>(of_sender) < kEarlyPerSenderMax)
        early_.push_back({from, m});
}

void Core::accept(SequenceNumber n, const Vote& vote) {
    Slot& slot = log_.at(n);
    slot.proposal = Proposal{vote, false, false};
    slot.since = std::min(slot.since, now_);
}

void Core::on_prepare(AgreementId from, const message::Prepare& m) {
    if (!log_.holds(m.n) || from == primary_of(m.view))
        return;
    log_.at(m.n).prepares.add(from, {m.view, m.batch_digest}); // Early ones wait here (A5).
    check_prepared(m.n);
}

void Core::on_commit(AgreementId from, const message::Commit& m) {
    if (Peer* p = peer(from); p && p->mark < m.committed_mark) {
        p->mark = m.committed_mark;
        update_quorum_mark();
    }
    if (!log_.holds(m.n))
        return;
    Slot& slot = log_.at(m.n);
    slot.commits.add(from, {m.view, m.batch_digest});
    slot.since = std::min(slot.since, now_);
    check_committed(m.n);
}

// Our PRE-PREPARE or PREPARE for what was proposed in this view, once its body is held.
void Core::vote(SequenceNumber n) {
    Slot* slot = log_.find(n);
    Proposal* p = slot ? slot->in_view(view_) : nullptr;
    if (!p || p->voted || !may_vote())
        return;
    const Body body = slot->body(p->vote.digest);
    if (!body)
        return;
    if (slot->committed && *slot->committed != p->vote.digest)
        return tell(core::NoticeKind::AssumptionViolated, view_.value, n,
                    "a view proposes another batch than the one committed here");
    const bool known = slot->voted_for(p->vote.digest);
    p->voted = true;
    slot->note_pre_prepared(p->vote);
    journal(record::Voted{view_, n, p->vote.digest, !known, known ? Blob() : body->encoded});
    if (!is_primary()) {
        slot->prepares.add(self_, p->vote);
        send_others(message::Prepare{view_, n, p->vote.digest});
    }
    check_prepared(n);
}

// PRE-PREPARE and 2f PREPAREs of backups, ours among them: then COMMIT.
void Core::check_prepared(SequenceNumber n) {
    Slot* slot = log_.find(n);
    Proposal* p = slot ? slot->in_view(view_) : nullptr;
    if (!p || !p->voted || p->prepared || !may_vote())
        return;
    if (1 + slot->prepares.count(p->vote, primary_of(view_)) < strong_quorum(faults_))
        return;
    p->prepared = true;
    slot->prepared = p->vote;
    slot->commits.add(self_, p->vote);
    journal(record::Committing{view_, n, p->vote.digest});
    send_others(message::Commit{view_, n, p->vote.digest, state_.n()});
    check_committed(n);
}

// 2f+1 equal COMMITs of one view, whatever our own view: f+1 correct ones prepared it, so it is
// decided. Or f+1 equal claims of others (ZZ-3.6).
void Core::check_committed(SequenceNumber n) {
    Slot* slot = log_.find(n);
    if (!slot)
        return;
    if (!slot->committed) {
        if (const auto vote = slot->commits.with(strong_quorum(faults_)))
            slot->committed = vote->digest;
        else if (const auto digest = slot->claimed(weak_quorum(faults_)))
            slot->committed = *digest;
        else
            return;
    }
    advance();
}

// Executes, in order, all that is committed with its body (ZZ-1.7: the committed mark).
void Core::advance() {
    bool moved = false;
    for (;;) {
        const SequenceNumber n = state_.n() + 1;
        Slot* slot = log_.find(n);
        if (!slot || !slot->committed || !slot->body(*slot->committed))
            break;
        execute(n, *slot);
        moved = true;
    }
    if (!moved)
        return;
    advanced_ = now_;
    if (target_ && target_->checkpoint.n <= state_.n()) {
        const message::StableCertificate reached = std::move(*target_);
        target_.reset();
        on_stable(reached);
    }
    update_quorum_mark();
    sign_checkpoints();
}

void Core::execute(SequenceNumber n, Slot& slot) {
    const Digest digest = *slot.committed;
    const Body body = slot.body(digest);
    Effects effects = state_.apply(digest, body->batch);
    times_[n] = effects.time;
    const Instant late = now_ - options_.limits.view_change_timeout / kLateFraction;
    bool is_late = false; // A17
    for (const core::OrderedRequest& r : effects.requests)
        is_late |= pool_.ordered(r) <= late;
    requests_ordered_ += effects.requests.size();
    // Timeouts are as at first again when a view orders something new (ZZ-3.3).
    if (const Proposal* p = slot.in_view(view_); active_ && p && p->vote.digest == digest) {
        doublings_ = 0;
        view_was_useful_ = true;
        if (!is_primary() && !effects.requests.empty())
            pace_.note(is_late);
    }
    order(n, digest, effects.time, body);
    out_.actions.push_back(core::Committed{n, digest, effects.time, std::move(effects.requests)});
    if (effects.configuration_changed)
        configured(std::move(effects.convictions));
    if (n.value % options_.limits.checkpoint_interval == 0)
        take_checkpoint(n);
}

// What 2f+1 of us have committed, our own mark counted (ZZ-6.1).
void Core::update_quorum_mark() {
    std::vector<SequenceNumber> marks{state_.n()};
    for (const Peer& p : peers_)
        marks.push_back(p.mark);
    std::sort(marks.rbegin(), marks.rend());
    const SequenceNumber mark = marks[strong_quorum(faults_) - 1];
    if (mark <= quorum_mark_)
        return;
    quorum_mark_ = mark;
    out_.actions.push_back(core::CommittedByQuorum{mark});
}

} // namespace zz::agreement
