// SPDX-License-Identifier: Apache-2.0
// FarAddresses: where a service dials what the cluster file says, if it sees the network otherwise:
// a guest behind user networking reaches its host's loopback under another address. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/base/result.h"

namespace zz::services {

class FarAddresses {
  public:
    // Each "FROM=TO", two addresses without ports.
    static Result<FarAddresses> read(const std::vector<std::string>& words);
    // "tcp://FROM:PORT" becomes "tcp://TO:PORT"; every other endpoint stays as it is.
    std::string dialled(const std::string& endpoint) const;

  private:
    std::map<std::string, std::string> to_;
};

} // namespace zz::services
