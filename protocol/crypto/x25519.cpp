// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/x25519.h"

#include <array>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "protocol/base/check.h"
#include "protocol/crypto/openssl_error.h"
#include "protocol/crypto/random.h"

namespace zz::crypto {
namespace {

using PeerKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using PeerContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)>;

// OpenSSL's parameters are not const, though it does not write to these; it refuses a null pointer
// even for no bytes.
OSSL_PARAM octets(const char* name, ByteView bytes) {
    static std::uint8_t none = 0;
    auto* data = bytes.empty() ? &none : const_cast<std::uint8_t*>(bytes.data());
    return OSSL_PARAM_construct_octet_string(name, data, bytes.size());
}

} // namespace

ExchangeKeyPair ExchangeKeyPair::generate() {
    return from_private(random_secret());
}

ExchangeKeyPair ExchangeKeyPair::from_private(const Secret& key) {
    ExchangeKeyPair pair;
    pair.key_ = {
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, key.view().data(), Secret::size),
        EVP_PKEY_free};
    ZZ_CHECK(pair.key_ != nullptr, "cannot make an X25519 key: {}", openssl_error());
    std::size_t length = ExchangeKey::size;
    ZZ_CHECK(EVP_PKEY_get_raw_public_key(pair.key_.get(), pair.public_.bytes.data(), &length) == 1,
             "cannot derive an X25519 public key: {}", openssl_error());
    return pair;
}

Result<Secret> ExchangeKeyPair::shared_secret(const ExchangeKey& peer) const {
    const PeerKey other(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.bytes.data(), ExchangeKey::size),
        EVP_PKEY_free);
    const PeerContext context(EVP_PKEY_CTX_new(key_.get(), nullptr), EVP_PKEY_CTX_free);
    ZZ_CHECK(context != nullptr, "cannot begin a key agreement: {}", openssl_error());
    Secret secret;
    std::size_t length = Secret::size;
    const bool good = other && EVP_PKEY_derive_init(context.get()) == 1 &&
                      EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1 &&
                      EVP_PKEY_derive(context.get(), secret.writable().data(), &length) == 1 &&
                      length == Secret::size;
    ERR_clear_error();
    if (!good)
        return Error{"X25519 public key " + to_hex(peer.view()) +
                     " gives no shared secret: it is not a proper key; correct the entry of this "
                     "principal"};
    return secret;
}

Secret derive(const Secret& secret, ByteView salt, ByteView info) {
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    ZZ_CHECK(algorithm != nullptr, "HKDF is not available: {}", openssl_error());
    const KdfContext context(EVP_KDF_CTX_new(algorithm), EVP_KDF_CTX_free);
    ZZ_CHECK(context != nullptr, "no memory for a derivation context");
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 5> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        octets(OSSL_KDF_PARAM_KEY, secret.view()), octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    Secret derived;
    ZZ_CHECK(EVP_KDF_derive(context.get(), derived.writable().data(), Secret::size,
                            parameters.data()) == 1,
             "cannot derive a key: {}", openssl_error());
    return derived;
}

} // namespace zz::crypto
