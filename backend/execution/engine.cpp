// SPDX-License-Identifier: Apache-2.0
#include "backend/execution/engine.h"

#include <algorithm>

#include "backend/state/proof.h"
#include "protocol/auth/digests.h"
#include "protocol/base/check.h"

namespace zz::execution {

namespace {

// What a checkpoint in the store says beside its root: batch digest:32 whole:1 stable:1.
struct Note {
    Digest batch_digest;
    bool whole = false;  // all its nodes were held
    bool stable = false; // the cluster agreed on it
};

Note read_note(const Bytes& bytes) {
    Note note;
    if (bytes.size() != Digest::size + 2)
        return note;
    std::copy_n(bytes.begin(), Digest::size, note.batch_digest.bytes.begin());
    note.whole = bytes[Digest::size] == 1;
    note.stable = bytes[Digest::size + 1] == 1;
    return note;
}

Bytes encode(const Note& note) {
    Bytes bytes(note.batch_digest.bytes.begin(), note.batch_digest.bytes.end());
    bytes.push_back(note.whole ? 1 : 0);
    bytes.push_back(note.stable ? 1 : 0);
    return bytes;
}

// The newest one that is stable; null: the beginning is.
const state::HeldCheckpoint* newest_stable(const state::Retention& retention) {
    const state::HeldCheckpoint* newest = nullptr;
    for (const auto& [n, held] : retention.held())
        if (read_note(held.note).stable)
            newest = &held;
    return newest;
}

} // namespace

Engine::Engine(state::NodeStore& store, application::Application& application,
               std::size_t pool_bytes)
    : store_(&store), application_(&application), pool_(store, pool_bytes),
      retention_(std::make_unique<state::Retention>(pool_)), tree_(pool_) {}

std::vector<Result> Engine::run(const Job& job) {
    std::visit([this](const auto& j) { on(j); }, job);
    return std::exchange(results_, {});
}

Bytes Engine::note_of(const Digest& batch_digest, bool stable) const {
    return encode(Note{batch_digest, whole_, stable});
}

void Engine::set_note(SequenceNumber n, bool whole, bool stable) {
    const auto held = retention_->held().find(n);
    if (held == retention_->held().end())
        return;
    const Note before = read_note(held->second.note);
    const Note after{before.batch_digest, before.whole || whole, before.stable || stable};
    if (after.whole != before.whole || after.stable != before.stable)
        retention_->set_note(n, encode(after));
}

// What became stable in an older generation above the base never happened (ZZ-8.4).
void Engine::enter_generation(const Open& job) {
    const std::string name = "generation";
    Bytes ours;
    for (int shift = 0; shift < 32; shift += 8)
        ours.push_back(static_cast<std::uint8_t>(job.generation.value >> shift));
    if (job.generation == Generation(0) || store_->note(name) == ours)
        return;
    const auto held = retention_->held().find(job.base);
    if (held == retention_->held().end() || held->second.root != job.base_root) {
        forget_checkpoints();
    } else {
        set_note(job.base, false, true);
        retention_->forget_above(job.base);
    }
    state::StoreBatch batch;
    batch.notes.push_back({name, ours});
    store_->apply(batch);
}

// What was reported and signed above the stable checkpoint died with the process, and agreement
// replicas that died too ask for it again (ZZ-5.2): so it is replayed from there, not from the
// newest checkpoint.
void Engine::on(const Open& job) {
    queue_.clear();
    numbers_.clear();
    enter_generation(job);
    const state::HeldCheckpoint* from = newest_stable(*retention_);
    stable_ = from ? from->n : SequenceNumber(0);
    if (from)
        retention_->stable(stable_); // Before the newer ones go: they say what is needed again.
    retention_->forget_above(stable_);
    executed_ = stable_;
    if (stable_ == SequenceNumber(0)) {
        results_.push_back(Opened{{}, {}, {}, true});
        return;
    }
    const state::HeldCheckpoint& held = retention_->held().at(stable_);
    const Note note = read_note(held.note);
    tree_ = state::Tree(pool_, held.root);
    whole_ = note.whole;
    results_.push_back(Opened{held.n, held.root, note.batch_digest, whole_});
}

void Engine::on(const ExecuteBatch& job) {
    ZZ_CHECK(queue_.size() < kQueueMax, "{} jobs are queued", queue_.size());
    queue_.push_back({job, 0, {}});
    advance();
}

void Engine::on(const TakeCheckpoint& job) {
    ZZ_CHECK(queue_.size() < kQueueMax, "{} jobs are queued", queue_.size());
    queue_.push_back({job, 0, {}});
    advance();
}

void Engine::advance() {
    while (!queue_.empty() && blocked_on_.empty()) {
        Ordered& front = queue_.front();
        const auto* checkpoint = std::get_if<TakeCheckpoint>(&front.job);
        if (!(checkpoint ? take_checkpoint(*checkpoint) : execute(front)))
            return;
        queue_.pop_front();
    }
}

// The request waits only for what it needs itself (R9); what others will need is asked for with it.
void Engine::need(SequenceNumber n, const std::vector<Digest>& hashes) {
    blocked_on_.insert(hashes.begin(), hashes.end());
    state::Needs all;
    for (const Digest& hash : hashes)
        all.add(hash);
    look_ahead_in_queue(all);
    whole_ = false; // Also when a node that was held proved damaged (S4).
    results_.push_back(NeedsNodes{n, all.nodes()});
}

bool Engine::take_checkpoint(const TakeCheckpoint& job) {
    ZZ_CHECK(job.n == executed_, "checkpoint {} asked after batch {}", job.n.value,
             executed_.value);
    state::Needs needs;
    if (!tree_.apply({{mark_key(), encode_mark(job.n, time_)}}, needs)) {
        need(job.n, needs.nodes());
        return false;
    }
    const state::Sealed sealed = tree_.seal();
    retention_->add(job.n, sealed, note_of(job.batch_digest, false));
    if (retention_->held().size() > kPinnedCheckpointsMax) {
        on(Pin{false});
        end_walk();
    }
    results_.push_back(CheckpointTaken{job.n, job.batch_digest, sealed.root});
    return true;
}

std::optional<CachedReply> Engine::cached(ClientId client, const message::LaneRequest& request,
                                          SequenceNumber stable) {
    state::Needs ignored; // A replica that does not hold the entry yet is not the one to answer.
    const Bytes key = cache_key(client, request.lane);
    const auto read = tree_.get(key, ignored);
    if (read.found != state::Found::Yes)
        return std::nullopt;
    auto entry = decode_cache_entry(read.value);
    if (!entry || entry->number != request.number)
        return std::nullopt;
    CachedReply reply{request.lane,
                      entry->number,
                      entry->n,
                      auth::reply_digest(entry->result),
                      Blob(std::move(entry->result)),
                      {},
                      {}};
    const auto held = retention_->held().find(stable);
    if (reply.n > stable || held == retention_->held().end())
        return reply;
    const state::View at(pool_, held->second.root);
    if (auto proof = state::prove(at, key, ignored)) {
        reply.proved_at = stable;
        reply.proof = std::move(*proof);
    }
    return reply;
}

void Engine::on(const LookupReplies& job) {
    RepliesFound found{job.client, {}, job.complaint};
    for (const message::LaneRequest& request : job.requests)
        if (auto reply = cached(job.client, request, job.stable))
            found.replies.push_back(std::move(*reply));
    results_.push_back(std::move(found));
}

void Engine::on(const Stable& job) {
    stable_ = std::max(stable_, job.n);
    retention_->stable(job.n);
    set_note(job.n, false, true);
}

void Engine::on(const Pin& job) {
    if (pinned_) {
        retention_->unpin(*pinned_);
        pinned_.reset();
    }
    if (!job.pinned)
        return;
    const auto& held = retention_->held();
    auto at = held.upper_bound(stable_);
    if (at != held.begin())
        --at;
    if (at != held.end() && retention_->pin(at->first))
        pinned_ = at->first;
}

} // namespace zz::execution
