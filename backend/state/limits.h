// SPDX-License-Identifier: Apache-2.0
// The bounds of a state tree and of its encoded nodes. They are part of the format: changing one
// changes roots.
#pragma once

#include <cstddef>

namespace zz::state {

inline constexpr std::size_t kKeyBytesMax = 1024;
inline constexpr std::size_t kValueBytesMax = std::size_t{8} << 20U;
// Longer values live in chunks of their own.
inline constexpr std::size_t kInlineBytesMax = 4096;
inline constexpr std::size_t kChunkBytes = std::size_t{32} << 10U;
inline constexpr std::size_t kChunksMax = kValueBytesMax / kChunkBytes;
// Of any encoded node: a chunk is the largest.
inline constexpr std::size_t kNodeBytesMax = kChunkBytes + 64;
// Slots of an inner node: the key that ends there, then the sixteen next nibbles.
inline constexpr std::size_t kSlots = 17;
// Inner nodes on a path: one for each length of a prefix in nibbles.
inline constexpr std::size_t kDepthMax = 2 * kKeyBytesMax;

} // namespace zz::state
