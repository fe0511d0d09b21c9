// SPDX-License-Identifier: GPL-3.0-or-later
// What of an update is believed: a host speaks for what the cluster file puts there, and for
// clients that no host runs; so one lying zz-host is one voice. Pure.
#pragma once

#include <memory>

#include "protocol/telemetry/telemetry.pb.h"

namespace zz::console {

struct Believed {
    std::shared_ptr<const telemetry::Update> update; // null: nothing is left of it
    std::size_t dropped = 0;                         // facts and events
};
// Precondition: `update->host()` is whose link it came over.
Believed believed(const telemetry::ClusterFacts& cluster,
                  std::shared_ptr<const telemetry::Update> update);

} // namespace zz::console
