// SPDX-License-Identifier: Apache-2.0
// Wrapper: where Byzantine behaviour meets a correct core (ZZ-10.1): it sees what the core sends,
// per step, before it is sealed, and may change, drop or add. The shell and the simulator hold at
// most one per core; none in normal life. What is changed of a signed message must be signed anew
// with the replica's own sealer: frame left empty does it.
#pragma once

#include <vector>

#include "protocol/core/io.h"

namespace zz::core {

class Wrapper {
  public:
    virtual ~Wrapper() = default;
    // After each step of the core: `sends` is its output.
    virtual void pass(Instant now, std::vector<Send>& sends) = 0;
    // Before each step: false keeps the message from the core.
    virtual bool admits(Instant, const auth::Verified&) { return true; }
    // When pass() wants to be called with nothing, to add messages of its own.
    virtual Instant wake_at() const { return kNever; }
};

} // namespace zz::core
