// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/openssl_error.h"

#include <array>
#include <openssl/err.h>

namespace zz::crypto {

std::string openssl_error() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (code == 0)
        return "OpenSSL gave no reason";
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

} // namespace zz::crypto
