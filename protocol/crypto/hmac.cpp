// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/hmac.h"

#include <algorithm>
#include <array>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "protocol/base/check.h"
#include "protocol/crypto/constant_time.h"
#include "protocol/crypto/openssl_error.h"

namespace zz::crypto {

void MacKey::Free::operator()(evp_mac_ctx_st* context) const {
    EVP_MAC_CTX_free(context);
}

MacKey::MacKey(ByteView key) {
    ZZ_CHECK(!key.empty() && key.size() <= 64, "a MAC key of {} bytes", key.size());
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    ZZ_CHECK(algorithm != nullptr, "HMAC is not available: {}", openssl_error());
    context_.reset(EVP_MAC_CTX_new(algorithm));
    ZZ_CHECK(context_ != nullptr, "no memory for a MAC context");
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    ZZ_CHECK(EVP_MAC_init(context_.get(), key.data(), key.size(), parameters.data()) == 1,
             "cannot key a MAC: {}", openssl_error());
}

MacKey::MacKey(const MacKey& other) : context_(EVP_MAC_CTX_dup(other.context_.get())) {
    ZZ_CHECK(context_ != nullptr, "cannot copy a MAC context: {}", openssl_error());
}

MacKey& MacKey::operator=(const MacKey& other) {
    if (this != &other)
        *this = MacKey(other);
    return *this;
}

Digest MacKey::full(std::initializer_list<ByteView> parts) {
    // Without a key the context is rewound to its keyed state: an eighth of the cost of keying it.
    ZZ_CHECK(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1, "{}", openssl_error());
    for (ByteView part : parts)
        ZZ_CHECK(EVP_MAC_update(context_.get(), part.data(), part.size()) == 1, "{}",
                 openssl_error());
    Digest digest;
    std::size_t length = 0;
    ZZ_CHECK(EVP_MAC_final(context_.get(), digest.bytes.data(), &length, Digest::size) == 1 &&
                 length == Digest::size,
             "{}", openssl_error());
    return digest;
}

Tag MacKey::tag(std::initializer_list<ByteView> parts) {
    const Digest digest = full(parts);
    Tag tag;
    std::copy_n(digest.bytes.begin(), Tag::size, tag.bytes.begin());
    return tag;
}

Tag MacKey::tag(ByteView message) {
    return tag({message});
}

bool MacKey::verify(ByteView message, const Tag& expected) {
    return equal(tag(message).view(), expected.view());
}

} // namespace zz::crypto
