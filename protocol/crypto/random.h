// SPDX-License-Identifier: Apache-2.0
// Randomness of the operating system. For shells and tools only: a core is deterministic.
#pragma once

#include <cstdint>
#include <span>

#include "protocol/crypto/secret.h"

namespace zz::crypto {

void fill_random(std::span<std::uint8_t> out);
Secret random_secret();

} // namespace zz::crypto
