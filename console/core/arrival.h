// SPDX-License-Identifier: GPL-3.0-or-later
// Arrival: one thing that the console learns: an Update of a host's stream, or a note of the link
// itself. Live link, session files and tests hand in the same. A plain value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "protocol/telemetry/telemetry.pb.h"

namespace zz::console {

inline constexpr std::int64_t kNs = 1'000'000'000;
inline constexpr std::int64_t kHeartbeatNs = kNs; // of a zz-host (telemetry.proto)
// A source's clock that differs by more from when its word came is not gone by.
inline constexpr std::int64_t kAheadMaxNs = 2 * kNs;

enum class NoteKind : std::uint8_t { // as numbers they stand in session files
    None,
    Connecting, // count = attempt, value = milliseconds until the next one
    Connected,
    Lost,
    Refused, // text: why; for example another version
    Gap,     // count = updates that are missing
    Filled,  // count = of those that came after all
    Dropped, // count = updates that this console could not take
};

struct Note {
    NoteKind kind = NoteKind::None;
    std::uint32_t host = 0;
    std::uint64_t count = 0;
    std::uint64_t value = 0;
    std::string text;
};

struct Arrival {
    std::int64_t at_ns = 0; // by the console's wall clock; from a file: as its host told
    std::shared_ptr<const telemetry::Update> update; // null: `note` holds
    Note note;
    bool backlog = false; // of before the connection: out of order with the stream
    bool known = false;   // it was handed on before: here for who records
};

// The time that an Update names itself; 0 if it names none.
std::int64_t told_time(const telemetry::Update& update);

} // namespace zz::console
