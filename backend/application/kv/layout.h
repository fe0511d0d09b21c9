// SPDX-License-Identifier: Apache-2.0
// How the kv application's state is laid out under keys of the state tree. Pure functions.
//
//   "m"                          -> counters of the whole (store.h)
//   "k" hash key                 -> value:*bytes type:u8 generation:u64 expires:u64
//   "e" expires key              -> generation:u64      ; one for each key that expires
//   "c" place "f" hash field     -> value               ; of a hash; empty: of a set
//   "c" place "f" hash member    -> score               ; of a sorted set
//   "c" place "s" score member   -> ""                  ; the same in order of score
//   "c" place "l" number:u64     -> slots               ; 32 elements of a list
//   "c" place "x" position:u64   -> value               ; a long element of a list
//   "d" place                    -> ""                  ; a collection whose elements are garbage
//   "o" digest                   -> ""                  ; (digest, 0) is not its own key's place
//
//   place  = digest epoch:u64
//   digest = first 16 bytes of SHA-256 of a key
//   hash   = first 8 bytes of SHA-256 of key or member, the first bit cleared
//
// Integers are little-endian in values and big-endian in keys. `expires` is in milliseconds since
// 1970, 0 = never. `score` in a key is the double's bits, such that byte order is numeric order.
//
// An element is an entry of its own, so that changing one touches its path alone. Hashes before
// keys spread them evenly, whatever they look like, and make a position a number: SCAN's cursor.
// The place of a collection is that of its key with epoch 0, so that the elements a command touches
// can be told without state (ZZ-7.2); another epoch is taken where that place is in use: by a
// collection that was renamed away, or by elements that were not erased yet.
#pragma once

#include <optional>

#include "protocol/base/bytes.h"

namespace zz::application::kv {

inline constexpr std::uint8_t kMetaPrefix = 'm', kEntryPrefix = 'k', kIndexPrefix = 'e',
                              kElementPrefix = 'c', kGarbagePrefix = 'd', kTakenPrefix = 'o';
inline constexpr std::uint8_t kFieldPart = 'f', kScorePart = 's', kChunkPart = 'l', kLongPart = 'x';
inline constexpr std::size_t kNumberBytes = 8;
inline constexpr std::size_t kHashBytes = 8;
inline constexpr std::size_t kPlaceDigestBytes = 16;
inline constexpr std::size_t kPlaceBytes = kPlaceDigestBytes + kNumberBytes;
inline constexpr std::size_t kEntryHeadBytes = 1 + kHashBytes;
inline constexpr std::size_t kIndexHeadBytes = 1 + kNumberBytes;
inline constexpr std::size_t kFieldHeadBytes = 1 + kPlaceBytes + 1 + kHashBytes;
inline constexpr std::size_t kScoreHeadBytes = 1 + kPlaceBytes + 1 + kNumberBytes;
inline constexpr std::uint64_t kHashMax = UINT64_MAX >> 1U;

using Place = FixedBytes<struct PlaceTag, kPlaceBytes>;

void append(Bytes& out, ByteView bytes);
void append_little(Bytes& out, std::uint64_t value);
void append_big(Bytes& out, std::uint64_t value);
// Precondition: 8 bytes are there.
std::uint64_t little_at(ByteView bytes, std::size_t offset);
std::uint64_t big_at(ByteView bytes, std::size_t offset);

std::uint64_t hash_of(ByteView key);
Place place_of(ByteView key, std::uint64_t epoch = 0);
std::uint64_t epoch_of(const Place& place);

Bytes entry_key(ByteView key);
// Where entries of that hash and above begin.
Bytes entry_position(std::uint64_t hash);
Bytes index_key(ByteView key, std::int64_t expires_ms);
std::int64_t expires_of_index_key(ByteView index);
Bytes garbage_key(const Place& place);
Bytes taken_key(const Place& place);

// "c" place: all elements lie from here, below after(here).
Bytes element_prefix(const Place& place);
Bytes part_prefix(const Place& place, std::uint8_t part);
Bytes field_key(const Place& place, ByteView field);
Bytes field_position(const Place& place, std::uint64_t hash);
Bytes score_key(const Place& place, double score, ByteView member);
// Where scores of `ordered` and above begin.
Bytes score_position(const Place& place, std::uint64_t ordered);
Bytes numbered_key(const Place& place, std::uint8_t part, std::uint64_t number);

// The first key that does not begin with the prefix. Precondition: some byte of it is below 255.
Bytes after(Bytes prefix);

// Numeric order as order of unsigned numbers. Precondition: not NaN.
std::uint64_t ordered_bits(double score);
double score_of(std::uint64_t ordered);

} // namespace zz::application::kv
