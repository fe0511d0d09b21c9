// SPDX-License-Identifier: Apache-2.0
// Ed25519 signatures (ZZ-2.2). Both kinds of key are parsed once and may then be used by any
// thread; copies share the parsed key, which OpenSSL wipes with the last of them.
#pragma once

#include <memory>

#include "protocol/base/bytes.h"
#include "protocol/crypto/secret.h"

struct evp_pkey_st;

namespace zz::crypto {

class SigningKeyPair {
  public:
    // From the randomness of the operating system.
    static SigningKeyPair generate();
    static SigningKeyPair from_seed(const Secret& seed);

    const SigningKey& public_key() const { return public_; }
    Signature sign(ByteView message) const;

  private:
    SigningKeyPair() = default;

    std::shared_ptr<evp_pkey_st> key_;
    SigningKey public_;
};

class VerifyKey {
  public:
    // Any 32 bytes: what is no key verifies nothing.
    explicit VerifyKey(const SigningKey& key);

    const SigningKey& bytes() const { return bytes_; }
    bool verify(ByteView message, const Signature& signature) const;

  private:
    std::shared_ptr<evp_pkey_st> key_;
    SigningKey bytes_;
};

} // namespace zz::crypto
