// SPDX-License-Identifier: Apache-2.0
// Inside of Transport: links, their queues, and one turn of the loop.
#pragma once

#include <map>
#include <set>

#include "protocol/transport/dialled.h"
#include "protocol/transport/frames.h"
#include "protocol/transport/link_faults.h"
#include "protocol/transport/queue.h"

namespace zz::transport {

// As socket options want it.
inline int milliseconds_of(Duration duration) {
    return static_cast<int>(duration / milliseconds(1));
}

// All that is known of one peer. Bounded by the allow-list and the dials of the owner.
struct Link {
    FrameQueue queue;
    std::optional<Dialled> dialled;
    bool hello_due = false; // the dialled side greets after each connect
    Bytes routing_id;       // of the connection that the peer dialled; empty = none
    ExchangeKey routed_key; // whose it is
    std::uint64_t session = 0;
    bool reachable = false;
    Instant retry_at{};
    Duration backoff = kRetryFirst;

    bool has_route() const { return (dialled && dialled->up()) || !routing_id.empty(); }
};

struct Subscription {
    Dialled dialled;
};

struct Waker::Descriptor {
    Descriptor();
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int fd;
};

struct Transport::Impl {
    Impl(Context& from, const LinkKeys& with);
    ~Impl();

    void open_router();
    bool answer(const Received& to, const Blob& frame);
    bool send(const Peer& peer, Blob frame);
    bool queue(const Peer& peer, Blob frame);
    void flush(Instant now);
    // Waits once, at most `timeout`, and adds what it found. The descriptor of a ZeroMQ socket
    // tells of news only until some call on the socket took it in. So each socket is emptied when
    // it is looked at, and one that was sent to, or was left full, is due to be looked at in any
    // case.
    void turn(Duration timeout, std::span<const int> extra, Turn& out);
    void forget_route(const Peer& peer, Link& link);
    void set_reachable(const Peer& peer, Link& link, bool reachable);

    Context::Impl& context;
    LinkKeys keys;
    std::shared_ptr<Domain> domain;
    std::optional<zmq::socket_t> router; // made by the first bind
    std::optional<Monitor> router_monitor;
    bool router_due = true;
    bool router_monitor_due = true;
    std::map<ExchangeKey, Peer> peers; // the allow-list
    std::map<Peer, Link> links;
    std::map<Peer, Subscription> subscriptions;
    std::set<Peer> waiting; // have frames or a greeting to send
    std::vector<PeerEvent> events;
    std::shared_ptr<Waker::Descriptor> waker;
    Counters counters;
    LinkFaults faults;
    std::uint64_t session = 0;

  private:
    enum class Sent { Yes, Full, Gone };

    void flush_link(const Peer& peer, Link& link, Instant now);
    Sent send_to(Link& link, Bytes message);
    Sent send_routed(const Bytes& routing_id, Bytes message);
    void receive_router(Turn& out);
    void receive_dialled(const Peer& peer, Link& link, Turn& out);
    void receive_published(const Peer& peer, Subscription& subscription, Turn& out);
    // Takes one message apart. `routing_id` is empty for a dialled link.
    void on_message(const Peer& peer, const zmq::message_t& message, ByteView routing_id,
                    const ExchangeKey* key, Turn& out);
    void on_hello(const Peer& peer, Link& link, const Entry& entry);
    // Finds out which sockets are due.
    void wait(Duration timeout, std::span<const int> extra, Turn& out);
    void receive_due(Turn& out);
    void watch_links(Instant now);
    Instant next_event() const;
};

Instant steady_now();

} // namespace zz::transport
