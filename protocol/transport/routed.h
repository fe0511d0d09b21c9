// SPDX-License-Identifier: Apache-2.0
// Routed: a frame on its way through the relay of a zz-host, opaque to it. Every frame on a link
// between a host and anybody else is one. The relay forwards it to the destination, or to the
// destination's host; it first checks that the source is who the link belongs to (A18), and is
// trusted with nothing else: what the frame proves, it proves itself.
//   routed = version:u8 application:u16 source destination frame     principal = role:u8 index:u32
//   incarnation:u32
#pragma once

#include <optional>

#include "protocol/base/bytes.h"
#include "protocol/transport/peer.h"

namespace zz::transport {

inline constexpr std::uint8_t kRoutedVersion = 1;
inline constexpr std::size_t kRoutedHeaderBytes = 1 + 2 + 9 + 9;

struct Routed {
    ApplicationId application;
    PrincipalId source;
    PrincipalId destination;
    Blob frame;

    // As the transport names them.
    Peer source_peer() const { return peer(application, source); }
    Peer destination_peer() const { return peer(application, destination); }
    friend bool operator==(const Routed&, const Routed&) = default;
};

Blob encode(const Routed& routed);
// None if it is malformed.
std::optional<Routed> decode_routed(ByteView bytes);
// Whether a frame that came over the link of `link` may name this source: a host speaks for its
// replicas and for other hosts' relays, everybody else for itself.
bool may_come_from(const Routed& routed, const Peer& link);

} // namespace zz::transport
