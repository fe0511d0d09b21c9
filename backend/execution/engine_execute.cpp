// SPDX-License-Identifier: Apache-2.0
// The requests of a batch, one after the other, each on an overlay that is merged whole or not at
// all.
#include <algorithm>

#include "backend/execution/engine.h"
#include "protocol/auth/digests.h"
#include "protocol/auth/merkle.h"
#include "protocol/base/check.h"
#include "protocol/message/lanes.h"

namespace zz::execution {

std::vector<Engine::Position> Engine::positions(const message::Batch& batch) const {
    std::vector<Position> out;
    for (const message::Bundle& bundle : batch.bundles)
        for (const message::BundleLeaf& leaf : bundle.leaves)
            out.push_back({bundle.client, &leaf.request});
    return out;
}

bool Engine::execute(Ordered& ordered) {
    const auto& batch = std::get<ExecuteBatch>(ordered.job);
    ZZ_CHECK(batch.n == executed_ + 1, "batch {} given after {}", batch.n.value, executed_.value);
    const std::vector<Position> all = positions(batch.content.batch);
    while (ordered.done < all.size()) {
        std::vector<Digest> wanted;
        if (!execute(batch, all[ordered.done], ordered.replies, wanted)) {
            need(batch.n, wanted);
            return false;
        }
        ++ordered.done;
    }
    executed_ = batch.n;
    time_ = batch.time;
    std::vector<Digest> leaves;
    leaves.reserve(ordered.replies.size());
    for (const ExecutedReply& r : ordered.replies)
        leaves.push_back(auth::report_leaf(r.client, r.lane, r.number, r.digest));
    results_.push_back(Executed{batch.n, batch.batch_digest, auth::merkle_root(leaves),
                                std::move(ordered.replies)});
    return true;
}

// True: done or skipped. False: nothing happened, and `wanted` is to be fetched first.
bool Engine::execute(const ExecuteBatch& batch, const Position& at,
                     std::vector<ExecutedReply>& replies, std::vector<Digest>& wanted) {
    const message::Request& request = *at.request;
    state::TreeOverlay overlay(tree_.snapshot());
    const auto fails = [&](const std::vector<Digest>& nodes) {
        wanted = nodes;
        ZZ_CHECK(!wanted.empty(), "request {} of lane {} needs nodes but none is named",
                 request.number.value, request.lane.value);
        return false;
    };
    const Bytes key = cache_key(at.client, request.lane);
    auto last = numbers_.find({at.client, request.lane});
    if (last == numbers_.end()) {
        const auto read = overlay.get(key);
        if (read.found == state::Found::NeedsNodes)
            return fails(overlay.wanted());
        const auto entry =
            read.found == state::Found::Yes ? decode_cache_entry(read.value) : std::nullopt;
        last = numbers_
                   .emplace(std::pair{at.client, request.lane},
                            entry ? entry->number : RequestNumber())
                   .first;
    }
    // ZZ-4.4: exactly once.
    if (!message::executes(last->second, request.number))
        return true;
    state::PrefixOverlay of_application(overlay, {kApplicationPrefix});
    auto outcome =
        application_->execute(of_application, request.operation.view(), batch.time, request.budget);
    if (const auto* needs = std::get_if<application::Needs>(&outcome))
        return fails(needs->nodes.empty() ? overlay.wanted() : needs->nodes);
    Bytes result = std::move(std::get<application::Done>(outcome).reply);
    if (result.size() > kResultBytesMax)
        result = bytes_of(kResultTooLong);
    CacheEntry entry{request.number, batch.n, std::move(result)};
    overlay.put(key, encode(entry));
    if (!overlay.merge_into(tree_))
        return fails(overlay.wanted());
    last->second = request.number;
    const Digest digest = auth::reply_digest(entry.result);
    replies.push_back(
        {at.client, request.lane, request.number, digest, Blob(std::move(entry.result))});
    return true;
}

// ZZ-7.2: nodes of declared keys are fetched in parallel, before their requests run.
void Engine::look_ahead(const ExecuteBatch& batch, std::size_t from, state::Needs& needs) {
    const std::vector<Position> all = positions(batch.content.batch);
    for (std::size_t i = from; i < all.size(); ++i) {
        if (!numbers_.contains({all[i].client, all[i].request->lane}))
            tree_.get(cache_key(all[i].client, all[i].request->lane), needs);
        for (const Bytes& key : application_->touched_keys(all[i].request->operation.view())) {
            Bytes whole{kApplicationPrefix};
            whole.insert(whole.end(), key.begin(), key.end());
            if (whole.size() <= state::kKeyBytesMax)
                tree_.get(whole, needs);
        }
    }
}

void Engine::look_ahead_in_queue(state::Needs& needs) {
    const std::size_t count = std::min(queue_.size(), kLookAheadBatches);
    for (std::size_t i = 0; i < count; ++i)
        if (const auto* batch = std::get_if<ExecuteBatch>(&queue_[i].job))
            look_ahead(*batch, queue_[i].done, needs);
}

} // namespace zz::execution
