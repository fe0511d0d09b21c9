// SPDX-License-Identifier: Apache-2.0
// Membership: the configuration machine (ZZ-3.5, ZZ-6.7) as a value. System requests are applied in
// sequence order; one that does not fit the configuration it meets is a no-op. What is stateless
// about a request (form, signatures) was checked before it was ordered.
#pragma once

#include <optional>
#include <vector>

#include "protocol/base/quorum.h"
#include "protocol/message/ordering.h"

namespace zz::agreement {

class Membership {
  public:
    // Precondition: `config` holds every slot, ascending from 1.
    explicit Membership(message::Config config);

    const message::Config& config() const { return config_; }

    // Each returns whether it changed anything; then the configuration number is one higher.
    bool apply(const message::Enrol& enrol);
    bool apply(const message::Convict& convict);
    bool apply(const message::Settled& settled);
    bool apply(const message::SystemRequest& request);
    // Whether it would change anything now: a request that would not is moot.
    bool would_change(const message::SystemRequest& request) const;

    // Null if there is no such slot.
    const message::SlotEntry* entry(SlotId slot) const;
    // The incarnation is in its slot, whatever its state but empty or convicted.
    bool is_live(const ExecutionId& id) const;
    std::vector<ExecutionId> in_state(message::MemberState state) const;
    bool has_convicted() const;

    friend bool operator==(const Membership&, const Membership&) = default;

  private:
    message::SlotEntry* find(SlotId slot);
    void changed();

    message::Config config_;
};

} // namespace zz::agreement
