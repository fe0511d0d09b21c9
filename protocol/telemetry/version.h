// SPDX-License-Identifier: Apache-2.0
// The version of telemetry and operator messages, and their bounds (telemetry.proto,
// operator.proto).
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

} // namespace zz::telemetry
