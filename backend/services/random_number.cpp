// SPDX-License-Identifier: Apache-2.0
#include "backend/services/setup.h"
#include "protocol/crypto/random.h"

namespace zz::services {

std::uint64_t random_number() {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    crypto::fill_random(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value == 0 ? 1 : value;
}

} // namespace zz::services
