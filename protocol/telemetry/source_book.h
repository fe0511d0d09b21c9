// SPDX-License-Identifier: Apache-2.0
// SourceBook: the newest facts of every source as hosts told them, and how whole each host's stream
// is. Takes from a host only what lives there by the cluster file, so that one lying host speaks
// for its own replicas alone; the rest is counted. Bounded by the cluster. A plain value.
#pragma once

#include <map>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/telemetry/principal.h"

namespace zz::telemetry {

inline constexpr Duration kFreshFor = seconds(4);       // of facts, else they are no claims
inline constexpr std::size_t kIncarnationsKnownMax = 4; // of a slot, the newest
inline constexpr std::size_t kBootsKnownMax = 4;        // of a source, the newest

struct SourceKey {
    std::uint32_t application = 0; // ApplicationId + 1; 0 = a host as a whole
    PrincipalId principal;
    friend auto operator<=>(const SourceKey&, const SourceKey&) = default;
};
SourceKey key_of(const Source& source);

struct KnownSource {
    Facts facts;                                   // none yet: facts.wall_ns() == 0
    std::uint32_t host = 0;                        // that told it last
    std::map<std::uint64_t, std::uint64_t> events; // newest number taken, of each boot
    std::uint64_t lost = 0;                        // numbers that were passed over
};

struct KnownHost {
    std::uint64_t boot = 0, number = 0;
    std::int64_t heard_ns = 0; // reader's clock
    std::int64_t clock_ns = 0; // newest wall clock of the host itself
    std::uint64_t lost = 0;    // numbers of its stream that were passed over
    bool whole = false;        // a snapshot was taken and nothing is missing since
};

class SourceBook {
  public:
    explicit SourceBook(ClusterFacts cluster) : cluster_(std::move(cluster)) {}

    const ClusterFacts& cluster() const { return cluster_; }

    // In the order of arrival; events that an EventsRequest brought before later ones of the
    // stream. `update.host()` is the host whose link it came over: the caller made sure. After a
    // hole (`hosts().at(h).whole` false) a new Snapshot makes it whole again. True: the update is
    // news; false: told before, or not believed.
    bool take(std::int64_t received_ns, const Update& update);

    const std::map<SourceKey, KnownSource>& sources() const { return sources_; }
    const std::map<std::uint32_t, KnownHost>& hosts() const { return hosts_; }
    // Null if nothing is known.
    const Facts* facts(const SourceKey& key) const;

    // How old the facts are now: by the clock of the host that told them, plus the silence of that
    // host; clocks of different hosts are never compared.
    Duration age(const KnownSource& source, std::int64_t now_ns) const;
    bool is_fresh(const KnownSource& source, std::int64_t now_ns) const {
        return source.facts.wall_ns() != 0 && age(source, now_ns) < kFreshFor;
    }
    bool is_up(std::uint32_t host, std::int64_t now_ns) const;
    // Updates that a host told of sources that do not live there.
    std::uint64_t refused() const { return refused_; }

  private:
    bool take_facts(std::uint32_t host, const Facts& facts);
    bool take_event(std::uint32_t host, const Event& event);
    void take_snapshot(std::int64_t received_ns, const Snapshot& snapshot);
    bool is_next(KnownHost& host, std::uint64_t number);
    void forget_old_incarnations(const SourceKey& key);

    ClusterFacts cluster_;
    std::map<SourceKey, KnownSource> sources_;
    std::map<std::uint32_t, KnownHost> hosts_;
    std::uint64_t refused_ = 0;
};

} // namespace zz::telemetry
