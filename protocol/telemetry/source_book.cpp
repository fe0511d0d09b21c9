// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/source_book.h"

#include <algorithm>

namespace zz::telemetry {

SourceKey key_of(const Source& source) {
    return {source.application(), principal_of(source.principal())};
}

bool SourceBook::take(std::int64_t received_ns, const Update& update) {
    if (find_host(cluster_, update.host()) == nullptr) {
        ++refused_;
        return false;
    }
    KnownHost& host = hosts_[update.host()];
    host.heard_ns = std::max(host.heard_ns, received_ns);
    switch (update.body_case()) {
    case Update::kSnapshot:
        take_snapshot(received_ns, update.snapshot());
        return true;
    case Update::kHeartbeat:
        host.clock_ns = std::max(host.clock_ns, update.heartbeat().wall_ns());
        if (host.boot != 0 && update.heartbeat().host_boot() != host.boot)
            host.whole = false; // It began anew: a snapshot tells what it knows now.
        if (update.heartbeat().host_number() > host.number && host.whole) {
            host.lost += update.heartbeat().host_number() - host.number;
            host.number = update.heartbeat().host_number();
            host.whole = false;
        }
        return true;
    case Update::kFacts:
        return is_next(host, update.host_number()) && take_facts(update.host(), update.facts());
    case Update::kEvent:
        // An event is news by the number of its source: it may come late, to fill a hole.
        is_next(host, update.host_number());
        return take_event(update.host(), update.event());
    case Update::kHello:
        return true;
    case Update::BODY_NOT_SET:
        break;
    }
    return false;
}

bool SourceBook::is_next(KnownHost& host, std::uint64_t number) {
    if (number <= host.number)
        return false;
    if (number != host.number + 1 && host.whole) {
        host.lost += number - host.number - 1;
        host.whole = false;
    }
    host.number = number;
    return true;
}

bool SourceBook::take_facts(std::uint32_t host, const Facts& facts) {
    if (!lives_on(cluster_, facts, host)) {
        ++refused_;
        return false;
    }
    KnownSource& known = sources_[key_of(facts.source())];
    // A client that no host runs tells them all: each facts come several times, in any order.
    if (facts.source().host() == 0 && facts.wall_ns() <= known.facts.wall_ns())
        return false;
    known.host = host;
    known.facts = facts;
    if (facts.has_host())
        hosts_[host].clock_ns = std::max(hosts_[host].clock_ns, facts.wall_ns());
    forget_old_incarnations(key_of(facts.source()));
    return true;
}

bool SourceBook::take_event(std::uint32_t host, const Event& event) {
    if (event.number() == 0 || !lives_on(cluster_, event.source(), host)) {
        ++refused_;
        return false;
    }
    KnownSource& known = sources_[key_of(event.source())];
    const auto [newest, first] =
        known.events.try_emplace(event.source().boot(), event.number() - 1);
    if (first) {
        known.host = host;
        while (known.events.size() > kBootsKnownMax)
            known.events.erase(known.events.begin());
        if (!known.events.contains(event.source().boot()))
            return false; // of a start long ago
    }
    if (event.number() <= newest->second)
        return false;
    known.lost += event.number() - newest->second - 1;
    newest->second = event.number();
    forget_old_incarnations(key_of(event.source()));
    return true;
}

void SourceBook::take_snapshot(std::int64_t received_ns, const Snapshot& snapshot) {
    KnownHost& host = hosts_[snapshot.host()];
    host.heard_ns = std::max(host.heard_ns, received_ns);
    if (host.boot != snapshot.host_boot()) {
        host.boot = snapshot.host_boot();
        host.number = 0;
    }
    host.number = std::max(host.number, snapshot.host_number());
    host.whole = true;
    for (const Facts& facts : snapshot.sources())
        take_facts(snapshot.host(), facts);
}

// A host that invents incarnations fills its own slots only.
void SourceBook::forget_old_incarnations(const SourceKey& key) {
    if (key.principal.role != Role::Execution)
        return;
    SourceKey first = key, last = key;
    first.principal.incarnation = 0;
    last.principal.incarnation = UINT32_MAX;
    const auto begin = sources_.lower_bound(first), end = sources_.upper_bound(last);
    for (auto it = begin; std::distance(it, end) > std::ptrdiff_t{kIncarnationsKnownMax};)
        it = sources_.erase(it);
}

const Facts* SourceBook::facts(const SourceKey& key) const {
    const auto it = sources_.find(key);
    return it == sources_.end() || it->second.facts.wall_ns() == 0 ? nullptr : &it->second.facts;
}

Duration SourceBook::age(const KnownSource& source, std::int64_t now_ns) const {
    const auto host = hosts_.find(source.host);
    if (host == hosts_.end())
        return Duration::max();
    const std::int64_t behind = std::max<std::int64_t>(
        host->second.clock_ns == 0 ? 0 : host->second.clock_ns - source.facts.wall_ns(), 0);
    return Duration(behind + std::max<std::int64_t>(now_ns - host->second.heard_ns, 0));
}

bool SourceBook::is_up(std::uint32_t host, std::int64_t now_ns) const {
    const auto it = hosts_.find(host);
    return it != hosts_.end() && now_ns - it->second.heard_ns < kFreshFor.count();
}

} // namespace zz::telemetry
