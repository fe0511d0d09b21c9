// SPDX-License-Identifier: Apache-2.0
// Roster: the execution replicas as one agreement replica knows them (ZZ-1.7): the newest executed
// configuration, the wake-up proof of its epoch if one is held, and since when each woken one is
// awake. A plain value.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/message/configuration.h"

namespace zz::detection {

struct Woken {
    Instant since;            // receipt of the proof
    SequenceNumber tip_above; // a number above it is the tip (ZZ-1.7)
    bool at_tip = false;      // reported at the tip
};

class Roster {
  public:
    const message::Config& config() const { return config_; }
    Epoch epoch() const { return config_.epoch; }
    bool configured() const { return configured_; }

    // A higher number replaces the configuration; a higher epoch ends the wake-up.
    void configure(const message::Config& config, Instant now, SequenceNumber committed);
    // Precondition: the proof is valid for the configuration.
    void wake_up(message::WakeUpProof proof, Instant now, SequenceNumber committed);
    // `id` reported for n.
    void reported(ExecutionId id, SequenceNumber n);

    bool live(ExecutionId id) const;
    bool is_active(ExecutionId id) const;
    bool is_awake(ExecutionId id) const;
    bool has_convicted() const;
    // Each ascending by slot.
    std::vector<ExecutionId> actives() const;
    std::vector<ExecutionId> woken() const;
    std::vector<ExecutionId> awake() const;

    const std::optional<message::WakeUpProof>& proof() const { return proof_; }
    Instant woken_at() const { return woken_at_; }
    // A woken one before its first report at the tip and before its recovery deadline (ZZ-6.1).
    bool is_excused(ExecutionId id, Instant now, Duration recovery) const;
    // The next recovery deadline after `now`.
    Instant next_recovery_deadline(Instant now, Duration recovery) const;

  private:
    std::vector<ExecutionId> with(message::MemberState state) const;
    void add_woken(Instant now, SequenceNumber committed);

    message::Config config_;
    bool configured_ = false;
    std::optional<message::WakeUpProof> proof_;
    Instant woken_at_ = kNever;
    std::map<ExecutionId, Woken> woken_;
};

} // namespace zz::detection
