// SPDX-License-Identifier: Apache-2.0
#include "backend/execution/orders.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace zz::execution {

void Orders::release(AgreementId from, const message::BatchBody& body) {
    std::size_t& bytes = held_bytes_[from];
    bytes -= std::min(bytes, body.batch.encoded.size());
}

void Orders::erase_until(SequenceNumber n) {
    while (!entries_.empty() && entries_.begin()->first <= n) {
        for (const auto& [from, body] : entries_.begin()->second.bodies)
            release(from, body);
        entries_.erase(entries_.begin());
    }
}

void Orders::advance(SequenceNumber done) {
    done_ = std::max(done_, done);
    erase_until(done_);
}

void Orders::restart(SequenceNumber done) {
    entries_.clear();
    held_bytes_.clear();
    done_ = done;
    highest_agreed_ = done;
}

bool Orders::add(AgreementId from, const message::Order& order) {
    if (!in_window(order.n))
        return false;
    Entry& entry = entries_[order.n];
    entry.orders[from] = order;
    if (!entry.agreed)
        count(order.n, entry);
    return true;
}

void Orders::count(SequenceNumber n, Entry& entry) {
    for (const auto& [from, order] : entry.orders) {
        const auto equal = std::count_if(entry.orders.begin(), entry.orders.end(),
                                         [&](const auto& other) { return other.second == order; });
        if (static_cast<std::uint32_t>(equal) < faults_.weak_quorum())
            continue;
        entry.agreed = AgreedOrder{order.batch_digest, order.time};
        highest_agreed_ = std::max(highest_agreed_, n);
        return;
    }
}

bool Orders::add(AgreementId from, const message::BatchBody& body) {
    if (!in_window(body.n))
        return false;
    Entry& entry = entries_[body.n];
    const bool wanted = entry.agreed && entry.agreed->batch_digest == body.batch_digest;
    if (entry.agreed && (!wanted || ready(body.n)))
        return false;
    const std::size_t size = body.batch.encoded.size();
    if (!wanted && held_bytes_[from] + size > kEarlyBytesMax)
        return false;
    if (const auto old = entry.bodies.find(from); old != entry.bodies.end())
        release(from, old->second);
    held_bytes_[from] += size;
    entry.bodies.insert_or_assign(from, body);
    return true;
}

std::optional<AgreedOrder> Orders::agreed(SequenceNumber n) const {
    const auto at = entries_.find(n);
    return at == entries_.end() ? std::nullopt : at->second.agreed;
}

bool Orders::ready(SequenceNumber n) const {
    const auto at = entries_.find(n);
    if (at == entries_.end() || !at->second.agreed)
        return false;
    const Digest& digest = at->second.agreed->batch_digest;
    return std::any_of(at->second.bodies.begin(), at->second.bodies.end(),
                       [&](const auto& held) { return held.second.batch_digest == digest; });
}

message::BatchContent Orders::take(SequenceNumber n) {
    ZZ_CHECK(ready(n), "batch {} is not ready", n.value);
    Entry& entry = entries_.at(n);
    message::BatchContent content;
    for (auto& [from, body] : entry.bodies) {
        release(from, body);
        if (body.batch_digest == entry.agreed->batch_digest && content.encoded.empty())
            content = std::move(body.batch);
    }
    entry.bodies.clear();
    return content;
}

std::vector<AgreementId> Orders::holders(SequenceNumber n) const {
    std::vector<AgreementId> out;
    const Entry& entry = entries_.at(n);
    for (const auto& [from, order] : entry.orders)
        if (order.batch_digest == entry.agreed->batch_digest)
            out.push_back(from);
    return out;
}

bool Orders::heard_above(SequenceNumber n) const {
    return !entries_.empty() && entries_.rbegin()->first > n;
}

} // namespace zz::execution
