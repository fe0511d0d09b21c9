// SPDX-License-Identifier: Apache-2.0
// Hub: what a zz-host knows of its services: the newest facts of each source, a bounded ring of
// events, and evidence. It checks bounds and that a message names the source it came from, numbers
// what it takes and hands it on to be published. A plain value in one thread; the evidence folder
// is the one thing outside.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "protocol/base/ids.h"
#include "protocol/telemetry/operator.pb.h"
#include "protocol/transport/peer.h"

namespace zz::services {

inline constexpr std::size_t kHubEventsMax = 16384;
inline constexpr std::size_t kEvidenceItemsMax = 1024;                  // the oldest goes
inline constexpr std::string_view kConfigurationText = "configuration"; // kept among them

class Hub {
  public:
    // `publish` gets every numbered Update, encoded.
    Hub(HostId host, std::uint64_t boot, std::string evidence_folder,
        std::function<void(const std::string&)> publish);

    // An Update as `from` sent it. False: dropped, and counted.
    bool take(const transport::Peer& from, std::string_view bytes);
    // Of the host itself.
    void own(telemetry::Update update);

    telemetry::Snapshot snapshot() const;
    telemetry::Events events(std::uint64_t after, std::uint32_t count_max) const;
    telemetry::EvidenceItems evidence() const;
    // With the configurations of its application. Without the item, if only those are here; its id
    // is empty then. Nothing if nothing is here.
    std::optional<telemetry::EvidenceItem> evidence(const telemetry::EvidenceGet& wanted) const;
    telemetry::Heartbeat heartbeat() const;
    // The one that came last if it was the last thing that came, else null.
    const telemetry::Event* newest_event() const;
    std::uint64_t dropped() const { return dropped_; }

  private:
    using SourceKey = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;

    void number(telemetry::Update& update);
    void keep_evidence(telemetry::Event& event);
    void load_evidence();

    HostId host_;
    std::uint64_t boot_;
    std::string evidence_folder_;
    std::function<void(const std::string&)> publish_;
    std::uint64_t number_ = 0, dropped_ = 0;
    std::map<SourceKey, telemetry::Facts> facts_;
    std::deque<telemetry::Update> events_;
    std::size_t event_bytes_ = 0;
    std::map<std::string, telemetry::EvidenceItem> evidence_;
    std::deque<std::string> evidence_order_;
};

} // namespace zz::services
