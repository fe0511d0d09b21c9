// SPDX-License-Identifier: Apache-2.0
// MacKey: HMAC-SHA-256 under one key, cut to the first 16 bytes (ZZ-2.2). The keyed context is made
// once and rewound for every tag. A MacKey belongs to one thread; a copy is an independent context
// with the same key, for another thread. A moved-from MacKey can only be assigned to or destroyed.
#pragma once

#include <initializer_list>
#include <memory>

#include "protocol/base/bytes.h"
#include "protocol/crypto/secret.h"

struct evp_mac_ctx_st;

namespace zz::crypto {

class MacKey {
  public:
    explicit MacKey(const Secret& key) : MacKey(key.view()) {}
    // Precondition: 1 <= key.size() <= 64.
    explicit MacKey(ByteView key);
    MacKey(const MacKey& other);
    MacKey& operator=(const MacKey& other);
    MacKey(MacKey&&) noexcept = default;
    MacKey& operator=(MacKey&&) noexcept = default;
    ~MacKey() = default;

    Tag tag(ByteView message);
    // Of the concatenation of the parts.
    Tag tag(std::initializer_list<ByteView> parts);
    // The whole 32 bytes.
    Digest full(std::initializer_list<ByteView> parts);
    // In constant time.
    bool verify(ByteView message, const Tag& expected);

  private:
    struct Free {
        void operator()(evp_mac_ctx_st* context) const;
    };
    std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

} // namespace zz::crypto
