// SPDX-License-Identifier: GPL-3.0-or-later
// HostStream: follows the numbers of one host's updates: finds holes and restarts, and says when a
// snapshot and missing events must be asked for. Sans-IO: `now` is handed in. A value.
#pragma once

#include <optional>
#include <vector>

#include "console/core/arrival.h"
#include "protocol/telemetry/operator.pb.h"

namespace zz::console {

inline constexpr std::int64_t kAskAgainNs = 2 * kNs;

class HostStream {
  public:
    explicit HostStream(std::uint32_t host) : host_(host) {}

    // What to hand on: the update, notes about holes before it; nothing if it was there already.
    std::vector<Arrival> published(std::int64_t now_ns, telemetry::Update update);
    std::vector<Arrival> answered(std::int64_t now_ns, const telemetry::Answer& answer);
    std::vector<Arrival> reachable(std::int64_t now_ns, bool yes);
    // Called often; while there is no connection it tells so.
    std::vector<Arrival> tick(std::int64_t now_ns);

    // Whether a snapshot and the events after `events_after()` must be asked for now.
    bool wants_snapshot(std::int64_t now_ns) const;
    std::uint64_t events_after() const { return all_ ? 0 : hole_ ? hole_->after : seen_; }
    void asked(std::int64_t now_ns) { asked_ns_ = now_ns; }
    void ask_again() { dirty_ = true, asked_ns_ = 0; }
    // Events that were handed on are asked for again too: they come as known.
    void ask_all() { all_ = true, ask_again(); }

  private:
    struct Hole {
        std::uint64_t after = 0, count = 0; // numbers after+1 .. are missing
    };
    void lost_some(std::int64_t now_ns, std::uint64_t count, std::vector<Arrival>& out);

    std::uint32_t host_;
    std::uint64_t boot_ = 0, newest_ = 0; // of the stream
    std::uint64_t seen_ = 0;              // events up to here were handed on
    std::optional<Hole> hole_;
    bool dirty_ = true; // what we know may be wrong: needs a snapshot
    bool all_ = false;
    bool has_past_ = false; // events of before the first one that was published were handed on
    bool linked_ = false;
    bool refused_ = false; // it speaks another version
    std::int64_t asked_ns_ = 0, told_ns_ = 0, heard_ns_ = 0;
    std::uint64_t attempt_ = 0;
};

} // namespace zz::console
