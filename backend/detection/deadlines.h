// SPDX-License-Identifier: Apache-2.0
// Deadlines: how long a report may take (ZZ-6.1). Per kind a running percentile of the (f+1)-th
// matching report, counted from the start of the number; times K, between a floor and a cap. Floor,
// cap, recovery and completion deadline double at each wake-up without conviction and halve, down
// to the defaults, after each 60 s at rest.
//
// Progress: when f+1 reports for a number came in, so that the deadline of a higher one starts no
// earlier. Plain values inside the detection core.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/cluster/limits.h"

namespace zz::detection {

class Deadlines {
  public:
    explicit Deadlines(const cluster::Limits& limits) : limits_(limits) {}

    // The (f+1)-th matching report of this kind took `delay` from its start; zero if it came
    // before.
    void sample(VoteKind vote, Duration delay);
    Duration length(VoteKind vote) const;
    Duration recovery() const { return limits_.recovery_deadline * scale(); }
    Duration completion() const { return limits_.completion_deadline * scale(); }

    void wake_up_without_conviction();
    // At rest or not, as of now; halves after each 60 s of it.
    void rest(Instant now, bool at_rest);
    std::uint32_t scale() const { return 1U << doublings_; }

  private:
    struct Samples {
        std::vector<Duration> ring;
        std::size_t next = 0;
        Duration percentile{0};
    };
    cluster::Limits limits_;
    std::array<Samples, 2> samples_;
    std::uint32_t doublings_ = 0;
    bool at_rest_ = false;
    Instant rest_since_;
};

class Progress {
  public:
    // f+1 reports for n are in, for the first time.
    void reported(SequenceNumber n, Instant now);
    // When that last happened for a number below n; the origin of time if it never did.
    Instant last_below(SequenceNumber n) const;
    void forget_below(SequenceNumber n);

  private:
    // Ascending in both number and time: an earlier event of a higher number can never be the last
    // one below.
    std::map<SequenceNumber, Instant> events_;
};

} // namespace zz::detection
