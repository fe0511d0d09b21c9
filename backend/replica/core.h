// SPDX-License-Identifier: Apache-2.0
// replica::Core: one agreement replica: the agreement core (ordering) and the detection core
// (faults) joined by the events of core/exchange.h, in one sans-IO core for the shell and the
// simulator. It routes what arrives by kind and passes each core's actions to the other until both
// are still; it decides nothing itself.
#pragma once

#include "backend/agreement/core.h"
#include "backend/detection/core.h"

namespace zz::replica {

using Input = std::variant<core::Received, core::TimePassed>;
// The shell learns the keys of a new configuration and admits them (ZZ-2.1).
using Action = std::variant<core::Configured>;
using Output = core::Output<Action>;

class Core {
  public:
    Core(auth::Sealer sealer, agreement::Options options, detection::Settings settings)
        : agreement_(sealer, std::move(options)), detection_(sealer, std::move(settings)) {}

    // See agreement::Core::restore.
    Status restore(const std::vector<core::Record>& records, bool proven,
                   const agreement::NewGeneration* generation = nullptr) {
        return agreement_.restore(records, proven, generation);
    }

    void step(Instant now, const Input& input);
    Output take_output();

    core::AgreementFacts facts() const;
    void invariants() const;

    const agreement::Core& agreement() const { return agreement_; }
    const detection::Core& detection() const { return detection_; }

  private:
    void settle(Instant now);
    void collect(agreement::Output& from, Instant now);
    void collect(detection::Output& from, Instant now);

    agreement::Core agreement_;
    detection::Core detection_;
    Output out_;
    Instant agreement_wake_ = kNever, detection_wake_ = kNever;
};

} // namespace zz::replica
