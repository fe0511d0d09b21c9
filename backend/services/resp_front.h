// SPDX-License-Identifier: Apache-2.0
// RespFront: sockets of Redis clients under resp::Connection: accepts, reads, writes, nothing else.
// One epoll descriptor stands for all of them in the service's loop. Bounded: kConnectionsMax
// connections, each with the bounds of its Connection. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "backend/gateway/resp/connection.h"
#include "protocol/base/result.h"

namespace zz::services {

inline constexpr std::size_t kConnectionsMax = 1000;

class RespFront {
  public:
    using ConnectionId = std::uint64_t;
    // An operation of a connection; its result goes to on_result.
    using OnOperation = std::function<void(ConnectionId, gateway::resp::Submitted)>;

    RespFront(std::string application, OnOperation on_operation);
    ~RespFront();
    RespFront(const RespFront&) = delete;
    RespFront& operator=(const RespFront&) = delete;

    // "ADDRESS:PORT", an IPv4 address.
    Status listen(const std::string& front);
    int fd() const { return epoll_; }
    // fd() is readable.
    void on_ready();
    // The connection may be gone meanwhile.
    void on_result(ConnectionId id, gateway::resp::Token token, ByteView reply);
    std::size_t connections() const { return clients_.size(); }

  private:
    struct Client {
        int fd = -1;
        gateway::resp::Connection connection;
        Bytes output; // taken from the connection, not written yet
        std::size_t written = 0;
        std::uint32_t events = 0;
    };
    void accept_all();
    void on_client(ConnectionId id, std::uint32_t events);
    bool read(ConnectionId id, Client& client);
    // Writes, goes on, watches what is to be watched; may close.
    void settle(ConnectionId id);
    bool write(Client& client);
    void submit(ConnectionId id, std::vector<gateway::resp::Submitted> operations);
    void close(ConnectionId id);

    std::string application_;
    OnOperation on_operation_;
    int epoll_ = -1, listener_ = -1;
    ConnectionId next_ = 1;
    std::map<ConnectionId, std::unique_ptr<Client>> clients_;
};

} // namespace zz::services
