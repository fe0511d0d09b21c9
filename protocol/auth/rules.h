// SPDX-License-Identifier: Apache-2.0
// How each kind of message is authenticated and which role sends it (ZZ-2.2, table of ZZ-12).
#pragma once

#include "protocol/wire/envelope.h"

namespace zz::auth {

struct Rule {
    wire::AuthKind auth;
    std::uint8_t senders; // bit 1 << role for each role that may send it
};

// Nothing for a number that is no kind.
const Rule* rule_of(message::Kind kind);

constexpr std::uint8_t bit(Role role) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(role));
}

inline bool is_signed(message::Kind kind) {
    const Rule* rule = rule_of(kind);
    return rule && rule->auth == wire::AuthKind::Signature;
}

} // namespace zz::auth
