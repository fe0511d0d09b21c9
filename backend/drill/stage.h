// SPDX-License-Identifier: Apache-2.0
// What plans of drills share: the stage as a play in which nobody lies. Pure.
#pragma once

#include "backend/drill/plan.h"

namespace zz::drill {

// The active replicas in ascending order; an Error if they are not f+1 different slots.
Result<std::vector<SlotId>> actives_of(const Stage& stage);

// Everybody follows the protocol; `first` are the first replicas (the actives before all others),
// the remaining slots follow in ascending order.
Play honest_play(Faults faults, const std::vector<SlotId>& first);

// The digest that is sent most often, the earlier one of equals; Nothing if none is sent.
Saying most_frequent(const std::vector<Saying>& sends);

} // namespace zz::drill
