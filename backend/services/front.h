// SPDX-License-Identifier: Apache-2.0
// Front: sockets of users under gateway::ClientConnection: accepts, reads, writes, and closes those
// that are slow. One epoll descriptor stands for all of them in the service's loop. Bounded:
// kConnectionsMax connections, each with the bounds of its ClientConnection. One thread.
//
// A user has kFirstRequestMax to send a first whole request and kRequestMax for each later one once
// it was begun, however slowly its bytes come; it takes what it is owed within kOutputMax of the
// last byte it took (K9). One that is idle may stay, unless the protocol sets an `idle` limit, or
// all places are taken: then the one that was idle for longest, kIdleMin at least, gives way.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "backend/gateway/client_connection.h"
#include "protocol/base/instant.h"
#include "protocol/base/result.h"

namespace zz::services {

inline constexpr std::size_t kConnectionsMax = 1000;
inline constexpr Duration kFirstRequestMax = seconds(10);
inline constexpr Duration kRequestMax = seconds(30);
inline constexpr Duration kOutputMax = seconds(60);
inline constexpr Duration kIdleMin = seconds(10);

class Front {
  public:
    using ConnectionId = std::uint64_t;
    // An operation of a connection; its result goes to on_result.
    using OnOperation = std::function<void(ConnectionId, gateway::Submitted)>;
    // For a user at that address.
    using Make = std::function<std::unique_ptr<gateway::ClientConnection>(ConnectionId,
                                                                          std::string address)>;
    struct Protocol {
        Make make;
        std::string full; // what a user hears for whom there is no place
        Duration idle{};  // 0: no limit
    };

    Front(Protocol protocol, OnOperation on_operation);
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    // "ADDRESS:PORT", an IPv4 address.
    Status listen(const std::string& front);
    int fd() const { return epoll_; }
    // fd() is readable.
    void on_ready(Instant now);
    // Closes who is too slow; each second is enough.
    void on_tick(Instant now);
    // The connection may be gone meanwhile.
    void on_result(ConnectionId id, gateway::Token token, ByteView reply);
    std::size_t connections() const { return clients_.size(); }
    std::uint64_t closed_as_slow() const { return closed_as_slow_; }

  private:
    struct Client {
        int fd = -1;
        std::unique_ptr<gateway::ClientConnection> connection;
        Bytes output; // taken from the connection, not written yet
        std::size_t written = 0;
        std::uint32_t events = 0;
        Instant since{};            // when it last took a byte, or ended a request
        std::uint64_t requests = 0; // at that time
    };
    void accept_all();
    bool make_room();
    void on_client(ConnectionId id, std::uint32_t events);
    bool read(ConnectionId id, Client& client);
    // Writes, goes on, watches what is to be watched; may close.
    void settle(ConnectionId id);
    bool write(Client& client);
    void watch(ConnectionId id, Client& client);
    // Zero: for ever.
    Duration patience(const Client& client) const;
    void submit(ConnectionId id, std::vector<gateway::Submitted> operations);
    void close(ConnectionId id);

    Protocol protocol_;
    OnOperation on_operation_;
    int epoll_ = -1, listener_ = -1;
    ConnectionId next_ = 1;
    Instant now_{};
    std::uint64_t closed_as_slow_ = 0;
    std::map<ConnectionId, std::unique_ptr<Client>> clients_;
};

} // namespace zz::services
