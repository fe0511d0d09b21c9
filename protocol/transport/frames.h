// SPDX-License-Identifier: Apache-2.0
// Several frames in one message: pure packing and unpacking.
//   message = version:u8 entry*        entry = type:u8 length:u32 bytes
// Integers are little-endian. A message is taken whole or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/base/bytes.h"

namespace zz::transport {

inline constexpr std::uint8_t kMessageVersion = 1;
inline constexpr std::size_t kMessageHeaderBytes = 1;
inline constexpr std::size_t kEntryHeaderBytes = 5;

enum class EntryType : std::uint8_t {
    Frame = 0,
    Hello = 1, // from the side that dialled: 8 bytes, a number drawn at the start of the sending
               // process
    HelloAnswer = 2 // the same, from the other side
};

struct Entry {
    EntryType type = EntryType::Frame;
    ByteView bytes;
};

// Appends; the caller wrote the version before.
void append_entry(Bytes& message, EntryType type, ByteView bytes);
void append_hello(Bytes& message, EntryType type, std::uint64_t session);
// Views into `message`. None if it is malformed or breaks a bound.
std::optional<std::vector<Entry>> unpack(ByteView message);
// Precondition: entry.type is not Frame and `unpack` gave it.
std::uint64_t session_of(const Entry& entry);

} // namespace zz::transport
