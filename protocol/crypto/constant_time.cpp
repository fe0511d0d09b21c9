// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/constant_time.h"

#include <openssl/crypto.h>

namespace zz::crypto {

bool equal(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

} // namespace zz::crypto
