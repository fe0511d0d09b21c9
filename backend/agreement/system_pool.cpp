// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/system_pool.h"

#include <algorithm>

#include "backend/agreement/bounds.h"
#include "protocol/wire/codec.h"

namespace zz::agreement {

namespace {

const message::Enrol* enrol_in(const message::SystemRequest& request) {
    const auto* enrol = std::get_if<message::Embedded<message::Enrol>>(&request.body);
    return enrol ? &enrol->value : nullptr;
}

} // namespace

// Of one slot one ENROL waits, that of the highest incarnation: a stream of them holds no more
// than a place. False if a higher one waits.
bool SystemPool::makes_way(const message::SystemRequest& request) {
    const message::Enrol* fresh = enrol_in(request);
    if (!fresh)
        return true;
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
        const message::Enrol* waiting = enrol_in(at->second.request);
        if (!waiting || waiting->slot != fresh->slot)
            continue;
        if (waiting->incarnation > fresh->incarnation)
            return false;
        if (waiting->incarnation < fresh->incarnation) {
            waiting_.erase(at);
            return true;
        }
    }
    return true;
}

// A sleeper that is replaced again and again changes the configuration each time.
bool SystemPool::is_paced(const message::SystemRequest& request, const Membership& members,
                          Instant now) {
    const message::Enrol* fresh = enrol_in(request);
    const message::SlotEntry* entry = fresh ? members.entry(fresh->slot) : nullptr;
    if (!entry || entry->state != message::MemberState::Asleep)
        return false;
    const auto [at, first] = enrolled_.try_emplace(fresh->slot, now);
    if (!first && now < at->second + kEnrolPace)
        return true;
    at->second = now;
    return false;
}

bool SystemPool::add(const message::SystemRequest& request, const PrincipalId& from,
                     const Membership& members, Instant now, Instant deadline) {
    if (!members.would_change(request))
        return false;
    Bytes encoded;
    wire::Writer(encoded).put(request);
    for (auto& [serial, w] : waiting_)
        if (w.encoded == encoded) {
            if (w.deadline == kNever)
                w.deadline = deadline;
            return false;
        }
    if (is_paced(request, members, now) || !makes_way(request))
        return false;
    const auto same_sender = std::count_if(waiting_.begin(), waiting_.end(),
                                           [&](const auto& e) { return e.second.from == from; });
    if (waiting_.size() >= kSystemPoolMax ||
        static_cast<std::size_t>(same_sender) >= kSystemPerSenderMax)
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
