// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/sha256.h"

#include <openssl/evp.h>

#include "protocol/base/check.h"
#include "protocol/crypto/openssl_error.h"
#include "protocol/crypto/thread_context.h"

namespace zz::crypto {
namespace {

// Fetched once for the life of the process: a fetch costs more than hashing a small message.
const EVP_MD* algorithm() {
    static const EVP_MD* md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ZZ_CHECK(md != nullptr, "SHA-256 is not available: {}", openssl_error());
    return md;
}

void begin(EVP_MD_CTX* context) {
    ZZ_CHECK(EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1, "{}", openssl_error());
}

void add(EVP_MD_CTX* context, ByteView bytes) {
    ZZ_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1, "{}", openssl_error());
}

Digest end(EVP_MD_CTX* context) {
    Digest digest;
    ZZ_CHECK(EVP_DigestFinal_ex(context, digest.bytes.data(), nullptr) == 1, "{}", openssl_error());
    return digest;
}

EVP_MD_CTX* hash_context() {
    thread_local ThreadContext held;
    return held.context;
}

} // namespace

Digest sha256(ByteView bytes) {
    EVP_MD_CTX* context = hash_context();
    begin(context);
    add(context, bytes);
    return end(context);
}

Digest sha256(std::initializer_list<ByteView> parts) {
    EVP_MD_CTX* context = hash_context();
    begin(context);
    for (ByteView part : parts)
        add(context, part);
    return end(context);
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    ZZ_CHECK(context_ != nullptr, "no memory for a hash context");
    begin(context_.get());
}

Sha256& Sha256::update(ByteView bytes) {
    add(context_.get(), bytes);
    return *this;
}

Digest Sha256::finish() {
    const Digest digest = end(context_.get());
    begin(context_.get());
    return digest;
}

} // namespace zz::crypto
