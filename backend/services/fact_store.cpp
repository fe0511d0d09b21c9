// SPDX-License-Identifier: Apache-2.0
#include "backend/services/fact_store.h"

#include <iterator>

namespace zz::services {
namespace {

constexpr std::uint32_t kRunning = 2; // hv::MachineState, as telemetry.proto lists them

} // namespace

bool FactStore::take(telemetry::Facts facts, Instant now) {
    const telemetry::SourceKey source = telemetry::key_of(facts.source());
    if (!kept_.contains(source) && kept_.size() >= bounds_.sources)
        return false;
    shares_.set(source, facts.ByteSizeLong());
    Kept& kept = kept_[source];
    kept.quiet = kept.stopped_boot == facts.source().boot(); // The last facts of one that stops.
    kept.facts = std::move(facts);
    kept.heard = now;
    forget_old_incarnations(source);
    while (shares_.total() > bounds_.bytes)
        forget(telemetry::SourceKey(shares_.largest()));
    return kept_.contains(source);
}

void FactStore::forget(const telemetry::SourceKey& source) {
    shares_.set(source, 0);
    kept_.erase(source);
}

void FactStore::forget_old_incarnations(const telemetry::SourceKey& source) {
    if (source.principal.role != Role::Execution)
        return;
    telemetry::SourceKey first = source, last = source;
    first.principal.incarnation = 0;
    last.principal.incarnation = UINT32_MAX;
    const auto end = kept_.upper_bound(last);
    auto it = kept_.lower_bound(first);
    for (auto more = std::distance(it, end) - std::ptrdiff_t{telemetry::kIncarnationsKnownMax};
         more > 0; --more) {
        shares_.set(it->first, 0);
        it = kept_.erase(it);
    }
}

void FactStore::stopped(const telemetry::Source& source) {
    const auto it = kept_.find(telemetry::key_of(source));
    if (it == kept_.end())
        return;
    it->second.stopped_boot = source.boot();
    it->second.quiet = true;
}

bool FactStore::should_run(const telemetry::SourceKey& source, const Kept& kept) const {
    if (source.principal.role == Role::Controller || kept.facts.source().host() == 0)
        return true;
    if (source.application == 0)
        return false; // Ourselves.
    for (const auto& [key, other] : kept_)
        for (const auto& machine : other.facts.controller().machines())
            if (machine.application() + 1 == source.application &&
                telemetry::principal_of(machine.principal()) == source.principal)
                return machine.state() == kRunning;
    return false;
}

std::vector<telemetry::SourceKey> FactStore::newly_lost(Instant now) {
    std::vector<telemetry::SourceKey> out;
    for (auto& [source, kept] : kept_) {
        if (kept.quiet || now - kept.heard < kLostAfter || !should_run(source, kept))
            continue;
        kept.quiet = true;
        out.push_back(source);
    }
    return out;
}

} // namespace zz::services
