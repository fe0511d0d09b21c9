// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/session_format.h"

#include "protocol/crypto/sha256.h"

namespace zz::telemetry::session {
namespace {

constexpr std::string_view kDomain{"zz session record\0", 18};

std::string little_endian(std::uint64_t value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i)
        out += static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
    return out;
}

std::uint64_t number_in(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return value;
}

} // namespace

std::string head(std::uint32_t length, std::uint8_t type) {
    return little_endian(length, 4) + static_cast<char>(type);
}

std::uint32_t length_of(std::string_view head) {
    return static_cast<std::uint32_t>(number_in(head.substr(0, 4)));
}

std::string check(std::uint64_t offset, std::string_view head, std::string_view payload) {
    const std::string place = little_endian(offset, 8);
    const Digest digest =
        crypto::sha256({view_of(kDomain), view_of(place), view_of(head), view_of(payload)});
    return std::string(text_of(digest.view()).substr(0, kCheckBytes));
}

std::string tail(std::uint64_t end_offset) {
    return little_endian(end_offset, 8) + std::string(kTail);
}

std::uint64_t end_offset_of(std::string_view tail) {
    return tail.size() == kTailBytes && tail.substr(8) == kTail ? number_in(tail.substr(0, 8)) : 0;
}

} // namespace zz::telemetry::session
