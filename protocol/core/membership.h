// SPDX-License-Identifier: Apache-2.0
// Membership: the newest configuration certificate that one party knows (ZZ-2.1), and the CONFIGs
// that may become the next: f+1 equal ones of distinct agreement replicas; nothing is believed from
// one. Keeps the newest CONFIG of each agreement replica and no more. A plain value inside a core.
#pragma once

#include <map>
#include <vector>

#include "protocol/base/quorum.h"
#include "protocol/message/configuration.h"

namespace zz::core {

class Membership {
  public:
    // `first`: the configuration of the cluster file; it needs no certificate.
    Membership(Faults faults, message::Config first) : faults_(faults), config_(std::move(first)) {}

    // `config` was verified as its signer's. True if the configuration changed by it: a higher
    // number with f+1 equal signatures.
    bool add(const message::Embedded<message::Config>& config);

    const message::Config& config() const { return config_; }
    // f+1 equal CONFIGs; empty while the configuration is that of the cluster file.
    const std::vector<message::Embedded<message::Config>>& certificate() const {
        return certificate_;
    }
    // Null if there is no such slot.
    const message::SlotEntry* entry(SlotId slot) const;
    // Its votes count (ZZ-4.6): the one incarnation of its slot, active or asleep.
    bool live(ExecutionId id) const;
    // Ascending by slot.
    std::vector<ExecutionId> active() const;
    std::vector<ExecutionId> all_live() const;
    // The highest number for which somebody signed: a hint that a newer one exists, not a fact.
    ConfigurationNumber highest_seen() const;

  private:
    std::vector<ExecutionId> with_state(bool active, bool asleep) const;

    Faults faults_;
    message::Config config_;
    std::vector<message::Embedded<message::Config>> certificate_;
    std::map<AgreementId, message::Embedded<message::Config>> newest_of_; // at most 3f+1
};

} // namespace zz::core
