// SPDX-License-Identifier: Apache-2.0
// Opener: the one place where bytes become Verified (architecture: "Bytes become Verified<T> in one
// place"). Checks, in this order: size, envelope, cluster/application/generation, sender against
// link and kind, payload shape, tag or signature, carried digests, embedded signatures. Owns a
// bounded cache of embedded frames already verified.
#pragma once

#include <optional>
#include <unordered_set>
#include <variant>
#include <vector>

#include "protocol/auth/identity.h"
#include "protocol/auth/keyring.h"
#include "protocol/auth/rejected.h"
#include "protocol/auth/verified.h"
#include "protocol/wire/envelope.h"

namespace zz::auth {

using Opened = std::variant<Verified, Rejected>;

class Opener {
  public:
    Opener(Identity identity, const Keyring& keyring) : identity_(identity), keyring_(&keyring) {}

    // A generation above the first (ZZ-8.4). `carried`: digests of the batches that its RECOVER
    // carries over; what is inside them was signed in an older one and is right by that digest.
    void set_generation(Generation generation, const std::vector<Digest>& carried);

    // `link`: the principal at the other end as the transport authenticated it. A tagged frame must
    // come from it; a signed frame or a bundle may be passed on by anybody.
    Opened open(const Blob& frame, const PrincipalId& link);

    // Checks a signed frame by its signature alone: evidence, journal records, offline
    // verification.
    Opened open_signed(const Blob& frame);

  private:
    friend class EmbeddedCheck;
    Opened open_any(const Blob& frame, const PrincipalId* link);
    std::optional<Rejected> header_fault(const wire::Envelope& envelope,
                                         bool of_our_generation) const;
    std::optional<Rejected> header_fault(const wire::Envelope& envelope) const;
    std::optional<Rejected> proof_fault(const wire::Envelope& envelope) const;
    bool signature_is_right(const wire::Envelope& envelope) const;
    bool is_signed_rightly(const wire::Envelope& envelope) const;
    bool is_carried(const message::Message& m) const;
    bool verified_before(const Digest& key) const;
    bool remember(const Digest& key);

    Identity identity_;
    const Keyring* keyring_;
    std::unordered_set<Digest> carried_; // batches of an older generation
    std::unordered_set<Digest>
        seen_; // of what is inside messages: never asked twice for one signature
    std::vector<Digest> seen_order_;
    std::size_t seen_next_ = 0;
};

} // namespace zz::auth
