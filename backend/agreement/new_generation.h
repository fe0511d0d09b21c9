// SPDX-License-Identifier: Apache-2.0
// How a generation above the first starts (ZZ-8.4), as a pure function of its RECOVER: the operator
// names the stable checkpoint, every replica recomputes what the claims still prove above it.
#pragma once

#include "backend/agreement/new_view.h"
#include "protocol/base/result.h"

namespace zz::agreement {

// What a core is told that starts in such a generation.
struct NewGeneration {
    const message::Recover* recover = nullptr; // verified; of the sealer's generation
    // No core of this replica ran in it yet, so no vote of it can be missing. The shell makes the
    // opposite durable before the first message leaves.
    bool first = false;
};

// Whether a RECOVER may begin a generation: at least 2f+1 claims of distinct replicas, a base that
// one of them proves (f+1 of them, where the base of the older generation stands in for a
// certificate), the state under it, the view, the choice. Precondition: its signatures were
// checked.
Status check(const message::Recover& recover, const Faults& faults, std::uint64_t window,
             const Digest& null_batch);

} // namespace zz::agreement
