// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/transport.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "protocol/base/check.h"
#include "protocol/transport/transport_impl.h"

namespace zz::transport {

namespace {} // namespace

Waker::Descriptor::Descriptor() : fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
Waker::Descriptor::~Descriptor() {
    if (fd >= 0)
        close(fd);
}

void Waker::wake() const {
    const std::uint64_t one = 1;
    // Fails only when the counter is full: then the other side is awake anyhow.
    [[maybe_unused]] const ssize_t written = write(descriptor_->fd, &one, sizeof one);
}

Result<std::unique_ptr<Transport>> Transport::make(Context& context, const LinkKeys& keys) {
    try {
        auto impl = std::make_unique<Impl>(context, keys);
        if (impl->waker->fd < 0)
            return Error{"cannot make an event descriptor: raise the limit of open files"};
        return std::unique_ptr<Transport>(new Transport(std::move(impl)));
    } catch (const zmq::error_t& error) {
        return zmq_failure("cannot open the transport", error);
    }
}

Transport::Transport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transport::~Transport() = default;

Result<std::string> Transport::bind(const std::string& endpoint) {
    try {
        if (!impl_->router)
            impl_->open_router();
        impl_->router->bind(endpoint);
        return impl_->router->get(zmq::sockopt::last_endpoint);
    } catch (const zmq::error_t& error) {
        return zmq_failure(fmt::format("cannot listen at {}", endpoint), error);
    }
}

void Transport::allow(const ExchangeKey& key, const Peer& peer) {
    if (const auto known = impl_->peers.find(key);
        known != impl_->peers.end() && known->second == peer)
        return;  // Its route lives on: a peer that is connected greets only once.
    revoke(key); // It may have been another peer's.
    impl_->peers[key] = peer;
    impl_->domain->allow(key);
}

std::vector<Denied> Transport::take_denied() {
    return impl_->domain->take_denied(steady_now());
}

void Transport::revoke(const ExchangeKey& key) {
    const auto it = impl_->peers.find(key);
    if (it == impl_->peers.end())
        return;
    impl_->domain->revoke(key);
    const auto link = impl_->links.find(it->second);
    if (link != impl_->links.end() && link->second.routed_key == key)
        impl_->forget_route(link->first, link->second);
    impl_->peers.erase(it);
}

Status Transport::dial(const Peer& peer, const std::string& endpoint, const ExchangeKey& key) {
    Link& link = impl_->links[peer];
    try {
        if (link.dialled && link.routing_id.empty())
            impl_->set_reachable(peer, link, false);
        link.dialled.reset();
        link.dialled.emplace(impl_->context, impl_->keys, zmq::socket_type::dealer, endpoint, key);
        link.dialled->connect(steady_now());
        return Ok{};
    } catch (const zmq::error_t& error) {
        link.dialled.reset();
        return zmq_failure(fmt::format("cannot dial {} at {}", to_string(peer), endpoint), error);
    }
}

void Transport::hang_up(const Peer& peer) {
    const auto it = impl_->links.find(peer);
    if (it == impl_->links.end())
        return;
    it->second.dialled.reset();
    it->second.hello_due = false;
    if (it->second.routing_id.empty())
        impl_->forget_route(peer, it->second);
}

bool Transport::send(const Peer& peer, Blob frame) {
    return impl_->send(peer, std::move(frame));
}
bool Transport::answer(const Received& to, const Blob& frame) {
    return impl_->answer(to, frame);
}
void Transport::flush() {
    impl_->flush(steady_now());
}

Status Transport::subscribe(const Peer& publisher, const std::string& endpoint,
                            const ExchangeKey& key) {
    try {
        impl_->subscriptions.erase(publisher);
        Subscription fresh{
            Dialled(impl_->context, impl_->keys, zmq::socket_type::sub, endpoint, key)};
        fresh.dialled.connect(steady_now());
        impl_->subscriptions.emplace(publisher, std::move(fresh));
        return Ok{};
    } catch (const zmq::error_t& error) {
        return zmq_failure(
            fmt::format("cannot subscribe to {} at {}", to_string(publisher), endpoint), error);
    }
}

void Transport::unsubscribe(const Peer& publisher) {
    impl_->subscriptions.erase(publisher);
}

Turn Transport::poll(Duration timeout, std::span<const int> extra) {
    Turn out;
    const Instant end = steady_now() + std::max(timeout, Duration(0));
    for (;;) {
        const Instant now = steady_now();
        impl_->flush(now);
        impl_->turn(std::max(end - now, Duration(0)), extra, out);
        out.events = std::exchange(impl_->events, {});
        if (out.woken || !out.frames.empty() || !out.published.empty() || !out.events.empty() ||
            !out.ready.empty() || steady_now() >= end)
            return out;
    }
}

void Transport::set_link_fault(const LinkFault& fault) {
    impl_->faults.set(fault);
}
void Transport::clear_link_fault() {
    impl_->faults.clear();
}

Waker Transport::waker() const {
    Waker out;
    out.descriptor_ = impl_->waker;
    return out;
}

const Counters& Transport::counters() {
    impl_->counters.denied = impl_->domain->denied();
    impl_->counters.lost_by_drill = impl_->faults.lost();
    return impl_->counters;
}

bool Transport::reachable(const Peer& peer) const {
    const auto it = impl_->links.find(peer);
    return it != impl_->links.end() && it->second.reachable;
}

std::vector<Peer> Transport::reachable_peers() const {
    std::vector<Peer> out;
    for (const auto& [peer, link] : impl_->links) {
        if (link.reachable)
            out.push_back(peer);
    }
    return out;
}

std::size_t Transport::queued(const Peer& peer) const {
    const auto it = impl_->links.find(peer);
    return it == impl_->links.end() ? 0 : it->second.queue.size();
}

struct Publisher::Impl {
    Impl(Context& from, const LinkKeys& keys)
        : context(from.impl()), domain(context.make_domain()),
          socket(make_socket(context, zmq::socket_type::pub, keys, kPublishHighWaterMark)) {
        be_server(socket, *domain);
        socket.set(zmq::sockopt::heartbeat_ivl, milliseconds_of(kPublishHeartbeat));
        socket.set(zmq::sockopt::heartbeat_timeout, milliseconds_of(kSubscriberSilenceMax));
        ++context.sockets;
    }
    ~Impl() { --context.sockets; }

    Context::Impl& context;
    std::shared_ptr<Domain> domain;
    zmq::socket_t socket;
};

Result<std::unique_ptr<Publisher>> Publisher::make(Context& context, const LinkKeys& keys) {
    try {
        return std::unique_ptr<Publisher>(new Publisher(std::make_unique<Impl>(context, keys)));
    } catch (const zmq::error_t& error) {
        return zmq_failure("cannot open the publisher", error);
    }
}

Publisher::Publisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Publisher::~Publisher() = default;

Result<std::string> Publisher::bind(const std::string& endpoint) {
    try {
        impl_->socket.bind(endpoint);
        return impl_->socket.get(zmq::sockopt::last_endpoint);
    } catch (const zmq::error_t& error) {
        return zmq_failure(fmt::format("cannot publish at {}", endpoint), error);
    }
}

void Publisher::allow(const ExchangeKey& key) {
    impl_->domain->allow(key);
}
void Publisher::revoke(const ExchangeKey& key) {
    impl_->domain->revoke(key);
}

std::vector<Denied> Publisher::take_denied() {
    return impl_->domain->take_denied(steady_now());
}

bool Publisher::publish(ByteView event) {
    if (event.size() > kFrameBytesMax)
        return false;
    // A publisher never waits: it drops for those who are full.
    return zmq_send(impl_->socket.handle(), event.data(), event.size(), ZMQ_DONTWAIT) >= 0;
}

} // namespace zz::transport
