// SPDX-License-Identifier: Apache-2.0
// Evidence: what one controller holds of the current epoch that may prove a wake-up (ZZ-6.6), and
// the proof once it has one. Verifies everything itself; believes no proof because somebody sent
// it. Plain value inside the core.
#pragma once

#include <optional>

#include "backend/controller/votes.h"
#include "protocol/cluster/cluster.h"
#include "protocol/message/configuration.h"

namespace zz::controller {

class Evidence {
  public:
    Evidence(Faults faults, cluster::WakeupPolicy policy) : faults_(faults), policy_(policy) {}

    // What was held of another epoch is dropped.
    void enter_epoch(Epoch epoch);

    // Each gives true if a proof is held by it that was not held before. Of another epoch than
    // `config`: ignored.
    bool add(const message::Embedded<message::Demand>& demand, const message::Config& config);
    bool add(const message::Embedded<message::NoSign>& vote, const message::Config& config);
    bool add(const message::Embedded<message::Column>& column, const message::Config& config);
    // A proof put together by somebody else, or by a configuration certificate.
    bool add(const message::WakeUpProof& proof, const message::Config& config);

    const std::optional<message::WakeUpProof>& proof() const { return proof_; }
    // "f+1 DEMAND of unequal signed reports, n = 17".
    std::string cause() const;
    // Votes held, for bounds.
    std::size_t size() const { return demands_.size() + no_signs_.size() + columns_.size(); }

  private:
    using About = std::pair<SequenceNumber, VoteKind>;
    struct Named {
        About about;
        ExecutionId id;
        friend auto operator<=>(const Named&, const Named&) = default;
    };

    Faults faults_;
    cluster::WakeupPolicy policy_;
    Epoch epoch_;
    Votes<About, message::Demand> demands_;
    Votes<Named, message::NoSign> no_signs_;
    Votes<About, message::Column> columns_;
    std::optional<message::WakeUpProof> proof_;
};

} // namespace zz::controller
