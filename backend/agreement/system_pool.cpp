// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/system_pool.h"

#include <algorithm>

#include "backend/agreement/bounds.h"
#include "protocol/wire/codec.h"

namespace zz::agreement {

bool SystemPool::add(const message::SystemRequest& request, const PrincipalId& from,
                     const Membership& members, Instant deadline) {
    if (!members.would_change(request))
        return false;
    Bytes encoded;
    wire::Writer(encoded).put(request);
    std::size_t same_sender = 0;
    for (auto& [serial, w] : waiting_) {
        if (w.encoded == encoded) {
            if (w.deadline == kNever)
                w.deadline = deadline;
            return false;
        }
        same_sender += w.from == from;
    }
    if (waiting_.size() >= kSystemPoolMax || same_sender >= kSystemPerSenderMax)
        return false;
    waiting_[++serial_] = {request, std::move(encoded), from, false, deadline};
    return true;
}

void SystemPool::prune(const Membership& members) {
    std::erase_if(waiting_,
                  [&](const auto& entry) { return !members.would_change(entry.second.request); });
}

std::vector<message::SystemRequest> SystemPool::take(std::size_t max) {
    std::vector<message::SystemRequest> out;
    for (auto& [serial, w] : waiting_) {
        if (w.proposed || out.size() >= max)
            continue;
        w.proposed = true;
        out.push_back(w.request);
    }
    return out;
}

void SystemPool::forget_proposed() {
    for (auto& [serial, w] : waiting_)
        w.proposed = false;
}

bool SystemPool::has_unproposed() const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [](const auto& entry) { return !entry.second.proposed; });
}

Instant SystemPool::next_deadline() const {
    Instant next = kNever;
    for (const auto& [serial, w] : waiting_)
        next = std::min(next, w.deadline);
    return next;
}

void SystemPool::watch_again(Instant deadline) {
    for (auto& [serial, w] : waiting_)
        if (w.deadline != kNever)
            w.deadline = deadline;
}

std::vector<message::SystemRequest> SystemPool::watched() const {
    std::vector<message::SystemRequest> out;
    for (const auto& [serial, w] : waiting_)
        if (w.deadline != kNever)
            out.push_back(w.request);
    return out;
}

} // namespace zz::agreement
