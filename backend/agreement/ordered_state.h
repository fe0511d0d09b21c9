// SPDX-License-Identifier: Apache-2.0
// OrderedState: what agreement knows by executing batches in order: configuration, lane table,
// agreed time, history (ZZ-5.2). Equal on all correct replicas at equal n; its encoding is the
// agreement state of a checkpoint.
#pragma once

#include "backend/agreement/lane_table.h"
#include "backend/agreement/membership.h"
#include "protocol/core/exchange.h"

namespace zz::agreement {

// What one batch did.
struct Effects {
    Timestamp time;                             // effective (ZZ-3.4)
    std::vector<core::OrderedRequest> requests; // that execute, in order
    bool configuration_changed = false;
    std::vector<core::Conviction> convictions;
};

class OrderedState {
  public:
    explicit OrderedState(const Options& options);

    SequenceNumber n() const { return n_; }
    Timestamp time() const { return time_; }
    const Membership& members() const { return members_; }
    const LaneTable& lanes() const { return lanes_; }

    // Executes the batch of n() + 1.
    Effects apply(const Digest& batch_digest, const message::Batch& batch);

    Bytes encode() const;
    // False (and nothing changed) if `bytes` is no state of our clients and slots.
    bool decode(ByteView bytes);

  private:
    SequenceNumber n_;
    Timestamp time_;
    Digest history_;
    Membership members_;
    LaneTable lanes_;
};

} // namespace zz::agreement
