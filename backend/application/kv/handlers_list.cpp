// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/handlers.h"
#include "backend/application/kv/list.h"

namespace zz::application::kv {
namespace {

enum class End : std::uint8_t { Front, Back };

struct Span { // of indexes
    std::uint64_t begin = 0, end = 0;
};

// As Redis counts: from 0, negative from the end, the last one included, cut to what is there.
Span span_of(std::int64_t start, std::int64_t stop, std::uint64_t size) {
    const auto count = static_cast<std::int64_t>(size);
    const std::int64_t from = std::max<std::int64_t>(start < 0 ? start + count : start, 0);
    const std::int64_t to = std::min(stop < 0 ? stop + count : stop, count - 1);
    if (from > to) {
        return {};
    }
    return {static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to) + 1};
}

// Nothing, and an error, if the arguments 2 and 3 are no integers.
std::optional<std::pair<std::int64_t, std::int64_t>> two_integers(const Arguments& arguments,
                                                                  Reply& reply) {
    const auto start = parse_integer(arguments[2]), stop = parse_integer(arguments[3]);
    if (!start || !stop) {
        reply.error(kNotAnInteger);
        return std::nullopt;
    }
    return std::pair(*start, *stop);
}

Bytes pop(List& list, End end) {
    return end == End::Front ? list.pop_front() : list.pop_back();
}

void push(Store& store, const Arguments& arguments, End end, bool only_present, Reply& reply) {
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    if (only_present && !list->exists()) {
        reply.integer(0);
        return;
    }
    for (std::size_t i = 2; i < arguments.size() && !store.exhausted(); ++i) {
        if (end == End::Front) {
            list->push_front(arguments[i]);
        } else {
            list->push_back(arguments[i]);
        }
    }
    list->save();
    reply.integer(static_cast<std::int64_t>(list->size()));
}

void pop_some(Store& store, const Arguments& arguments, End end, Reply& reply) {
    std::optional<std::int64_t> count;
    if (arguments.size() > 3) {
        reply.error(wrong_arity(arguments));
        return;
    }
    if (arguments.size() == 3) {
        count = parse_integer(arguments[2]);
        if (!count || *count < 0) {
            reply.error("ERR value is out of range, must be positive");
            return;
        }
    }
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    if (list->size() == 0) {
        if (count) {
            reply.null_array();
        } else {
            reply.null();
        }
        return;
    }
    const std::uint64_t wanted = static_cast<std::uint64_t>(count.value_or(1));
    const std::uint64_t popped = std::min(wanted, list->size());
    if (count) {
        reply.array(popped);
    }
    for (std::uint64_t i = 0; i < popped && !store.exhausted(); ++i) {
        reply.bulk(pop(*list, end));
    }
    if (popped > 0) {
        list->save();
    }
}

// The index of element `index` as Redis gives it; nothing if there is none.
std::optional<std::uint64_t> index_in(const List& list, std::int64_t index) {
    const auto size = static_cast<std::int64_t>(list.size());
    const std::int64_t at = index < 0 ? index + size : index;
    return at >= 0 && at < size ? std::optional(static_cast<std::uint64_t>(at)) : std::nullopt;
}

// Writes `kept` over the elements from `begin` on. Elements behind them go.
void replace_tail(Store& store, List& list, std::uint64_t begin, const std::vector<Bytes>& kept) {
    for (std::size_t i = 0; i < kept.size() && !store.exhausted(); ++i) {
        if (begin + i < list.size()) {
            list.set(begin + i, kept[i]);
        } else {
            list.push_back(kept[i]);
        }
    }
    while (list.size() > begin + kept.size() && !store.exhausted()) {
        list.pop_back();
    }
    list.save();
}

std::vector<Bytes> elements(Store& store, List& list) {
    std::vector<Bytes> all;
    for (std::uint64_t i = 0; i < list.size() && !store.exhausted(); ++i) {
        all.push_back(list.at(i));
    }
    return all;
}

bool equal(ByteView a, ByteView b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

} // namespace

void run_lpush(Store& store, const Arguments& arguments, Reply& reply) {
    push(store, arguments, End::Front, false, reply);
}
void run_rpush(Store& store, const Arguments& arguments, Reply& reply) {
    push(store, arguments, End::Back, false, reply);
}
void run_lpushx(Store& store, const Arguments& arguments, Reply& reply) {
    push(store, arguments, End::Front, true, reply);
}
void run_rpushx(Store& store, const Arguments& arguments, Reply& reply) {
    push(store, arguments, End::Back, true, reply);
}
void run_lpop(Store& store, const Arguments& arguments, Reply& reply) {
    pop_some(store, arguments, End::Front, reply);
}
void run_rpop(Store& store, const Arguments& arguments, Reply& reply) {
    pop_some(store, arguments, End::Back, reply);
}

void run_lrange(Store& store, const Arguments& arguments, Reply& reply) {
    const auto bounds = two_integers(arguments, reply);
    if (!bounds) {
        return;
    }
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    const Span span = span_of(bounds->first, bounds->second, list->size());
    reply.array(span.end - span.begin);
    for (std::uint64_t i = span.begin;
         i < span.end && !store.exhausted() && reply.size() <= kReplyBytesMax; ++i) {
        reply.bulk(list->at(i));
    }
}

void run_llen(Store& store, const Arguments& arguments, Reply& reply) {
    if (const auto list = List::open(store, arguments[1], reply)) {
        reply.integer(static_cast<std::int64_t>(list->size()));
    }
}

void run_lindex(Store& store, const Arguments& arguments, Reply& reply) {
    const auto index = parse_integer(arguments[2]);
    if (!index) {
        reply.error(kNotAnInteger);
        return;
    }
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    if (const auto at = index_in(*list, *index)) {
        reply.bulk(list->at(*at));
    } else {
        reply.null();
    }
}

void run_lset(Store& store, const Arguments& arguments, Reply& reply) {
    const auto index = parse_integer(arguments[2]);
    if (!index) {
        reply.error(kNotAnInteger);
        return;
    }
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    const auto at = index_in(*list, *index);
    if (!list->exists()) {
        reply.error(kNoSuchKey);
    } else if (!at) {
        reply.error("ERR index out of range");
    } else {
        list->set(*at, arguments[3]);
        list->save();
        reply.ok();
    }
}

void run_ltrim(Store& store, const Arguments& arguments, Reply& reply) {
    const auto bounds = two_integers(arguments, reply);
    if (!bounds) {
        return;
    }
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    const Span span = span_of(bounds->first, bounds->second, list->size());
    if (span.begin == span.end) {
        store.erase(arguments[1]);
    } else if (span.end - span.begin < list->size()) {
        const std::uint64_t behind = list->size() - span.end;
        for (std::uint64_t i = 0; i < behind && !store.exhausted(); ++i) {
            list->pop_back();
        }
        for (std::uint64_t i = 0; i < span.begin && !store.exhausted(); ++i) {
            list->pop_front();
        }
        list->save();
    }
    reply.ok();
}

void run_lrem(Store& store, const Arguments& arguments, Reply& reply) {
    const auto count = parse_integer(arguments[2]);
    if (!count) {
        reply.error(kNotAnInteger);
        return;
    }
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    std::vector<Bytes> all = elements(store, *list);
    const bool from_behind = *count < 0;
    std::uint64_t left = *count == 0   ? UINT64_MAX
                         : from_behind ? 0 - static_cast<std::uint64_t>(*count)
                                       : static_cast<std::uint64_t>(*count);
    if (from_behind) {
        std::reverse(all.begin(), all.end());
    }
    std::vector<Bytes> kept;
    for (Bytes& each : all) {
        if (left > 0 && equal(each, arguments[3])) {
            --left;
        } else {
            kept.push_back(std::move(each));
        }
    }
    if (from_behind) {
        std::reverse(kept.begin(), kept.end());
    }
    const std::size_t removed = all.size() - kept.size();
    if (removed > 0 && !store.exhausted()) {
        replace_tail(store, *list, 0, kept);
    }
    reply.integer(static_cast<std::int64_t>(removed));
}

void run_linsert(Store& store, const Arguments& arguments, Reply& reply) {
    const bool before = same_word(arguments[2], "before");
    if (!before && !same_word(arguments[2], "after")) {
        reply.error(kSyntaxError);
        return;
    }
    auto list = List::open(store, arguments[1], reply);
    if (!list) {
        return;
    }
    std::vector<Bytes> all = elements(store, *list);
    const auto pivot = std::find_if(all.begin(), all.end(),
                                    [&](const Bytes& each) { return equal(each, arguments[3]); });
    if (!list->exists() || pivot == all.end()) {
        reply.integer(list->exists() ? -1 : 0);
        return;
    }
    const auto at = static_cast<std::size_t>(pivot - all.begin()) + (before ? 0 : 1);
    std::vector<Bytes> tail{Bytes(arguments[4].begin(), arguments[4].end())};
    tail.insert(tail.end(), all.begin() + static_cast<std::ptrdiff_t>(at), all.end());
    replace_tail(store, *list, at, tail);
    reply.integer(static_cast<std::int64_t>(list->size()));
}

void run_rpoplpush(Store& store, const Arguments& arguments, Reply& reply) {
    auto from = List::open(store, arguments[1], reply);
    if (!from) {
        return;
    }
    const bool same = equal(arguments[1], arguments[2]);
    auto to = List::open(store, arguments[2], reply);
    if (!to) {
        return;
    }
    if (from->size() == 0) {
        reply.null();
        return;
    }
    const Bytes value = from->pop_back();
    if (same) {
        from->push_front(value);
        from->save();
    } else {
        from->save();
        to->push_front(value);
        to->save();
    }
    reply.bulk(value);
}

} // namespace zz::application::kv
