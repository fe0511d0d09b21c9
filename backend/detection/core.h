// SPDX-License-Identifier: Apache-2.0
// detection::Core: fault detection of one agreement replica (ZZ-6): columns and deadlines, settled
// marks, the evidence round, affidavits, accusations, wake-up and settlement. A sans-IO core
// (core/io.h); backend/replica joins it with the agreement core by the events of core/exchange.h.
// It has no journal records: after a restart it begins empty, the agreement core tells it again
// what is committed, and what it lacks is asked for.
//
// Parts: Board (shared data), and one file of functions for each phase: column, settlement,
// evidence_round, affidavits, accusation, wake_up, settle. Bounds: bounds.h.
#pragma once

#include "backend/detection/board.h"

namespace zz::detection {

using Input =
    std::variant<core::Received, core::TimePassed, core::Committed, core::CommittedByQuorum,
                 core::Configured, core::StableMoved, core::AskedAgain>;

class Core {
  public:
    // `sealer` is that of the agreement replica; its keyring outlives the core.
    Core(auth::Sealer sealer, Settings settings);

    void step(Instant now, const Input& input);
    Output take_output();

    // Fills in what detection knows: settled mark, awake, complete, unresponsive, counters,
    // suspicion.
    void add_facts(core::AgreementFacts& facts) const;
    // Machines that controllers said are ready, by host.
    const std::map<HostId, std::vector<message::Member>>& ready() const { return ready_; }
    // Verified messages that were not relevant: of another epoch, outside the window, by a removed
    // incarnation.
    std::uint64_t ignored() const { return board_.counters.ignored; }
    // Stops the process if our own state is inconsistent. For tests and the simulator, after each
    // step.
    void invariants() const;

  private:
    struct LaneEntry {
        RequestNumber number;
        SequenceNumber n;
    };
    using Lane = std::pair<ClientId, LaneId>;

    void on(const core::Received& input);
    void on(const core::TimePassed&) {}
    void on(const core::Committed& input);
    void on(const core::CommittedByQuorum& input);
    void on(const core::Configured& input);
    void on(const core::StableMoved& input);
    void on(const core::AskedAgain& input);

    void enter_configuration(const core::Configured& input);
    void forget_removed();
    void commit(Case& c, const core::Committed& input);
    void evaluate_touched();
    void scan();
    void heartbeat();
    void tell_mark();
    // The next instant at which time alone changes something for this case.
    Instant next_of(const Case& c) const;

    Board board_;
    std::map<Lane, LaneEntry> lanes_;
    std::map<HostId, std::vector<message::Member>> ready_; // at most one entry for each controller
    bool started_ = false;
    Instant next_heartbeat_ = kNever;
    Instant next_scan_ = kNever;
    Instant tell_mark_at_ = kNever;
    std::uint32_t heartbeats_ = 0;
};

} // namespace zz::detection
