// SPDX-License-Identifier: Apache-2.0
// Fold: everything that is known of a data center from the updates of its hosts, live or recorded:
// facts (fold_state.h), throughput (fold_throughput.h), phases (fold_phases.h), disputes
// (fold_matrix.h). The same updates with the same times of receipt give the same answers: a
// recording replayed shows what was shown. No IO; of one thread; bounded everywhere.
#pragma once

#include <map>
#include <memory>

#include "protocol/telemetry/fold_matrix.h"
#include "protocol/telemetry/fold_phases.h"
#include "protocol/telemetry/fold_state.h"
#include "protocol/telemetry/fold_throughput.h"
#include "protocol/telemetry/session.pb.h"

namespace zz::telemetry {

class Fold {
  public:
    explicit Fold(ClusterFacts cluster);

    // See SourceBook::take. Times of receipt that go back count as the newest one. True: news.
    bool take(std::int64_t received_ns, const Update& update);
    // From a session file: what was known there. Events are not in it.
    void take(const SessionKeyframe& keyframe);

    const ClusterFacts& cluster() const { return book_.cluster(); }
    const SourceBook& book() const { return book_; }
    std::int64_t newest_ns() const { return newest_ns_; }

    // Precondition for all: `application` is of the cluster file.
    ApplicationView view(std::uint32_t application, std::int64_t now_ns) const;
    const ThroughputFold& throughput(std::uint32_t application) const;
    const PhaseFold& phases(std::uint32_t application) const;
    const DisputeFold& disputes(std::uint32_t application) const;

  private:
    struct Part {
        ThroughputFold throughput;
        PhaseFold phases;
        DisputeFold disputes;
        std::int64_t sampled_s = 0;
    };
    void take_event(const Event& event);
    void sample();

    SourceBook book_;
    std::map<std::uint32_t, Part> parts_;
    std::int64_t newest_ns_ = 0;
};

} // namespace zz::telemetry
