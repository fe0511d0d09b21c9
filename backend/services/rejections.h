// SPDX-License-Identifier: Apache-2.0
// What a node rejected, as telemetry.
#pragma once

#include "backend/runtime/node.h"
#include "protocol/telemetry/telemetry.pb.h"

namespace zz::services {

inline void add_rejections(const runtime::Node& node, telemetry::ProcessFacts& to) {
    for (std::size_t i = 0; i < node.rejected().size(); ++i) {
        if (node.rejected()[i] == 0)
            continue;
        const std::string reason(auth::name(static_cast<auth::Rejected>(i)));
        (*to.mutable_rejected())[reason] += node.rejected()[i];
    }
    to.set_sends_dropped(to.sends_dropped() + node.dropped());
}

} // namespace zz::services
