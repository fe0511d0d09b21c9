// SPDX-License-Identifier: Apache-2.0
// Seeded randomness of the simulator: the same numbers on every machine and library.
#pragma once

#include <cstdint>

#include "protocol/base/instant.h"

namespace zz::simulator {

// SplitMix64.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    // 0 .. bound-1; 0 if bound is 0.
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
    bool chance(std::uint32_t percent) { return below(100) < percent; }
    Duration between(Duration low, Duration high) {
        return low + Duration(static_cast<std::int64_t>(
                         below(static_cast<std::uint64_t>((high - low).count()) + 1)));
    }
    // An independent stream: what one part draws does not shift another's.
    Random fork() { return Random(next()); }

  private:
    std::uint64_t state_;
};

} // namespace zz::simulator
