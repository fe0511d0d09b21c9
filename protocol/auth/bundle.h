// SPDX-License-Identifier: Apache-2.0
// Bundles: requests of many lanes of one client under one signature over their Merkle root
// (ZZ-2.4). A part of a bundle is as good as the whole: it carries the siblings of its leaves.
#pragma once

#include <span>
#include <vector>

#include "protocol/auth/identity.h"
#include "protocol/auth/keyring.h"
#include "protocol/message/ordering.h"

namespace zz::auth {

// Precondition: 1 <= requests.size() <= kMaxBundleRequests; identity.self is the client.
message::Bundle make_bundle(const Identity& identity, const Keyring& keyring,
                            const std::vector<message::Request>& requests);

// The same bundle with only the leaves at these positions of `whole.leaves` (ascending).
// Precondition: `whole` is whole.
message::Bundle part_of(const message::Bundle& whole, std::span<const std::uint32_t> positions);

// What the client signed; nothing if leaves and siblings do not fit together.
std::optional<Digest> bundle_digest(const Identity& identity, const message::Bundle& bundle);

bool verify_bundle(const Identity& identity, const Keyring& keyring, const message::Bundle& bundle);

} // namespace zz::auth
