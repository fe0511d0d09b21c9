// SPDX-License-Identifier: Apache-2.0
// RequestPool: client requests that wait to be ordered, with their bundles. One request per lane:
// the highest number wins. Every replica keeps what it received, so that it can become primary; a
// batch takes bundles of the clients in turn (K6). Admission follows the ordered lane table only
// (ZZ-3.3); beyond the byte bounds newer bundles are dropped.
//
// It also holds the fairness timers of ZZ-3.3: one per (client, lane, number), started by `watch`.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "backend/agreement/lane_table.h"
#include "protocol/base/instant.h"
#include "protocol/core/exchange.h"
#include "protocol/message/ordering.h"

namespace zz::agreement {

// A bundle that waits.
struct Pooled {
    message::Bundle bundle;
    std::uint64_t serial = 0; // order of arrival
    std::size_t bytes = 0;
    std::size_t wanted = 0; // leaves that still wait, proposed or not
    Instant arrived;
    Instant forwarded{INT64_MIN};
};

struct Admitted {
    std::size_t fresh = 0;                     // requests that wait now and did not before
    std::vector<core::OrderedRequest> ordered; // that are ordered already
    std::shared_ptr<Pooled> waiting;           // the bundle that holds them, if any of them waits
};

class RequestPool {
  public:
    // `forwarded`: by another replica, which watches it; it may use kPoolForwardedBytes more.
    Admitted add(const message::Bundle& bundle, const LaneTable& lanes, Instant now,
                 bool forwarded = false);

    // What fits one batch, oldest first, clients in turn; marks it as proposed.
    std::vector<message::Bundle> take(const cluster::Limits& limits, const LaneTable& lanes);
    // Every waiting request may be proposed again: a view ended.
    void forget_proposed();
    // Ordered: this and lower numbers of the lane wait no more. Returns since when this very number
    // was watched; kNever if it was not.
    Instant ordered(const core::OrderedRequest& request);

    std::size_t unproposed() const { return unproposed_; }
    std::size_t unproposed_bytes() const { return unproposed_bytes_; }
    std::size_t bytes() const { return bytes_; }
    // Arrival of the oldest bundle that is not proposed; kNever if none.
    Instant oldest() const;

    // Starts the timers of this bundle's waiting requests that have none.
    void watch(const Pooled& pooled, Instant now, Duration patience);
    // Every running timer starts anew.
    void watch_again(Instant now, Duration patience);
    // kNever if no timer runs.
    Instant next_deadline() const;
    // The bundles of requests whose timer runs.
    std::vector<std::shared_ptr<Pooled>> watched() const;

  private:
    struct Waiting {
        RequestNumber number;
        std::shared_ptr<Pooled> pooled;
        std::size_t bytes = 0;
        bool proposed = false;
        Instant watched = kNever, deadline = kNever;
    };
    struct Client {
        std::map<LaneId, Waiting> lanes;
        std::deque<std::shared_ptr<Pooled>> queue; // with unproposed leaves; may hold some without
        std::size_t bytes = 0;
    };
    struct Taken {
        std::size_t requests = 0, bytes = 0;
        std::uint64_t budget = 0;
    };
    void drop(ClientId id, Client& client, std::map<LaneId, Waiting>::iterator at);
    std::vector<std::uint32_t> fitting(const Client& client, const Pooled& pooled,
                                       const cluster::Limits& limits, Taken& taken,
                                       bool& all) const;
    bool take_front(Client& client, const cluster::Limits& limits, const LaneTable& lanes,
                    Taken& taken, std::vector<message::Bundle>& out);
    void set_deadline(ClientId id, LaneId lane, Waiting& waiting, Instant deadline);

    std::map<ClientId, Client> clients_;
    std::set<std::tuple<Instant, ClientId, LaneId>> deadlines_;
    ClientId turn_;
    std::uint64_t serial_ = 0;
    std::size_t unproposed_ = 0, unproposed_bytes_ = 0, bytes_ = 0;
};

// Not a part of what the client signed.
bool is_whole(const message::Bundle& bundle);
// What a leaf counts in a batch.
std::size_t leaf_bytes(const message::BundleLeaf& leaf);

} // namespace zz::agreement
