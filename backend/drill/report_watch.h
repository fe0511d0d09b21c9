// SPDX-License-Identifier: Apache-2.0
// ReportWatch: what execution replicas reported lately to the agreement replica that a drill wraps,
// and the epoch its core last spoke of. A part of a behaviour; bounded, so that no replica can make
// it grow or push out what others said.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "backend/drill/behaviour.h"

namespace zz::drill {

inline constexpr std::size_t kWatchedNumbers = 16; // newest of each slot

class ReportWatch {
  public:
    explicit ReportWatch(Epoch epoch) : epoch_(epoch) {}

    void received(const auth::Verified& m);
    void sent(const std::vector<core::Send>& sends);

    // The highest number that at least `count` slots reported; nothing if there is none.
    std::optional<SequenceNumber> newest(std::uint32_t count) const;
    // What was reported for n, ascending by slot.
    std::vector<message::ColumnEntry> entries(SequenceNumber n) const;
    Epoch epoch() const { return epoch_; }

  private:
    struct Slot {
        Incarnation incarnation;
        std::map<SequenceNumber, Digest>
            reported; // the first for each number; at most kWatchedNumbers
    };
    std::map<SlotId, Slot> slots_; // at most 2f+1: auth lets no other slot in
    Epoch epoch_;
};

} // namespace zz::drill
