// SPDX-License-Identifier: Apache-2.0
// Transport: moves opaque frames between principals over ZeroMQ with CURVE (ZZ-2.3). It binds,
// dials, or both; whoever dialled whom, a peer is addressed by its name and recognised by its key,
// never by what it claims. The X25519 pair of a principal is its CURVE pair.
//
// A Context is one per process, made first and destroyed last. A Transport belongs to one thread;
// only a Waker may be used by others. Nothing blocks but poll(). Delivery is best effort and in
// order per link: what a peer does not take is dropped, oldest first, and counted; a stopped peer
// costs the others nothing.
//
// Peers' faults (unknown keys, garbage, oversized or malformed messages) are counted, never
// reported otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/instant.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"
#include "protocol/transport/limits.h"
#include "protocol/transport/peer.h"

namespace zz::transport {

// Threads and sockets of ZeroMQ, and the one place that admits keys: default deny.
class Context {
  public:
    Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    // Precondition: no Transport and no Publisher of it is left.
    ~Context();

    struct Impl;
    Impl& impl() { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

struct LinkKeys {
    ExchangeKey public_key;
    crypto::Secret private_key;
};

// All counts go up only.
struct Counters {
    std::uint64_t frames_sent = 0;
    std::uint64_t messages_sent = 0; // frames_sent / messages_sent tells how much is coalesced
    std::uint64_t bytes_sent = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t dropped_full = 0;        // oldest frames of a full queue
    std::uint64_t dropped_unreachable = 0; // to a peer without a connection
    std::uint64_t dropped_oversized = 0;   // refused by send()
    std::uint64_t rejected_key = 0;        // messages over links whose key was revoked
    std::uint64_t rejected_malformed = 0;
    std::uint64_t denied = 0;            // handshakes with keys that are not on the list
    std::uint64_t failed_handshakes = 0; // of all kinds, garbage included
    std::uint64_t lost_by_drill = 0;     // by a drill's fault of the links
};

// A key that is on no list and tried to dial in, for a while at least: one that is admitted a
// moment later is none.
struct Denied {
    ExchangeKey key;
    std::string address; // of the last attempt, as ZeroMQ tells it
};

// The connection that a frame came over, if the peer dialled us. It says where to answer, never who
// is there.
struct Route {
    std::array<std::uint8_t, 8> id{};
    std::uint8_t size = 0; // 0: none
};

struct Received {
    Peer from;
    Blob frame;
    Route route{};
};

enum class PeerChange : std::uint8_t { Seen, Lost };

struct PeerEvent {
    Peer peer;
    PeerChange change = PeerChange::Seen;
    // Drawn by the peer's process at its start: another number means that it restarted.
    std::uint64_t session = 0;
};

// A fault of the links of this process for a drill (ZZ-10.2), both ways.
struct LinkFault {
    std::set<Peer> far; // the links to these, of any incarnation; empty: all links
    Duration delay{0};  // each way
    std::uint32_t loss_percent = 0;
    bool cut = false;
    std::uint64_t seed = 1; // of the loss
};

// What one call of poll() found.
struct Turn {
    std::vector<Received> frames;
    std::vector<Received> published; // from subscriptions; `from` is the publisher
    std::vector<PeerEvent> events;
    std::vector<int> ready; // of the extra descriptors
    bool woken = false;     // a Waker was used
};

// Ends poll() from another thread. Outlives the Transport harmlessly; copies are the same.
class Waker {
  public:
    void wake() const;

  private:
    friend class Transport;
    struct Descriptor;
    std::shared_ptr<Descriptor> descriptor_;
};

class Transport {
  public:
    static Result<std::unique_ptr<Transport>> make(Context& context, const LinkKeys& keys);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    // Listens at "tcp://ADDRESS:PORT" or "ipc://PATH", several if called again. "tcp://127.0.0.1:*"
    // takes a free port. Returns the endpoint as bound.
    Result<std::string> bind(const std::string& endpoint);
    // Who holds this key may dial in and is that peer; a peer may have several keys during a
    // rotation.
    void allow(const ExchangeKey& key, const Peer& peer);
    // From now on nothing over links of this key is taken or sent.
    void revoke(const ExchangeKey& key);
    // Each key once, at most kDeniedKeysMax at a time, kDeniedHold after its first attempt.
    std::vector<Denied> take_denied();

    // Keeps a connection to the peer, which must hold `key`; dials again for ever. Replaces an
    // earlier dial.
    Status dial(const Peer& peer, const std::string& endpoint, const ExchangeKey& key);
    void hang_up(const Peer& peer);

    // Queues a frame for the peer: over the link that was dialled to it, else over the one it
    // dialled. False: there is no such link, or the frame is larger than kFrameBytesMax. Frames
    // leave at the next poll() or flush().
    bool send(const Peer& peer, Blob frame);
    // Sends at once over the connection that `to` came over: a peer may hold several, as an
    // operator with a console and a command line. False: it is gone, full or revoked; nothing is
    // queued.
    bool answer(const Received& to, const Blob& frame);
    // Hands ZeroMQ what it takes now.
    void flush();

    // Receives the events that the holder of `key` publishes there.
    Status subscribe(const Peer& publisher, const std::string& endpoint, const ExchangeKey& key);
    void unsubscribe(const Peer& publisher);

    // Flushes, then waits until something is there or the time is over. `extra` descriptors are
    // watched for reading.
    Turn poll(Duration timeout, std::span<const int> extra = {});

    // A drill's fault of our links in place of the one before it; none. Frames between us and our
    // own host, and answers to operators, always pass.
    void set_link_fault(const LinkFault& fault);
    void clear_link_fault();

    Waker waker() const;
    const Counters& counters();
    bool reachable(const Peer& peer) const;
    std::vector<Peer> reachable_peers() const; // in order
    // Frames that wait for the peer.
    std::size_t queued(const Peer& peer) const;

  private:
    struct Impl;
    explicit Transport(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Publishes to any number of subscribers who hold a key on its list; slow ones miss events. One
// thread.
class Publisher {
  public:
    static Result<std::unique_ptr<Publisher>> make(Context& context, const LinkKeys& keys);
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    Result<std::string> bind(const std::string& endpoint);
    void allow(const ExchangeKey& key);
    // A connected subscriber stays connected until it dials again.
    void revoke(const ExchangeKey& key);
    std::vector<Denied> take_denied(); // as that of Transport
    // Never blocks. False: larger than kFrameBytesMax.
    bool publish(ByteView event);

  private:
    struct Impl;
    explicit Publisher(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace zz::transport
