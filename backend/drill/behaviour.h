// SPDX-License-Identifier: Apache-2.0
// Behaviour: one Byzantine behaviour around a correct core (ZZ-10.1): it changes what the core
// sends (core::Wrapper) and, for execution replicas, what the engine found out before the core sees
// it (EngineWrapper). It holds no key: what it changes of a message leaves without a frame, and the
// shell seals it as the replica's own. A value of the core's thread; kept and ended by a DrillHost.
#pragma once

#include <memory>
#include <optional>

#include "backend/drill/order.h"
#include "backend/execution/job.h"
#include "protocol/core/wrapper.h"

namespace zz::drill {

// Sees each result of the engine on its way to the execution core, in the core's thread, before the
// step that takes it.
class EngineWrapper {
  public:
    virtual ~EngineWrapper() = default;
    virtual void alter(Instant now, execution::Result& result) = 0;
};

// A fault of the replica's own links, both ways (ZZ-10.2): the shell has the transport play it.
struct LinkTrouble {
    std::vector<PrincipalId> peers; // far ends; empty: all links
    Duration delay{0};
    std::uint32_t loss_percent = 0;
    bool cut = false;
    std::uint64_t seed = 1;
};

class Behaviour : public core::Wrapper, public EngineWrapper {
  public:
    void pass(Instant, std::vector<core::Send>&) override {}
    void alter(Instant, execution::Result&) override {}
    // The process is to end now and to stay down until the drill ends.
    virtual bool crashes() const { return false; }
    // Null unless it is a fault of the links.
    virtual const LinkTrouble* link() const { return nullptr; }
    // Nothing is left to do: the host ends it before its lease does.
    virtual bool finished() const { return false; }
    // The one number that a `matrix` drill touches, once it is known.
    virtual std::optional<SequenceNumber> number() const { return std::nullopt; }
    // Moves out what it holds back, at its end.
    virtual void release(std::vector<core::Send>&) {}
};

// Where a behaviour is played.
struct Surroundings {
    auth::Identity identity;
    std::vector<PrincipalId> controllers; // get COLUMN, DEMAND, NOSIGN as agreement replicas do
    std::uint64_t window = 256;           // L: a `matrix` drill ends L numbers after its own

    std::vector<PrincipalId> other_agreement() const;
    std::vector<PrincipalId> other_agreement_and_controllers() const;
};

// An Error if the order cannot be played here (order.h: check).
Result<std::unique_ptr<Behaviour>> make_behaviour(const Order& order, const Surroundings& here);

} // namespace zz::drill
