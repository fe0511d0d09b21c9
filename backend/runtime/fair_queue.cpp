// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/fair_queue.h"

#include <algorithm>

namespace zz::runtime {

void FairQueue::refill(Client& client, Instant now) const {
    if (client.filled.ns == INT64_MIN) {
        client.filled = now;
        return;
    }
    constexpr Duration kToken = Duration(seconds(1)) / kClientFramesPerSecond;
    if (now - client.filled >= seconds(1)) {
        client.filled = now;
        client.tokens += kClientFramesPerSecond;
    } else {
        const std::int64_t fresh = (now - client.filled) / kToken;
        client.filled = client.filled + fresh * kToken;
        client.tokens += fresh;
    }
    client.tokens = std::min(client.tokens, kClientFramesPerSecond);
}

bool FairQueue::push(Instant now, const PrincipalId& id, Blob frame) {
    if (!clients_.contains(id) && clients_.size() >= kFairClientsMax) {
        ++dropped_;
        return false;
    }
    Client& client = clients_[id];
    refill(client, now);
    if (client.tokens <= 0 || client.frames.size() >= kClientFramesMax ||
        client.bytes + frame.size() > kClientQueueBytesMax) {
        ++dropped_;
        return false;
    }
    --client.tokens;
    if (client.frames.empty())
        client.used = std::max(client.used, turn_);
    client.bytes += frame.size();
    client.frames.push_back(std::move(frame));
    ++waiting_;
    return true;
}

std::optional<FairQueue::Waiting> FairQueue::pop() {
    auto next = clients_.end();
    for (auto it = clients_.begin(); it != clients_.end(); ++it)
        if (!it->second.frames.empty() &&
            (next == clients_.end() || it->second.used < next->second.used))
            next = it;
    if (next == clients_.end())
        return std::nullopt;
    Client& client = next->second;
    turn_ = client.used;
    Waiting out{next->first, std::move(client.frames.front())};
    client.frames.pop_front();
    client.bytes -= out.frame.size();
    --waiting_;
    return out;
}

void FairQueue::charge(const PrincipalId& id, Duration cost, bool good) {
    const auto it = clients_.find(id);
    if (it == clients_.end())
        return;
    it->second.used += cost;
    if (!good)
        it->second.tokens -= kBadFrameCost;
}

} // namespace zz::runtime
