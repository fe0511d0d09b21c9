// SPDX-License-Identifier: Apache-2.0
// Level-triggered reconciliation (ZZ-6.8): from what is wanted and what is there to what is to be
// done now. Pure; no memory of how it came about. Only the machines of one slot, or of one
// agreement replica, of this host.
#pragma once

#include <optional>
#include <span>

#include "backend/controller/machines.h"
#include "protocol/cluster/cluster.h"
#include "protocol/message/configuration.h"

namespace zz::controller {

struct SlotWanted {
    SlotId slot;
    message::MemberState member =
        message::MemberState::Empty; // in the highest configuration certificate
    Incarnation incarnation;         // of that member; the last one if Empty
    bool awake = false;              // a sleeper while a valid wake-up proof of its epoch is held
    bool may_wake = true;            // false: the rate limit of wake-ups holds it back (C3)
    cluster::SpareKind spare = cluster::SpareKind::Paused;
    bool settled_in = true; // a running spare has run long enough to be put to sleep
    // The f+1 actives are complete: disks of removed incarnations are needed no more.
    bool others_complete = false;
    // The next incarnation: image made and being enrolled, or to be made.
    Incarnation next;
    bool next_made = false;
};

// What to do with machines of this slot, at most one ask for each. Never touches an incarnation
// above `next`.
std::vector<MachineAsk> reconcile_slot(const SlotWanted& wanted,
                                       std::span<const MachineFact> machines);

// An agreement replica runs, always and first.
std::optional<MachineAsk> reconcile_agreement(AgreementId id,
                                              std::span<const MachineFact> machines);

// The sleeping member is there in its form of rest, ready to be woken.
bool is_spare_ready(const SlotWanted& wanted, std::span<const MachineFact> machines);

} // namespace zz::controller
