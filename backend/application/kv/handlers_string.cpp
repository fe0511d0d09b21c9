// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/expiry.h"
#include "backend/application/kv/handlers.h"
#include "backend/application/kv/numbers.h"

namespace zz::application::kv {
namespace {

void put_entry(Reply& reply, const std::optional<Entry>& entry) {
    if (entry) {
        reply.bulk(entry->value);
    } else {
        reply.null();
    }
}

Bytes owned(ByteView bytes) {
    return Bytes(bytes.begin(), bytes.end());
}

struct FoundString {
    std::optional<Entry> entry;
};

// Nothing, and an error, if the key holds another type.
std::optional<FoundString> read_string(Store& store, ByteView key, Reply& reply) {
    FoundString found{store.read(key)};
    if (found.entry && found.entry->type != Type::String) {
        reply.error(kWrongType);
        return std::nullopt;
    }
    return found;
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
        store.write(arguments[1], {owned(arguments[3]), expires.value()});
        reply.ok();
    }
}

void add(Store& store, ByteView key, std::int64_t increment, Reply& reply) {
    const auto found = read_string(store, key, reply);
    if (!found) {
        return;
    }
    const Entry entry = found->entry.value_or(Entry{bytes_of("0"), 0});
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
    if (const auto found = read_string(store, arguments[1], reply)) {
        put_entry(reply, found->entry);
    }
}

void run_getdel(Store& store, const Arguments& arguments, Reply& reply) {
    if (const auto found = read_string(store, arguments[1], reply)) {
        put_entry(reply, found->entry);
        store.erase(arguments[1]);
    }
}

void run_getex(Store& store, const Arguments& arguments, Reply& reply) {
    SetOptions options;
    bool persist = false;
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        persist = persist || same_word(arguments[i], "persist");
        const bool expiry = expiry_option(arguments[i]).has_value();
        if ((!expiry && !same_word(arguments[i], "persist")) || (expiry && persist) ||
            (expiry && !parse_set_option(arguments, i, options)) || (persist && options.expiry)) {
            reply.error(kSyntaxError);
            return;
        }
    }
    std::int64_t expires_ms = 0;
    if (options.expiry) {
        const auto expires = parse_expiry(options.expiry_value, *options.expiry, store.now_ms());
        if (!expires) {
            reply.error(expiry_error(expires.error(), "getex"));
            return;
        }
        expires_ms = expires.value();
    }
    const auto found = read_string(store, arguments[1], reply);
    if (!found) {
        return;
    }
    put_entry(reply, found->entry);
    if (found->entry && (persist || options.expiry)) {
        store.write(arguments[1], {found->entry->value, expires_ms});
    }
}

void run_getset(Store& store, const Arguments& arguments, Reply& reply) {
    if (fits(arguments[2], reply)) {
        if (const auto found = read_string(store, arguments[1], reply)) {
            put_entry(reply, found->entry);
            store.write(arguments[1], {owned(arguments[2]), 0});
        }
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
    if (options.get && old && old->type != Type::String) {
        reply.error(kWrongType);
        return;
    }
    const bool refused = (options.only_absent && old) || (options.only_present && !old);
    if (!refused) {
        if (options.keep_ttl && old) {
            expires_ms = old->expires_ms;
        }
        store.write(key, {owned(arguments[2]), expires_ms});
    }
    if (options.get) {
        put_entry(reply, old);
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
        store.write(arguments[1], {owned(arguments[2]), 0});
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
        auto entry = store.read(arguments[i]);
        if (entry && entry->type != Type::String) {
            entry.reset(); // as Redis: no error, no value
        }
        put_entry(reply, entry);
    }
}

void run_mset(Store& store, const Arguments& arguments, Reply& reply) {
    for (std::size_t i = 2; i < arguments.size(); i += 2) { // all or nothing
        if (!fits(arguments[i], reply)) {
            return;
        }
    }
    for (std::size_t i = 1; i + 1 < arguments.size() && !store.exhausted(); i += 2) {
        store.write(arguments[i], {owned(arguments[i + 1]), 0});
    }
    reply.ok();
}

void run_msetnx(Store& store, const Arguments& arguments, Reply& reply) {
    for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
        if (store.read(arguments[i])) {
            reply.integer(0);
            return;
        }
    }
    for (std::size_t i = 1; i + 1 < arguments.size() && !store.exhausted(); i += 2) {
        store.write(arguments[i], {owned(arguments[i + 1]), 0});
    }
    reply.integer(1);
}

void run_append(Store& store, const Arguments& arguments, Reply& reply) {
    const auto found = read_string(store, arguments[1], reply);
    if (!found) {
        return;
    }
    Entry entry = found->entry.value_or(Entry{});
    if (entry.value.size() + arguments[2].size() > kValueBytesMax) {
        reply.error(kStringTooLong);
        return;
    }
    entry.value.insert(entry.value.end(), arguments[2].begin(), arguments[2].end());
    reply.integer(static_cast<std::int64_t>(entry.value.size()));
    store.write(arguments[1], std::move(entry));
}

void run_strlen(Store& store, const Arguments& arguments, Reply& reply) {
    if (const auto found = read_string(store, arguments[1], reply)) {
        reply.integer(found->entry ? static_cast<std::int64_t>(found->entry->value.size()) : 0);
    }
}

void run_getrange(Store& store, const Arguments& arguments, Reply& reply) {
    const auto start = parse_integer(arguments[2]), stop = parse_integer(arguments[3]);
    if (!start || !stop) {
        reply.error(kNotAnInteger);
        return;
    }
    const auto found = read_string(store, arguments[1], reply);
    if (!found) {
        return;
    }
    const Bytes value = found->entry ? found->entry->value : Bytes();
    const auto size = static_cast<std::int64_t>(value.size());
    const std::int64_t from = std::max<std::int64_t>(*start < 0 ? *start + size : *start, 0);
    const std::int64_t to = std::min(*stop < 0 ? *stop + size : *stop, size - 1);
    const bool empty = size == 0 || from > to || (*start < 0 && *stop < 0 && *start > *stop);
    reply.bulk(empty ? ByteView()
                     : ByteView(value).subspan(static_cast<std::size_t>(from),
                                               static_cast<std::size_t>(to - from + 1)));
}

void run_setrange(Store& store, const Arguments& arguments, Reply& reply) {
    const auto offset = parse_integer(arguments[2]);
    if (!offset) {
        reply.error(kNotAnInteger);
        return;
    }
    if (*offset < 0) {
        reply.error("ERR offset is out of range");
        return;
    }
    const auto found = read_string(store, arguments[1], reply);
    if (!found) {
        return;
    }
    Entry entry = found->entry.value_or(Entry{});
    const ByteView piece = arguments[3];
    const auto at = static_cast<std::uint64_t>(*offset);
    if (piece.empty()) {
        reply.integer(static_cast<std::int64_t>(entry.value.size()));
        return;
    }
    if (at > kValueBytesMax || at + piece.size() > kValueBytesMax) {
        reply.error(kStringTooLong);
        return;
    }
    entry.value.resize(std::max<std::size_t>(entry.value.size(), at + piece.size()));
    std::copy(piece.begin(), piece.end(), entry.value.begin() + static_cast<std::ptrdiff_t>(at));
    reply.integer(static_cast<std::int64_t>(entry.value.size()));
    store.write(arguments[1], std::move(entry));
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

void run_incrbyfloat(Store& store, const Arguments& arguments, Reply& reply) {
    const auto increment = Decimal::parse(arguments[2]);
    if (!increment) {
        reply.error(kNotAFloat);
        return;
    }
    const auto found = read_string(store, arguments[1], reply);
    if (!found) {
        return;
    }
    const Entry entry = found->entry.value_or(Entry{bytes_of("0"), 0});
    const auto value = Decimal::parse(entry.value);
    const auto sum = value ? value->plus(*increment) : std::nullopt;
    if (!value) {
        reply.error(kNotAFloat);
    } else if (!sum) {
        reply.error(kIncrementOverflow);
    } else {
        store.write(arguments[1], {bytes_of(sum->text()), entry.expires_ms});
        reply.bulk(sum->text());
    }
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
