// SPDX-License-Identifier: Apache-2.0
// Settling an epoch (ZZ-6.7): which f+1 replicas are active in the next one, as a pure function,
// and when we sign SETTLE for them.
#pragma once

#include <optional>

#include "backend/detection/board.h"

namespace zz::detection {

struct Candidates {
    std::vector<ExecutionId> actives; // none convicted
    std::vector<ExecutionId> woken;   // none convicted
    std::set<ExecutionId> named;
    std::set<ExecutionId> complete;
    bool past_completion_deadline = false;
};
struct Choice {
    std::optional<std::vector<ExecutionId>> set; // ascending by slot; none: not yet
    bool all_named = false;                      // then none counts as named: alarm
};
// The first f+1 of: unnamed actives, woken ones, named actives, each by slot, once these are
// complete; past the completion deadline incomplete ones are skipped.
Choice choose_set(const Candidates& candidates, const Faults& faults);

void on_complete(Board& b, const auth::Verified& v);
void on_settle(Board& b, const auth::Verified& v);
// Signs SETTLE if it may be signed, and hands SETTLED to agreement at f+1 equal ones.
void settle_epoch(Board& b);
void repeat_settle(Board& b);

} // namespace zz::detection
