// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "protocol/base/check.h"
#include "protocol/crypto/openssl_error.h"
#include "protocol/crypto/random.h"
#include "protocol/crypto/thread_context.h"

namespace zz::crypto {
namespace {

// Reset, so that neither key nor state of an earlier use is in it.
EVP_MD_CTX* signature_context() {
    thread_local ThreadContext held;
    EVP_MD_CTX_reset(held.context);
    return held.context;
}

} // namespace

SigningKeyPair SigningKeyPair::generate() {
    return from_seed(random_secret());
}

SigningKeyPair SigningKeyPair::from_seed(const Secret& seed) {
    SigningKeyPair pair;
    pair.key_ = {
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.view().data(), Secret::size),
        EVP_PKEY_free};
    ZZ_CHECK(pair.key_ != nullptr, "cannot make an Ed25519 key: {}", openssl_error());
    std::size_t length = SigningKey::size;
    ZZ_CHECK(EVP_PKEY_get_raw_public_key(pair.key_.get(), pair.public_.bytes.data(), &length) == 1,
             "cannot derive an Ed25519 public key: {}", openssl_error());
    return pair;
}

Signature SigningKeyPair::sign(ByteView message) const {
    EVP_MD_CTX* context = signature_context();
    ZZ_CHECK(EVP_DigestSignInit_ex(context, nullptr, nullptr, nullptr, nullptr, key_.get(),
                                   nullptr) == 1,
             "cannot begin a signature: {}", openssl_error());
    Signature signature;
    std::size_t length = Signature::size;
    ZZ_CHECK(EVP_DigestSign(context, signature.bytes.data(), &length, message.data(),
                            message.size()) == 1 &&
                 length == Signature::size,
             "cannot sign {} bytes: {}", message.size(), openssl_error());
    return signature;
}

VerifyKey::VerifyKey(const SigningKey& key)
    : key_(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(),
                                       SigningKey::size),
           EVP_PKEY_free),
      bytes_(key) {
    ERR_clear_error();
}

bool VerifyKey::verify(ByteView message, const Signature& signature) const {
    if (!key_)
        return false;
    EVP_MD_CTX* context = signature_context();
    ZZ_CHECK(EVP_DigestVerifyInit_ex(context, nullptr, nullptr, nullptr, nullptr, key_.get(),
                                     nullptr) == 1,
             "cannot begin a verification: {}", openssl_error());
    const bool good = EVP_DigestVerify(context, signature.bytes.data(), Signature::size,
                                       message.data(), message.size()) == 1;
    if (!good)
        ERR_clear_error();
    return good;
}

} // namespace zz::crypto
