// SPDX-License-Identifier: Apache-2.0
// List: a list as a row of chunks of 32 positions (layout.h), so that an element has its place by
// arithmetic, pushing and popping rewrite one chunk, and a range reads few entries. A long element
// stands beside its chunk. While one command runs; save() at its end.
//
//   slots = *( size:u16 bytes / %xffff )   ; of the positions that are in use, in order
#pragma once

#include <deque>
#include <optional>

#include "backend/application/kv/collection.h"

namespace zz::application::kv {

class List {
  public:
    // As Collection::open.
    static std::optional<List> open(Store& store, ByteView key, Reply& reply);

    bool exists() const { return collection_.exists(); }
    std::uint64_t size() const { return collection_.count(); }
    // Precondition of all that take an index: index < size().
    Bytes at(std::uint64_t index);
    void set(std::uint64_t index, ByteView value);
    void push_back(ByteView value);
    void push_front(ByteView value);
    // Precondition: size() > 0.
    Bytes pop_back();
    Bytes pop_front();
    void save();

  private:
    static constexpr std::uint64_t kChunkElements = 32;
    static constexpr std::size_t kShortBytes = 120; // 32 of them fit an inline value of the tree
    using Slot = std::optional<Bytes>;              // none: a long element

    explicit List(Collection collection) : collection_(std::move(collection)) {}
    void load(std::uint64_t position);
    void store_loaded();
    Slot& slot(std::uint64_t position);
    Slot make_slot(std::uint64_t position, ByteView value);
    Bytes value_of(std::uint64_t position);
    void forget_long(std::uint64_t position);

    Collection collection_;
    std::optional<std::uint64_t> loaded_; // number of the chunk
    std::deque<Slot> slots_;
    bool dirty_ = false;
};

} // namespace zz::application::kv
