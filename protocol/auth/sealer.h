// SPDX-License-Identifier: Apache-2.0
// Sealer: makes frames of our own messages. Pure; used by cores for what they sign and by shells
// for tags. Does not own the keyring.
#pragma once

#include <vector>

#include "protocol/auth/identity.h"
#include "protocol/auth/keyring.h"
#include "protocol/auth/verified.h"

namespace zz::auth {

struct Sealed {
    PrincipalId to;
    Blob frame;
};

class Sealer {
  public:
    Sealer(Identity identity, const Keyring& keyring) : identity_(identity), keyring_(&keyring) {}

    const Identity& identity() const { return identity_; }
    void set_generation(Generation generation) { identity_.generation = generation; }

    // Our signed frame of `m`. Precondition: m is of a signed kind (rules.h).
    Blob sign(const message::Message& m) const;
    template <class T> message::Embedded<T> embed(const T& value) const {
        return {sign(value), value, identity_.self};
    }
    // Our own signed message as if it had been received: cores feed their own votes through the
    // same handlers.
    Verified own(const message::Message& m) const;

    // A frame for each receiver: one frame with all tags for an authenticator kind, one tag each
    // for a tag kind, the signed frame for a signed kind. Receivers whose key is unknown are left
    // out.
    std::vector<Sealed> seal(const message::Message& m, const std::vector<PrincipalId>& to) const;

  private:
    Identity identity_;
    const Keyring* keyring_;
};

} // namespace zz::auth
