// SPDX-License-Identifier: Apache-2.0
// FrameQueue: frames that wait for one peer, oldest first. Bounded; what is over the bound is
// dropped from the old end, since a newer vote says more than an older one. A value.
#pragma once

#include <cstdint>
#include <deque>

#include "protocol/base/bytes.h"
#include "protocol/transport/limits.h"

namespace zz::transport {

class FrameQueue {
  public:
    // How many frames were dropped to make room.
    std::uint64_t push(Blob frame);
    bool empty() const { return frames_.empty(); }
    std::size_t size() const { return frames_.size(); }
    std::size_t bytes() const { return bytes_; }
    // Appends the oldest frames to a message within kFramesPerMessageMax and kMessageBytesMax, at
    // least one if there is one. They stay in the queue; the number is for drop_front.
    std::size_t peek_into(Bytes& message) const;
    void drop_front(std::size_t count);
    void clear();

  private:
    std::deque<Blob> frames_;
    std::size_t bytes_ = 0;
};

} // namespace zz::transport
