// SPDX-License-Identifier: Apache-2.0
// Overlay: a copy-on-write view of a state tree, in which one request runs (ZZ-7.2). Reads that
// meet a node that is not held do not block: they answer NeedsNodes, and `wanted()` tells the
// hashes; the request ends its attempt and runs again when they were fetched. Writes stay in the
// overlay until the engine merges them. Owned by the execution engine; used by one thread.
#pragma once

#include <vector>

#include "protocol/base/bytes.h"

namespace zz::state {

enum class Found : std::uint8_t { Yes, No, NeedsNodes };
enum class Order : std::uint8_t { Ascending, Descending };

class Overlay {
  public:
    struct Read {
        Found found = Found::No;
        Bytes value; // when Yes
    };
    struct Entry {
        Found found = Found::No;
        Bytes key, value; // when Yes
    };

    struct Item {
        Bytes key, value;
        friend bool operator==(const Item&, const Item&) = default;
    };
    // The part of the entries that a range() asks for.
    struct Bounds {
        ByteView from;  // the lowest key
        ByteView until; // the lowest key that is no more part of it; empty: to the end
        Order order = Order::Ascending;
        std::size_t count = SIZE_MAX; // at most so many
    };
    struct Range {
        Found found = Found::Yes; // never No: a range may be empty
        std::vector<Item> items;
    };

    virtual ~Overlay() = default;
    virtual Read get(ByteView key) = 0;
    virtual void put(ByteView key, ByteView value) = 0;
    virtual void erase(ByteView key) = 0;
    // The first entry whose key is >= `from` in byte order; writes of this overlay are seen.
    virtual Entry next(ByteView from) = 0;
    // The entries within the bounds, in order; writes of this overlay are seen. NeedsNodes: some
    // were not held, and all that was missed on the way, up to `count` places, is wanted at once.
    virtual Range range(const Bounds& bounds) = 0;
    // Hashes of the nodes that reads of this attempt missed; empty if none.
    virtual const std::vector<Digest>& wanted() const = 0;
};

} // namespace zz::state
