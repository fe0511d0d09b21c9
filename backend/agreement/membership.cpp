// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/membership.h"

#include <algorithm>

#include "backend/agreement/bounds.h"
#include "protocol/base/check.h"

namespace zz::agreement {

using message::MemberState;
using message::SlotEntry;

namespace {

// The incarnation stays, so that no removed one can ever be enrolled again.
void empty_slot(SlotEntry& entry) {
    entry.state = MemberState::Empty;
    entry.signing = {};
    entry.exchange = {};
}

} // namespace

Membership::Membership(message::Config config) : config_(std::move(config)) {
    for (std::size_t i = 0; i < config_.members.size(); ++i)
        ZZ_CHECK(config_.members[i].slot.value == i + 1, "slot {} stands at position {}",
                 config_.members[i].slot.value, i);
}

const SlotEntry* Membership::entry(SlotId slot) const {
    if (slot.value < 1 || slot.value > config_.members.size())
        return nullptr;
    return &config_.members[slot.value - 1];
}

SlotEntry* Membership::find(SlotId slot) {
    return const_cast<SlotEntry*>(entry(slot));
}

void Membership::changed() {
    ++config_.number;
}

bool Membership::is_live(const ExecutionId& id) const {
    const SlotEntry* e = entry(id.slot);
    return e && e->incarnation == id.incarnation &&
           (e->state == MemberState::Active || e->state == MemberState::Asleep);
}

bool Membership::has_convicted() const {
    return std::any_of(config_.members.begin(), config_.members.end(),
                       [](const SlotEntry& e) { return e.state == MemberState::Convicted; });
}

std::vector<ExecutionId> Membership::in_state(MemberState state) const {
    std::vector<ExecutionId> out;
    for (const SlotEntry& e : config_.members)
        if (e.state == state)
            out.push_back({e.slot, e.incarnation});
    return out;
}

bool Membership::apply(const message::Enrol& enrol) {
    SlotEntry* e = find(enrol.slot);
    if (!e || enrol.incarnation <= e->incarnation ||
        enrol.incarnation.value - e->incarnation.value > kIncarnationStepMax)
        return false;
    if (e->state != MemberState::Empty && e->state != MemberState::Asleep)
        return false;
    *e = {enrol.slot, enrol.incarnation, MemberState::Asleep, enrol.signing, enrol.exchange};
    changed();
    return true;
}

bool Membership::apply(const message::Convict& convict) {
    if (!is_live({convict.slot, convict.incarnation}))
        return false;
    SlotEntry* e = find(convict.slot);
    // Its votes end now. The machine of an active one ends with the next SETTLED, of another one at
    // once (ZZ-6.7).
    if (e->state == MemberState::Active)
        e->state = MemberState::Convicted;
    else
        empty_slot(*e);
    changed();
    return true;
}

bool Membership::apply(const message::Settled& settled) {
    if (settled.epoch != config_.epoch || settled.set.empty())
        return false;
    for (const message::Member& m : settled.set)
        if (!is_live({m.slot, m.incarnation}))
            return false;
    for (SlotEntry& e : config_.members) {
        const bool chosen = std::find(settled.set.begin(), settled.set.end(),
                                      message::Member{e.slot, e.incarnation}) != settled.set.end();
        if (chosen)
            e.state = MemberState::Active;
        else if (e.state == MemberState::Active || e.state == MemberState::Convicted)
            empty_slot(e);
    }
    ++config_.epoch;
    changed();
    return true;
}

bool Membership::apply(const message::SystemRequest& request) {
    if (const auto* enrol = std::get_if<message::Embedded<message::Enrol>>(&request.body))
        return apply(enrol->value);
    if (const auto* convict = std::get_if<message::Convict>(&request.body))
        return apply(*convict);
    return apply(std::get<message::Settled>(request.body));
}

bool Membership::would_change(const message::SystemRequest& request) const {
    Membership copy = *this;
    return copy.apply(request);
}

} // namespace zz::agreement
