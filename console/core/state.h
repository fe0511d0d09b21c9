// SPDX-License-Identifier: GPL-3.0-or-later
// State: the fold over arrivals: the newest words of each source and what is known of each link.
// What one source says is not a fact; model/cluster_view.h counts. A value: cheap to copy (facts
// are shared), so that a history keeps many of them. Of no thread, knows no clock.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <vector>

#include "console/core/arrival.h"

namespace zz::console {

inline constexpr std::size_t kSourcesMax = 65536; // of all hosts; further ones are not kept

struct SourceKey {
    std::uint32_t host = 0;
    std::uint32_t application = 0; // ApplicationId + 1; 0 = the host as a whole
    std::uint32_t role = 0, index = 0, incarnation = 0;
    friend auto operator<=>(const SourceKey&, const SourceKey&) = default;
};
SourceKey key_of(const telemetry::Source& source);

struct SourceWords {
    std::int64_t at_ns = 0; // when they came
    std::shared_ptr<const telemetry::Facts> facts;
    // Processor cores that its process uses; negative: not known yet. Counted from words of before.
    double cores = -1;
    std::uint64_t cpu_ns = 0, memory_bytes = 0;
    std::int64_t cpu_wall_ns = 0;
};

// Targets of a drill that told the end of their part, and how; without host and application.
using DrillEnds = std::map<SourceKey, std::string>;
inline constexpr std::size_t kDrillEndsMax = 256; // the oldest goes; as many as hosts list

// How a host is heard.
enum class Contact : std::uint8_t { Never, Live, Stale, Lost, Refused };

struct HostLink {
    bool linked = false;
    std::uint64_t boot = 0, number = 0;
    std::int64_t heard_ns = 0;  // last arrival of any kind
    std::int64_t offset_ns = 0; // its clock minus ours, the least delayed of the last heartbeats
    std::int64_t beat_ns = 0;   // when its last heartbeat came
    std::uint64_t updates = 0, events = 0;
    std::uint64_t missing = 0; // updates that never came
    std::uint64_t dropped = 0; // that this console could not take
    // Of the last gap; its count is that of before and after what came after all.
    std::int64_t gap_from_ns = 0, gap_to_ns = 0;
    std::uint64_t gap_missing = 0;
    std::uint64_t attempt = 0, retry_ms = 0;
    std::uint32_t protocol = 0;
    std::string program, refused;
};

// Live below 2 heartbeats, stale below 5 (console: "freshness per source").
Contact contact(const HostLink& link, std::int64_t now_ns);
Contact contact(std::int64_t heard_ns, std::int64_t now_ns);

class State {
  public:
    void apply(const Arrival& arrival);

    const std::map<SourceKey, SourceWords>& sources() const { return sources_; }
    const std::map<std::uint32_t, HostLink>& hosts() const { return hosts_; }
    const HostLink* host(std::uint32_t id) const;
    const DrillEnds* drill_ends(const std::string& id) const;
    // What the processes of a host use, all together: processor cores, bytes of memory; none: not
    // told.
    std::optional<double> host_cores(std::uint32_t host, std::int64_t now_ns) const;
    std::optional<std::uint64_t> host_memory(std::uint32_t host, std::int64_t now_ns) const;
    std::int64_t at_ns() const { return at_ns_; } // of the newest arrival
    const std::string& environment() const { return environment_; }
    const std::string& cluster_name() const { return cluster_name_; }

  private:
    void apply_note(const Note& note, std::int64_t at_ns);
    void apply_facts(const telemetry::Facts& facts, std::int64_t at_ns);
    void apply_snapshot(const telemetry::Snapshot& snapshot, std::int64_t at_ns);
    void apply_drill_end(const telemetry::Event& event);

    using EndsById = std::vector<std::pair<std::string, DrillEnds>>; // oldest first
    std::map<SourceKey, SourceWords> sources_;
    std::map<std::uint32_t, HostLink> hosts_;
    std::shared_ptr<const EndsById> ends_; // shared by copies; null: none
    std::int64_t at_ns_ = 0;
    std::string environment_, cluster_name_;
};

} // namespace zz::console
