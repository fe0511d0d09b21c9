// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/transport/transport_support.h"

#include <chrono>

#include "protocol/base/check.h"

namespace zz::transport {

Node::Node(Context& context, const Peer& as) : name(as), keys(fresh_link_keys()) {
    auto made = Transport::make(context, keys);
    ZZ_CHECK(bool(made), "{}", made.error().text);
    transport = std::move(*made);
}

void Node::listen(const std::string& at) {
    const Result<std::string> bound = transport->bind(at);
    ZZ_CHECK(bool(bound), "{}", bound.error().text);
    endpoint = *bound;
}

void Node::dial(Node& other) {
    other.transport->allow(keys.public_key, name);
    const Status dialled = transport->dial(other.name, other.endpoint, other.keys.public_key);
    ZZ_CHECK(bool(dialled), "{}", dialled.error().text);
}

void Node::turn(Duration timeout) {
    Turn t = transport->poll(timeout);
    for (Received& r : t.frames)
        frames.push_back(std::move(r));
    for (Received& r : t.published)
        published.push_back(std::move(r));
    events.insert(events.end(), t.events.begin(), t.events.end());
}

bool Node::saw(const Peer& peer, PeerChange change) const {
    for (const PeerEvent& e : events) {
        if (e.peer == peer && e.change == change)
            return true;
    }
    return false;
}

bool until(std::initializer_list<Node*> nodes, const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        for (Node* node : nodes)
            node->turn();
    }
    return true;
}

} // namespace zz::transport
