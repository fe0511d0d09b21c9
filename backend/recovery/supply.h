// SPDX-License-Identifier: Apache-2.0
// Supply: how many node fetches of each asker are served at a time; the rest is dropped and asked
// again by the asker at its deadline. So one recovering replica, or a liar that plays one, cannot
// keep the execution thread from its work.
#pragma once

#include <cstdint>
#include <map>

#include "protocol/base/ids.h"

namespace zz::recovery {

inline constexpr std::uint32_t kServedAtOnce = 4; // of one asker

class Supply {
  public:
    // False: dropped. True: to be served, and ended with `served`.
    bool admit(const PrincipalId& asker) {
        std::uint32_t& busy = busy_[asker];
        if (busy >= kServedAtOnce)
            return false;
        ++busy;
        return true;
    }
    void served(const PrincipalId& asker) {
        const auto at = busy_.find(asker);
        if (at != busy_.end() && --at->second == 0)
            busy_.erase(at);
    }

  private:
    std::map<PrincipalId, std::uint32_t> busy_; // askers are members of the configuration
};

} // namespace zz::recovery
