// SPDX-License-Identifier: Apache-2.0
// Keyring: the keys one principal holds, as pure functions of bytes; no clock, no randomness.
// `CryptoKeyring` is Ed25519 and HMAC-SHA-256 over X25519; the simulator brings a cheap one with
// the same properties.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::auth {

class Keyring {
  public:
    virtual ~Keyring() = default;
    virtual Signature sign(const Digest& digest) const = 0; // with our own key
    virtual bool knows(const PrincipalId& who) const = 0;
    // False if `who` is unknown or the signature is wrong.
    virtual bool verify(const PrincipalId& who, const Digest& digest,
                        const Signature& signature) const = 0;
    // The pairwise tag between us and `peer`; the same on both sides. Precondition: knows(peer).
    virtual Tag tag(const PrincipalId& peer, const Digest& digest) const = 0;
    // Learns (or replaces) a principal's keys: those of the cluster file, then of executed
    // configurations. Keys of removed incarnations stay, so that old proofs remain verifiable.
    virtual void learn(const PrincipalId& who, const PublicKeys& keys) = 0;
};

} // namespace zz::auth
