// SPDX-License-Identifier: Apache-2.0
// FairQueue: frames of clients that wait until a replica has time for them (K6). Served next is the
// client that has cost the least time; one that was idle starts level with the others, it saves up
// nothing. Each client has a quota of frames per second, of which one that was not good takes many:
// signatures are what checking costs. A plain value; time is handed in. One thread.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/base/instant.h"

namespace zz::runtime {

// Of one client; what comes beyond any of them is dropped, and its client repeats it.
inline constexpr std::size_t kClientFramesMax = 1024;
inline constexpr std::size_t kClientQueueBytesMax = 32u << 20;
inline constexpr std::int64_t kClientFramesPerSecond = 16'384; // saved up for one second
inline constexpr std::int64_t kBadFrameCost = 256;             // so many count as one good one
// Clients that are known; the allow-list is no longer than this.
inline constexpr std::size_t kFairClientsMax = 1024;

class FairQueue {
  public:
    struct Waiting {
        PrincipalId client;
        Blob frame;
    };

    // False: beyond the client's quota, dropped.
    bool push(Instant now, const PrincipalId& client, Blob frame);
    // The next one; nothing if none waits.
    std::optional<Waiting> pop();
    // What a frame of this client has cost; `good`: it could be verified.
    void charge(const PrincipalId& client, Duration cost, bool good);

    bool empty() const { return waiting_ == 0; }
    std::uint64_t dropped() const { return dropped_; }

  private:
    struct Client {
        std::deque<Blob> frames;
        std::size_t bytes = 0;
        Duration used{0};
        std::int64_t tokens = kClientFramesPerSecond;
        Instant filled{INT64_MIN};
    };
    void refill(Client& client, Instant now) const;

    std::map<PrincipalId, Client> clients_;
    Duration turn_{0}; // what the one that was served last had used
    std::size_t waiting_ = 0;
    std::uint64_t dropped_ = 0;
};

} // namespace zz::runtime
