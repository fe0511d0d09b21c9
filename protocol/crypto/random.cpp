// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/random.h"

#include <cerrno>
#include <sys/random.h>

#include "protocol/base/check.h"

namespace zz::crypto {

void fill_random(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        ZZ_CHECK(got > 0, "the operating system gives no randomness: errno {}", errno);
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

Secret random_secret() {
    Secret secret;
    fill_random(secret.writable());
    return secret;
}

} // namespace zz::crypto
