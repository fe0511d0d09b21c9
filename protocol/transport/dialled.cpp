// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/dialled.h"

#include <algorithm>

#include "protocol/transport/keep_alive.h"
#include "protocol/transport/transport_impl.h"

namespace zz::transport {

Dialled::Dialled(Context::Impl& context, const LinkKeys& keys, zmq::socket_type type,
                 std::string endpoint, const ExchangeKey& server)
    : context_(context), keys_(keys), type_(type), endpoint_(std::move(endpoint)), server_(server) {
}

void Dialled::connect(Instant now) {
    up_ = false;
    redial_at_ = now + kRedialAfter;
    monitor_.reset();
    socket_.reset();
    socket_due = monitor_due = true;
    const bool subscriber = type_ == zmq::socket_type::sub;
    zmq::socket_t socket =
        make_socket(context_, type_, keys_, subscriber ? kPublishHighWaterMark : kHighWaterMark);
    be_client(socket, server_);
    if (const int interval = context_.keep_alive_ms; interval > 0 && !subscriber) {
        socket.set(zmq::sockopt::heartbeat_ivl, interval);
        socket.set(zmq::sockopt::heartbeat_timeout, milliseconds_of(kKeepAliveSilenceMax));
    }
    if (subscriber)
        socket.set(zmq::sockopt::subscribe, "");
    else
        socket.set(zmq::sockopt::immediate,
                   true); // What waits for a connection waits in our queue.
    monitor_ = make_monitor(context_, socket);
    socket_ = std::move(socket);
    socket_->connect(endpoint_);
}

LinkChange Dialled::watch(Instant now, std::uint64_t& failed) {
    const bool before = up_;
    monitor_due = false;
    bool again = false; // It went up: perhaps a second time since we looked.
    for (LinkChange change = monitor_->next(); change != LinkChange::None;
         change = monitor_->next()) {
        up_ = change == LinkChange::Up;
        again = again || up_;
        if (change == LinkChange::Failed) {
            ++failed;
            redial_at_ = std::min(redial_at_, now + kReconnectMax);
        } else {
            redial_at_ = now + kRedialAfter;
        }
    }
    if (!up_ && now >= redial_at_)
        connect(now);
    if (up_)
        return again ? LinkChange::Up : LinkChange::None;
    return before ? LinkChange::Down : LinkChange::None;
}

} // namespace zz::transport
