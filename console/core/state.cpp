// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/state.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace zz::console {

namespace {

void take_process(const telemetry::Facts& facts, SourceWords& words) {
    words.memory_bytes = facts.process().rss_bytes();
    const std::uint64_t cpu = facts.process().cpu_ns();
    const std::int64_t past = facts.wall_ns() - words.cpu_wall_ns;
    if (words.cpu_wall_ns != 0 && past >= 0 && past < kNs / 2 && cpu >= words.cpu_ns)
        return; // too soon to tell
    words.cores = words.cpu_wall_ns == 0 || past < 0 || cpu < words.cpu_ns
                      ? -1
                      : static_cast<double>(cpu - words.cpu_ns) / static_cast<double>(past);
    words.cpu_ns = cpu;
    words.cpu_wall_ns = facts.wall_ns();
}

} // namespace

std::int64_t told_time(const telemetry::Update& update) {
    if (update.has_event())
        return update.event().wall_ns();
    if (update.has_facts())
        return update.facts().wall_ns();
    if (update.has_heartbeat())
        return update.heartbeat().wall_ns();
    std::int64_t newest = 0;
    if (update.has_snapshot())
        for (const auto& facts : update.snapshot().sources())
            newest = std::max(newest, facts.wall_ns());
    return newest;
}

SourceKey key_of(const telemetry::Source& source) {
    const auto& who = source.principal();
    return {source.host(), source.application(), who.role(), who.index(), who.incarnation()};
}

Contact contact(std::int64_t heard_ns, std::int64_t now_ns) {
    if (heard_ns == 0)
        return Contact::Never;
    const std::int64_t age = now_ns - heard_ns;
    // A heartbeat may be late by as much as it takes to come: two are allowed for.
    return age < 2 * kHeartbeatNs + kHeartbeatNs / 2 ? Contact::Live
           : age < 5 * kHeartbeatNs                  ? Contact::Stale
                                                     : Contact::Lost;
}

Contact contact(const HostLink& link, std::int64_t now_ns) {
    return link.refused.empty() ? contact(link.heard_ns, now_ns) : Contact::Refused;
}

const HostLink* State::host(std::uint32_t id) const {
    const auto it = hosts_.find(id);
    return it == hosts_.end() ? nullptr : &it->second;
}

void State::apply(const Arrival& arrival) {
    at_ns_ = std::max(at_ns_, arrival.at_ns);
    if (!arrival.update) {
        apply_note(arrival.note, arrival.at_ns);
        return;
    }
    const auto& update = *arrival.update;
    HostLink& link = hosts_[update.host()];
    ++link.updates;
    if (update.has_event()) {
        ++link.events;
        if (update.event().kind() == telemetry::DRILL_STOPPED)
            apply_drill_end(update.event());
    }
    if (arrival.backlog)
        return;
    link.heard_ns = std::max(link.heard_ns, arrival.at_ns);
    if (update.host_number() != 0)
        link.number = update.host_number();
    if (update.has_facts())
        apply_facts(update.facts(), arrival.at_ns);
    else if (update.has_snapshot())
        apply_snapshot(update.snapshot(), arrival.at_ns);
    else if (update.has_heartbeat()) {
        const std::int64_t offset = update.heartbeat().wall_ns() - arrival.at_ns;
        link.offset_ns = link.beat_ns == 0 || std::llabs(offset) < std::llabs(link.offset_ns)
                             ? offset
                             : link.offset_ns;
        link.beat_ns = arrival.at_ns;
        link.boot = update.heartbeat().host_boot();
    } else if (update.has_hello()) {
        link.protocol = update.hello().protocol();
        link.program = update.hello().program();
        environment_ = update.hello().environment();
        cluster_name_ = update.hello().cluster_name();
    }
}

void State::apply_note(const Note& note, std::int64_t at_ns) {
    HostLink& link = hosts_[note.host];
    switch (note.kind) {
    case NoteKind::None:
        break;
    case NoteKind::Connecting:
        link.attempt = note.count;
        link.retry_ms = note.value;
        break;
    case NoteKind::Connected:
        link.linked = true;
        link.attempt = 0;
        break;
    case NoteKind::Lost:
        link.linked = false;
        break;
    case NoteKind::Refused:
        link.refused = note.text;
        break;
    case NoteKind::Gap:
        link.missing += note.count;
        link.gap_missing = note.count;
        link.gap_from_ns = link.heard_ns;
        link.gap_to_ns = at_ns;
        break;
    case NoteKind::Filled:
        link.missing -= std::min(link.missing, note.count);
        link.gap_missing -= std::min(link.gap_missing, note.count);
        break;
    case NoteKind::Dropped:
        link.dropped += note.count;
        break;
    }
}

// Its text is "ID how".
void State::apply_drill_end(const telemetry::Event& event) {
    const std::string id = event.text().substr(0, event.text().find(' '));
    const std::string how =
        event.text().size() > id.size() ? event.text().substr(id.size() + 1) : std::string();
    auto ends = ends_ ? std::make_shared<EndsById>(*ends_) : std::make_shared<EndsById>();
    auto known = std::find_if(ends->begin(), ends->end(),
                              [&](const auto& entry) { return entry.first == id; });
    if (known == ends->end()) {
        if (ends->size() >= kDrillEndsMax)
            ends->erase(ends->begin());
        known = ends->insert(ends->end(), {id, {}});
    }
    SourceKey who = console::key_of(event.source());
    who.host = who.application = 0;
    known->second[who] = how;
    ends_ = std::move(ends);
}

const DrillEnds* State::drill_ends(const std::string& id) const {
    if (ends_)
        for (const auto& [known, ends] : *ends_)
            if (known == id)
                return &ends;
    return nullptr;
}

std::optional<double> State::host_cores(std::uint32_t host, std::int64_t now_ns) const {
    std::optional<double> out;
    for (auto it = sources_.lower_bound({host, 0, 0, 0, 0});
         it != sources_.end() && it->first.host == host; ++it)
        if (it->second.cores >= 0 && contact(it->second.at_ns, now_ns) == Contact::Live)
            out = out.value_or(0) + it->second.cores;
    return out;
}

std::optional<std::uint64_t> State::host_memory(std::uint32_t host, std::int64_t now_ns) const {
    std::optional<std::uint64_t> out;
    for (auto it = sources_.lower_bound({host, 0, 0, 0, 0});
         it != sources_.end() && it->first.host == host; ++it)
        if (it->second.memory_bytes > 0 && contact(it->second.at_ns, now_ns) == Contact::Live)
            out = out.value_or(0) + it->second.memory_bytes;
    return out;
}

void State::apply_facts(const telemetry::Facts& facts, std::int64_t at_ns) {
    const SourceKey key = console::key_of(facts.source());
    if (sources_.size() >= kSourcesMax && !sources_.contains(key))
        return;
    SourceWords& words = sources_[key];
    if (facts.has_process())
        take_process(facts, words);
    words.at_ns = at_ns;
    words.facts = std::make_shared<const telemetry::Facts>(facts);
}

void State::apply_snapshot(const telemetry::Snapshot& snapshot, std::int64_t at_ns) {
    HostLink& link = hosts_[snapshot.host()];
    link.boot = snapshot.host_boot();
    link.number = snapshot.host_number();
    link.refused.clear();
    // It is everything that the host knows: what is not in it is gone. How old its parts are only
    // they can say: by the host's clock, against its newest part.
    std::int64_t newest = 0;
    std::set<SourceKey> in_it;
    for (const auto& facts : snapshot.sources()) {
        newest = std::max(newest, facts.wall_ns());
        in_it.insert(console::key_of(facts.source()));
    }
    std::erase_if(sources_, [&](const auto& entry) {
        return entry.first.host == snapshot.host() && !in_it.contains(entry.first);
    });
    for (const auto& facts : snapshot.sources())
        apply_facts(facts, at_ns - (newest - facts.wall_ns()));
}

} // namespace zz::console
