// SPDX-License-Identifier: Apache-2.0
// Auditor: what a zz-host writes into its audit log, and when. What changes something is written,
// durably, before it takes effect. Reads, and equal refusals after the first, are counted and
// written as one entry with its number of times, at the latest after kAuditWindow: a console that
// asks each second, or a flood, does not fill the disk. One thread.
#pragma once

#include <map>
#include <tuple>

#include "backend/services/audit_log.h"
#include "protocol/base/instant.h"
#include "protocol/cluster/cluster.h"

namespace zz::services {

inline constexpr Duration kAuditWindow = seconds(600);
inline constexpr std::size_t kAuditCountedMax = 256; // kinds of entries counted at once
// Different refusals and outcomes in one window; further ones are counted together.
inline constexpr std::uint32_t kAuditLinesPerWindow = 500;

class Auditor {
  public:
    Auditor(const cluster::Cluster& cluster, AuditLog log)
        : cluster_(&cluster), log_(std::move(log)) {}

    // Of `who`, before it takes effect. An Error: it is not recorded.
    Status accepted(OperatorId who, const telemetry::CommandBody& command);
    // It changes nothing.
    void read(OperatorId who, const telemetry::CommandBody& command);
    // `command` as it was asked, in words. False: it is one more of a kind, and only counted.
    bool refused(OperatorId who, const std::string& command, const std::string& reason,
                 const std::string& why);
    // A key that is in no list tried to connect.
    bool stranger(const ExchangeKey& key, const std::string& address);
    // What a service of this host told of a command.
    void outcome(const std::string& service, const std::string& text);

    // Writes what was counted for long enough.
    void on_turn(Instant now);
    // Writes all of it.
    void flush();

    const AuditLog& log() const { return log_; }
    std::uint64_t lost() const { return lost_; } // entries that the disk did not take

  private:
    using Key = std::tuple<std::uint32_t, std::string, std::string, std::string>;
    static Key key_of(const telemetry::AuditEntry& entry);

    telemetry::AuditEntry entry_of(OperatorId who) const;
    void count(telemetry::AuditEntry entry);
    bool first_then_count(telemetry::AuditEntry entry);
    void write(telemetry::AuditEntry entry);

    const cluster::Cluster* cluster_;
    AuditLog log_;
    std::map<Key, telemetry::AuditEntry> counted_; // times = not written yet
    std::uint32_t lines_ = 0;
    Instant window_ends_{};
    std::uint64_t lost_ = 0;
};

} // namespace zz::services
