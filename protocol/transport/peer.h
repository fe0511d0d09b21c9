// SPDX-License-Identifier: Apache-2.0
// Peer: who stands at the other end of a link. Agreement, execution and client principals are
// numbered within their application; controllers, hosts and operators within the data center, and
// have application 0 here.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::transport {

struct Peer {
    ApplicationId application;
    PrincipalId principal;

    friend constexpr auto operator<=>(const Peer&, const Peer&) = default;
};

constexpr bool is_data_center_wide(Role role) {
    return role == Role::Controller || role == Role::Host || role == Role::Operator;
}
// The peer's one name: a data-center-wide principal loses the application.
constexpr Peer peer(ApplicationId application, const PrincipalId& principal) {
    return {is_data_center_wide(principal.role) ? ApplicationId() : application, principal};
}
constexpr Peer peer(const PrincipalId& data_center_wide) {
    return {ApplicationId(), data_center_wide};
}

// "0/A3", "host 2".
std::string to_string(const Peer& peer);

} // namespace zz::transport
