// SPDX-License-Identifier: Apache-2.0
// SortedSet: a sorted set as two orders of the same members (layout.h): by hash, with the score as
// value, and by score and member. While one command runs; save() at its end.
#pragma once

#include <functional>
#include <optional>

#include "backend/application/kv/collection.h"

namespace zz::application::kv {

class SortedSet {
  public:
    struct Scored {
        Bytes member;
        double score = 0;
    };
    using Visit = std::function<bool(const Scored&)>; // false: stop
    // Scores as ordered bits: from <= score < until.
    struct Scores {
        std::uint64_t from = 0, until = UINT64_MAX;
    };

    // As Collection::open.
    static std::optional<SortedSet> open(Store& store, ByteView key, Reply& reply);

    bool exists() const { return collection_.exists(); }
    std::uint64_t size() const { return collection_.count(); }
    Store& store() { return collection_.store(); }
    std::optional<double> score(ByteView member);
    // Precondition: the score is not NaN.
    void set(ByteView member, double score);
    bool erase(ByteView member);
    void save() { collection_.save(); }
    Collection& collection() { return collection_; }

    // In order of score and member, or against it; `page` are read at a time.
    void each(Scores scores, state::Order order, const Visit& visit, std::size_t page = 256);
    // The first ones, at most `count`.
    std::vector<Scored> first(std::uint64_t count, state::Order order);
    // How many stand before the member.
    std::uint64_t rank(ByteView member, double score, state::Order order);

  private:
    explicit SortedSet(Collection collection) : collection_(std::move(collection)) {}

    Collection collection_;
};

Bytes encode_score(double score);
std::optional<double> decode_score(ByteView value);

} // namespace zz::application::kv
