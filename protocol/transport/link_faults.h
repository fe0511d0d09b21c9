// SPDX-License-Identifier: Apache-2.0
// LinkFaults: delay, loss and cut of the links of one process, for drills (ZZ-10.1, ZZ-10.2). Both
// directions, by who stands at the far end; what travels through the relay of our host counts as
// the link to its source or destination, and what is for that host itself (telemetry, operators)
// passes untouched, so that a drill can always be ended. Loss is drawn from a seed. A value of the
// transport's thread.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "protocol/transport/transport.h"

namespace zz::transport {

// Frames held back each way; beyond it the oldest pass early.
inline constexpr std::size_t kDelayedFramesMax = 65536;
inline constexpr std::size_t kDelayedBytesMax = 64u << 20;

class LinkFaults {
  public:
    struct Out {
        Peer link;
        Blob frame;
    };

    // In place of the fault before it; what that one held back passes at once.
    void set(LinkFault fault);
    void clear();
    bool active() const {
        return fault_.has_value() || !out_.frames.empty() || !in_.frames.empty();
    }

    // Whether the frame passes now. If not it was lost, or is kept until it is due.
    bool passes_out(Instant now, const Peer& link, Blob& frame);
    bool passes_in(Instant now, Received& received);
    // What is due, in the order in which it came.
    std::vector<Out> take_out(Instant now);
    std::vector<Received> take_in(Instant now);
    Instant wake_at() const;

    std::uint64_t lost() const { return lost_; }

  private:
    template <class T> struct Line {
        struct Held {
            Instant due;
            T frame;
        };
        std::deque<Held> frames;
        std::size_t bytes = 0;
    };

    enum class Fate : std::uint8_t { Passes, Lost, Late };
    Fate fate(const std::optional<Peer>& far);
    template <class T> static void hold(Line<T>& line, Instant due, T frame);
    template <class T> static std::vector<T> take(Line<T>& line, Instant now);

    std::optional<LinkFault> fault_;
    std::mt19937_64 random_;
    Line<Out> out_;
    Line<Received> in_;
    std::uint64_t lost_ = 0;
};

} // namespace zz::transport
