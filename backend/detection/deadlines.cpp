// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/deadlines.h"

#include <algorithm>

#include "backend/detection/bounds.h"

namespace zz::detection {
namespace {

std::size_t index_of(VoteKind vote) {
    return vote == VoteKind::Reply ? 0 : 1;
}

} // namespace

void Deadlines::sample(VoteKind vote, Duration delay) {
    Samples& s = samples_[index_of(vote)];
    delay = std::max(delay, Duration(0));
    if (s.ring.size() < kSamples)
        s.ring.push_back(delay);
    else
        s.ring[s.next] = delay;
    s.next = (s.next + 1) % kSamples;
    std::vector<Duration> sorted = s.ring;
    const std::size_t at = (sorted.size() - 1) * kSamplePercentile / 100;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at),
                     sorted.end());
    s.percentile = sorted[at];
}

Duration Deadlines::length(VoteKind vote) const {
    const Duration base = samples_[index_of(vote)].percentile * limits_.deadline_factor;
    const Duration floor = limits_.deadline_floor * scale();
    return std::clamp(base, floor, std::max(floor, limits_.deadline_cap * scale()));
}

void Deadlines::wake_up_without_conviction() {
    doublings_ = std::min(doublings_ + 1, kDoublingsMax);
}

void Deadlines::rest(Instant now, bool at_rest) {
    if (!at_rest || !at_rest_) {
        at_rest_ = at_rest;
        rest_since_ = now;
        return;
    }
    while (now - rest_since_ >= kRestToHalve) {
        rest_since_ = rest_since_ + kRestToHalve;
        doublings_ -= doublings_ > 0 ? 1U : 0U;
    }
}

void Progress::reported(SequenceNumber n, Instant now) {
    events_.erase(events_.lower_bound(n), events_.end());
    events_.emplace(n, now);
}

Instant Progress::last_below(SequenceNumber n) const {
    const auto at = events_.lower_bound(n);
    return at == events_.begin() ? Instant{} : std::prev(at)->second;
}

void Progress::forget_below(SequenceNumber n) {
    // The last event below stays: it is what a number above it asks for.
    auto at = events_.lower_bound(n);
    if (at != events_.begin())
        events_.erase(events_.begin(), std::prev(at));
}

} // namespace zz::detection
