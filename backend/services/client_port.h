// SPDX-License-Identifier: Apache-2.0
// ClientPort: client::Core under the shell, for whoever brings operations: the gateway and the load
// generator. Hands out lanes, keeps their numbers, measures. Part of a service; one thread.
#pragma once

#include <functional>
#include <optional>

#include "backend/runtime/loop.h"
#include "backend/runtime/shell.h"
#include "backend/services/client_seconds.h"
#include "backend/services/lane_book.h"
#include "backend/services/setup.h"
#include "protocol/client/core.h"

namespace zz::services {

class ClientPort {
  public:
    using OnReply = std::function<void(LaneId, ByteView result, Duration latency)>;

    // `lanes_file`: of the LaneBook.
    ClientPort(Setup& setup, runtime::Loop& loop, LaneBook book, OnReply on_reply);

    // Binds the client's endpoint and dials the agreement replicas.
    Status start();

    // A lane without a request, taken until its reply; none if all are busy.
    std::optional<LaneId> take_lane();
    // Precondition: the lane was taken, or its reply came during this call of OnReply.
    void submit(LaneId lane, Bytes operation, std::uint32_t budget = 0);
    // A taken lane that is not needed.
    void give_back(LaneId lane) { free_.push_back(lane); }

    void on_frame(Instant now, const PrincipalId& link, const Blob& frame) {
        shell_.frame(now, frame, link);
    }
    // Of a drill; outlives this.
    void set_wrapper(core::Wrapper* wrapper) { shell_.set_wrapper(wrapper); }
    const auth::Identity& identity() const { return node_.sealer().identity(); }
    void on_turn(Instant now);
    runtime::Node& node() { return node_; }
    Instant wake_at() const { return submitted_ ? Instant{} : shell_.wake_at(); }
    void fill(telemetry::Facts& facts);
    // Enough replicas have a link to answer at once: earlier requests would look like silence of
    // the execution replicas to the agreement replicas, and wake the spares.
    bool connected() const;
    std::size_t executors() const; // execution replicas that have a link
    // Once any reply was accepted.
    bool serving() const { return replies_ > 0; }
    const client::Core& core() const { return core_; }
    std::uint32_t lanes() const { return lanes_; }

  private:
    void act(client::Action& action);

    Setup& setup_;
    runtime::Loop& loop_;
    const cluster::Client* client_;
    std::uint32_t lanes_;
    runtime::Node node_;
    LaneBook book_;
    client::Core core_;
    runtime::Shell<client::Core, client::Input, client::Action> shell_;
    OnReply on_reply_;
    std::vector<LaneId> free_;
    std::vector<Instant> started_;
    ClientSeconds seconds_;
    bool submitted_ = false;
    std::uint64_t replies_ = 0, late_told_ = 0;
};

} // namespace zz::services
