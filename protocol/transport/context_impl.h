// SPDX-License-Identifier: Apache-2.0
// Inside of the transport room: the ZeroMQ context with its admission thread (ZAP, RFC 27) and the
// socket options that all sockets share. Included by this room's sources only.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <zmq.hpp>

#include "protocol/transport/transport.h"

namespace zz::transport {

// The allow-list of one listening socket; shared between its owner and the admission thread.
class Domain {
  public:
    explicit Domain(std::string name) : name_(std::move(name)) {}
    const std::string& name() const { return name_; }
    void allow(const ExchangeKey& key);
    void revoke(const ExchangeKey& key);
    // Counts denials, and remembers whose they were.
    bool admits(const ExchangeKey& key, const std::string& address);
    std::uint64_t denied() const { return denied_.load(std::memory_order_relaxed); }
    std::vector<Denied> take_denied(Instant now);

  private:
    const std::string name_;
    std::mutex mutex_;
    std::set<ExchangeKey> allowed_;
    struct Stranger {
        std::string address;
        Instant first;
    };
    std::map<ExchangeKey, Stranger> strangers_; // at most kDeniedKeysMax
    std::atomic<std::uint64_t> denied_{0};
};

struct Context::Impl {
    Impl();
    ~Impl();

    // A domain of its own for a listening socket; forgotten with its last holder.
    std::shared_ptr<Domain> make_domain();
    std::string next_name(const char* prefix);

    zmq::context_t zmq{1};
    std::atomic<int> sockets{0};       // transports and publishers alive
    std::atomic<int> keep_alive_ms{0}; // of dialled links; 0: none

  private:
    void admit_for_ever(zmq::socket_t socket);
    bool answer(zmq::socket_t& socket);
    bool admits(const std::vector<zmq::message_t>& request);

    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<Domain>> domains_;
    std::atomic<std::uint64_t> names_{0};
    std::thread admission_;
};

// A socket with everything set but its role.
zmq::socket_t make_socket(Context::Impl& context, zmq::socket_type type, const LinkKeys& keys,
                          int high_water_mark);
// Throws zmq::error_t.
void be_server(zmq::socket_t& socket, const Domain& domain);
void be_client(zmq::socket_t& socket, const ExchangeKey& server);
Error zmq_failure(const std::string& what, const zmq::error_t& error);
// The bytes of the key a message came from, by its connection; false if it has none.
bool key_of(const zmq::message_t& message, ExchangeKey& key);

// What a monitor saw of a socket's connections.
enum class LinkChange : std::uint8_t { None, Up, Down, Failed };
struct Monitor {
    zmq::socket_t socket;
    // None when nothing is left to read.
    LinkChange next();
};
Monitor make_monitor(Context::Impl& context, zmq::socket_t& watched);

} // namespace zz::transport
