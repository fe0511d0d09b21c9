// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/resp/reply_queue.h"

#include "protocol/base/check.h"

namespace zz::gateway::resp {

ReplyQueue::Slot ReplyQueue::open() {
    slots_.emplace_back();
    return first_ + slots_.size() - 1;
}

void ReplyQueue::fill(Slot slot, Bytes reply) {
    ZZ_CHECK(slot >= first_ && slot - first_ < slots_.size(), "slot {}, first {}, {} slots", slot,
             first_, slots_.size());
    auto& place = slots_[slot - first_];
    ZZ_CHECK(!place, "slot {} is filled already", slot);
    bytes_ += reply.size();
    place = std::move(reply);
}

void ReplyQueue::drain(Bytes& out) {
    while (!slots_.empty() && slots_.front()) {
        const Bytes& reply = *slots_.front();
        out.insert(out.end(), reply.begin(), reply.end());
        bytes_ -= reply.size();
        slots_.pop_front();
        ++first_;
    }
}

} // namespace zz::gateway::resp
