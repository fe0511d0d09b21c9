// SPDX-License-Identifier: Apache-2.0
// Commands over keys of any type, and the cursors: positions in the order of hashes (layout.h), so
// that a SCAN needs no memory and gives each key that is there all the time once.
#include <algorithm>
#include <fmt/format.h>

#include "backend/application/kv/collection.h"
#include "backend/application/kv/command_table.h"
#include "backend/application/kv/glob.h"
#include "backend/application/kv/handlers.h"
#include "backend/application/kv/numbers.h"
#include "backend/application/kv/sorted_set.h"
#include "protocol/crypto/sha256.h"

namespace zz::application::kv {
namespace {

constexpr std::int64_t kScanCountDefault = 10, kScanCountMax = 10'000;
constexpr std::size_t kPage = 256;

struct ScanOptions {
    std::uint64_t cursor = 0;
    std::int64_t count = kScanCountDefault;
    std::optional<ByteView> pattern, type;
};

// Nothing, and an error, if they are wrong. The cursor stands at `at`.
std::optional<ScanOptions> parse_scan(const Arguments& arguments, std::size_t at, bool typed,
                                      Reply& reply) {
    ScanOptions options;
    const auto cursor = parse_integer(arguments[at]);
    if (!cursor || *cursor < 0) {
        reply.error("ERR invalid cursor");
        return std::nullopt;
    }
    options.cursor = static_cast<std::uint64_t>(*cursor);
    for (std::size_t i = at + 1; i < arguments.size(); i += 2) {
        const bool valued = i + 1 < arguments.size();
        if (valued && same_word(arguments[i], "match")) {
            options.pattern = arguments[i + 1];
        } else if (valued && typed && same_word(arguments[i], "type")) {
            options.type = arguments[i + 1];
        } else if (valued && same_word(arguments[i], "count")) {
            const auto count = parse_integer(arguments[i + 1]);
            if (!count) {
                reply.error(kNotAnInteger);
                return std::nullopt;
            }
            if (*count < 1) {
                reply.error(kSyntaxError);
                return std::nullopt;
            }
            options.count = std::min(*count, kScanCountMax);
        } else {
            reply.error(kSyntaxError);
            return std::nullopt;
        }
    }
    return options;
}

bool wanted(const std::optional<ByteView>& pattern, ByteView name) {
    return !pattern || matches(*pattern, name);
}

// Behind an entry of that hash; 0 if there is nothing more.
std::uint64_t cursor_behind(std::uint64_t hash) {
    return hash == kHashMax ? 0 : hash + 1;
}

void put_scan(Reply& reply, std::uint64_t cursor, const std::vector<Bytes>& found) {
    reply.array(2);
    reply.bulk(fmt::format_int(cursor).c_str());
    reply.array(found.size());
    for (const Bytes& each : found) {
        reply.bulk(each);
    }
}

using Visit = std::function<bool(ByteView key, Type type, std::uint64_t hash)>; // false: stop

// Live keys in the order of their hashes, from `hash` on, among the next `count` entries.
// Returns the hash behind the last one, 0 at the end.
std::uint64_t walk_keys(Store& store, std::uint64_t hash, std::uint64_t count, const Visit& visit) {
    Bytes from = entry_position(hash);
    const Bytes until = after(Bytes{kEntryPrefix});
    while (!store.exhausted()) {
        const auto page = static_cast<std::size_t>(std::min<std::uint64_t>(count, kPage));
        const auto items = store.range(from, until, state::Order::Ascending, page);
        for (const auto& item : items) {
            if (item.key.size() < kEntryHeadBytes) {
                continue; // a state that was damaged on purpose
            }
            const ByteView key = ByteView(item.key).subspan(kEntryHeadBytes);
            hash = big_at(item.key, 1);
            const auto type = store.live_type(item.value);
            if (type && !visit(key, *type, hash)) {
                return cursor_behind(hash);
            }
        }
        count -= std::min<std::uint64_t>(count, items.size());
        if (items.size() < page) {
            return 0;
        }
        if (count == 0) {
            return cursor_behind(hash);
        }
        from = items.back().key;
        from.push_back(0); // the least key after it
    }
    return 0;
}

using Show = std::function<void(const Collection::Element&, std::vector<Bytes>&)>;

void scan_fields(Store& store, const Arguments& arguments, Type type, const Show& show,
                 Reply& reply) {
    const auto options = parse_scan(arguments, 2, false, reply);
    if (!options) {
        return;
    }
    auto collection = Collection::open(store, arguments[1], type, reply);
    if (!collection) {
        return;
    }
    std::vector<Bytes> found;
    std::int64_t looked = 0;
    std::uint64_t cursor = 0;
    bool more = false;
    auto part = collection->fields();
    part.from = field_position(collection->place(), options->cursor);
    part.head -= kHashBytes;
    part.page = static_cast<std::size_t>(std::min<std::int64_t>(options->count + 1, kPage));
    collection->each(std::move(part), [&](const Collection::Element& element) {
        if (element.name.size() < kHashBytes) {
            return true; // a state that was damaged on purpose
        }
        const std::uint64_t hash = big_at(element.name, 0);
        if (looked >= options->count && hash >= cursor) {
            more = true; // what has the same hash as the last one came with it
            return false;
        }
        ++looked;
        cursor = cursor_behind(hash);
        Collection::Element bare{Bytes(element.name.begin() + kHashBytes, element.name.end()),
                                 element.value};
        if (wanted(options->pattern, bare.name)) {
            show(bare, found);
        }
        return true;
    });
    put_scan(reply, more ? cursor : 0, found);
}

bool same(ByteView a, ByteView b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// Nothing, and an error, if there is no such key.
std::optional<Entry> must_exist(Store& store, ByteView key, Reply& reply) {
    auto entry = store.read(key);
    if (!entry) {
        reply.error(kNoSuchKey);
    }
    return entry;
}

} // namespace

void run_type(Store& store, const Arguments& arguments, Reply& reply) {
    const auto entry = store.read(arguments[1]);
    reply.simple(entry ? name_of(entry->type) : "none");
}

void run_rename(Store& store, const Arguments& arguments, Reply& reply) {
    auto entry = must_exist(store, arguments[1], reply);
    if (!entry) {
        return;
    }
    if (!same(arguments[1], arguments[2])) {
        store.rename(arguments[1], arguments[2], std::move(*entry));
    }
    reply.ok();
}

void run_renamenx(Store& store, const Arguments& arguments, Reply& reply) {
    auto entry = must_exist(store, arguments[1], reply);
    if (!entry) {
        return;
    }
    if (store.read(arguments[2])) {
        reply.integer(0);
        return;
    }
    store.rename(arguments[1], arguments[2], std::move(*entry));
    reply.integer(1);
}

void run_version(Store& store, const Arguments& arguments, Reply& reply) {
    reply.array(arguments.size() - 1);
    for (std::size_t i = 1; i < arguments.size() && !store.exhausted(); ++i) {
        reply.bulk(store.fingerprint(arguments[i]));
    }
}

void run_randomkey(Store& store, const Arguments&, Reply& reply) {
    Bytes seed;
    append_little(seed, static_cast<std::uint64_t>(store.now_ms()));
    append_little(seed, store.keys());
    append_little(seed, store.bytes());
    bool found = false;
    const auto take = [&](ByteView key, Type, std::uint64_t) {
        found = true;
        reply.bulk(key);
        return false;
    };
    walk_keys(store, hash_of(seed), UINT64_MAX, take);
    if (!found) {
        walk_keys(store, 0, UINT64_MAX, take);
    }
    if (!found) {
        reply.null();
    }
}

void run_keys(Store& store, const Arguments& arguments, Reply& reply) {
    std::vector<Bytes> found;
    std::size_t bytes = 0;
    walk_keys(store, 0, UINT64_MAX, [&](ByteView key, Type, std::uint64_t) {
        if (matches(arguments[1], key)) {
            found.emplace_back(key.begin(), key.end());
            bytes += key.size();
        }
        return bytes <= kReplyBytesMax;
    });
    reply.array(found.size());
    for (const Bytes& key : found) {
        reply.bulk(key);
    }
}

void run_scan(Store& store, const Arguments& arguments, Reply& reply) {
    const auto options = parse_scan(arguments, 1, true, reply);
    if (!options) {
        return;
    }
    std::vector<Bytes> found;
    const std::uint64_t cursor =
        walk_keys(store, options->cursor, static_cast<std::uint64_t>(options->count),
                  [&](ByteView key, Type type, std::uint64_t) {
                      const bool typed = !options->type || same_word(*options->type, name_of(type));
                      if (typed && wanted(options->pattern, key)) {
                          found.emplace_back(key.begin(), key.end());
                      }
                      return true;
                  });
    put_scan(reply, cursor, found);
}

void run_hscan(Store& store, const Arguments& arguments, Reply& reply) {
    scan_fields(
        store, arguments, Type::Hash,
        [](const Collection::Element& element, std::vector<Bytes>& found) {
            found.push_back(element.name);
            found.push_back(element.value);
        },
        reply);
}

void run_sscan(Store& store, const Arguments& arguments, Reply& reply) {
    scan_fields(
        store, arguments, Type::Set,
        [](const Collection::Element& element, std::vector<Bytes>& found) {
            found.push_back(element.name);
        },
        reply);
}

void run_zscan(Store& store, const Arguments& arguments, Reply& reply) {
    scan_fields(
        store, arguments, Type::SortedSet,
        [](const Collection::Element& element, std::vector<Bytes>& found) {
            found.push_back(element.name);
            found.push_back(bytes_of(format_score(decode_score(element.value).value_or(0))));
        },
        reply);
}

} // namespace zz::application::kv
