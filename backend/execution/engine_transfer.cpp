// SPDX-License-Identifier: Apache-2.0
// Installing a checkpoint of which little or nothing is held, nodes from and for others, the
// background walk.
#include <algorithm>

#include "backend/execution/engine.h"
#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::execution {

namespace {
inline constexpr std::size_t kEraseAtOnce = 4096;
inline constexpr std::size_t kFewHashes = 16;      // asked for: the asker is on its way to a leaf
inline constexpr std::size_t kNodesBelowMax = 256; // looked for, for one answer
} // namespace

void Engine::forget_checkpoints() {
    state::StoreBatch batch;
    for (const std::string& name : store_->note_names("checkpoint/"))
        batch.notes.push_back({name, std::nullopt});
    store_->apply(batch);
    retention_ = std::make_unique<state::Retention>(pool_);
    pinned_.reset();
    walk_.reset();
    clean_up_.reset();
    clean_up_nodes_.clear();
    replaced_.reset();
    walked_ = {};
}

void Engine::on(const Install& job) {
    queue_.clear();
    blocked_on_.clear();
    numbers_.clear();
    end_walk();
    pinned_.reset(); // An adopted state ends all pins.
    const state::HeldCheckpoint* newest = retention_->newest();
    // What we hold at or above n is not what the cluster agreed on; its nodes stay useful by their
    // hash.
    if (newest && newest->n >= job.n) {
        forget_checkpoints();
        newest = nullptr;
    }
    executed_ = job.n;
    whole_ = job.root == state::empty_root();
    if (job.n == SequenceNumber(0)) {
        ZZ_CHECK(whole_ || job.root == Digest{}, "checkpoint 0 with root {}", short_hex(job.root));
        whole_ = true;
        tree_ = state::Tree(pool_);
        results_.push_back(Installed{job.n, job.root, true});
        return;
    }
    if (newest)
        replaced_ = newest->root;
    tree_ = state::Tree(pool_, job.root);
    retention_->adopt(job.n, job.root, note_of({}, true));
    results_.push_back(Installed{job.n, job.root, whole_});
}

void Engine::erase_all_nodes() {
    if (const state::HeldCheckpoint* newest = retention_->newest()) {
        if (pinned_)
            retention_->unpin(*pinned_);
        retention_->stable(newest->n);
        state::DiffWalk walk(*store_, newest->root, std::nullopt);
        state::StoreBatch batch;
        while (const auto visit = walk.next()) {
            if (visit->held)
                batch.erase.push_back(visit->digest);
            if (batch.erase.size() >= kEraseAtOnce) {
                store_->apply(batch);
                batch.erase.clear();
            }
        }
        store_->apply(batch);
    }
    pool_.forget_all();
}

void Engine::on(const DropState&) {
    end_walk();
    erase_all_nodes();
    forget_checkpoints();
    queue_.clear();
    blocked_on_.clear();
    numbers_.clear();
    tree_ = state::Tree(pool_);
    executed_ = {};
    time_ = {};
    whole_ = true;
    stable_ = {};
    results_.push_back(Dropped{});
}

void Engine::on(const AddNodes& job) {
    NodesAdded added;
    state::StoreBatch batch;
    for (const Blob& bytes : job.nodes) {
        const Digest digest = crypto::sha256(bytes.view());
        if (!state::decode_node(digest, bytes)) {
            ++added.refused;
            continue;
        }
        ++added.added;
        batch.put.push_back({digest, bytes});
    }
    store_->apply(batch);
    results_.push_back(added);
    for (const state::EncodedNode& node : batch.put) {
        blocked_on_.erase(node.digest);
        if (walk_)
            walk_->arrived(node.digest);
    }
    advance();
}

void Engine::on(const SupplyNodes& job) {
    Supplied supplied{job.asker, {}, {}};
    std::size_t bytes = 0;
    for (const Digest& hash : job.hashes) {
        if (bytes >= kSupplyBytesMax)
            break;
        if (auto node = store_->get(hash)) {
            bytes += node->size();
            supplied.nodes.push_back(std::move(*node));
        } else {
            supplied.not_held.push_back(hash);
        }
    }
    if (job.hashes.size() <= kFewHashes)
        add_below(supplied);
    results_.push_back(std::move(supplied));
}

// Breadth first, what hangs below the nodes of an answer: saves the asker rounds.
void Engine::add_below(Supplied& supplied) {
    std::size_t bytes = 0, looked = 0;
    for (std::size_t i = 0; i < supplied.nodes.size(); ++i) {
        const state::NodePtr parent = state::decode_node(supplied.nodes[i]);
        if (!parent)
            continue;
        for (const Digest& child : state::references(*parent)) {
            if (++looked > kNodesBelowMax)
                return;
            auto node = store_->get(child);
            if (!node || bytes + node->size() > recovery::kBelowBytesMax)
                continue; // A chunk is as large as all of it may be.
            bytes += node->size();
            supplied.nodes.push_back(std::move(*node));
        }
    }
}

// The walked checkpoint is pinned, so that nodes found held are not erased behind the walk.
void Engine::begin_walk() {
    const state::HeldCheckpoint* newest = retention_->newest();
    ZZ_CHECK(newest != nullptr, "nothing to walk at {}", executed_.value);
    walked_ = newest->n;
    retention_->pin(walked_);
    walk_.emplace(*store_, newest->root, kWalkWaitingMax);
}

void Engine::end_walk() {
    if (walk_)
        retention_->unpin(walked_);
    walk_.reset();
    clean_up_.reset();
    clean_up_nodes_.clear();
}

void Engine::on(const WalkMissing& job) {
    if (whole_ && !walk_) {
        results_.push_back(Walked{{}, false, true});
        return;
    }
    if (job.anew)
        end_walk();
    if (!walk_)
        begin_walk();
    if (clean_up_) {
        results_.push_back(Walked{{}, clean_up(), true});
        return;
    }
    Walked walked;
    const std::uint64_t before = walk_->visited();
    walked.missing = walk_->advance(kWalkVisits);
    walked.whole = walk_->done();
    // The visits were used up: there may be more to look at at once.
    walked.again = !walked.whole && walk_->waiting() < kWalkWaitingMax &&
                   walk_->visited() - before >= kWalkVisits;
    if (walked.whole) {
        // The state since then is that of the walked checkpoint with nodes that were made here: all
        // held.
        whole_ = true;
        set_note(walked_, true, false);
        // Only then is it known what the state before the install does not share with it.
        if (replaced_ && retention_->held().contains(walked_)) {
            clean_up_.emplace(*store_, *replaced_, retention_->held().at(walked_).root);
            walked.again = true;
        } else {
            end_walk();
        }
    }
    results_.push_back(std::move(walked));
}

// True: there is more to do.
bool Engine::clean_up() {
    for (std::size_t i = 0; i < kWalkVisits; ++i) {
        const auto visit = clean_up_->next();
        if (!visit) {
            if (retention_->held().contains(walked_))
                retention_->retire(walked_, clean_up_nodes_);
            replaced_.reset();
            end_walk();
            return false;
        }
        if (visit->held)
            clean_up_nodes_.push_back(visit->digest);
    }
    return true;
}

} // namespace zz::execution
