// SPDX-License-Identifier: Apache-2.0
// Secret: 32 bytes of key material, wiped when they die. Never printed, never compared with `==`.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "protocol/base/bytes.h"

namespace zz::crypto {

// Overwrites memory in a way the compiler cannot remove.
void wipe(std::span<std::uint8_t> memory);

class Secret {
  public:
    static constexpr std::size_t size = 32;

    Secret() = default;
    // Precondition: bytes.size() == size.
    explicit Secret(ByteView bytes);
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret() { wipe(bytes_); }

    ByteView view() const { return bytes_; }
    std::span<std::uint8_t> writable() { return bytes_; }

  private:
    std::array<std::uint8_t, size> bytes_{};
};

} // namespace zz::crypto
