// SPDX-License-Identifier: Apache-2.0
// Opener: the one place where bytes become Verified (architecture: "Bytes become Verified<T> in one place").
// Checks, in this order: size, envelope, cluster/application/generation, sender against link and kind, payload shape,
// tag or signature, carried digests, embedded signatures. Owns a bounded cache of embedded frames already verified.
#pragma once

#include <unordered_set>
#include <variant>

#include "protocol/auth/identity.h"
#include "protocol/auth/keyring.h"
#include "protocol/auth/rejected.h"
#include "protocol/auth/verified.h"

namespace zz::auth {

using Opened = std::variant<Verified, Rejected>;

class Opener {
  public:
    Opener(Identity identity, const Keyring& keyring) : identity_(identity), keyring_(&keyring) {}

    void set_generation(Generation generation) { identity_.generation = generation; }

    // `link`: the principal at the other end as the transport authenticated it. A tagged frame must come from it; a
    // signed frame or a bundle may be passed on by anybody.
    Opened open(const Blob& frame, const PrincipalId& link);

    // Checks a signed frame by its signature alone: evidence, journal records, offline verification.
    Opened open_signed(const Blob& frame);

  private:
    Opened open_any(const Blob& frame, const PrincipalId* link);
    bool verified_before(const Digest& frame_digest) const;

    Identity identity_;
    const Keyring* keyring_;
    std::unordered_set<Digest> seen_;
    std::vector<Digest> seen_order_;
    std::size_t seen_next_ = 0;

    friend class EmbeddedCheck;
};

} // namespace zz::auth
