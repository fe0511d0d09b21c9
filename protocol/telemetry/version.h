// SPDX-License-Identifier: Apache-2.0
// The version of telemetry and operator messages, and their bounds (telemetry.proto,
// operator.proto, session.proto).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zz::telemetry {

inline constexpr std::uint32_t kTelemetryVersion = 1;
inline constexpr std::string_view kTopic = "zz"; // of the PUB socket
inline constexpr std::string_view kCommandDomain{"zz operator command\0", 20};

inline constexpr std::size_t kTextBytesMax = 1024;
inline constexpr std::size_t kColumnsMax = 64;
inline constexpr std::size_t kFramesMax = 64;
inline constexpr std::size_t kUpdateBytesMax = 17u << 20;
inline constexpr std::size_t kCommandBytesMax = 1u << 20;
inline constexpr std::size_t kAnswerBytesMax = 64u << 20;
inline constexpr std::size_t kEventsPerSourceMax = 16384;
inline constexpr std::size_t kEventBytesMax = 64u << 20; // kept by one zz-host
inline constexpr std::size_t kSourcesMax = 4096;
inline constexpr std::size_t kFactsBytesMax = 256u << 10;   // of one source
inline constexpr std::size_t kSnapshotBytesMax = 48u << 20; // of all sources: an Answer holds it
inline constexpr std::size_t kRequestsMax = 16;             // of one event
inline constexpr std::size_t kMembersMax = 64;              // of one event, as columns
inline constexpr std::size_t kHistoryMax = 32;              // configurations in facts
inline constexpr std::size_t kSecondsMax = 4;               // in facts of a client
inline constexpr std::size_t kRejectedReasonsMax = 64;      // in facts of a process

} // namespace zz::telemetry
