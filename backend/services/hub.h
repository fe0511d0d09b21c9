// SPDX-License-Identifier: Apache-2.0
// Hub: what a zz-host knows of its services: the newest facts of each source (FactStore), the
// newest events (EventStore), and evidence. It checks bounds and that a message names the source it
// came from, numbers what it takes and hands it on to be published. A plain value in one thread;
// the evidence folder is the one thing outside.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "backend/services/event_store.h"
#include "backend/services/fact_store.h"
#include "protocol/base/ids.h"
#include "protocol/telemetry/operator.pb.h"
#include "protocol/transport/peer.h"

namespace zz::services {

// In memory and on disk; the oldest of the reporter that takes most goes.
inline constexpr std::size_t kEvidenceItemsMax = 1024;
inline constexpr std::size_t kEvidenceBytesMax = 128u << 20;
// What one source may tell in a second; the rest is dropped and counted. A Feed that was full
// brings kFeedEventsMax at once.
inline constexpr std::size_t kUpdatesPerSecondMax = 8192;
inline constexpr std::size_t kUpdateBytesPerSecondMax = 64u << 20;
inline constexpr std::string_view kConfigurationText = "configuration"; // kept among them

class Hub {
  public:
    // `publish` gets every numbered Update, encoded. `guests`: the execution replicas of this host
    // are; a guest's clock stands still while it sleeps, so what it tells has the time of arrival.
    Hub(HostId host, bool guests, std::uint64_t boot, std::string evidence_folder,
        std::function<void(const std::string&)> publish);

    // An Update as `from` sent it. False: dropped, and counted.
    bool take(const transport::Peer& from, std::string_view bytes, Instant now);
    // Of the host itself.
    void own(telemetry::Update update, Instant now);
    // See FactStore::newly_lost.
    std::vector<telemetry::SourceKey> newly_lost(Instant now) { return facts_.newly_lost(now); }

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
    const FactStore& facts() const { return facts_; }
    const EventStore& kept_events() const { return events_; }
    std::uint64_t newest_number() const { return number_; }

  private:
    struct Told { // since `from`
        Instant from;
        std::size_t updates = 0, bytes = 0;
    };
    bool within_quota(const transport::Peer& from, std::size_t bytes, Instant now);
    void number(telemetry::Update& update);
    void keep_evidence(telemetry::Event& event);
    void load_evidence();
    void add_evidence(telemetry::EvidenceItem item);
    void forget_evidence(const telemetry::SourceKey& reporter);

    HostId host_;
    bool guests_;
    std::uint64_t boot_;
    std::string evidence_folder_;
    std::function<void(const std::string&)> publish_;
    std::uint64_t number_ = 0, dropped_ = 0;
    std::map<transport::Peer, Told> told_; // of peers that the transport admitted
    FactStore facts_;
    EventStore events_;
    std::optional<telemetry::Event> newest_; // with the number number_
    std::map<std::string, telemetry::EvidenceItem> evidence_;
    std::deque<std::string> evidence_order_;
    Shares<telemetry::SourceKey> evidence_shares_;
};

} // namespace zz::services
