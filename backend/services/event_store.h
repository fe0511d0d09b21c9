// SPDX-License-Identifier: Apache-2.0
// EventStore: the events that a zz-host keeps, by their number in its stream. Each source has its
// bound, all together another; where that is reached, the oldest of the source that takes most
// goes, so that one that tells much pushes out nobody else's. Owned by the Hub; a plain value.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "backend/services/shares.h"
#include "protocol/telemetry/source_book.h"
#include "protocol/telemetry/version.h"

namespace zz::services {

// What keeping an event costs besides its bytes, so that the bound is one of memory.
inline constexpr std::size_t kEventOverheadBytes = 160;

class EventStore {
  public:
    struct Bounds {
        std::size_t of_source = telemetry::kEventsPerSourceMax; // events
        std::size_t bytes = telemetry::kEventBytesMax;          // of all, with the overhead
    };
    EventStore() : EventStore(Bounds()) {}
    explicit EventStore(Bounds bounds) : bounds_(bounds) {}

    // `number` is above all before it; `update` is encoded.
    void add(const telemetry::SourceKey& source, std::uint64_t number, std::string update);

    struct Kept {
        telemetry::SourceKey source;
        std::string update;
    };
    const std::map<std::uint64_t, Kept>& all() const { return kept_; }
    std::size_t bytes() const { return shares_.total(); }
    std::uint64_t forgotten() const { return forgotten_; }

  private:
    void forget_oldest(const telemetry::SourceKey& source);

    Bounds bounds_;
    std::map<std::uint64_t, Kept> kept_;
    std::map<telemetry::SourceKey, std::deque<std::uint64_t>> of_; // never an empty one
    Shares<telemetry::SourceKey> shares_;
    std::uint64_t forgotten_ = 0;
};

} // namespace zz::services
