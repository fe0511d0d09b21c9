// SPDX-License-Identifier: Apache-2.0
// The bytes around the records of a session file (PROTOCOL.md 14). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace zz::telemetry::session {

inline constexpr std::string_view kMagic{"ZZSESS\0\1", 8}; // the last byte is the version
inline constexpr std::string_view kTail = "ZZSESEND";
inline constexpr std::size_t kHeadBytes = 5;  // length:u32 type:u8
inline constexpr std::size_t kCheckBytes = 8; // after the payload
inline constexpr std::size_t kTailBytes = 16; // end-offset:u64 kTail

enum class Type : std::uint8_t { Header = 1, Entry, Keyframe, Index, Note, End };

std::string head(std::uint32_t length, std::uint8_t type);
std::uint32_t length_of(std::string_view head);
// Of the record at this offset of the file.
std::string check(std::uint64_t offset, std::string_view head, std::string_view payload);
std::string tail(std::uint64_t end_offset);
// 0 if it is none.
std::uint64_t end_offset_of(std::string_view tail);

} // namespace zz::telemetry::session
