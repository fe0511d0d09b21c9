// SPDX-License-Identifier: Apache-2.0
// DiffWalk visits the nodes of one sealed state that are not in another; MissingWalk uses it to
// find what a store lacks of a state (ZZ-7.5). Both go depth first, so that what they remember is
// bounded by the depth of the tree and the number of nodes waited for, never by the size of the
// state. They belong to the thread of their store.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "backend/state/node.h"
#include "backend/state/node_store.h"

namespace zz::state {

// True if `bytes` are the node called `digest`; then the store has it.
bool accept_node(NodeStore& store, const Digest& digest, const Blob& bytes);

class DiffWalk {
  public:
    // Visits all of `root` if `known` is none. Precondition: the store has all of `known`.
    DiffWalk(NodeStore& store, const Digest& root, std::optional<Digest> known);

    struct Visit {
        Digest digest;
        bool held = false; // False: the walk does not go below it until `held_now` is called.
    };
    // The next node; none if there is nothing to do before a `held_now`.
    std::optional<Visit> next();
    // A node told as not held has come. Others are ignored.
    void held_now(const Digest& digest);
    std::size_t waiting() const { return waiting_.size(); }
    bool done() const { return ahead_.empty() && waiting_.empty(); }

  private:
    // A node to visit and, if any, the node of the known state that covers its place.
    struct Place {
        Digest digest;
        std::optional<Digest> known;
    };
    NodePtr load(const Digest& digest);
    NodePtr known_for(const Node& node, std::optional<Digest> known);
    void expand(const Node& node, const NodePtr& known);
    static std::optional<Digest> known_below(const Inner& inner, unsigned slot,
                                             const NodePtr& known);

    NodeStore& store_;
    std::vector<Place> ahead_;
    std::map<Digest, std::optional<Digest>> waiting_;
};

class MissingWalk {
  public:
    // `known`: a state the store has all of, as of a replica that fell behind (ZZ-7.1). At most
    // `waiting_max` nodes are asked for at a time.
    MissingWalk(NodeStore& store, const Digest& root, std::size_t waiting_max,
                std::optional<Digest> known = std::nullopt);

    // Looks at no more than `visits` nodes; returns those found missing, each once.
    std::vector<Digest> advance(std::size_t visits);
    // A node of this walk may have come into the store, by accept_node or because a request fetched
    // it.
    void arrived(const Digest& digest) { walk_.held_now(digest); }
    std::size_t waiting() const { return walk_.waiting(); }
    // All of the state is in the store.
    bool done() const { return walk_.done(); }
    std::uint64_t visited() const { return visited_; }

  private:
    DiffWalk walk_;
    std::size_t waiting_max_;
    std::uint64_t visited_ = 0;
};

} // namespace zz::state
