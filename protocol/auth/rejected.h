// SPDX-License-Identifier: Apache-2.0
// Why a frame was dropped: counted by reason, never asserted (ZZ-2.6).
#pragma once

#include <cstdint>
#include <string_view>

namespace zz::auth {

enum class Rejected : std::uint8_t {
    TooLarge = 0,
    Malformed,
    WrongVersion,
    WrongCluster,
    WrongApplication,
    WrongGeneration,
    WrongSender, // role or link may not send this kind, or index out of range
    UnknownKey,
    NotForUs, // no tag for us
    BadTag,
    BadSignature,
    BadEmbedded, // a message inside has a wrong signature, kind, or sender
    WrongDigest, // a carried digest is not that of its content (A2, A11, B10)
    Count
};

std::string_view name(Rejected reason);

} // namespace zz::auth
