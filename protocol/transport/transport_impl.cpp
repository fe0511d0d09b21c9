// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/transport_impl.h"

#include <algorithm>
#include <chrono>
#include <poll.h>
#include <unistd.h>

#include "protocol/base/check.h"
#include "protocol/crypto/random.h"

namespace zz::transport {

namespace {

// ZeroMQ frees the bytes when the message has left.
int send_bytes(zmq::socket_t& socket, Bytes bytes, int flags) {
    auto* owned = new Bytes(std::move(bytes));
    zmq_msg_t message;
    const auto free_bytes = [](void*, void* hint) { delete static_cast<Bytes*>(hint); };
    if (zmq_msg_init_data(&message, owned->data(), owned->size(), free_bytes, owned) != 0) {
        delete owned;
        return -1;
    }
    const int sent = zmq_msg_send(&message, socket.handle(), flags);
    if (sent < 0) {
        const int reason = zmq_errno();
        zmq_msg_close(&message);
        errno = reason;
    }
    return sent;
}

// Takes one part; false when nothing is there.
bool receive_part(zmq::socket_t& socket, zmq::message_t& part) {
    int got = 0;
    do {
        got = zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT);
    } while (got < 0 && zmq_errno() == EINTR);
    return got >= 0;
}

// Takes the rest of a message that has more parts than it should.
void skip_parts(zmq::socket_t& socket, zmq::message_t& last) {
    while (last.more() && receive_part(socket, last)) {
    }
}

std::uint64_t random_session() {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    crypto::fill_random(bytes);
    std::uint64_t out = 0;
    std::memcpy(&out, bytes.data(), sizeof out);
    return out == 0 ? 1 : out; // 0 stands for "not known yet".
}

// What ZeroMQ draws has five bytes; a longer one that a peer chose gets no answers.
Route route_of(ByteView routing_id) {
    Route route;
    if (routing_id.size() > route.id.size())
        return route;
    std::copy(routing_id.begin(), routing_id.end(), route.id.begin());
    route.size = static_cast<std::uint8_t>(routing_id.size());
    return route;
}

} // namespace

Instant steady_now() {
    return {std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1)};
}

Transport::Impl::Impl(Context& from, const LinkKeys& with)
    : context(from.impl()), keys(with), domain(context.make_domain()),
      waker(std::make_shared<Waker::Descriptor>()), session(random_session()) {
    ++context.sockets;
}

Transport::Impl::~Impl() {
    --context.sockets;
}

void Transport::Impl::open_router() {
    zmq::socket_t socket = make_socket(context, zmq::socket_type::router, keys, kHighWaterMark);
    be_server(socket, *domain);
    // Tells a full or vanished peer from a good one, instead of dropping in silence.
    socket.set(zmq::sockopt::router_mandatory, true);
    router_monitor = make_monitor(context, socket);
    router = std::move(socket);
}

void Transport::Impl::set_reachable(const Peer& peer, Link& link, bool reachable) {
    if (link.reachable == reachable)
        return;
    link.reachable = reachable;
    if (!reachable)
        events.push_back({peer, PeerChange::Lost, link.session});
}

void Transport::Impl::forget_route(const Peer& peer, Link& link) {
    link.routing_id.clear();
    link.routed_key = {};
    if (link.dialled)
        return;
    link.queue.clear();
    waiting.erase(peer);
    set_reachable(peer, link, false);
}

bool Transport::Impl::send(const Peer& peer, Blob frame) {
    if (frame.size() > kFrameBytesMax) {
        ++counters.dropped_oversized;
        return false;
    }
    if (faults.active() && !faults.passes_out(steady_now(), peer, frame))
        return true; // Lost or late on its way: who sends cannot tell.
    return queue(peer, std::move(frame));
}

bool Transport::Impl::queue(const Peer& peer, Blob frame) {
    const auto it = links.find(peer);
    // For a dialled peer frames wait until it is there; one that has to dial us is told again when
    // it came.
    if (it == links.end() || (!it->second.dialled && it->second.routing_id.empty())) {
        ++counters.dropped_unreachable;
        return false;
    }
    counters.dropped_full += it->second.queue.push(std::move(frame));
    waiting.insert(peer);
    return true;
}

bool Transport::Impl::answer(const Received& to, const Blob& frame) {
    const bool allowed =
        std::any_of(peers.begin(), peers.end(), [&](const auto& p) { return p.second == to.from; });
    if (to.route.size == 0 || !router || !allowed || frame.size() > kFrameBytesMax)
        return false;
    Bytes message{kMessageVersion};
    append_entry(message, EntryType::Frame, frame.view());
    const std::size_t bytes = message.size();
    if (send_routed(Bytes(to.route.id.begin(), to.route.id.begin() + to.route.size),
                    std::move(message)) != Sent::Yes)
        return false;
    ++counters.frames_sent;
    ++counters.messages_sent;
    counters.bytes_sent += bytes;
    return true;
}

void Transport::Impl::flush(Instant now) {
    if (faults.active())
        for (LinkFaults::Out& late : faults.take_out(now))
            queue(late.link, std::move(late.frame));
    // flush_link may take its peer off the list.
    const std::vector<Peer> due(waiting.begin(), waiting.end());
    for (const Peer& peer : due) {
        Link& link = links.at(peer);
        if (link.has_route() && now >= link.retry_at)
            flush_link(peer, link, now);
    }
}

void Transport::Impl::flush_link(const Peer& peer, Link& link, Instant now) {
    while (link.hello_due || !link.queue.empty()) {
        Bytes message{kMessageVersion};
        if (link.hello_due)
            append_hello(message, EntryType::Hello, session);
        const std::size_t frames = link.queue.peek_into(message);
        const std::size_t bytes = message.size();
        const Sent sent = send_to(link, std::move(message));
        if (sent == Sent::Full) {
            link.retry_at = now + link.backoff;
            link.backoff = std::min(2 * link.backoff, kRetryMax);
            return;
        }
        if (sent == Sent::Gone) {
            forget_route(peer, link);
            return;
        }
        link.hello_due = false;
        link.queue.drop_front(frames);
        link.backoff = kRetryFirst;
        counters.frames_sent += frames;
        ++counters.messages_sent;
        counters.bytes_sent += bytes;
    }
    waiting.erase(peer);
}

Transport::Impl::Sent Transport::Impl::send_to(Link& link, Bytes message) {
    if (!link.dialled || !link.dialled->up())
        return send_routed(link.routing_id, std::move(message));
    link.dialled->socket_due = true;
    // Whatever keeps a dialled link from taking it, its monitor tells; until then it counts as
    // full.
    return send_bytes(link.dialled->socket(), std::move(message), ZMQ_DONTWAIT) >= 0 ? Sent::Yes
                                                                                     : Sent::Full;
}

Transport::Impl::Sent Transport::Impl::send_routed(const Bytes& routing_id, Bytes message) {
    ZZ_CHECK(router.has_value(), "a route of {} bytes without a router", routing_id.size());
    router_due = true;
    if (zmq_send(router->handle(), routing_id.data(), routing_id.size(),
                 ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return zmq_errno() == EHOSTUNREACH ? Sent::Gone : Sent::Full;
    return send_bytes(*router, std::move(message), ZMQ_DONTWAIT) >= 0 ? Sent::Yes : Sent::Gone;
}

void Transport::Impl::receive_router(Turn& out) {
    router_due = false;
    for (int i = 0; i < kMessagesPerTurnMax; ++i) {
        zmq::message_t id;
        zmq::message_t body;
        if (!receive_part(*router, id))
            return;
        if (!id.more() || !receive_part(*router, body) || body.more()) {
            skip_parts(*router, body);
            ++counters.rejected_malformed;
            continue;
        }
        // The key of the connection says who it is; the routing id only where to answer (A18).
        ExchangeKey key;
        const auto it = key_of(body, key) ? peers.find(key) : peers.end();
        if (it == peers.end()) {
            ++counters.rejected_key;
            continue;
        }
        on_message(it->second, body, {id.data<std::uint8_t>(), id.size()}, &key, out);
    }
    router_due = true;
}

void Transport::Impl::receive_dialled(const Peer& peer, Link& link, Turn& out) {
    link.dialled->socket_due = false;
    for (int i = 0; i < kMessagesPerTurnMax; ++i) {
        zmq::message_t body;
        if (!receive_part(link.dialled->socket(), body))
            return;
        if (body.more()) {
            skip_parts(link.dialled->socket(), body);
            ++counters.rejected_malformed;
            continue;
        }
        on_message(peer, body, {}, nullptr, out);
    }
    link.dialled->socket_due = true;
}

void Transport::Impl::receive_published(const Peer& peer, Subscription& subscription, Turn& out) {
    subscription.dialled.socket_due = false;
    for (int i = 0; i < kMessagesPerTurnMax; ++i) {
        zmq::message_t body;
        if (!receive_part(subscription.dialled.socket(), body))
            return;
        if (body.more()) {
            skip_parts(subscription.dialled.socket(), body);
            ++counters.rejected_malformed;
            continue;
        }
        ++counters.messages_received;
        counters.bytes_received += body.size();
        const auto* data = body.data<std::uint8_t>();
        out.published.push_back({peer, Blob(Bytes(data, data + body.size()))});
    }
    subscription.dialled.socket_due = true;
}

void Transport::Impl::on_message(const Peer& peer, const zmq::message_t& message,
                                 ByteView routing_id, const ExchangeKey* key, Turn& out) {
    const auto entries = unpack({message.data<std::uint8_t>(), message.size()});
    if (!entries) {
        ++counters.rejected_malformed;
        return;
    }
    ++counters.messages_received;
    counters.bytes_received += message.size();
    for (const Entry& entry : *entries) {
        if (entry.type == EntryType::Frame) {
            ++counters.frames_received;
            Received received{peer, Blob(Bytes(entry.bytes.begin(), entry.bytes.end())),
                              route_of(routing_id)};
            if (!faults.active() || faults.passes_in(steady_now(), received))
                out.frames.push_back(std::move(received));
            continue;
        }
        // Each side greets in its own way only: the dialling one first, once per connection.
        if ((entry.type == EntryType::Hello) == routing_id.empty()) {
            ++counters.rejected_malformed;
            continue;
        }
        Link& link = links[peer];
        if (entry.type == EntryType::Hello) {
            link.routing_id.assign(routing_id.begin(), routing_id.end());
            link.routed_key = *key;
            Bytes answer{kMessageVersion};
            append_hello(answer, EntryType::HelloAnswer, session);
            // On a fresh connection there is room; without the answer the peer misses one notice
            // only.
            (void)send_routed(link.routing_id, std::move(answer));
        }
        on_hello(peer, link, entry);
    }
    // It read or wrote just now: a full link may have room.
    if (const auto it = links.find(peer); it != links.end())
        it->second.retry_at = {};
}

void Transport::Impl::on_hello(const Peer& peer, Link& link, const Entry& entry) {
    const std::uint64_t fresh = session_of(entry);
    const bool news = fresh != link.session || !link.reachable;
    link.session = fresh;
    link.reachable = true;
    if (!news)
        return;
    // A peer that greets without end makes one event a turn.
    const auto last = std::find_if(events.rbegin(), events.rend(),
                                   [&peer](const PeerEvent& event) { return event.peer == peer; });
    if (last != events.rend() && last->change == PeerChange::Seen)
        last->session = fresh;
    else
        events.push_back({peer, PeerChange::Seen, fresh});
}

void Transport::Impl::watch_links(Instant now) {
    for (auto& [peer, link] : links) {
        if (!link.dialled || !(link.dialled->monitor_due || now >= link.dialled->redial_at()))
            continue;
        switch (link.dialled->watch(now, counters.failed_handshakes)) {
        case LinkChange::Up:
            link.hello_due = true;
            link.retry_at = {};
            link.backoff = kRetryFirst;
            waiting.insert(peer);
            break;
        case LinkChange::Down:
            link.hello_due = false;
            set_reachable(peer, link, !link.routing_id.empty());
            break;
        case LinkChange::Failed:
        case LinkChange::None:
            break;
        }
    }
    for (auto& [peer, subscription] : subscriptions)
        if (subscription.dialled.monitor_due || now >= subscription.dialled.redial_at())
            (void)subscription.dialled.watch(now, counters.failed_handshakes);
    if (!router_monitor || !router_monitor_due)
        return;
    router_monitor_due = false;
    for (LinkChange change = router_monitor->next(); change != LinkChange::None;
         change = router_monitor->next())
        counters.failed_handshakes += change == LinkChange::Failed ? 1 : 0;
}

Instant Transport::Impl::next_event() const {
    Instant next = faults.wake_at();
    for (const Peer& peer : waiting) {
        const Link& link = links.at(peer);
        if (link.has_route())
            next = std::min(next, link.retry_at);
    }
    for (const auto& [peer, link] : links) {
        if (link.dialled)
            next = std::min(next, link.dialled->redial_at());
    }
    for (const auto& [peer, subscription] : subscriptions)
        next = std::min(next, subscription.dialled.redial_at());
    return next;
}

void Transport::Impl::wait(Duration timeout, std::span<const int> extra, Turn& out) {
    std::vector<pollfd> fds{{waker->fd, POLLIN, 0}};
    for (const int fd : extra)
        fds.push_back({fd, POLLIN, 0});
    std::vector<bool*> due;
    bool any_due = false;
    const auto watch = [&](zmq::socket_t& socket, bool& is_due) {
        fds.push_back({socket.get(zmq::sockopt::fd), POLLIN, 0});
        due.push_back(&is_due);
        any_due = any_due || is_due;
    };
    const auto watch_both = [&](Dialled& dialled) {
        watch(dialled.socket(), dialled.socket_due);
        watch(dialled.monitor(), dialled.monitor_due);
    };
    if (router) {
        watch(*router, router_due);
        watch(router_monitor->socket, router_monitor_due);
    }
    for (auto& [peer, link] : links)
        if (link.dialled)
            watch_both(*link.dialled);
    for (auto& [peer, subscription] : subscriptions)
        watch_both(subscription.dialled);
    const Duration until_next = std::max(next_event() - steady_now(), Duration(0));
    const Duration wait = events.empty() && !any_due
                              ? std::min({timeout, until_next, Duration(seconds(3600))})
                              : Duration(0);
    const auto ms = static_cast<int>((wait + milliseconds(1) - Duration(1)) / milliseconds(1));
    // Interrupted or not: what is due is looked at.
    (void)::poll(fds.data(), fds.size(), ms);
    std::uint64_t wakes = 0;
    out.woken = fds[0].revents != 0 &&
                read(waker->fd, &wakes, sizeof wakes) == static_cast<ssize_t>(sizeof wakes);
    for (std::size_t i = 0; i < extra.size(); ++i)
        if (fds[i + 1].revents != 0)
            out.ready.push_back(extra[i]);
    for (std::size_t i = 0; i < due.size(); ++i)
        *due[i] = *due[i] || fds[1 + extra.size() + i].revents != 0;
}

void Transport::Impl::turn(Duration timeout, std::span<const int> extra, Turn& out) {
    // What was sent to may have taken in the news already: it is looked at before the wait.
    receive_due(out);
    const bool found = !out.frames.empty() || !out.published.empty();
    wait(found ? Duration(0) : timeout, extra, out);
    watch_links(steady_now());
    receive_due(out);
    if (faults.active())
        for (Received& late : faults.take_in(steady_now()))
            out.frames.push_back(std::move(late));
}

void Transport::Impl::receive_due(Turn& out) {
    if (router && router_due)
        receive_router(out);
    for (auto& [peer, link] : links)
        if (link.dialled && link.dialled->socket_due)
            receive_dialled(peer, link, out);
    for (auto& [peer, subscription] : subscriptions)
        if (subscription.dialled.socket_due)
            receive_published(peer, subscription, out);
}

} // namespace zz::transport
