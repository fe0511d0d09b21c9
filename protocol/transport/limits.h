// SPDX-License-Identifier: Apache-2.0
// Bounds of the transport (ZZ-2.6), with what is dropped at each.
#pragma once

#include <cstddef>

#include "protocol/base/instant.h"

namespace zz::transport {

// A larger frame is refused by send(), and a peer that sends one is disconnected.
inline constexpr std::size_t kFrameBytesMax = 16u << 20;
// Waiting for one peer; beyond either the oldest frame is dropped: the newest vote wins.
inline constexpr std::size_t kQueueFramesMax = 4096;
inline constexpr std::size_t kQueueBytesMax = 32u << 20;
// Frames of one turn to one peer travel as one message, since CURVE costs per message.
inline constexpr std::size_t kFramesPerMessageMax = 1024;
inline constexpr std::size_t kMessageBytesMax =
    256u << 10; // a single larger frame is a message of its own
// Frame, its header and that of the message.
inline constexpr std::size_t kWireBytesMax = kFrameBytesMax + 64;
// Messages within ZeroMQ, each way and per connection. Few: what is there can no longer be dropped
// for newer.
inline constexpr int kHighWaterMark = 16;
// Events to one subscriber; beyond it that subscriber misses some and sees a gap in their numbers.
inline constexpr int kPublishHighWaterMark = 1000;
// A subscriber is asked for a sign of life so often; one that gives none for so long is
// disconnected, so that what waits for it is freed. It dials again when it is back.
inline constexpr Duration kPublishHeartbeat = seconds(10);
inline constexpr Duration kSubscriberSilenceMax = seconds(30);
// Messages taken from one connection set in one turn, so that no peer starves the others or the
// timers.
inline constexpr int kMessagesPerTurnMax = 64;

// Keys of strangers that are remembered until they are told; further ones are only counted.
inline constexpr std::size_t kDeniedKeysMax = 64;
inline constexpr Duration kDeniedHold = seconds(2);

inline constexpr Duration kReconnectFirst = milliseconds(10);
inline constexpr Duration kReconnectMax = seconds(1);
// A peer that does not end its handshake in this time is disconnected (K9).
inline constexpr Duration kHandshakeMax = seconds(5);
// A dialled link that is down for longer gets a new socket: ZeroMQ gives up after some failed
// handshakes.
inline constexpr Duration kRedialAfter = seconds(8);
// A full peer is tried again after this, doubling up to the maximum.
inline constexpr Duration kRetryFirst = milliseconds(1);
inline constexpr Duration kRetryMax = milliseconds(50);

} // namespace zz::transport
