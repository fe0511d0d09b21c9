// SPDX-License-Identifier: Apache-2.0
// An OpenSSL digest context that a thread keeps for its next use: making one costs more than a
// short hash. Each place that uses one declares its own, thread_local.
#pragma once

#include <openssl/evp.h>

#include "protocol/base/check.h"

namespace zz::crypto {

struct ThreadContext {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ThreadContext() { ZZ_CHECK(context != nullptr, "no memory for a digest context"); }
    ThreadContext(const ThreadContext&) = delete;
    ThreadContext& operator=(const ThreadContext&) = delete;
    ~ThreadContext() { EVP_MD_CTX_free(context); }
};

} // namespace zz::crypto
