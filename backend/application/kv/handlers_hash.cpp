// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "backend/application/kv/collection.h"
#include "backend/application/kv/command_table.h"
#include "backend/application/kv/handlers.h"
#include "backend/application/kv/numbers.h"

namespace zz::application::kv {
namespace {

Bytes copy(ByteView bytes) {
    return Bytes(bytes.begin(), bytes.end());
}

std::optional<Collection> open_hash(Store& store, const Arguments& arguments, Reply& reply) {
    return Collection::open(store, arguments[1], Type::Hash, reply);
}

void put_value(Reply& reply, const std::optional<Bytes>& value) {
    if (value) {
        reply.bulk(*value);
    } else {
        reply.null();
    }
}

// Nothing, and an error, if fields and values do not come in pairs.
std::optional<std::int64_t> set_fields(Store& store, const Arguments& arguments, Reply& reply) {
    if (arguments.size() % 2 != 0) {
        reply.error(wrong_arity(arguments));
        return std::nullopt;
    }
    auto hash = open_hash(store, arguments, reply);
    if (!hash) {
        return std::nullopt;
    }
    std::int64_t fresh = 0;
    for (std::size_t i = 2; i + 1 < arguments.size() && !store.exhausted(); i += 2) {
        fresh += hash->put(arguments[i], copy(arguments[i + 1])) ? 1 : 0;
    }
    hash->save();
    return fresh;
}

enum class Shown : std::uint8_t { Both, Fields, Values };

void show_all(Store& store, const Arguments& arguments, Shown show, Reply& reply) {
    auto hash = open_hash(store, arguments, reply);
    if (!hash) {
        return;
    }
    reply.array(hash->count() * (show == Shown::Both ? 2 : 1));
    hash->each(hash->fields(), [&](const Collection::Element& element) {
        if (show != Shown::Values) {
            reply.bulk(element.name);
        }
        if (show != Shown::Fields) {
            reply.bulk(element.value);
        }
        return reply.size() <= kReplyBytesMax;
    });
}

} // namespace

void run_hset(Store& store, const Arguments& arguments, Reply& reply) {
    if (const auto fresh = set_fields(store, arguments, reply)) {
        reply.integer(*fresh);
    }
}

void run_hmset(Store& store, const Arguments& arguments, Reply& reply) {
    if (set_fields(store, arguments, reply)) {
        reply.ok();
    }
}

void run_hsetnx(Store& store, const Arguments& arguments, Reply& reply) {
    auto hash = open_hash(store, arguments, reply);
    if (!hash) {
        return;
    }
    const bool absent = !hash->get(arguments[2]);
    if (absent) {
        hash->put(arguments[2], copy(arguments[3]));
        hash->save();
    }
    reply.integer(absent ? 1 : 0);
}

void run_hget(Store& store, const Arguments& arguments, Reply& reply) {
    if (auto hash = open_hash(store, arguments, reply)) {
        put_value(reply, hash->get(arguments[2]));
    }
}

void run_hmget(Store& store, const Arguments& arguments, Reply& reply) {
    auto hash = open_hash(store, arguments, reply);
    if (!hash) {
        return;
    }
    reply.array(arguments.size() - 2);
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        if (reply.size() > kReplyBytesMax || store.exhausted()) {
            return;
        }
        put_value(reply, hash->get(arguments[i]));
    }
}

void run_hgetall(Store& store, const Arguments& arguments, Reply& reply) {
    show_all(store, arguments, Shown::Both, reply);
}
void run_hkeys(Store& store, const Arguments& arguments, Reply& reply) {
    show_all(store, arguments, Shown::Fields, reply);
}
void run_hvals(Store& store, const Arguments& arguments, Reply& reply) {
    show_all(store, arguments, Shown::Values, reply);
}

void run_hdel(Store& store, const Arguments& arguments, Reply& reply) {
    auto hash = open_hash(store, arguments, reply);
    if (!hash) {
        return;
    }
    std::int64_t erased = 0;
    for (std::size_t i = 2; i < arguments.size() && !store.exhausted(); ++i) {
        erased += hash->erase(arguments[i]) ? 1 : 0;
    }
    if (erased > 0) {
        hash->save();
    }
    reply.integer(erased);
}

void run_hexists(Store& store, const Arguments& arguments, Reply& reply) {
    if (auto hash = open_hash(store, arguments, reply)) {
        reply.integer(hash->get(arguments[2]) ? 1 : 0);
    }
}

void run_hlen(Store& store, const Arguments& arguments, Reply& reply) {
    if (const auto hash = open_hash(store, arguments, reply)) {
        reply.integer(static_cast<std::int64_t>(hash->count()));
    }
}

void run_hstrlen(Store& store, const Arguments& arguments, Reply& reply) {
    if (auto hash = open_hash(store, arguments, reply)) {
        const auto value = hash->get(arguments[2]);
        reply.integer(value ? static_cast<std::int64_t>(value->size()) : 0);
    }
}

void run_hincrby(Store& store, const Arguments& arguments, Reply& reply) {
    const auto increment = parse_integer(arguments[3]);
    if (!increment) {
        reply.error(kNotAnInteger);
        return;
    }
    auto hash = open_hash(store, arguments, reply);
    if (!hash) {
        return;
    }
    const auto value = parse_integer(hash->get(arguments[2]).value_or(bytes_of("0")));
    std::int64_t sum = 0;
    if (!value) {
        reply.error("ERR hash value is not an integer");
    } else if (__builtin_add_overflow(*value, *increment, &sum)) {
        reply.error(kIncrementOverflow);
    } else {
        hash->put(arguments[2], bytes_of(fmt::format_int(sum).c_str()));
        hash->save();
        reply.integer(sum);
    }
}

void run_hincrbyfloat(Store& store, const Arguments& arguments, Reply& reply) {
    const auto increment = Decimal::parse(arguments[3]);
    if (!increment) {
        reply.error(kNotAFloat);
        return;
    }
    auto hash = open_hash(store, arguments, reply);
    if (!hash) {
        return;
    }
    const auto value = Decimal::parse(hash->get(arguments[2]).value_or(bytes_of("0")));
    const auto sum = value ? value->plus(*increment) : std::nullopt;
    if (!value) {
        reply.error("ERR hash value is not a float");
    } else if (!sum) {
        reply.error(kIncrementOverflow);
    } else {
        hash->put(arguments[2], bytes_of(sum->text()));
        hash->save();
        reply.bulk(sum->text());
    }
}

} // namespace zz::application::kv
