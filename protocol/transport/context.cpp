// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/context_impl.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>

#include "protocol/base/check.h"
#include "protocol/transport/keep_alive.h"
#include "protocol/transport/transport_impl.h"

namespace zz::transport {

namespace {

constexpr const char* kAdmissionEndpoint = "inproc://zeromq.zap.01";
// RFC 27: version, request id, domain, address, identity, mechanism, credentials.
constexpr std::size_t kRequestParts = 7;
// Unread events of one socket; at more ZeroMQ's own thread waits for the owner's next poll().
constexpr int kMonitorEventsMax = 10'000;

} // namespace

void Domain::allow(const ExchangeKey& key) {
    const std::lock_guard lock(mutex_);
    allowed_.insert(key);
}

void Domain::revoke(const ExchangeKey& key) {
    const std::lock_guard lock(mutex_);
    allowed_.erase(key);
}

bool Domain::admits(const ExchangeKey& key, const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (allowed_.contains(key))
        return true;
    denied_.fetch_add(1, std::memory_order_relaxed);
    const auto known = strangers_.find(key);
    if (known != strangers_.end())
        known->second.address = address;
    else if (strangers_.size() < kDeniedKeysMax)
        strangers_[key] = {address, steady_now()};
    return false;
}

std::vector<Denied> Domain::take_denied(Instant now) {
    std::vector<Denied> out;
    const std::lock_guard lock(mutex_);
    std::erase_if(strangers_, [&](const auto& entry) {
        const auto& [key, stranger] = entry;
        if (allowed_.contains(key))
            return true;
        if (now - stranger.first < kDeniedHold)
            return false;
        out.push_back({key, stranger.address});
        return true;
    });
    return out;
}

void keep_dialled_links_alive(Context& context, Duration interval) {
    context.impl().keep_alive_ms = milliseconds_of(interval);
}

Context::Context() : impl_(std::make_unique<Impl>()) {}
Context::~Context() = default;

Context::Impl::Impl() {
    zmq::socket_t socket(zmq, zmq::socket_type::rep);
    socket.set(zmq::sockopt::linger, 0);
    socket.bind(kAdmissionEndpoint);
    // Signals are for the owner's threads, as ZeroMQ's own threads hold it.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    admission_ =
        std::thread([this, s = std::move(socket)]() mutable { admit_for_ever(std::move(s)); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Context::Impl::~Impl() {
    ZZ_CHECK(sockets == 0, "{} transports or publishers outlive their context", sockets.load());
    zmq.shutdown(); // Ends the admission thread's wait.
    admission_.join();
}

std::shared_ptr<Domain> Context::Impl::make_domain() {
    auto domain = std::make_shared<Domain>(next_name("domain"));
    const std::lock_guard lock(mutex_);
    std::erase_if(domains_, [](const auto& entry) { return entry.second.expired(); });
    domains_[domain->name()] = domain;
    return domain;
}

std::string Context::Impl::next_name(const char* prefix) {
    return fmt::format("{}-{}", prefix, names_.fetch_add(1));
}

void Context::Impl::admit_for_ever(zmq::socket_t socket) {
    while (answer(socket)) {
    }
}

bool Context::Impl::admits(const std::vector<zmq::message_t>& request) {
    ExchangeKey key;
    if (request.size() != kRequestParts || request[0].to_string_view() != "1.0" ||
        request[5].to_string_view() != "CURVE" || request[6].size() != key.bytes.size())
        return false;
    std::copy_n(request[6].data<std::uint8_t>(), key.bytes.size(), key.bytes.begin());
    std::shared_ptr<Domain> domain;
    {
        const std::lock_guard lock(mutex_);
        if (const auto it = domains_.find(request[2].to_string()); it != domains_.end())
            domain = it->second.lock();
    }
    return domain && domain->admits(key, request[3].to_string());
}

// One request; false when the context ends.
bool Context::Impl::answer(zmq::socket_t& socket) {
    try {
        std::vector<zmq::message_t> request;
        do {
            zmq::message_t part;
            if (!socket.recv(part))
                return true;
            request.push_back(std::move(part));
        } while (request.back().more());
        const bool good = admits(request);
        // 300 is "not now": the other side keeps trying, since its key may be enrolled a moment
        // later (ZZ-2.1).
        const std::string user =
            good ? to_hex({request[6].data<std::uint8_t>(), request[6].size()}) : "";
        const std::string id = request.size() > 1 ? request[1].to_string() : "";
        const std::string version = "1.0";
        const std::string code = good ? "200" : "300";
        const std::string text = good ? "OK" : "unknown key";
        for (const std::string* part : {&version, &id, &code, &text, &user})
            socket.send(zmq::buffer(*part), zmq::send_flags::sndmore);
        socket.send(zmq::message_t(), zmq::send_flags::none);
        return true;
    } catch (const zmq::error_t& error) {
        return error.num() != ETERM && error.num() != ENOTSOCK;
    }
}

zmq::socket_t make_socket(Context::Impl& context, zmq::socket_type type, const LinkKeys& keys,
                          int high_water_mark) {
    zmq::socket_t socket(context.zmq, type);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, high_water_mark);
    socket.set(zmq::sockopt::rcvhwm, high_water_mark);
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kWireBytesMax));
    socket.set(zmq::sockopt::handshake_ivl, milliseconds_of(kHandshakeMax));
    socket.set(zmq::sockopt::reconnect_ivl, milliseconds_of(kReconnectFirst));
    socket.set(zmq::sockopt::reconnect_ivl_max, milliseconds_of(kReconnectMax));
    // No ZMTP heartbeat: a stopped spare stays connected.
    socket.set(zmq::sockopt::heartbeat_ivl, 0);
    const auto bytes = [](ByteView view) { return zmq::buffer(view.data(), view.size()); };
    socket.set(zmq::sockopt::curve_publickey, bytes(keys.public_key.view()));
    socket.set(zmq::sockopt::curve_secretkey, bytes(keys.private_key.view()));
    return socket;
}

void be_server(zmq::socket_t& socket, const Domain& domain) {
    socket.set(zmq::sockopt::curve_server, true);
    // A domain that is set, in a context that has a handler from its first moment, always asks it.
    socket.set(zmq::sockopt::zap_domain, domain.name());
}

void be_client(zmq::socket_t& socket, const ExchangeKey& server) {
    const ByteView view = server.view();
    socket.set(zmq::sockopt::curve_serverkey, zmq::buffer(view.data(), view.size()));
}

Error zmq_failure(const std::string& what, const zmq::error_t& error) {
    return Error{fmt::format("{}: {}", what, error.what())};
}

bool key_of(const zmq::message_t& message, ExchangeKey& key) {
    const char* text = zmq_msg_gets(message.handle(), "User-Id");
    Bytes bytes;
    if (!text || !from_hex(text, bytes) || bytes.size() != key.bytes.size())
        return false;
    std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
    return true;
}

Monitor make_monitor(Context::Impl& context, zmq::socket_t& watched) {
    const std::string endpoint = "inproc://" + context.next_name("monitor");
    constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                            ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    if (zmq_socket_monitor(watched.handle(), endpoint.c_str(), kEvents) != 0)
        throw zmq::error_t();
    Monitor monitor{zmq::socket_t(context.zmq, zmq::socket_type::pair)};
    monitor.socket.set(zmq::sockopt::linger, 0);
    monitor.socket.set(zmq::sockopt::rcvhwm, kMonitorEventsMax);
    monitor.socket.connect(endpoint);
    return monitor;
}

LinkChange Monitor::next() {
    zmq::message_t event;
    zmq::message_t address;
    if (!socket.recv(event, zmq::recv_flags::dontwait))
        return LinkChange::None;
    if (event.more() && !socket.recv(address, zmq::recv_flags::dontwait))
        return LinkChange::None;
    std::uint16_t number = 0;
    if (event.size() < sizeof number)
        return LinkChange::Failed;
    std::memcpy(&number, event.data(), sizeof number);
    switch (number) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return LinkChange::Up;
    case ZMQ_EVENT_DISCONNECTED:
        return LinkChange::Down;
    default:
        return LinkChange::Failed;
    }
}

} // namespace zz::transport
