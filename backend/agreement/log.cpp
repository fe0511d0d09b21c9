// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/log.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace zz::agreement {

void Votes::add(AgreementId from, const Vote& vote) {
    std::optional<Vote>& held = votes_[from.value - 1];
    if (!held || held->view < vote.view)
        held = vote;
}

std::size_t Votes::count(const Vote& vote, AgreementId except) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < votes_.size(); ++i)
        if (votes_[i] == vote && i + 1 != except.value)
            ++count;
    return count;
}

std::optional<Vote> Votes::with(std::size_t needed) const {
    for (const std::optional<Vote>& vote : votes_)
        if (vote && count(*vote) >= needed)
            return vote;
    return std::nullopt;
}

Body Slot::body(const Digest& digest) const {
    const auto found = bodies_.find(digest);
    return found == bodies_.end() ? nullptr : found->second.body;
}

bool Slot::needs(const Digest& digest) const {
    return voted_for(digest) || committed == digest ||
           (proposal && proposal->vote.digest == digest);
}

std::size_t Slot::spare_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [digest, held] : bodies_)
        bytes += needs(digest) ? 0 : held.body->encoded.size();
    return bytes;
}

void Slot::keep_body(const Digest& digest, Body body) {
    bodies_[digest] = {std::move(body), ++serial_};
    for (;;) {
        std::size_t spare = 0;
        auto oldest = bodies_.end();
        for (auto at = bodies_.begin(); at != bodies_.end(); ++at) {
            if (needs(at->first))
                continue;
            ++spare;
            if (oldest == bodies_.end() || at->second.serial < oldest->second.serial)
                oldest = at;
        }
        if (spare <= kSpareBodiesMax)
            return;
        bodies_.erase(oldest);
    }
}

void Slot::note_pre_prepared(const Vote& vote) {
    View& view = pre_prepared[vote.digest];
    view = std::max(view, vote.view);
    if (pre_prepared.size() <= kDigestsPerNumberMax)
        return;
    auto lowest = pre_prepared.end();
    for (auto at = pre_prepared.begin(); at != pre_prepared.end(); ++at) {
        if (at->first == vote.digest || (prepared && prepared->digest == at->first))
            continue;
        if (lowest == pre_prepared.end() || at->second < lowest->second)
            lowest = at;
    }
    pre_prepared.erase(lowest);
}

std::optional<Digest> Slot::claimed(std::size_t needed) const {
    for (const auto& [who, digest] : claims) {
        const auto same = std::count_if(claims.begin(), claims.end(),
                                        [&](const auto& c) { return c.second == digest; });
        if (static_cast<std::size_t>(same) >= needed)
            return digest;
    }
    return std::nullopt;
}

std::optional<Digest> Slot::wanted_body() const {
    if (committed && !body(*committed))
        return committed;
    if (proposal && !body(proposal->vote.digest))
        return proposal->vote.digest;
    return std::nullopt;
}

Proposal* Slot::in_view(View view) {
    return proposal && proposal->vote.view == view ? &*proposal : nullptr;
}

Slot& Log::at(SequenceNumber n) {
    ZZ_CHECK(holds(n), "{} is outside ({}, {}]", n.value, h_.value, high().value);
    return slots_.try_emplace(n, replicas_).first->second;
}

Slot* Log::find(SequenceNumber n) {
    const auto found = slots_.find(n);
    return found == slots_.end() ? nullptr : &found->second;
}

const Slot* Log::find(SequenceNumber n) const {
    const auto found = slots_.find(n);
    return found == slots_.end() ? nullptr : &found->second;
}

std::size_t Log::spare_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [n, slot] : slots_)
        bytes += slot.spare_bytes();
    return bytes;
}

void Log::move(SequenceNumber h) {
    ZZ_CHECK(h >= h_, "h cannot go back from {} to {}", h_.value, h.value);
    h_ = h;
    slots_.erase(slots_.begin(), slots_.upper_bound(h));
}

} // namespace zz::agreement
