// SPDX-License-Identifier: Apache-2.0
// Collection: the header of a hash, list, set or sorted set, and its elements, while one command
// runs (layout.h). A plain value of that command.
//
//   header = place count:u64 first:u64 birth:u64 changes:u64
//
// `first` is the position of a list's first element; birth and changes tell any two states of a key
// apart (WATCH).
#pragma once

#include <functional>
#include <optional>

#include "backend/application/kv/operation.h"
#include "backend/application/kv/reply.h"
#include "backend/application/kv/store.h"

namespace zz::application::kv {

class Collection {
  public:
    struct Element {
        Bytes name; // without the part's prefix
        Bytes value;
    };
    // Return false to stop.
    using Visit = std::function<bool(const Element&)>;
    struct Part { // of the elements: keys of the state
        Bytes from, until;
        state::Order order = state::Order::Ascending;
        std::size_t head = 0;   // bytes of a key that stand before an element's name
        std::size_t page = 256; // read at a time
    };

    // The collection at the key, an empty one if there is none. Nothing if the key holds another
    // type: then the error was written.
    static std::optional<Collection> open(Store& store, ByteView key, Type type, Reply& reply);

    bool exists() const { return exists_; } // when it was opened
    std::uint64_t count() const { return count_; }
    std::uint64_t first() const { return first_; }
    void set_count(std::uint64_t count) { count_ = count; }
    void set_first(std::uint64_t first) { first_ = first; }
    const Place& place() const { return place_; }
    Store& store() { return *store_; }
    // The header after changes; an empty collection goes.
    void save();

    // Hashes and sets: by the name of a field or member.
    std::optional<Bytes> get(ByteView field);
    bool put(ByteView field, Bytes value); // true if it is new
    bool erase(ByteView field);            // false if there was none
    // All, in order of their hashes.
    Part fields() const;
    // In pages, so that missing nodes are asked for many at once. A collection that is not there
    // has no elements.
    void each(Part part, const Visit& visit);
    // One of them, from the numbers that the state and the agreed time give (not uniform, but any).
    std::optional<Element> any();

    // Of layout.h, by position.
    std::optional<Bytes> get_numbered(std::uint8_t part, std::uint64_t number);
    void put_numbered(std::uint8_t part, std::uint64_t number, Bytes value);
    void erase_numbered(std::uint8_t part, std::uint64_t number);

  private:
    // Before the first write.
    void need_place();

    Store* store_ = nullptr;
    Bytes key_;
    Type type_ = Type::Hash;
    bool exists_ = false, placed_ = false;
    std::int64_t expires_ms_ = 0;
    Place place_;
    std::uint64_t count_ = 0, first_ = 0, birth_ = 0, changes_ = 0;
};

} // namespace zz::application::kv
