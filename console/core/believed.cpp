// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/believed.h"

#include <algorithm>

#include "protocol/telemetry/principal.h"

namespace zz::console {

Believed believed(const telemetry::ClusterFacts& cluster,
                  std::shared_ptr<const telemetry::Update> update) {
    const auto good = [&](const telemetry::Facts& facts) {
        return telemetry::lives_on(cluster, facts, update->host());
    };
    if (update->has_event() &&
        !telemetry::lives_on(cluster, update->event().source(), update->host()))
        return {nullptr, 1};
    if (update->has_facts() && !good(update->facts()))
        return {nullptr, 1};
    if (!update->has_snapshot())
        return {std::move(update), 0};
    const auto& sources = update->snapshot().sources();
    const auto bad = sources.size() - std::count_if(sources.begin(), sources.end(), good);
    if (bad == 0)
        return {std::move(update), 0};
    auto rest = std::make_shared<telemetry::Update>(*update);
    rest->mutable_snapshot()->clear_sources();
    for (const auto& facts : sources)
        if (good(facts))
            *rest->mutable_snapshot()->add_sources() = facts;
    return {std::move(rest), static_cast<std::size_t>(bad)};
}

} // namespace zz::console
