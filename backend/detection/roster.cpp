// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/roster.h"

#include <algorithm>

#include "protocol/auth/certificates.h"

namespace zz::detection {

using message::MemberState;

void Roster::configure(const message::Config& config, Instant now, SequenceNumber committed) {
    if (configured_ && config.number <= config_.number)
        return;
    if (!configured_ || config.epoch != config_.epoch) {
        proof_.reset();
        woken_at_ = kNever;
        woken_.clear();
    }
    config_ = config;
    configured_ = true;
    std::erase_if(woken_, [this](const auto& w) {
        return auth::state_of(config_, w.first) != MemberState::Asleep;
    });
    // One enrolled while the proof is held is awake too (ZZ-1.7).
    if (proof_)
        add_woken(now, committed);
}

void Roster::wake_up(message::WakeUpProof proof, Instant now, SequenceNumber committed) {
    proof_ = std::move(proof);
    woken_at_ = now;
    add_woken(now, committed);
}

void Roster::add_woken(Instant now, SequenceNumber committed) {
    for (const ExecutionId& id : with(MemberState::Asleep))
        woken_.try_emplace(id, Woken{now, committed, false});
}

void Roster::reported(ExecutionId id, SequenceNumber n) {
    const auto at = woken_.find(id);
    if (at != woken_.end() && n > at->second.tip_above)
        at->second.at_tip = true;
}

bool Roster::live(ExecutionId id) const {
    const auto state = auth::state_of(config_, id);
    return state == MemberState::Active || state == MemberState::Asleep;
}

bool Roster::is_active(ExecutionId id) const {
    return auth::state_of(config_, id) == MemberState::Active;
}

bool Roster::is_awake(ExecutionId id) const {
    return is_active(id) || woken_.contains(id);
}

bool Roster::has_convicted() const {
    return !with(MemberState::Convicted).empty();
}

std::vector<ExecutionId> Roster::with(MemberState state) const {
    std::vector<ExecutionId> out;
    for (const message::SlotEntry& slot : config_.members)
        if (slot.state == state)
            out.push_back({slot.slot, slot.incarnation});
    return out;
}

std::vector<ExecutionId> Roster::actives() const {
    return with(MemberState::Active);
}

std::vector<ExecutionId> Roster::woken() const {
    std::vector<ExecutionId> out;
    for (const auto& [id, w] : woken_)
        out.push_back(id);
    return out;
}

std::vector<ExecutionId> Roster::awake() const {
    std::vector<ExecutionId> out = actives();
    for (const auto& [id, w] : woken_)
        out.push_back(id);
    std::ranges::sort(out);
    return out;
}

bool Roster::is_excused(ExecutionId id, Instant now, Duration recovery) const {
    const auto at = woken_.find(id);
    return at != woken_.end() && !at->second.at_tip && now < at->second.since + recovery;
}

Instant Roster::next_recovery_deadline(Instant now, Duration recovery) const {
    Instant next = kNever;
    for (const auto& [id, w] : woken_)
        if (!w.at_tip && w.since + recovery > now)
            next = std::min(next, w.since + recovery);
    return next;
}

} // namespace zz::detection
