// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "backend/application/kv/collection.h"
#include "backend/application/kv/command_table.h"
#include "backend/application/kv/handlers.h"

namespace zz::application::kv {
namespace {

using Members = std::set<Bytes>;

std::optional<Collection> open_set(Store& store, ByteView key, Reply& reply) {
    return Collection::open(store, key, Type::Set, reply);
}

// Of a combination as much as may be an answer; a stored one is bounded by the budget as well.
bool too_much(const Store& store, std::size_t bytes) {
    return store.exhausted() || bytes > kReplyBytesMax;
}

enum class Combine : std::uint8_t { Intersect, Unite, Subtract };

// Nothing, and an error, if a key holds another type.
std::optional<Members> combine(Store& store, std::span<const ByteView> keys, Combine how,
                               Reply& reply) {
    std::vector<Collection> sets;
    for (const ByteView key : keys) {
        auto set = open_set(store, key, reply);
        if (!set) {
            return std::nullopt;
        }
        sets.push_back(std::move(*set));
    }
    Members members;
    std::size_t bytes = 0;
    if (how == Combine::Intersect) { // the smallest one first
        std::stable_sort(sets.begin(), sets.end(), [](const Collection& a, const Collection& b) {
            return a.count() < b.count();
        });
    }
    const std::size_t walked = how == Combine::Unite ? sets.size() : 1;
    for (std::size_t i = 0; i < walked; ++i) {
        sets[i].each(sets[i].fields(), [&](const Collection::Element& element) {
            bool belongs = true;
            for (std::size_t other = 1; other < sets.size() && how != Combine::Unite && belongs;
                 ++other) {
                const bool there = sets[other].get(element.name).has_value();
                belongs = there == (how == Combine::Intersect);
            }
            if (belongs) {
                bytes += element.name.size();
                members.insert(element.name);
            }
            return !too_much(store, bytes);
        });
    }
    return members;
}

void show(Store& store, const Arguments& arguments, Combine how, Reply& reply) {
    const auto members = combine(store, std::span(arguments).subspan(1), how, reply);
    if (!members) {
        return;
    }
    reply.array(members->size());
    for (const Bytes& member : *members) {
        reply.bulk(member);
    }
}

void keep(Store& store, const Arguments& arguments, Combine how, Reply& reply) {
    const auto members = combine(store, std::span(arguments).subspan(2), how, reply);
    if (!members || store.exhausted()) {
        return;
    }
    store.erase(arguments[1]);
    auto target = open_set(store, arguments[1], reply);
    for (const Bytes& member : *members) {
        if (store.exhausted()) {
            return;
        }
        target->put(member, {});
    }
    target->save();
    reply.integer(static_cast<std::int64_t>(members->size()));
}

} // namespace

void run_sadd(Store& store, const Arguments& arguments, Reply& reply) {
    auto set = open_set(store, arguments[1], reply);
    if (!set) {
        return;
    }
    std::int64_t fresh = 0;
    for (std::size_t i = 2; i < arguments.size() && !store.exhausted(); ++i) {
        if (!set->get(arguments[i])) {
            fresh += set->put(arguments[i], {}) ? 1 : 0;
        }
    }
    if (fresh > 0) {
        set->save();
    }
    reply.integer(fresh);
}

void run_srem(Store& store, const Arguments& arguments, Reply& reply) {
    auto set = open_set(store, arguments[1], reply);
    if (!set) {
        return;
    }
    std::int64_t erased = 0;
    for (std::size_t i = 2; i < arguments.size() && !store.exhausted(); ++i) {
        erased += set->erase(arguments[i]) ? 1 : 0;
    }
    if (erased > 0) {
        set->save();
    }
    reply.integer(erased);
}

void run_smove(Store& store, const Arguments& arguments, Reply& reply) {
    auto from = open_set(store, arguments[1], reply);
    if (!from) {
        return;
    }
    auto to = open_set(store, arguments[2], reply);
    if (!to) {
        return;
    }
    const ByteView member = arguments[3];
    const bool there = from->get(member).has_value();
    const bool same = std::equal(arguments[1].begin(), arguments[1].end(), arguments[2].begin(),
                                 arguments[2].end());
    if (there && !same) {
        from->erase(member);
        from->save();
        to->put(member, {});
        to->save();
    }
    reply.integer(there ? 1 : 0);
}

void run_sismember(Store& store, const Arguments& arguments, Reply& reply) {
    if (auto set = open_set(store, arguments[1], reply)) {
        reply.integer(set->get(arguments[2]) ? 1 : 0);
    }
}

void run_smismember(Store& store, const Arguments& arguments, Reply& reply) {
    auto set = open_set(store, arguments[1], reply);
    if (!set) {
        return;
    }
    reply.array(arguments.size() - 2);
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        reply.integer(set->get(arguments[i]) ? 1 : 0);
    }
}

void run_smembers(Store& store, const Arguments& arguments, Reply& reply) {
    auto set = open_set(store, arguments[1], reply);
    if (!set) {
        return;
    }
    reply.array(set->count());
    set->each(set->fields(), [&](const Collection::Element& element) {
        reply.bulk(element.name);
        return reply.size() <= kReplyBytesMax;
    });
}

void run_scard(Store& store, const Arguments& arguments, Reply& reply) {
    if (const auto set = open_set(store, arguments[1], reply)) {
        reply.integer(static_cast<std::int64_t>(set->count()));
    }
}

void run_spop(Store& store, const Arguments& arguments, Reply& reply) {
    std::optional<std::int64_t> count;
    if (arguments.size() > 3) {
        reply.error(kSyntaxError);
        return;
    }
    if (arguments.size() == 3) {
        count = parse_integer(arguments[2]);
        if (!count || *count < 0) {
            reply.error("ERR value is out of range, must be positive");
            return;
        }
    }
    auto set = open_set(store, arguments[1], reply);
    if (!set) {
        return;
    }
    if (!count && set->count() == 0) {
        reply.null();
        return;
    }
    const std::uint64_t wanted =
        std::min(static_cast<std::uint64_t>(count.value_or(1)), set->count());
    if (count) {
        reply.array(wanted);
    }
    for (std::uint64_t i = 0; i < wanted && !store.exhausted(); ++i) {
        const auto element = set->any();
        if (!element) {
            reply.null(); // nodes are missing: the attempt is discarded
            return;
        }
        set->erase(element->name);
        reply.bulk(element->name);
    }
    if (wanted > 0) {
        set->save();
    }
}

void run_srandmember(Store& store, const Arguments& arguments, Reply& reply) {
    std::optional<std::int64_t> count;
    if (arguments.size() > 3) {
        reply.error(kSyntaxError);
        return;
    }
    if (arguments.size() == 3) {
        count = parse_integer(arguments[2]);
        if (!count || *count < 0) {
            reply.error("ERR value is out of range, must be positive");
            return;
        }
    }
    auto set = open_set(store, arguments[1], reply);
    if (!set) {
        return;
    }
    if (!count) {
        if (const auto element = set->any()) {
            reply.bulk(element->name);
        } else {
            reply.null();
        }
        return;
    }
    std::uint64_t left = std::min(static_cast<std::uint64_t>(*count), set->count());
    reply.array(left);
    set->each(set->fields(), [&](const Collection::Element& element) {
        if (left > 0) {
            --left;
            reply.bulk(element.name);
        }
        return left > 0 && reply.size() <= kReplyBytesMax;
    });
}

void run_sinter(Store& store, const Arguments& arguments, Reply& reply) {
    show(store, arguments, Combine::Intersect, reply);
}
void run_sunion(Store& store, const Arguments& arguments, Reply& reply) {
    show(store, arguments, Combine::Unite, reply);
}
void run_sdiff(Store& store, const Arguments& arguments, Reply& reply) {
    show(store, arguments, Combine::Subtract, reply);
}
void run_sinterstore(Store& store, const Arguments& arguments, Reply& reply) {
    keep(store, arguments, Combine::Intersect, reply);
}
void run_sunionstore(Store& store, const Arguments& arguments, Reply& reply) {
    keep(store, arguments, Combine::Unite, reply);
}
void run_sdiffstore(Store& store, const Arguments& arguments, Reply& reply) {
    keep(store, arguments, Combine::Subtract, reply);
}

} // namespace zz::application::kv
