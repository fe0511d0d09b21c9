// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/expiry.h"
#include "backend/application/kv/handlers.h"

namespace zz::application::kv {
namespace {

void put_value(Reply& reply, const std::optional<Entry>& entry) {
    if (entry) {
        reply.bulk(entry->value);
    } else {
        reply.null();
    }
}

Bytes copy(ByteView bytes) {
    return Bytes(bytes.begin(), bytes.end());
}

struct SetOptions {
    bool only_absent = false, only_present = false, get = false, keep_ttl = false;
    std::optional<ExpiryOption> expiry;
    ByteView expiry_value;
};

// One option at `i`, which moves behind its value. False: a syntax error.
bool parse_set_option(const Arguments& arguments, std::size_t& i, SetOptions& options) {
    const ByteView word = arguments[i];
    if (same_word(word, "nx")) {
        options.only_absent = true;
        return !options.only_present;
    }
    if (same_word(word, "xx")) {
        options.only_present = true;
        return !options.only_absent;
    }
    if (same_word(word, "get")) {
        options.get = true;
        return true;
    }
    if (same_word(word, "keepttl")) {
        options.keep_ttl = true;
        return !options.expiry;
    }
    const auto expiry = expiry_option(word);
    const bool clashes = options.keep_ttl || (options.expiry && options.expiry != expiry);
    if (!expiry || clashes || i + 1 >= arguments.size()) {
        return false;
    }
    options.expiry = expiry;
    options.expiry_value = arguments[++i];
    return true;
}

bool fits(ByteView value, Reply& reply) {
    if (value.size() > kValueBytesMax) {
        reply.error(kStringTooLong);
        return false;
    }
    return true;
}

void set_with_expiry(Store& store, const Arguments& arguments, ExpiryOption option, Reply& reply) {
    const auto expires = parse_expiry(arguments[2], option, store.now_ms());
    if (!expires) {
        reply.error(expiry_error(expires.error(), text_of(arguments[0])));
    } else if (fits(arguments[3], reply)) {
        store.write(arguments[1], {copy(arguments[3]), expires.value()});
        reply.ok();
    }
}

void add(Store& store, ByteView key, std::int64_t increment, Reply& reply) {
    auto entry = store.read(key).value_or(Entry{bytes_of("0"), 0});
    const auto value = parse_integer(entry.value);
    if (!value) {
        reply.error(kNotAnInteger);
        return;
    }
    std::int64_t sum = 0;
    if (__builtin_add_overflow(*value, increment, &sum)) {
        reply.error(kIncrementOverflow);
        return;
    }
    store.write(key, {bytes_of(fmt::format_int(sum).c_str()), entry.expires_ms});
    reply.integer(sum);
}

} // namespace

void run_get(Store& store, const Arguments& arguments, Reply& reply) {
    put_value(reply, store.read(arguments[1]));
}

void run_getdel(Store& store, const Arguments& arguments, Reply& reply) {
    put_value(reply, store.read(arguments[1]));
    store.erase(arguments[1]);
}

void run_getset(Store& store, const Arguments& arguments, Reply& reply) {
    if (fits(arguments[2], reply)) {
        put_value(reply, store.read(arguments[1]));
        store.write(arguments[1], {copy(arguments[2]), 0});
    }
}

void run_set(Store& store, const Arguments& arguments, Reply& reply) {
    SetOptions options;
    for (std::size_t i = 3; i < arguments.size(); ++i) {
        if (!parse_set_option(arguments, i, options)) {
            reply.error(kSyntaxError);
            return;
        }
    }
    std::int64_t expires_ms = 0;
    if (options.expiry) {
        const auto expires = parse_expiry(options.expiry_value, *options.expiry, store.now_ms());
        if (!expires) {
            reply.error(expiry_error(expires.error(), "set"));
            return;
        }
        expires_ms = expires.value();
    }
    if (!fits(arguments[2], reply)) {
        return;
    }
    const ByteView key = arguments[1];
    const bool looks =
        options.get || options.only_absent || options.only_present || options.keep_ttl;
    const auto old = looks ? store.read(key) : std::nullopt;
    const bool refused = (options.only_absent && old) || (options.only_present && !old);
    if (!refused) {
        if (options.keep_ttl && old) {
            expires_ms = old->expires_ms;
        }
        store.write(key, {copy(arguments[2]), expires_ms});
    }
    if (options.get) {
        put_value(reply, old);
    } else if (refused) {
        reply.null();
    } else {
        reply.ok();
    }
}

void run_setnx(Store& store, const Arguments& arguments, Reply& reply) {
    if (!fits(arguments[2], reply)) {
        return;
    }
    const bool absent = !store.read(arguments[1]);
    if (absent) {
        store.write(arguments[1], {copy(arguments[2]), 0});
    }
    reply.integer(absent ? 1 : 0);
}

void run_setex(Store& store, const Arguments& arguments, Reply& reply) {
    set_with_expiry(store, arguments, ExpiryOption::Seconds, reply);
}

void run_psetex(Store& store, const Arguments& arguments, Reply& reply) {
    set_with_expiry(store, arguments, ExpiryOption::Milliseconds, reply);
}

void run_mget(Store& store, const Arguments& arguments, Reply& reply) {
    reply.array(arguments.size() - 1);
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        // The application turns a reply that is too long, and work beyond the budget, into an
        // error.
        if (reply.size() > kReplyBytesMax || store.exhausted()) {
            return;
        }
        put_value(reply, store.read(arguments[i]));
    }
}

void run_mset(Store& store, const Arguments& arguments, Reply& reply) {
    for (std::size_t i = 2; i < arguments.size(); i += 2) { // all or nothing
        if (!fits(arguments[i], reply)) {
            return;
        }
    }
    for (std::size_t i = 1; i + 1 < arguments.size() && !store.exhausted(); i += 2) {
        store.write(arguments[i], {copy(arguments[i + 1]), 0});
    }
    reply.ok();
}

void run_append(Store& store, const Arguments& arguments, Reply& reply) {
    Entry entry = store.read(arguments[1]).value_or(Entry{});
    if (entry.value.size() + arguments[2].size() > kValueBytesMax) {
        reply.error(kStringTooLong);
        return;
    }
    entry.value.insert(entry.value.end(), arguments[2].begin(), arguments[2].end());
    reply.integer(static_cast<std::int64_t>(entry.value.size()));
    store.write(arguments[1], std::move(entry));
}

void run_strlen(Store& store, const Arguments& arguments, Reply& reply) {
    const auto entry = store.read(arguments[1]);
    reply.integer(entry ? static_cast<std::int64_t>(entry->value.size()) : 0);
}

void run_incr(Store& store, const Arguments& arguments, Reply& reply) {
    add(store, arguments[1], 1, reply);
}

void run_decr(Store& store, const Arguments& arguments, Reply& reply) {
    add(store, arguments[1], -1, reply);
}

void run_incrby(Store& store, const Arguments& arguments, Reply& reply) {
    const auto increment = parse_integer(arguments[2]);
    if (!increment) {
        reply.error(kNotAnInteger);
        return;
    }
    add(store, arguments[1], *increment, reply);
}

void run_decrby(Store& store, const Arguments& arguments, Reply& reply) {
    const auto decrement = parse_integer(arguments[2]);
    if (!decrement) {
        reply.error(kNotAnInteger);
    } else if (*decrement == INT64_MIN) {
        reply.error("ERR decrement would overflow");
    } else {
        add(store, arguments[1], -*decrement, reply);
    }
}

} // namespace zz::application::kv
