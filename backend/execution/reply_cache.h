// SPDX-License-Identifier: Apache-2.0
// The keys and values by which application state, reply cache (ZZ-4.4) and agreed n and time share
// one tree (ZZ-5.2):
//
//   'a' key                    ; application
//   'r' client:4 lane:4        ; big-endian, so that lanes stand in order; value = number:8 n:8
//   result, little-endian 'm'                        ; value = n:8 time:8, written at each
//   checkpoint
#pragma once

#include <optional>
#include <span>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::execution {

inline constexpr std::uint8_t kApplicationPrefix = 'a';

struct CacheEntry {
    RequestNumber number;
    SequenceNumber n; // where it was executed
    Bytes result;
    friend bool operator==(const CacheEntry&, const CacheEntry&) = default;
};

Bytes cache_key(ClientId client, LaneId lane);
Bytes encode(const CacheEntry& entry);
// Nothing if the bytes are no entry.
std::optional<CacheEntry> decode_cache_entry(ByteView bytes);

Bytes mark_key();
Bytes encode_mark(SequenceNumber n, Timestamp time);

// A lane's entry from tree nodes, root first; nothing unless every node hashes into `root` (ZZ-4.3
// (d)).
std::optional<CacheEntry> read_reply_proof(const Digest& root, std::span<const Blob> nodes,
                                           ClientId client, LaneId lane);

} // namespace zz::execution
