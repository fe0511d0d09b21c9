// SPDX-License-Identifier: Apache-2.0
// FactStore: the newest facts of each source of a host, and who fell silent. Bounded by sources
// and by bytes, so that a snapshot fits an answer; where the bytes do not suffice, the largest
// facts go first. Of an execution slot the newest incarnations are known. Owned by the Hub; a plain
// value.
#pragma once

#include <map>
#include <vector>

#include "backend/services/shares.h"
#include "protocol/telemetry/source_book.h"
#include "protocol/telemetry/version.h"

namespace zz::services {

inline constexpr Duration kLostAfter = seconds(5); // without any facts

class FactStore {
  public:
    struct Bounds {
        std::size_t sources = telemetry::kSourcesMax;
        std::size_t bytes = telemetry::kSnapshotBytesMax;
    };
    FactStore() : FactStore(Bounds()) {}
    explicit FactStore(Bounds bounds) : bounds_(bounds) {}

    // False: there are too many sources, or these facts are what does not fit.
    bool take(telemetry::Facts facts, Instant now);
    // It told that this boot of it stops: from now on its silence is none.
    void stopped(const telemetry::Source& source);

    // Who was not heard for kLostAfter though it should run, each once until it is heard again: as
    // the host's controller tells, its machine runs; of a controller and of a client that no host
    // runs nobody knows better.
    std::vector<telemetry::SourceKey> newly_lost(Instant now);

    struct Kept {
        telemetry::Facts facts;
        Instant heard;
        std::uint64_t stopped_boot = 0;
        bool quiet = false; // stopped, or told as lost
    };
    const std::map<telemetry::SourceKey, Kept>& all() const { return kept_; }
    std::size_t bytes() const { return shares_.total(); }

  private:
    void forget(const telemetry::SourceKey& source);
    void forget_old_incarnations(const telemetry::SourceKey& source);
    bool should_run(const telemetry::SourceKey& source, const Kept& kept) const;

    Bounds bounds_;
    std::map<telemetry::SourceKey, Kept> kept_;
    Shares<telemetry::SourceKey> shares_;
};

} // namespace zz::services
