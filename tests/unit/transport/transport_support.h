// SPDX-License-Identifier: Apache-2.0
// Nodes with keys on loopback for tests of the transport.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "protocol/crypto/key_file.h"
#include "protocol/transport/transport.h"

namespace zz::transport {

inline LinkKeys fresh_link_keys() {
    const crypto::KeyPair keys = crypto::generate_keys();
    return {keys.publics.exchange, keys.exchange_private};
}

inline Peer agreement_peer(std::uint32_t id) {
    return peer(ApplicationId(0), principal(AgreementId(id)));
}
inline Peer execution_peer(std::uint32_t slot, std::uint32_t incarnation) {
    return peer(ApplicationId(0), principal(ExecutionId{SlotId(slot), Incarnation(incarnation)}));
}

// A transport with its keys and all it has received.
struct Node {
    Node(Context& context, const Peer& as);
    // Listens on a free port.
    void listen(const std::string& at = "tcp://127.0.0.1:*");
    // The other one listens, allows this key, and is dialled.
    void dial(Node& other);
    void turn(Duration timeout = milliseconds(1));
    bool saw(const Peer& peer, PeerChange change) const;

    Peer name;
    LinkKeys keys;
    std::unique_ptr<Transport> transport;
    std::string endpoint;
    std::vector<Received> frames;
    std::vector<Received> published;
    std::vector<PeerEvent> events;
};

// Turns the nodes until the condition holds; false if it does not within a generous time.
bool until(std::initializer_list<Node*> nodes, const std::function<bool()>& condition);

} // namespace zz::transport
