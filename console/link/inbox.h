// SPDX-License-Identifier: GPL-3.0-or-later
// Inbox: what the worker thread has for the window's thread, which takes it in portions. Bounded:
// when it is full, facts that newer ones of their source replace go first, then the oldest events;
// what went is counted per host and told as a note. Any thread.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "console/core/arrival.h"
#include "protocol/telemetry/operator.pb.h"

namespace zz::console {

inline constexpr std::size_t kInboxMax = 40'000;

// What a host answered to a request, or that it did not.
struct Reply {
    std::uint64_t request = 0;
    std::uint32_t host = 0;
    bool answered = false; // else the time was over, or the link broke: the outcome is unknown
    telemetry::Answer answer;
};

class Inbox {
  public:
    explicit Inbox(std::size_t most = kInboxMax) : most_(most) {}

    void put(Arrival arrival);
    void put(Reply reply);
    // At most `count` of the oldest.
    std::vector<Arrival> take(std::size_t count);
    std::vector<Reply> take_replies();
    std::size_t waiting() const;

  private:
    void make_room();

    mutable std::mutex mutex_;
    std::size_t most_;
    std::deque<Arrival> arrivals_;
    std::vector<Reply> replies_; // one a request and host: bounded by what was asked
    std::map<std::uint32_t, std::uint64_t> dropped_;
    std::int64_t newest_ns_ = 0;
};

} // namespace zz::console
