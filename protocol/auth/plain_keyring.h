// SPDX-License-Identifier: Apache-2.0
// PlainKeyring: a keyring of keyed hashes for the simulator and tests: one SHA-256 instead of
// Ed25519, so that a seed runs in milliseconds. It has the same properties as long as every party
// signs only through its own keyring: the key of a principal is derived from `secret` and its name.
// Never used by a service.
#pragma once

#include <set>

#include "protocol/auth/keyring.h"

namespace zz::auth {

class PlainKeyring final : public Keyring {
  public:
    PlainKeyring(const PrincipalId& self, std::uint64_t secret) : self_(self), secret_(secret) {}

    Signature sign(const Digest& digest) const override;
    bool knows(const PrincipalId& who) const override;
    bool verify(const PrincipalId& who, const Digest& digest,
                const Signature& signature) const override;
    Tag tag(const PrincipalId& peer, const Digest& digest) const override;
    // Execution replicas must be learnt, as with real keys; all others are known. A key that is not
    // keys_of(who) makes `who` unknown.
    void learn(const PrincipalId& who, const PublicKeys& keys) override;

    // What stands for the public keys of `who` in cluster files and configurations.
    static PublicKeys keys_of(const PrincipalId& who, std::uint64_t secret);

  private:
    PrincipalId self_;
    std::uint64_t secret_;
    std::set<PrincipalId> learnt_;
};

} // namespace zz::auth
