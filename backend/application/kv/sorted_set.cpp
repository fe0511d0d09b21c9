// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/sorted_set.h"

#include <algorithm>

namespace zz::application::kv {

Bytes encode_score(double score) {
    Bytes value;
    append_big(value, ordered_bits(score));
    return value;
}

std::optional<double> decode_score(ByteView value) {
    // Others are never written; a state that was damaged on purpose must not stop the process.
    return value.size() == kNumberBytes ? std::optional(score_of(big_at(value, 0))) : std::nullopt;
}

std::optional<SortedSet> SortedSet::open(Store& store, ByteView key, Reply& reply) {
    auto collection = Collection::open(store, key, Type::SortedSet, reply);
    if (!collection) {
        return std::nullopt;
    }
    return SortedSet(std::move(*collection));
}

std::optional<double> SortedSet::score(ByteView member) {
    const auto value = collection_.get(member);
    return value ? decode_score(*value) : std::nullopt;
}

void SortedSet::set(ByteView member, double score) {
    const auto old = this->score(member);
    if (old && ordered_bits(*old) == ordered_bits(score)) {
        return;
    }
    if (old) {
        store().remove(score_key(collection_.place(), *old, member));
    }
    collection_.put(member, encode_score(score)); // gives a new set its place
    store().put(score_key(collection_.place(), score, member), {});
}

bool SortedSet::erase(ByteView member) {
    const auto old = score(member);
    if (!old) {
        return false;
    }
    store().remove(score_key(collection_.place(), *old, member));
    return collection_.erase(member);
}

void SortedSet::each(Scores scores, state::Order order, const Visit& visit, std::size_t page) {
    if (scores.from >= scores.until) {
        return;
    }
    const Place& place = collection_.place();
    const std::size_t score_at = kScoreHeadBytes - kNumberBytes;
    Collection::Part part{score_position(place, scores.from),
                          scores.until == UINT64_MAX ? after(part_prefix(place, kScorePart))
                                                     : score_position(place, scores.until),
                          order, score_at, page};
    collection_.each(std::move(part), [&](const Collection::Element& element) {
        if (element.name.size() < kNumberBytes) {
            return true; // a state that was damaged on purpose
        }
        return visit({Bytes(element.name.begin() + kNumberBytes, element.name.end()),
                      score_of(big_at(element.name, 0))});
    });
}

std::vector<SortedSet::Scored> SortedSet::first(std::uint64_t count, state::Order order) {
    std::vector<Scored> out;
    const std::uint64_t page = std::min<std::uint64_t>(count, 256);
    if (count > 0) {
        each(
            {}, order,
            [&](const Scored& scored) {
                out.push_back(scored);
                return out.size() < count;
            },
            page);
    }
    return out;
}

std::uint64_t SortedSet::rank(ByteView member, double score, state::Order order) {
    const Place& place = collection_.place();
    const bool up = order == state::Order::Ascending;
    const Bytes own = score_key(place, score, member);
    Bytes behind = own;
    behind.push_back(0);
    const Bytes prefix = part_prefix(place, kScorePart);
    Collection::Part part{up ? prefix : behind, up ? own : after(prefix), order, 0, 1024};
    std::uint64_t before = 0;
    collection_.each(std::move(part), [&before](const Collection::Element&) {
        ++before;
        return true;
    });
    return before;
}

} // namespace zz::application::kv
