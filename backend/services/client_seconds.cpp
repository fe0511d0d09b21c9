// SPDX-License-Identifier: Apache-2.0
#include "backend/services/client_seconds.h"

#include <algorithm>
#include <utility>

namespace zz::services {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

} // namespace

void ClientSeconds::replied(std::int64_t wall_ns, Duration latency) {
    go_on_to(wall_ns / kNsPerSecond);
    const auto us =
        static_cast<std::uint64_t>(std::max<std::int64_t>(latency / microseconds(1), 0));
    open_.add(us);
    since_.add(us);
    max_us_ = std::max(max_us_, us);
}

// A clock that was set back goes on in the open second.
void ClientSeconds::go_on_to(std::int64_t wall_s) {
    if (wall_s_ == 0)
        wall_s_ = wall_s;
    // What lies further back than is kept is not told anyhow.
    const auto kept = static_cast<std::int64_t>(telemetry::kSecondsMax);
    for (; wall_s_ < wall_s; wall_s_ = std::max(wall_s_ + 1, wall_s - kept)) {
        telemetry::ClientSecond second;
        second.set_wall_s(wall_s_);
        second.set_replies(open_.total());
        second.set_p50_us(std::min(open_.percentile(50), max_us_));
        second.set_p99_us(std::min(open_.percentile(99), max_us_));
        second.set_max_us(max_us_);
        open_.store(second);
        over_.push_back(std::move(second));
        if (over_.size() > telemetry::kSecondsMax)
            over_.pop_front();
        open_ = {};
        max_us_ = 0;
    }
}

void ClientSeconds::fill(std::int64_t wall_ns, telemetry::ClientFacts& facts) {
    go_on_to(wall_ns / kNsPerSecond);
    for (const auto& second : over_)
        *facts.add_seconds() = second;
    facts.set_p50_us(since_.percentile(50));
    facts.set_p99_us(since_.percentile(99));
    since_ = {};
}

} // namespace zz::services
