// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/routed.h"

namespace zz::transport {

namespace {

void append(Bytes& out, std::uint32_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void append(Bytes& out, const PrincipalId& p) {
    append(out, static_cast<std::uint32_t>(p.role), 1);
    append(out, p.index, 4);
    append(out, p.incarnation, 4);
}

std::uint32_t take(ByteView& in, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value |= static_cast<std::uint32_t>(in[i]) << (8 * i);
    in = in.subspan(bytes);
    return value;
}

bool take(ByteView& in, PrincipalId& p) {
    const std::uint32_t role = take(in, 1);
    p.role = static_cast<Role>(role);
    p.index = take(in, 4);
    p.incarnation = take(in, 4);
    return role >= static_cast<std::uint32_t>(Role::Agreement) &&
           role <= static_cast<std::uint32_t>(Role::Host) &&
           (p.role == Role::Execution || p.incarnation == 0);
}

} // namespace

std::string to_string(const Peer& peer) {
    const std::string name = zz::to_string(peer.principal);
    if (is_data_center_wide(peer.principal.role))
        return name;
    return std::to_string(peer.application.value) + "/" + name;
}

Blob encode(const Routed& routed) {
    Bytes out;
    out.reserve(kRoutedHeaderBytes + routed.frame.size());
    append(out, kRoutedVersion, 1);
    append(out, routed.application.value, 2);
    append(out, routed.source);
    append(out, routed.destination);
    const ByteView frame = routed.frame.view();
    out.insert(out.end(), frame.begin(), frame.end());
    return Blob(std::move(out));
}

std::optional<Routed> decode_routed(ByteView bytes) {
    if (bytes.size() < kRoutedHeaderBytes || take(bytes, 1) != kRoutedVersion)
        return std::nullopt;
    Routed out;
    out.application = ApplicationId(static_cast<std::uint16_t>(take(bytes, 2)));
    if (!take(bytes, out.source) || !take(bytes, out.destination))
        return std::nullopt;
    out.frame = Blob(Bytes(bytes.begin(), bytes.end()));
    return out;
}

bool may_come_from(const Routed& routed, const Peer& link) {
    return link.principal.role == Role::Host || routed.source_peer() == link;
}

} // namespace zz::transport
