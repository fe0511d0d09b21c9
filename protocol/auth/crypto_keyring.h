// SPDX-License-Identifier: Apache-2.0
// CryptoKeyring: the keyring of services: Ed25519 signatures; tags by HMAC-SHA-256 under pairwise
// keys from X25519 and HKDF (ZZ-2.2). Keys are parsed and derived once per peer. Used by one
// thread.
#pragma once

#include <map>

#include "protocol/auth/keyring.h"
#include "protocol/crypto/ed25519.h"
#include "protocol/crypto/hmac.h"
#include "protocol/crypto/key_file.h"
#include "protocol/crypto/x25519.h"

namespace zz::auth {

class CryptoKeyring final : public Keyring {
  public:
    explicit CryptoKeyring(const crypto::KeyPair& own);

    Signature sign(const Digest& digest) const override;
    bool knows(const PrincipalId& who) const override { return peers_.contains(who); }
    bool verify(const PrincipalId& who, const Digest& digest,
                const Signature& signature) const override;
    Tag tag(const PrincipalId& peer, const Digest& digest) const override;
    // A peer whose exchange key is of small order stays unknown.
    void learn(const PrincipalId& who, const PublicKeys& keys) override;

  private:
    struct Peer {
        PublicKeys keys;
        crypto::VerifyKey verify;
        mutable crypto::MacKey mac;
    };
    crypto::SigningKeyPair signing_;
    crypto::ExchangeKeyPair exchange_;
    std::map<PrincipalId, Peer> peers_;
};

} // namespace zz::auth
