// SPDX-License-Identifier: Apache-2.0
// DrillHost: the one place in a process where a drill lives: at most one behaviour, under a lease
// (ZZ-10.1). Runtime and simulator hold one DrillHost per core for ever and hand it what the core
// sends and what the engine found; without a drill it changes nothing. Whether an operator may
// order a drill, and whether the cluster file allows any, is checked before an order comes here. Of
// the core's thread.
#pragma once

#include <string_view>

#include "backend/drill/behaviour.h"

namespace zz::drill {

enum class EndCause : std::uint8_t { Stopped, LeaseEnded, Finished };
// "stopped", "lease ended", "finished".
std::string_view to_string(EndCause cause);

struct Ended {
    std::string id;
    std::string name;
    EndCause cause = EndCause::Stopped;
    friend bool operator==(const Ended&, const Ended&) = default;
};

class DrillHost final : public core::Wrapper, public EngineWrapper {
  public:
    explicit DrillHost(Surroundings here) : here_(std::move(here)) {}

    struct Running {
        std::string id;
        std::string name;
        Instant ends;                         // unless renewed
        std::optional<SequenceNumber> number; // that a `matrix` drill touches, once known
    };

    // Begins a drill, or renews its lease if it runs already. `reached`: the highest number this
    // replica has executed or committed; a drill cannot begin there or below. The Error says what
    // is wrong with the order.
    Status start(const Order& order, Instant now, SequenceNumber reached);
    // An Error if no drill of this id runs.
    Status renew(std::string_view id, Duration lease, Instant now);
    Status stop(std::string_view id);
    void stop_all();

    std::optional<Running> running() const;
    // Drills that ended since the last call, each once.
    std::vector<Ended> take_ended();
    // The process is to end, and not to be started again before running()->ends (renewals counted).
    bool crashes() const;
    // What the links are to suffer now; null: nothing. Valid until the drill ends.
    const LinkTrouble* link() const;

    void pass(Instant now, std::vector<core::Send>& sends) override;
    bool admits(Instant now, const auth::Verified& m) override;
    Instant wake_at() const override;
    void alter(Instant now, execution::Result& result) override;

    // For a shell that owns its wrapper: passes on to this host, which must outlive it.
    std::unique_ptr<core::Wrapper> wrapper();

  private:
    void expire(Instant now);
    void end(EndCause cause);

    Surroundings here_;
    Order order_; // of behaviour_
    std::unique_ptr<Behaviour> behaviour_;
    Instant ends_ = kNever;
    std::vector<core::Send> released_; // what an ended behaviour had held back
    std::vector<Ended> ended_;         // at most kEndedMax
};

} // namespace zz::drill
