// SPDX-License-Identifier: Apache-2.0
// SystemPool: ENROL, CONVICT and SETTLED that wait to be ordered (ZZ-3.5). A request leaves it when
// it would change nothing any more: it was executed, or it is moot. Beyond the bounds newer ones
// are dropped; their senders repeat.
#pragma once

#include <map>
#include <vector>

#include "backend/agreement/membership.h"
#include "protocol/base/instant.h"

namespace zz::agreement {

class SystemPool {
  public:
    // Whether it was taken; false also for one that waits already. `deadline`: its fairness timer,
    // kNever for none.
    bool add(const message::SystemRequest& request, const PrincipalId& from,
             const Membership& members, Instant now, Instant deadline);
    void prune(const Membership& members);

    // At most `max` that are not proposed yet, oldest first; marks them.
    std::vector<message::SystemRequest> take(std::size_t max);
    void forget_proposed();
    bool has_unproposed() const;
    std::size_t size() const { return waiting_.size(); }

    Instant next_deadline() const;
    void watch_again(Instant deadline);
    // Those whose timer runs: to be forwarded to a new primary.
    std::vector<message::SystemRequest> watched() const;

  private:
    bool makes_way(const message::SystemRequest& request);
    bool is_paced(const message::SystemRequest& request, const Membership& members, Instant now);

    struct Waiting {
        message::SystemRequest request;
        Bytes encoded;
        PrincipalId from;
        bool proposed = false;
        Instant deadline = kNever;
    };
    std::map<std::uint64_t, Waiting> waiting_; // by arrival
    std::uint64_t serial_ = 0;
    std::map<SlotId, Instant> enrolled_; // last ENROL taken over a sleeper
};

} // namespace zz::agreement
