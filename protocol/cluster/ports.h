// SPDX-License-Identifier: Apache-2.0
// Ports for a new data center: counted upward from a given one, or probed to be free. Local to
// cluster::generate.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/result.h"

namespace zz::cluster {

class Ports {
  public:
    // base 0: probed on `address`, from a random start below the range of the system's own
    // ephemeral ports.
    Ports(std::string address, std::uint16_t base);
    Result<std::uint16_t> next();

  private:
    std::string address_;
    bool probe_;
    std::uint32_t next_;
    std::uint32_t left_; // how many may still be tried
};

} // namespace zz::cluster
