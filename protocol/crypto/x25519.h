// SPDX-License-Identifier: Apache-2.0
// X25519 key agreement and HKDF-SHA-256: the pairwise keys of ZZ-2.2. A parsed key may be used by
// any thread.
#pragma once

#include <memory>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

struct evp_pkey_st;

namespace zz::crypto {

class ExchangeKeyPair {
  public:
    // From the randomness of the operating system.
    static ExchangeKeyPair generate();
    static ExchangeKeyPair from_private(const Secret& key);

    const ExchangeKey& public_key() const { return public_; }
    // Equal on both sides. An error if the peer's key is of small order: then the secret would be
    // known to all.
    Result<Secret> shared_secret(const ExchangeKey& peer) const;

  private:
    ExchangeKeyPair() = default;

    std::shared_ptr<evp_pkey_st> key_;
    ExchangeKey public_;
};

// HKDF-SHA-256 extract and expand to 32 bytes.
Secret derive(const Secret& secret, ByteView salt, ByteView info);

} // namespace zz::crypto
