// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/crypto_keyring.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace zz::auth {

CryptoKeyring::CryptoKeyring(const crypto::KeyPair& own)
    : signing_(crypto::SigningKeyPair::from_seed(own.signing_seed)),
      exchange_(crypto::ExchangeKeyPair::from_private(own.exchange_private)) {}

Signature CryptoKeyring::sign(const Digest& digest) const {
    return signing_.sign(digest.view());
}

bool CryptoKeyring::verify(const PrincipalId& who, const Digest& digest,
                           const Signature& signature) const {
    const auto peer = peers_.find(who);
    return peer != peers_.end() && peer->second.verify.verify(digest.view(), signature);
}

Tag CryptoKeyring::tag(const PrincipalId& peer, const Digest& digest) const {
    const auto known = peers_.find(peer);
    ZZ_CHECK(known != peers_.end(), "no key of {}", to_string(peer));
    return known->second.mac.tag(digest.view());
}

void CryptoKeyring::learn(const PrincipalId& who, const PublicKeys& keys) {
    const auto known = peers_.find(who);
    if (known != peers_.end() && known->second.keys == keys)
        return;
    if (known != peers_.end())
        peers_.erase(known);
    const Result<crypto::Secret> shared = exchange_.shared_secret(keys.exchange);
    if (!shared)
        return;
    const auto [low, high] = std::minmax(exchange_.public_key(), keys.exchange);
    Bytes salt(low.bytes.begin(), low.bytes.end());
    salt.insert(salt.end(), high.bytes.begin(), high.bytes.end());
    const crypto::Secret pairwise = crypto::derive(*shared, salt, view_of("zz1 pairwise tag key"));
    peers_.emplace(who, Peer{keys, crypto::VerifyKey(keys.signing), crypto::MacKey(pairwise)});
}

} // namespace zz::auth
