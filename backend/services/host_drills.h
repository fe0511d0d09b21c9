// SPDX-License-Identifier: Apache-2.0
// HostDrills: what a zz-host itself knows and plays of drills (ZZ-10): the list of those whose
// lease holds, for operators; and the relay's part of `host-stop` (it passes nothing on) and
// `host-lie` (it garbles what it passes on). The commands were checked before they come here. Part
// of zz-host; one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/cluster/cluster.h"
#include "protocol/telemetry/operator.pb.h"
#include "protocol/transport/peer.h"

namespace zz::drill {
struct Order;
}

namespace zz::services {

inline constexpr std::size_t kListedDrillsMax = 256; // beyond it the oldest is no longer listed

enum class RelayPlay : std::uint8_t { Honest, Shut, Garbles };

class HostDrills {
  public:
    // `reachable`: whether a service of this host is linked to it now.
    HostDrills(const cluster::Cluster& cluster, HostId self,
               std::function<bool(const transport::Peer&)> reachable)
        : cluster_(&cluster), self_(self), reachable_(std::move(reachable)) {}

    struct Told { // for telemetry
        bool begun = false;
        std::string text; // "ID NAME", "ID lease ended"
        std::uint64_t lease_ms = 0;
    };

    // Start, stop, stop-all, renew; anything else is ignored. The Error says what cannot be played.
    Status take(const telemetry::CommandBody& body, Instant now, std::int64_t wall_ns);
    // Ends what is over. What began and ended at this host since the last call, each once.
    std::vector<Told> look(Instant now);
    Instant wake_at() const { return own_ ? own_->ends : kNever; }

    RelayPlay relay() const { return own_ ? own_->play : RelayPlay::Honest; }
    std::vector<telemetry::DrillFacts> list(Instant now) const;

  private:
    struct Listed {
        telemetry::DrillFacts facts;
        Instant ends;
    };
    struct Own {
        std::string id;
        RelayPlay play = RelayPlay::Honest;
        Instant ends;
    };

    Status start(const telemetry::CommandBody& body, Instant now, std::int64_t wall_ns);
    // A replica of this host that the order cannot reach would never play, nor say so.
    Status check_reachable(const drill::Order& order, ApplicationId application) const;
    void end_own(std::string_view why);

    const cluster::Cluster* cluster_;
    HostId self_;
    std::function<bool(const transport::Peer&)> reachable_;
    std::vector<Listed> listed_; // at most kListedDrillsMax
    std::optional<Own> own_;
    std::vector<Told> told_; // at most two for each command
};

} // namespace zz::services
