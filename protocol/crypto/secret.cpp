// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/secret.h"

#include <algorithm>
#include <openssl/crypto.h>

#include "protocol/base/check.h"

namespace zz::crypto {

void wipe(std::span<std::uint8_t> memory) {
    OPENSSL_cleanse(memory.data(), memory.size());
}

Secret::Secret(ByteView bytes) {
    ZZ_CHECK(bytes.size() == size, "a secret has {} bytes, got {}", size, bytes.size());
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

} // namespace zz::crypto
