// SPDX-License-Identifier: Apache-2.0
// Site: one data center in calm weather for a named scenario: from rest under load, with bad
// behaviour put on one principal, back to rest. Production cores, seeded.
#pragma once

#include <functional>
#include <memory>

#include "backend/drill/drill_host.h"
#include "tests/simulator/data_center.h"

namespace zz::simulator {

class Site {
  public:
    explicit Site(std::uint64_t seed, std::uint32_t f = 1,
                  cluster::SpareKind spare = cluster::SpareKind::Paused);

    // False, and a violation, if it does not come to rest and serve.
    bool begin();
    // Clients end; everybody's drill ends; at rest within a bound.
    bool come_to_rest();
    void run(Duration time) { world.run(world.now() + time); }

    // A drill of the catalogue, until stop() or its own end. `change` sets its parameters.
    void play(const PrincipalId& target, const std::string& name,
              const std::function<void(drill::Order&)>& change = {});
    void stop();
    // Bad behaviour that is in no catalogue. Not owned.
    void wrap(const PrincipalId& target, core::Wrapper* wrapper);

    std::uint64_t accepted(std::uint32_t client) { return center.client(client).accepted(); }
    // Who is active in this slot or sleeps in it, as f+1 agreement replicas say.
    Incarnation incarnation(SlotId slot) const;
    std::vector<ExecutionId> actives() const;

    World world;
    Checker checker;
    DataCenter center;

  private:
    void attach(const PrincipalId& target, core::Wrapper* wrapper, drill::DrillHost* host);

    std::map<PrincipalId, std::unique_ptr<drill::DrillHost>> drills_;
};

} // namespace zz::simulator
