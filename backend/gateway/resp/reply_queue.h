// SPDX-License-Identifier: Apache-2.0
// ReplyQueue: replies leave in the order of their requests, whatever the order in which they come.
// Owned by a Connection, which bounds it; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "protocol/base/bytes.h"

namespace zz::gateway::resp {

class ReplyQueue {
  public:
    using Slot = std::uint64_t;

    // A place behind all others.
    Slot open();
    // Precondition: `slot` was opened and is not filled yet.
    void fill(Slot slot, Bytes reply);
    // Moves all replies that no open place stands before to the end of `out`.
    void drain(Bytes& out);

    std::size_t size() const { return slots_.size(); }
    std::size_t bytes() const { return bytes_; } // of filled places
    bool empty() const { return slots_.empty(); }

  private:
    std::deque<std::optional<Bytes>> slots_;
    Slot first_ = 0; // number of slots_.front()
    std::size_t bytes_ = 0;
};

} // namespace zz::gateway::resp
