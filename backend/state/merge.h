// SPDX-License-Identifier: Apache-2.0
// A range of entries under writes that were not applied yet. Pure; any thread.
#pragma once

#include <map>
#include <optional>

#include "backend/state/overlay.h"

namespace zz::state {

using PendingWrites = std::map<Bytes, std::optional<Bytes>>; // none: erased

// The bounds to ask the entries below for, so that enough remain of them.
Overlay::Bounds bounds_below(const PendingWrites& writes, const Overlay::Bounds& bounds);
// What `below`, asked with these, is under the writes.
Overlay::Range merged(const PendingWrites& writes, const Overlay::Bounds& bounds,
                      Overlay::Range below);

} // namespace zz::state
