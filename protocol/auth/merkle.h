// SPDX-License-Identifier: Apache-2.0
// A binary Merkle tree over a list of digests: bundles of requests (ZZ-2.4) and REPORTs (ZZ-4.2).
// Leaves and inner nodes are hashed in different domains and the root commits to the number of
// leaves; an odd last node moves up.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "protocol/base/bytes.h"

namespace zz::auth {

using Leaf = std::pair<std::uint32_t, Digest>; // index, digest

Digest merkle_root(std::span<const Digest> leaves);

// The nodes that a holder of the leaves `indices` (ascending, distinct) needs to compute the root,
// lowest level first, left to right.
std::vector<Digest> merkle_siblings(std::span<const Digest> leaves,
                                    std::span<const std::uint32_t> indices);

// The root from some leaves (ascending, distinct indices below `count`) and their siblings; nothing
// if the siblings are not exactly those needed.
std::optional<Digest> merkle_root_from(std::span<const Leaf> leaves, std::uint32_t count,
                                       std::span<const Digest> siblings);

} // namespace zz::auth
