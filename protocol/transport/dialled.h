// SPDX-License-Identifier: Apache-2.0
// Dialled: one outgoing connection with its monitor, kept up for ever. Inside of the transport
// room. One thread.
#pragma once

#include <optional>

#include "protocol/transport/context_impl.h"

namespace zz::transport {

class Dialled {
  public:
    // type is dealer or sub. Nothing is connected yet.
    Dialled(Context::Impl& context, const LinkKeys& keys, zmq::socket_type type,
            std::string endpoint, const ExchangeKey& server);

    // Makes the socket, or a new one in place of an old one. Throws zmq::error_t.
    void connect(Instant now);
    // Reads the monitor; connects anew if the link was down too long. Returns Up or Down if that
    // changed, else None; `failed` counts handshakes that failed.
    LinkChange watch(Instant now, std::uint64_t& failed);
    bool up() const { return up_; }
    zmq::socket_t& socket() { return *socket_; }
    zmq::socket_t& monitor() { return monitor_->socket; }
    // kNever while up.
    Instant redial_at() const { return up_ ? kNever : redial_at_; }

    // Whether they are to be looked at (transport_impl.h: Transport::Impl::turn).
    bool socket_due = true;
    bool monitor_due = true;

  private:
    Context::Impl& context_;
    const LinkKeys& keys_;
    zmq::socket_type type_;
    std::string endpoint_;
    ExchangeKey server_;
    // The monitor is destroyed first: it belongs to the socket.
    std::optional<zmq::socket_t> socket_;
    std::optional<Monitor> monitor_;
    bool up_ = false;
    Instant redial_at_ = kNever;
};

} // namespace zz::transport
