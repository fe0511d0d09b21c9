// SPDX-License-Identifier: Apache-2.0
// The envelope of every protocol frame (grammar in protocol/PROTOCOL.md):
//
//     frame   = covered auth
//     covered = version:u8 kind:u8 auth-kind:u8 cluster:8 application:u16 generation:u32
//               role:u8 index:u32 incarnation:u32 payload-length:u32 payload
//     auth    = "" | tag:16 | count:u8 tag:16*count | signature:64
//
// Tags and signatures are over `covered` as sent.
#pragma once

#include "protocol/message/message.h"

namespace zz::wire {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 30;

enum class AuthKind : std::uint8_t {
    Inner = 0,         // the payload carries its own proof (a client's bundle)
    Tag = 1,           // one tag, for the receiver
    Authenticator = 2, // one tag for each agreement replica, by its number
    Signature = 3
};

struct Envelope {
    message::Kind kind{};
    AuthKind auth{};
    ClusterId cluster;
    ApplicationId application;
    Generation generation;
    PrincipalId sender;
    ByteView payload; // into the frame
    ByteView covered; // into the frame
    ByteView proof;   // into the frame: the auth part, of the size its kind demands
};

enum class EnvelopeError : std::uint8_t { None, TooLarge, WrongVersion, Malformed };

// Reads the header and cuts the frame; views point into `frame`.
EnvelopeError open_envelope(ByteView frame, Envelope& out);

// `covered` of a frame for this payload; `envelope`'s views are ignored.
Bytes make_covered(const Envelope& envelope, ByteView payload);

} // namespace zz::wire
