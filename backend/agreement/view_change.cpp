// SPDX-License-Identifier: Apache-2.0
// agreement::Core: VIEW-CHANGE and NEW-VIEW (ZZ-3.3).
#include <algorithm>

#include "backend/agreement/core.h"
#include "backend/agreement/quorums.h"

namespace zz::agreement {

Duration Core::timeout() const {
    return options_.limits.view_change_timeout * (1 << std::min(doublings_, kTimeoutDoublingsMax));
}

message::ViewChange Core::make_view_change() const {
    message::ViewChange c;
    c.new_view = view_;
    c.h = log_.h();
    c.stable = stable_;
    for (const auto& [n, slot] : log_.entries()) {
        if (slot.prepared)
            c.prepared.push_back({n, slot.prepared->digest, slot.prepared->view});
        for (const auto& [digest, view] : slot.pre_prepared)
            c.pre_prepared.push_back({n, digest, view});
    }
    return c;
}

void Core::start_view_change(View view) {
    if (view <= view_ && !(view == view_ && active_))
        return;
    // One view after the other without success: the timeouts were too short.
    if (!active_ || !view_was_useful_)
        doublings_ = std::min(doublings_ + 1, kTimeoutDoublingsMax);
    view_ = view;
    active_ = false;
    view_deadline_ = kNever;
    progress_deadline_ = kNever;
    ++view_changes_started_;
    tell(core::NoticeKind::ViewChangeStarted, view.value);
    if (mute_)
        return; // It follows the view the others choose.
    send_view_change();
    try_new_view();
}

void Core::send_view_change() {
    const SignedViewChange own = sealer_.embed(make_view_change());
    journal(record::ViewChanging{own});
    view_changes_[self_] = own;
    send_others(own.value, own.frame);
}

void Core::on_view_change(const SignedViewChange& change) {
    const View view = change.value.new_view;
    const AgreementId from = agreement_id(change.signer);
    if (view < view_ || (view == view_ && active_))
        return;
    const auto held = view_changes_.find(from);
    if (held != view_changes_.end() && held->second.value.new_view >= view)
        return;
    if (!is_valid(change, view, faults_, options_.limits.window(), base_))
        return tell(core::NoticeKind::Rejection, 1, {},
                    "invalid VIEW-CHANGE of " + to_string(change.signer)); // A7
    view_changes_[from] = change;
    if (change.value.h > log_.h())
        on_stable(change.value.stable);
    join_higher_view();
    try_new_view();
}

// f+1 want a higher view than ours: a correct one does. The (f+1)-th highest, so that f liars can
// neither hold us back nor make us jump (A10).
void Core::join_higher_view() {
    std::vector<View> wanted;
    for (const auto& [who, change] : view_changes_)
        if (who != self_ && change.value.new_view > view_)
            wanted.push_back(change.value.new_view);
    if (wanted.size() < weak_quorum(faults_))
        return;
    std::sort(wanted.rbegin(), wanted.rend());
    start_view_change(wanted[weak_quorum(faults_) - 1]);
}

void Core::try_new_view() {
    if (active_)
        return;
    std::vector<SignedViewChange> changes;
    std::size_t wanting = 0; // this view or a later one
    for (const auto& [who, change] : view_changes_) {
        wanting += change.value.new_view >= view_;
        if (change.value.new_view == view_)
            changes.push_back(change);
    }
    // Only now the timer: one that is cut off must not run ahead of the others (A12). Who went
    // further counts: a faulty primary that sends an invalid NEW-VIEW to one replica alone, or its
    // VIEW-CHANGE to one alone, would else leave nobody with a timer.
    if (view_deadline_ == kNever && wanting >= strong_quorum(faults_))
        view_deadline_ = now_ + timeout();
    if (!is_primary() || mute_ || changes.size() < strong_quorum(faults_))
        return;
    const auto choice = choose(changes, faults_, null_digest_);
    if (!choice)
        return; // More VIEW-CHANGEs will decide.
    message::NewView m;
    m.view = view_;
    m.view_changes = changes;
    m.h = choice->stable.checkpoint.n;
    m.chosen = choice->chosen;
    const auto own = sealer_.embed(m);
    enter_view(own, *choice);
    send_others(m, own.frame);
}

void Core::on_new_view(const message::Embedded<message::NewView>& m) {
    const View view = m.value.view;
    if (view < view_ || (view == view_ && active_) || view == View(0) ||
        agreement_id(m.signer) != primary_of(view))
        return;
    const auto choice = verify(m.value, faults_, options_.limits.window(), null_digest_, base_);
    if (!choice) {
        // A9: its primary is faulty; the next one is asked for, if we were waiting for this one.
        tell(core::NoticeKind::Rejection, 1, {}, "invalid NEW-VIEW of " + to_string(m.signer));
        if (view == view_)
            start_view_change(view_ + 1);
        return;
    }
    enter_view(m, *choice);
}

void Core::enter_view(const message::Embedded<message::NewView>& m, const Choice& choice) {
    view_ = m.value.view;
    active_ = true;
    view_was_useful_ = false;
    pace_.begin_view();
    new_view_ = m;
    view_deadline_ = kNever;
    progress_deadline_ = kNever;
    std::erase_if(view_changes_, [&](const auto& c) { return c.second.value.new_view <= view_; });
    journal(record::Entered{m});
    tell(core::NoticeKind::ViewEntered, view_.value);
    on_stable(choice.stable);
    next_ = std::max(choice.stable.checkpoint.n, log_.h()) + 1;
    if (!choice.chosen.empty())
        next_ = std::max(next_, choice.chosen.back().n + 1);
    adopt_chosen();
    fetch_bodies();
    pool_.forget_proposed();
    system_.forget_proposed();
    forward_waiting();
    std::deque<Early> early;
    std::swap(early, early_);
    for (const Early& e : early)
        on_pre_prepare(e.from, e.message);
    advance();
}

// Proposals of the NEW-VIEW, or of the RECOVER that began our generation. What is stable here needs
// none; what lies beyond our window waits until h has moved (move_h).
void Core::adopt_chosen() {
    if (!active_)
        return;
    std::vector<message::Chosen> proposed;
    if (new_view_ && new_view_->value.view == view_)
        proposed = new_view_->value.chosen;
    else if (view_ == begun_view_)
        proposed = carried_;
    for (const message::Chosen& c : proposed) {
        if (!log_.holds(c.n))
            continue;
        Slot& slot = log_.at(c.n);
        if (!slot.in_view(view_))
            accept(c.n, {view_, c.batch_digest});
        if (c.batch_digest == null_digest_ && !slot.body(null_digest_))
            slot.keep_body(null_digest_, null_body_);
        vote(c.n);
    }
}

} // namespace zz::agreement
