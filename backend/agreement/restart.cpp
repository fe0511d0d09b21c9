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

// That of a record which says it; nothing for the others.
std::optional<Generation> generation_of(const std::vector<record::Item>& items) {
    for (const record::Item& item : items) {
        if (const auto* begun = std::get_if<record::Begun>(&item))
            return begun->generation;
        if (const auto* snapshot = std::get_if<record::Snapshot>(&item))
            return snapshot->generation;
    }
    return std::nullopt;
}

} // namespace

Status Core::restore(const std::vector<core::Record>& records, bool proven,
                     const NewGeneration* generation) {
    ZZ_CHECK(!started_, "a core is restored before its first step");
    std::vector<std::vector<record::Item>> journal(records.size());
    for (std::size_t i = 0; i < records.size(); ++i)
        if (!record::parse(records[i].data, journal[i]))
            return Error{"journal record " + std::to_string(records[i].index.value) +
                         " is not one of an agreement replica: restore the journal or start this "
                         "replica with an empty one"};
    std::size_t first = 0; // record of our generation
    if (generation != nullptr) {
        if (const Status begun = begin_generation(*generation->recover); !begun)
            return begun;
        const auto ours = [&](const auto& items) {
            return generation_of(items) == sealer_.identity().generation;
        };
        first = static_cast<std::size_t>(std::find_if(journal.begin(), journal.end(), ours) -
                                         journal.begin());
        for (std::size_t i = 0; i < first; ++i)
            keep_old_bodies(journal[i], records[i].index);
        begins_ = first == records.size();
        proven |= generation->first;
    }
    std::size_t last = records.size(); // the newest record with a snapshot
    for (std::size_t i = first; i < records.size(); ++i)
        if (std::any_of(journal[i].begin(), journal[i].end(), is_snapshot))
            last = i;
    // The newest snapshot first: it opens the window. Votes above its checkpoint stand in records
    // before it (the journal is cut below the oldest of them), and none may be lost (ZZ-8.1).
    bool passed = last == records.size();
    bool was_mute = false;
    if (!passed)
        for (const record::Item& item : journal[last])
            if (is_snapshot(item) && !replay(std::get<record::Snapshot>(item)))
                return Error{"journal record " + std::to_string(records[last].index.value) +
                             " holds a state of another cluster file"};
    for (std::size_t i = first; i < records.size(); ++i) {
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

// ZZ-8.4: the generation starts where its RECOVER says, whatever we hold of an older one.
Status Core::begin_generation(const message::Recover& r) {
    ZZ_CHECK(r.generation == sealer_.identity().generation, "RECOVER of generation {} in {}",
             r.generation.value, sealer_.identity().generation.value);
    if (const Status right = check(r, faults_, options_.limits.window(), null_digest_); !right)
        return right;
    const message::Checkpoint& base = r.base.checkpoint;
    if (base.n > SequenceNumber(0) && (!state_.decode(r.state.view()) || state_.n() != base.n))
        return Error{"RECOVER holds a state of another cluster file"};
    base_ = base;
    stable_ = {base, {}};
    stable_state_ = r.state;
    log_.move(base.n);
    view_ = begun_view_ = r.view;
    carried_ = r.chosen;
    for (const message::Chosen& c : carried_) {
        Slot& slot = log_.at(c.n);
        slot.proposal = Proposal{{view_, c.batch_digest}, false, false};
        slot.since = Instant{INT64_MIN};
        if (c.batch_digest == null_digest_)
            slot.keep_body(null_digest_, null_body_);
    }
    next_ = base.n + carried_.size() + 1;
    return Ok{};
}

// Bodies of what was carried over stand in votes of the older generation, which are no votes here.
void Core::keep_old_bodies(const std::vector<record::Item>& items, RecordIndex index) {
    SequenceNumber top;
    for (const record::Item& item : items) {
        const auto* voted = std::get_if<record::Voted>(&item);
        Slot* slot = voted ? log_.find(voted->n) : nullptr;
        message::BatchContent content{voted ? voted->body : Blob(), {}};
        if (!slot || !voted->has_body || slot->proposal->vote.digest != voted->digest ||
            !wire::decode(voted->body.view(), content.batch))
            continue;
        slot->keep_body(voted->digest, std::make_shared<message::BatchContent>(std::move(content)));
        top = std::max(top, voted->n);
    }
    if (top > log_.h())
        vote_records_.push_back({index, top});
    next_record_ = index + 1;
}

SignedViewChange Core::claim(Generation next) const {
    ZZ_CHECK(next > sealer_.identity().generation, "a claim for generation {} in {}", next.value,
             sealer_.identity().generation.value);
    auth::Sealer sealer = sealer_;
    sealer.set_generation(next);
    message::ViewChange own = make_view_change();
    own.new_view = view_ + 1;
    return sealer.embed(own);
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
