// SPDX-License-Identifier: Apache-2.0
// agreement::Core: a journal becomes a replica that cannot contradict itself (ZZ-8.1, ZZ-8.4).
#include <algorithm>

#include "backend/agreement/core.h"
#include "protocol/base/check.h"
#include "protocol/wire/codec.h"

namespace zz::agreement {

namespace {

bool is_snapshot(const record::Item& item) {
    return std::holds_alternative<record::Snapshot>(item);
}

} // namespace

Status Core::restore(const std::vector<core::Record>& records, bool proven) {
    ZZ_CHECK(!started_, "a core is restored before its first step");
    std::vector<std::vector<record::Item>> journal(records.size());
    std::size_t last = records.size(); // the newest record with a snapshot
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!record::parse(records[i].data, journal[i]))
            return Error{"journal record " + std::to_string(records[i].index.value) +
                         " is not one of an agreement replica: restore the journal or start this "
                         "replica with an empty one"};
        if (std::any_of(journal[i].begin(), journal[i].end(), is_snapshot))
            last = i;
    }
    // The newest snapshot first: it opens the window. Votes above its checkpoint stand in records
    // before it (the journal is cut below the oldest of them), and none may be lost (ZZ-8.1).
    bool passed = last == records.size();
    bool was_mute = false;
    if (!passed)
        for (const record::Item& item : journal[last])
            if (is_snapshot(item) && !replay(std::get<record::Snapshot>(item)))
                return Error{"journal record " + std::to_string(records[last].index.value) +
                             " holds a state of another cluster file"};
    for (std::size_t i = 0; i < records.size(); ++i) {
        SequenceNumber top;
        for (const record::Item& item : journal[i]) {
            if (const auto* s = std::get_if<record::Snapshot>(&item)) {
                passed |= i == last;
                was_mute = s->mute;
            } else if (std::holds_alternative<record::Muted>(item)) {
                was_mute = true;
            } else if (const auto* v = std::get_if<record::Voted>(&item)) {
                replay(*v);
                top = std::max(top, v->n);
            } else if (const auto* c = std::get_if<record::Committing>(&item)) {
                replay(*c);
                top = std::max(top, c->n);
            } else if (const auto* own = std::get_if<record::ViewChanging>(&item); own && passed) {
                replay(*own); // Views before the snapshot are in it.
            } else if (const auto* entered = std::get_if<record::Entered>(&item);
                       entered && passed) {
                replay(*entered);
            }
        }
        if (top > log_.h())
            vote_records_.push_back({records[i].index, top});
        next_record_ = records[i].index + 1;
    }
    next_ = std::max(next_, state_.n() + 1);
    for (const auto& [n, slot] : log_.entries())
        if (slot.proposal && slot.proposal->vote.view == view_)
            next_ = std::max(next_, n + 1);
    mute_ = (!proven || was_mute) && !peers_.empty();
    sign_config();
    return Ok{};
}

void Core::replay(const record::Voted& item) {
    if (!log_.holds(item.n))
        return;
    Slot& slot = log_.at(item.n);
    const Vote vote{item.view, item.digest};
    slot.note_pre_prepared(vote);
    message::BatchContent content{item.body, {}};
    if (item.has_body && wire::decode(item.body.view(), content.batch))
        slot.keep_body(item.digest, std::make_shared<message::BatchContent>(std::move(content)));
    if (!slot.proposal || slot.proposal->vote.view <= item.view)
        slot.proposal = Proposal{vote, true, false};
    if (primary_of(item.view) != self_)
        slot.prepares.add(self_, vote);
    slot.since = Instant{INT64_MIN};
    view_ = std::max(view_, item.view);
}

void Core::replay(const record::Committing& item) {
    if (!log_.holds(item.n))
        return;
    Slot& slot = log_.at(item.n);
    const Vote vote{item.view, item.digest};
    if (!slot.prepared || slot.prepared->view <= item.view)
        slot.prepared = vote;
    slot.commits.add(self_, vote);
    if (slot.proposal && slot.proposal->vote == vote)
        slot.proposal->prepared = true;
}

void Core::replay(const record::ViewChanging& item) {
    if (item.own.value.new_view < view_)
        return;
    view_ = item.own.value.new_view;
    active_ = false;
    view_changes_[self_] = item.own;
}

void Core::replay(const record::Entered& item) {
    if (item.new_view.value.view < view_)
        return;
    view_ = item.new_view.value.view;
    active_ = true;
    new_view_ = item.new_view;
    view_changes_.clear();
    for (const message::Chosen& c : item.new_view.value.chosen) {
        if (!log_.holds(c.n))
            continue;
        Slot& slot = log_.at(c.n);
        if (slot.proposal && slot.proposal->vote.view >= view_)
            continue;
        slot.proposal = Proposal{{view_, c.batch_digest}, false, false};
        if (c.batch_digest == null_digest_)
            slot.keep_body(null_digest_, null_body_);
    }
    if (!item.new_view.value.chosen.empty())
        next_ = std::max(next_, item.new_view.value.chosen.back().n + 1);
}

bool Core::replay(const record::Snapshot& item) {
    const SequenceNumber n = item.stable.checkpoint.n;
    if (n < log_.h() || !state_.decode(item.state.view()))
        return n < log_.h();
    stable_ = item.stable;
    stable_state_ = item.state;
    log_.move(n);
    if (item.view >= view_) {
        view_ = item.view;
        active_ = item.active;
        view_changes_.clear();
        for (const SignedViewChange& own : item.view_change)
            view_changes_[self_] = own;
        for (const auto& m : item.new_view)
            replay(record::Entered{m});
    }
    return true;
}

} // namespace zz::agreement
