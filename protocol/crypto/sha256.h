// SPDX-License-Identifier: Apache-2.0
// SHA-256. The one-shot functions reuse a context of the calling thread; a Sha256 belongs to one
// thread.
#pragma once

#include <initializer_list>
#include <memory>

#include "protocol/base/bytes.h"

struct evp_md_ctx_st;

namespace zz::crypto {

Digest sha256(ByteView bytes);
// Of the concatenation of the parts.
Digest sha256(std::initializer_list<ByteView> parts);

// Hashes bytes that arrive in pieces.
class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept = default;
    Sha256& operator=(Sha256&&) noexcept = default;
    ~Sha256() = default;

    Sha256& update(ByteView bytes);
    // The digest of all updates so far; begins anew afterwards.
    Digest finish();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

} // namespace zz::crypto
