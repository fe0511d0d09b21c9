// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/request_pool.h"

#include <algorithm>

#include "backend/agreement/bounds.h"
#include "protocol/auth/bundle.h"
#include "protocol/base/check.h"

namespace zz::agreement {

namespace {

// Encoded size of a leaf without its operation, and of a bundle without leaves, rounded up.
constexpr std::size_t kLeafOverhead = 32, kBundleOverhead = 96;

std::size_t bundle_bytes(const message::Bundle& bundle) {
    std::size_t bytes = kBundleOverhead + bundle.siblings.size() * Digest::size;
    for (const message::BundleLeaf& leaf : bundle.leaves)
        bytes += leaf_bytes(leaf);
    return bytes;
}

} // namespace

bool is_whole(const message::Bundle& bundle) {
    return bundle.siblings.empty() && bundle.leaves.size() == bundle.leaf_count;
}

std::size_t leaf_bytes(const message::BundleLeaf& leaf) {
    return kLeafOverhead + leaf.request.operation.size();
}

void RequestPool::set_deadline(ClientId id, LaneId lane, Waiting& waiting, Instant deadline) {
    if (waiting.deadline != kNever)
        deadlines_.erase({waiting.deadline, id, lane});
    waiting.deadline = deadline;
    if (deadline != kNever)
        deadlines_.insert({deadline, id, lane});
}

void RequestPool::drop(ClientId id, Client& client, std::map<LaneId, Waiting>::iterator at) {
    Waiting& w = at->second;
    set_deadline(id, at->first, w, kNever);
    if (!w.proposed) {
        --unproposed_;
        unproposed_bytes_ -= w.bytes;
    }
    if (--w.pooled->wanted == 0) {
        client.bytes -= w.pooled->bytes;
        bytes_ -= w.pooled->bytes;
    }
    client.lanes.erase(at);
    // Bundles whose every request was ordered through another replica leave the queue in the end.
    if (client.queue.size() > 16 + 2 * client.lanes.size())
        std::erase_if(client.queue, [](const auto& p) { return p->wanted == 0; });
}

Admitted RequestPool::add(const message::Bundle& bundle, const LaneTable& lanes, Instant now,
                          bool forwarded) {
    Admitted out;
    if (lanes.lanes_of(bundle.client) == 0)
        return out;
    Client& client = clients_[bundle.client];
    std::vector<const message::BundleLeaf*> fresh;
    for (const message::BundleLeaf& leaf : bundle.leaves) {
        const message::Request& r = leaf.request;
        const auto last = lanes.last(bundle.client, r.lane);
        if (last && r.number <= *last)
            out.ordered.push_back({bundle.client, r.lane, r.number});
        if (!lanes.executes(bundle.client, r.lane, r.number))
            continue;
        const auto known = client.lanes.find(r.lane);
        if (known == client.lanes.end() || known->second.number < r.number)
            fresh.push_back(&leaf);
        else if (known->second.number == r.number)
            out.waiting = known->second.pooled;
    }
    const std::size_t bytes = bundle_bytes(bundle);
    const std::size_t more = forwarded ? kPoolForwardedBytes : 0;
    if (fresh.empty() || client.bytes + bytes > kPoolClientBytesMax + more ||
        bytes_ + bytes > kPoolBytesMax + more)
        return out;
    auto pooled = std::make_shared<Pooled>();
    pooled->bundle = bundle;
    pooled->serial = ++serial_;
    pooled->bytes = bytes;
    pooled->arrived = now;
    client.bytes += bytes;
    bytes_ += bytes;
    for (const message::BundleLeaf* leaf : fresh) {
        const LaneId lane = leaf->request.lane;
        if (const auto old = client.lanes.find(lane); old != client.lanes.end()) {
            if (old->second.pooled ==
                pooled) // Two requests of one lane in one bundle: the first waits.
                continue;
            drop(bundle.client, client, old);
        }
        client.lanes[lane] = {
            leaf->request.number, pooled, leaf_bytes(*leaf), false, kNever, kNever};
        ++pooled->wanted;
        ++unproposed_;
        unproposed_bytes_ += leaf_bytes(*leaf);
        ++out.fresh;
    }
    client.queue.push_back(pooled);
    out.waiting = std::move(pooled);
    return out;
}

// Positions of leaves that wait and are not proposed, as many as fit; `all`: none had to stay
// behind.
std::vector<std::uint32_t> RequestPool::fitting(const Client& client, const Pooled& pooled,
                                                const cluster::Limits& limits, Taken& taken,
                                                bool& all) const {
    std::vector<std::uint32_t> positions;
    all = true;
    const auto& leaves = pooled.bundle.leaves;
    for (std::uint32_t i = 0; i < leaves.size(); ++i) {
        const message::Request& r = leaves[i].request;
        const auto at = client.lanes.find(r.lane);
        if (at == client.lanes.end() || at->second.pooled.get() != &pooled ||
            at->second.number != r.number || at->second.proposed)
            continue;
        const std::size_t bytes = taken.bytes + leaf_bytes(leaves[i]);
        const std::uint64_t budget = taken.budget + r.budget;
        if (taken.requests >= limits.batch_requests_max || budget > limits.batch_budget_max ||
            (bytes > limits.batch_bytes_max && taken.requests > 0)) {
            all = false;
            continue;
        }
        positions.push_back(i);
        taken = {taken.requests + 1, bytes, budget};
    }
    return positions;
}

// Takes from the oldest bundle of one client; false if the batch is full.
bool RequestPool::take_front(Client& client, const cluster::Limits& limits, const LaneTable& lanes,
                             Taken& taken, std::vector<message::Bundle>& out) {
    const std::shared_ptr<Pooled> pooled = client.queue.front();
    const message::Bundle& bundle = pooled->bundle;
    Taken after = taken;
    bool all = true;
    std::vector<std::uint32_t> positions = fitting(client, *pooled, limits, after, all);
    if (!is_whole(bundle) && !positions.empty() && positions.size() != bundle.leaves.size()) {
        // A part cannot be parted again: it goes as it is, ordered leaves included, or waits.
        after = taken;
        for (const message::BundleLeaf& leaf : bundle.leaves)
            after = {after.requests + 1, after.bytes + leaf_bytes(leaf),
                     after.budget + leaf.request.budget};
        if (after.requests > limits.batch_requests_max || after.bytes > limits.batch_bytes_max ||
            after.budget > limits.batch_budget_max) {
            if (taken.requests > 0)
                return false;
            // It fits no batch: its client must send it in smaller parts.
            client.queue.pop_front();
            for (const message::BundleLeaf& leaf : bundle.leaves)
                if (const auto at = client.lanes.find(leaf.request.lane);
                    at != client.lanes.end() && at->second.pooled == pooled)
                    drop(bundle.client, client, at);
            return true;
        }
        all = true;
    }
    if (!positions.empty()) {
        const bool whole = positions.size() == bundle.leaves.size() || !is_whole(bundle);
        out.push_back(whole ? bundle : auth::part_of(bundle, positions));
        for (const message::BundleLeaf& leaf : out.back().leaves) {
            const auto at = client.lanes.find(leaf.request.lane);
            if (at == client.lanes.end() || at->second.pooled != pooled || at->second.proposed)
                continue;
            ZZ_CHECK(lanes.executes(bundle.client, leaf.request.lane, at->second.number),
                     "client {} lane {}: what waits does not execute", bundle.client.value,
                     leaf.request.lane.value);
            at->second.proposed = true;
            --unproposed_;
            unproposed_bytes_ -= at->second.bytes;
        }
        taken = after;
    }
    if (!all)
        return false;
    client.queue.pop_front();
    return true;
}

std::vector<message::Bundle> RequestPool::take(const cluster::Limits& limits,
                                               const LaneTable& lanes) {
    std::vector<message::Bundle> out;
    Taken taken;
    bool room = true;
    while (room && unproposed_ > 0) {
        // The next client in turn that has a queue.
        auto at = clients_.upper_bound(turn_);
        std::size_t tried = 0;
        for (; tried <= clients_.size(); ++tried) {
            if (at == clients_.end())
                at = clients_.begin();
            if (!at->second.queue.empty())
                break;
            ++at;
        }
        if (tried > clients_.size())
            break;
        turn_ = at->first;
        room = take_front(at->second, limits, lanes, taken, out);
    }
    return out;
}

void RequestPool::forget_proposed() {
    unproposed_ = unproposed_bytes_ = 0;
    for (auto& [id, client] : clients_) {
        std::map<std::uint64_t, std::shared_ptr<Pooled>> bundles;
        for (auto& [lane, waiting] : client.lanes) {
            waiting.proposed = false;
            ++unproposed_;
            unproposed_bytes_ += waiting.bytes;
            bundles[waiting.pooled->serial] = waiting.pooled;
        }
        client.queue.clear();
        for (auto& [serial, pooled] : bundles)
            client.queue.push_back(pooled);
    }
}

Instant RequestPool::ordered(const core::OrderedRequest& request) {
    const auto client = clients_.find(request.client);
    if (client == clients_.end())
        return kNever;
    const auto at = client->second.lanes.find(request.lane);
    if (at == client->second.lanes.end() || at->second.number > request.number)
        return kNever;
    const bool this_one = at->second.number == request.number;
    const Instant watched = this_one ? at->second.watched : kNever;
    drop(request.client, client->second, at);
    return watched;
}

Instant RequestPool::oldest() const {
    Instant oldest = kNever;
    for (const auto& [id, client] : clients_)
        if (!client.queue.empty())
            oldest = std::min(oldest, client.queue.front()->arrived);
    return oldest;
}

void RequestPool::watch(const Pooled& pooled, Instant now, Duration patience) {
    const auto client = clients_.find(pooled.bundle.client);
    if (client == clients_.end())
        return;
    for (const message::BundleLeaf& leaf : pooled.bundle.leaves) {
        const auto at = client->second.lanes.find(leaf.request.lane);
        if (at != client->second.lanes.end() && at->second.pooled.get() == &pooled &&
            at->second.deadline == kNever) {
            at->second.watched = now;
            set_deadline(client->first, at->first, at->second, now + patience);
        }
    }
}

void RequestPool::watch_again(Instant now, Duration patience) {
    const auto running = deadlines_;
    for (const auto& [old, id, lane] : running) {
        Waiting& waiting = clients_.at(id).lanes.at(lane);
        waiting.watched = now;
        set_deadline(id, lane, waiting, now + patience);
    }
}

Instant RequestPool::next_deadline() const {
    return deadlines_.empty() ? kNever : std::get<0>(*deadlines_.begin());
}

std::vector<std::shared_ptr<Pooled>> RequestPool::watched() const {
    std::map<std::uint64_t, std::shared_ptr<Pooled>> bundles;
    for (const auto& [deadline, id, lane] : deadlines_) {
        const Waiting& w = clients_.at(id).lanes.at(lane);
        bundles[w.pooled->serial] = w.pooled;
    }
    std::vector<std::shared_ptr<Pooled>> out;
    for (auto& [serial, pooled] : bundles)
        out.push_back(pooled);
    return out;
}

} // namespace zz::agreement
