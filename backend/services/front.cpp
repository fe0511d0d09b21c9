// SPDX-License-Identifier: Apache-2.0
#include "backend/services/front.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/base/check.h"

namespace zz::services {
namespace {

constexpr int kEventsAtOnce = 64;
constexpr std::uint64_t kListener = 0; // in epoll data; connections count from 1

} // namespace

Front::Front(Protocol protocol, OnOperation on_operation)
    : protocol_(std::move(protocol)), on_operation_(std::move(on_operation)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    ZZ_CHECK(epoll_ >= 0, "epoll_create1 failed: {}", std::strerror(errno));
}

Front::~Front() {
    for (auto& [id, client] : clients_)
        ::close(client->fd);
    if (listener_ >= 0)
        ::close(listener_);
    ::close(epoll_);
}

Status Front::listen(const std::string& front) {
    const auto colon = front.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const int port = colon == std::string::npos ? 0 : std::atoi(front.c_str() + colon + 1);
    if (port <= 0 || port > 65535 ||
        inet_pton(AF_INET, front.substr(0, colon).c_str(), &address.sin_addr) != 1)
        return Error{fmt::format("front '{}' is no IPv4 ADDRESS:PORT", front)};
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 128) != 0)
        return Error{fmt::format("cannot listen at {}: {}", front, std::strerror(errno))};
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kListener;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
    return Ok{};
}

void Front::on_ready(Instant now) {
    now_ = now;
    std::array<epoll_event, kEventsAtOnce> events{};
    const int count = epoll_wait(epoll_, events.data(), kEventsAtOnce, 0);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == kListener)
            accept_all();
        else
            on_client(event.data.u64, event.events);
    }
}

void Front::accept_all() {
    for (;;) {
        sockaddr_in from{};
        socklen_t length = sizeof from;
        const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&from), &length,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (clients_.size() >= kConnectionsMax && !make_room()) {
            [[maybe_unused]] const auto ignored =
                ::write(fd, protocol_.full.data(), protocol_.full.size());
            ::close(fd);
            continue;
        }
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const ConnectionId id = next_++;
        std::array<char, INET_ADDRSTRLEN> text{};
        inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
        auto client = std::make_unique<Client>();
        client->fd = fd;
        client->connection =
            protocol_.make(id, fmt::format("{}:{}", text.data(), ntohs(from.sin_port)));
        client->events = EPOLLIN;
        client->since = now_;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = id;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
        clients_.emplace(id, std::move(client));
    }
}

// True if the one that was idle for longest gave way.
bool Front::make_room() {
    auto oldest = clients_.end();
    for (auto it = clients_.begin(); it != clients_.end(); ++it) {
        const Client& client = *it->second;
        const bool idle = !client.connection->is_waiting() &&
                          !client.connection->is_inside_request() &&
                          client.written == client.output.size();
        if (idle && now_ - client.since >= kIdleMin &&
            (oldest == clients_.end() || client.since < oldest->second->since))
            oldest = it;
    }
    if (oldest == clients_.end())
        return false;
    close(oldest->first);
    return true;
}

Duration Front::patience(const Client& client) const {
    if (client.written < client.output.size())
        return kOutputMax;
    if (client.connection->is_waiting())
        return {}; // it is the service that it waits for
    if (client.connection->requests() == 0)
        return kFirstRequestMax;
    return client.connection->is_inside_request() ? kRequestMax : protocol_.idle;
}

void Front::on_tick(Instant now) {
    now_ = now;
    for (auto it = clients_.begin(); it != clients_.end();) {
        const ConnectionId id = it->first;
        Client& client = *(it++)->second;
        const bool idle =
            !client.connection->is_inside_request() && client.written == client.output.size();
        if (client.connection->is_waiting())
            client.since = now; // its time begins with the reply
        if (client.requests != client.connection->requests()) {
            client.requests = client.connection->requests();
            client.since = now;
        }
        const Duration allowed = patience(client);
        if (allowed == Duration{} || now - client.since < allowed)
            continue;
        closed_as_slow_ += idle ? 0 : 1;
        close(id);
    }
}

void Front::on_client(ConnectionId id, std::uint32_t events) {
    const auto it = clients_.find(id);
    if (it == clients_.end())
        return;
    const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    if (broken || ((events & EPOLLIN) != 0 && !read(id, *it->second))) {
        close(id);
        return;
    }
    settle(id);
}

bool Front::read(ConnectionId id, Client& client) {
    const bool was_inside = client.connection->is_inside_request();
    std::array<std::uint8_t, gateway::kReadBytesMax> buffer;
    while (client.connection->wants_input()) {
        const ssize_t got = ::read(client.fd, buffer.data(), buffer.size());
        if (got == 0)
            return false;
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        submit(id,
               client.connection->on_bytes(ByteView(buffer.data(), static_cast<std::size_t>(got))));
        if (static_cast<std::size_t>(got) < buffer.size())
            break;
    }
    if (!was_inside && client.connection->requests() > 0)
        client.since = now_; // a request begins, or was read whole
    return true;
}

bool Front::write(Client& client) {
    for (;;) {
        if (client.written == client.output.size()) {
            client.output = client.connection->take_output();
            client.written = 0;
            if (client.output.empty())
                return true;
        }
        const ssize_t n = ::write(client.fd, client.output.data() + client.written,
                                  client.output.size() - client.written);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        client.written += static_cast<std::size_t>(n);
        client.since = now_;
    }
}

void Front::settle(ConnectionId id) {
    const auto it = clients_.find(id);
    if (it == clients_.end())
        return;
    Client& client = *it->second;
    if (!write(client)) {
        close(id);
        return;
    }
    const bool drained = client.written == client.output.size();
    if (drained)
        submit(id, client.connection->resume());
    if (client.connection->wants_close()) {
        close(id);
        return;
    }
    watch(id, client);
}

void Front::watch(ConnectionId id, Client& client) {
    const bool drained = client.written == client.output.size();
    const std::uint32_t wanted = (client.connection->wants_input() ? std::uint32_t{EPOLLIN} : 0U) |
                                 (drained ? 0U : std::uint32_t{EPOLLOUT});
    if (wanted != client.events) {
        client.events = wanted;
        epoll_event event{};
        event.events = wanted;
        event.data.u64 = id;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, client.fd, &event);
    }
}

void Front::submit(ConnectionId id, std::vector<gateway::Submitted> operations) {
    for (auto& operation : operations)
        on_operation_(id, std::move(operation));
}

void Front::on_result(ConnectionId id, gateway::Token token, ByteView reply) {
    const auto it = clients_.find(id);
    if (it == clients_.end())
        return;
    submit(id, it->second->connection->on_result(token, reply));
    settle(id);
}

void Front::close(ConnectionId id) {
    const auto it = clients_.find(id);
    ::close(it->second->fd);
    clients_.erase(it);
}

} // namespace zz::services
