// SPDX-License-Identifier: Apache-2.0
#include "protocol/core/membership.h"

#include <algorithm>

namespace zz::core {

bool Membership::add(const message::Embedded<message::Config>& config) {
    if (config.signer.role != Role::Agreement || config.value.number <= config_.number)
        return false;
    auto [own, fresh] = newest_of_.try_emplace(agreement_id(config.signer), config);
    if (!fresh) {
        if (own->second.value.number >= config.value.number)
            return false;
        own->second = config;
    }
    std::vector<message::Embedded<message::Config>> equal;
    for (const auto& [id, held] : newest_of_)
        if (held.value == config.value && equal.size() < faults_.weak_quorum())
            equal.push_back(held);
    if (equal.size() < faults_.weak_quorum())
        return false;
    config_ = config.value;
    certificate_ = std::move(equal);
    std::erase_if(newest_of_,
                  [this](const auto& held) { return held.second.value.number <= config_.number; });
    return true;
}

const message::SlotEntry* Membership::entry(SlotId slot) const {
    const auto at = std::find_if(config_.members.begin(), config_.members.end(),
                                 [slot](const message::SlotEntry& e) { return e.slot == slot; });
    return at == config_.members.end() ? nullptr : &*at;
}

bool Membership::live(ExecutionId id) const {
    const message::SlotEntry* e = entry(id.slot);
    return e && e->incarnation == id.incarnation &&
           (e->state == message::MemberState::Active || e->state == message::MemberState::Asleep);
}

std::vector<ExecutionId> Membership::with_state(bool active, bool asleep) const {
    std::vector<ExecutionId> out;
    for (const message::SlotEntry& e : config_.members)
        if ((active && e.state == message::MemberState::Active) ||
            (asleep && e.state == message::MemberState::Asleep))
            out.push_back({e.slot, e.incarnation});
    return out;
}

std::vector<ExecutionId> Membership::active() const {
    return with_state(true, false);
}
std::vector<ExecutionId> Membership::all_live() const {
    return with_state(true, true);
}

ConfigurationNumber Membership::highest_seen() const {
    ConfigurationNumber highest = config_.number;
    for (const auto& [id, held] : newest_of_)
        highest = std::max(highest, held.value.number);
    return highest;
}

} // namespace zz::core
