// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/command_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "backend/application/kv/handlers.h"

namespace zz::application::kv {
namespace {

constexpr KeyPositions kNoKeys{}, kOneKey{1, 1, 1}, kTwoKeys{1, 2, 1}, kAllKeys{1, -1, 1},
    kEverySecond{1, -1, 2};
// Of members and fields.
constexpr KeyPositions kThird{2, 2, 1}, kFourth{3, 3, 1}, kFromThird{2, -1, 1}, kPairs{2, -1, 2},
    kScored{3, -1, -2};

// Sorted by name: find_command searches by halves.
constexpr std::array kCommands = std::to_array<Command>({
    {"append", 3, Where::Ordered, Access::Write, kOneKey, run_append},
    {"auth", -2, Where::Local, Access::None, kNoKeys, nullptr},
    {"client", -2, Where::Local, Access::None, kNoKeys, nullptr},
    {"command", -1, Where::Local, Access::None, kNoKeys, nullptr},
    {"config", -2, Where::Local, Access::None, kNoKeys, nullptr},
    {"dbsize", 1, Where::Ordered, Access::Read, kNoKeys, run_dbsize},
    {"decr", 2, Where::Ordered, Access::Write, kOneKey, run_decr},
    {"decrby", 3, Where::Ordered, Access::Write, kOneKey, run_decrby},
    {"del", -2, Where::Ordered, Access::Write, kAllKeys, run_del},
    {"discard", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"echo", 2, Where::Ordered, Access::None, kNoKeys, run_echo},
    {"exec", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"exists", -2, Where::Ordered, Access::Read, kAllKeys, run_exists},
    {"expire", -3, Where::Ordered, Access::Write, kOneKey, run_expire},
    {"expireat", -3, Where::Ordered, Access::Write, kOneKey, run_expireat},
    {"expiretime", 2, Where::Ordered, Access::Read, kOneKey, run_expiretime},
    {"flushall", -1, Where::Ordered, Access::Write, kNoKeys, run_flush},
    {"flushdb", -1, Where::Ordered, Access::Write, kNoKeys, run_flush},
    {"get", 2, Where::Ordered, Access::Read, kOneKey, run_get},
    {"getdel", 2, Where::Ordered, Access::Write, kOneKey, run_getdel},
    {"getex", -2, Where::Ordered, Access::Write, kOneKey, run_getex},
    {"getrange", 4, Where::Ordered, Access::Read, kOneKey, run_getrange},
    {"getset", 3, Where::Ordered, Access::Write, kOneKey, run_getset},
    {"hdel", -3, Where::Ordered, Access::Write, kOneKey, run_hdel, kFromThird},
    {"hello", -1, Where::Local, Access::None, kNoKeys, nullptr},
    {"hexists", 3, Where::Ordered, Access::Read, kOneKey, run_hexists, kThird},
    {"hget", 3, Where::Ordered, Access::Read, kOneKey, run_hget, kThird},
    {"hgetall", 2, Where::Ordered, Access::Read, kOneKey, run_hgetall, kNoKeys, Work::Many},
    {"hincrby", 4, Where::Ordered, Access::Write, kOneKey, run_hincrby, kThird},
    {"hincrbyfloat", 4, Where::Ordered, Access::Write, kOneKey, run_hincrbyfloat, kThird},
    {"hkeys", 2, Where::Ordered, Access::Read, kOneKey, run_hkeys, kNoKeys, Work::Many},
    {"hlen", 2, Where::Ordered, Access::Read, kOneKey, run_hlen},
    {"hmget", -3, Where::Ordered, Access::Read, kOneKey, run_hmget, kFromThird},
    {"hmset", -4, Where::Ordered, Access::Write, kOneKey, run_hmset, kPairs},
    {"hscan", -3, Where::Ordered, Access::Read, kOneKey, run_hscan, kNoKeys, Work::Scan},
    {"hset", -4, Where::Ordered, Access::Write, kOneKey, run_hset, kPairs},
    {"hsetnx", 4, Where::Ordered, Access::Write, kOneKey, run_hsetnx, kThird},
    {"hstrlen", 3, Where::Ordered, Access::Read, kOneKey, run_hstrlen, kThird},
    {"hvals", 2, Where::Ordered, Access::Read, kOneKey, run_hvals, kNoKeys, Work::Many},
    {"incr", 2, Where::Ordered, Access::Write, kOneKey, run_incr},
    {"incrby", 3, Where::Ordered, Access::Write, kOneKey, run_incrby},
    {"incrbyfloat", 3, Where::Ordered, Access::Write, kOneKey, run_incrbyfloat},
    {"info", -1, Where::Local, Access::None, kNoKeys, nullptr},
    {"keys", 2, Where::Ordered, Access::Read, kNoKeys, run_keys, kNoKeys, Work::Many},
    {"lindex", 3, Where::Ordered, Access::Read, kOneKey, run_lindex},
    {"linsert", 5, Where::Ordered, Access::Write, kOneKey, run_linsert, kNoKeys, Work::Many},
    {"llen", 2, Where::Ordered, Access::Read, kOneKey, run_llen},
    {"lpop", -2, Where::Ordered, Access::Write, kOneKey, run_lpop, kNoKeys, Work::Pop},
    {"lpush", -3, Where::Ordered, Access::Write, kOneKey, run_lpush},
    {"lpushx", -3, Where::Ordered, Access::Write, kOneKey, run_lpushx},
    {"lrange", 4, Where::Ordered, Access::Read, kOneKey, run_lrange, kNoKeys, Work::Range},
    {"lrem", 4, Where::Ordered, Access::Write, kOneKey, run_lrem, kNoKeys, Work::Many},
    {"lset", 4, Where::Ordered, Access::Write, kOneKey, run_lset},
    {"ltrim", 4, Where::Ordered, Access::Write, kOneKey, run_ltrim, kNoKeys, Work::Many},
    {"mget", -2, Where::Ordered, Access::Read, kAllKeys, run_mget},
    {"mset", -3, Where::Ordered, Access::Write, kEverySecond, run_mset},
    {"msetnx", -3, Where::Ordered, Access::Write, kEverySecond, run_msetnx},
    {"multi", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"persist", 2, Where::Ordered, Access::Write, kOneKey, run_persist},
    {"pexpire", -3, Where::Ordered, Access::Write, kOneKey, run_pexpire},
    {"pexpireat", -3, Where::Ordered, Access::Write, kOneKey, run_pexpireat},
    {"pexpiretime", 2, Where::Ordered, Access::Read, kOneKey, run_pexpiretime},
    {"ping", -1, Where::Ordered, Access::None, kNoKeys, run_ping},
    {"psetex", 4, Where::Ordered, Access::Write, kOneKey, run_psetex},
    {"pttl", 2, Where::Ordered, Access::Read, kOneKey, run_pttl},
    {"quit", -1, Where::Local, Access::None, kNoKeys, nullptr},
    {"randomkey", 1, Where::Ordered, Access::Read, kNoKeys, run_randomkey},
    {"rename", 3, Where::Ordered, Access::Write, kTwoKeys, run_rename},
    {"renamenx", 3, Where::Ordered, Access::Write, kTwoKeys, run_renamenx},
    {"reset", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"rpop", -2, Where::Ordered, Access::Write, kOneKey, run_rpop, kNoKeys, Work::Pop},
    {"rpoplpush", 3, Where::Ordered, Access::Write, kTwoKeys, run_rpoplpush},
    {"rpush", -3, Where::Ordered, Access::Write, kOneKey, run_rpush},
    {"rpushx", -3, Where::Ordered, Access::Write, kOneKey, run_rpushx},
    {"sadd", -3, Where::Ordered, Access::Write, kOneKey, run_sadd, kFromThird},
    {"scan", -2, Where::Ordered, Access::Read, kNoKeys, run_scan, kNoKeys, Work::Scan},
    {"scard", 2, Where::Ordered, Access::Read, kOneKey, run_scard},
    {"sdiff", -2, Where::Ordered, Access::Read, kAllKeys, run_sdiff, kNoKeys, Work::Many},
    {"sdiffstore", -3, Where::Ordered, Access::Write, kAllKeys, run_sdiffstore, kNoKeys,
     Work::Many},
    {"select", 2, Where::Local, Access::None, kNoKeys, nullptr},
    {"set", -3, Where::Ordered, Access::Write, kOneKey, run_set},
    {"setex", 4, Where::Ordered, Access::Write, kOneKey, run_setex},
    {"setnx", 3, Where::Ordered, Access::Write, kOneKey, run_setnx},
    {"setrange", 4, Where::Ordered, Access::Write, kOneKey, run_setrange},
    {"sinter", -2, Where::Ordered, Access::Read, kAllKeys, run_sinter, kNoKeys, Work::Many},
    {"sinterstore", -3, Where::Ordered, Access::Write, kAllKeys, run_sinterstore, kNoKeys,
     Work::Many},
    {"sismember", 3, Where::Ordered, Access::Read, kOneKey, run_sismember, kThird},
    {"smembers", 2, Where::Ordered, Access::Read, kOneKey, run_smembers, kNoKeys, Work::Many},
    {"smismember", -3, Where::Ordered, Access::Read, kOneKey, run_smismember, kFromThird},
    {"smove", 4, Where::Ordered, Access::Write, kTwoKeys, run_smove, kFourth},
    {"spop", -2, Where::Ordered, Access::Write, kOneKey, run_spop, kNoKeys, Work::Pop},
    {"srandmember", -2, Where::Ordered, Access::Read, kOneKey, run_srandmember, kNoKeys, Work::Pop},
    {"srem", -3, Where::Ordered, Access::Write, kOneKey, run_srem, kFromThird},
    {"sscan", -3, Where::Ordered, Access::Read, kOneKey, run_sscan, kNoKeys, Work::Scan},
    {"strlen", 2, Where::Ordered, Access::Read, kOneKey, run_strlen},
    {"substr", 4, Where::Ordered, Access::Read, kOneKey, run_getrange},
    {"sunion", -2, Where::Ordered, Access::Read, kAllKeys, run_sunion, kNoKeys, Work::Many},
    {"sunionstore", -3, Where::Ordered, Access::Write, kAllKeys, run_sunionstore, kNoKeys,
     Work::Many},
    {"touch", -2, Where::Ordered, Access::Read, kAllKeys, run_exists},
    {"ttl", 2, Where::Ordered, Access::Read, kOneKey, run_ttl},
    {"type", 2, Where::Ordered, Access::Read, kOneKey, run_type},
    {"unlink", -2, Where::Ordered, Access::Write, kAllKeys, run_del},
    {"unwatch", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"watch", -2, Where::Local, Access::Read, kAllKeys, nullptr},
    {"zadd", -4, Where::Ordered, Access::Write, kOneKey, run_zadd, kScored},
    {"zcard", 2, Where::Ordered, Access::Read, kOneKey, run_zcard},
    {"zcount", 4, Where::Ordered, Access::Read, kOneKey, run_zcount, kNoKeys, Work::Many},
    {"zincrby", 4, Where::Ordered, Access::Write, kOneKey, run_zincrby, kFourth},
    {"zmscore", -3, Where::Ordered, Access::Read, kOneKey, run_zmscore, kFromThird},
    {"zpopmax", -2, Where::Ordered, Access::Write, kOneKey, run_zpopmax, kNoKeys, Work::Pop},
    {"zpopmin", -2, Where::Ordered, Access::Write, kOneKey, run_zpopmin, kNoKeys, Work::Pop},
    {"zrange", -4, Where::Ordered, Access::Read, kOneKey, run_zrange, kNoKeys, Work::Range},
    {"zrangebyscore", -4, Where::Ordered, Access::Read, kOneKey, run_zrangebyscore, kNoKeys,
     Work::Many},
    {"zrank", 3, Where::Ordered, Access::Read, kOneKey, run_zrank, kThird, Work::Many},
    {"zrem", -3, Where::Ordered, Access::Write, kOneKey, run_zrem, kFromThird},
    {"zremrangebyrank", 4, Where::Ordered, Access::Write, kOneKey, run_zremrangebyrank, kNoKeys,
     Work::Many},
    {"zremrangebyscore", 4, Where::Ordered, Access::Write, kOneKey, run_zremrangebyscore, kNoKeys,
     Work::Many},
    {"zrevrange", -4, Where::Ordered, Access::Read, kOneKey, run_zrevrange, kNoKeys, Work::Range},
    {"zrevrangebyscore", -4, Where::Ordered, Access::Read, kOneKey, run_zrevrangebyscore, kNoKeys,
     Work::Many},
    {"zrevrank", 3, Where::Ordered, Access::Read, kOneKey, run_zrevrank, kThird, Work::Many},
    {"zscan", -3, Where::Ordered, Access::Read, kOneKey, run_zscan, kNoKeys, Work::Scan},
    {"zscore", 3, Where::Ordered, Access::Read, kOneKey, run_zscore, kThird},
    {"zz.version", -2, Where::Ordered, Access::Read, kAllKeys, run_version},
});

constexpr bool sorted_by_name() {
    for (std::size_t i = 1; i < kCommands.size(); ++i) {
        if (!(kCommands[i - 1].name < kCommands[i].name)) {
            return false;
        }
    }
    return true;
}
static_assert(sorted_by_name());

constexpr std::size_t kCommandNameMax = 32;
constexpr std::size_t kQuotedMax = 128; // what an error repeats of a client's bytes

char lower(std::uint8_t c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

// As Redis prints an argument with %s: up to the first NUL, at most `size` bytes.
std::string_view printable(ByteView bytes, std::size_t size) {
    const std::string_view text = text_of(bytes).substr(0, size);
    return text.substr(0, text.find('\0'));
}

Bytes unknown_command(const Arguments& arguments) {
    std::string quoted;
    for (std::size_t i = 1; i < arguments.size() && quoted.size() < kQuotedMax; ++i) {
        quoted += fmt::format("'{}' ", printable(arguments[i], kQuotedMax - quoted.size()));
    }
    return error_reply(fmt::format("ERR unknown command '{}', with args beginning with: {}",
                                   printable(arguments[0], kQuotedMax), quoted));
}

std::vector<ByteView> at_positions(const KeyPositions& positions, const Arguments& arguments) {
    std::vector<ByteView> out;
    const auto count = static_cast<int>(arguments.size());
    const int last = positions.last < 0 ? count - 1 : std::min(positions.last, count - 1);
    if (positions.step > 0) {
        for (int i = positions.first; i <= last; i += positions.step) {
            out.push_back(arguments[static_cast<std::size_t>(i)]);
        }
    } else if (positions.step < 0) { // from behind: what stands before them has no fixed length
        for (int i = last; i >= positions.first; i += positions.step) {
            out.push_back(arguments[static_cast<std::size_t>(i)]);
        }
    }
    return out;
}

// Of as many elements as usual.
constexpr std::size_t kStepsOfMany = 8000;

// A count at the end or as third argument; `otherwise` if there is none.
std::size_t count_in(const Arguments& arguments, std::size_t at, std::size_t otherwise) {
    const auto count = at < arguments.size() ? parse_integer(arguments[at]) : std::nullopt;
    return count && *count >= 0
               ? static_cast<std::size_t>(std::min<std::int64_t>(*count, kCommandStepsMax))
               : otherwise;
}

std::size_t steps_of_work(Work work, const Arguments& arguments) {
    constexpr std::size_t kStepsOfPop = 24, kStepsOfScanned = 4;
    switch (work) {
    case Work::Few:
        return 0;
    case Work::Many:
        return kStepsOfMany;
    case Work::Pop:
        return kStepsOfPop * count_in(arguments, 2, 1);
    case Work::Range: // by rank from the beginning
        return arguments.size() > 5 ? kStepsOfMany : 8 + count_in(arguments, 3, kStepsOfMany);
    case Work::Scan: {
        const std::size_t cursor = arguments.size() % 2 == 0 ? 1 : 2;
        std::size_t count = 10;
        for (std::size_t i = cursor + 1; i + 1 < arguments.size(); i += 2) {
            count = same_word(arguments[i], "count") ? count_in(arguments, i + 1, count) : count;
        }
        return 200 + kStepsOfScanned * count;
    }
    }
    return 0;
}

} // namespace

std::span<const Command> commands() {
    return kCommands;
}

const Command* find_command(ByteView name) {
    if (name.size() > kCommandNameMax) {
        return nullptr;
    }
    std::string text;
    for (const std::uint8_t c : name) {
        text.push_back(lower(c));
    }
    const auto it = std::lower_bound(
        kCommands.begin(), kCommands.end(), text,
        [](const Command& command, const std::string& wanted) { return command.name < wanted; });
    return it != kCommands.end() && it->name == text ? &*it : nullptr;
}

std::vector<ByteView> keys_of(const Command& command, const Arguments& arguments) {
    return at_positions(command.keys, arguments);
}

std::vector<ByteView> members_of(const Command& command, const Arguments& arguments) {
    return at_positions(command.members, arguments);
}

std::string wrong_arity(const Arguments& arguments) {
    return fmt::format("ERR wrong number of arguments for '{}' command",
                       find_command(arguments[0])->name);
}

std::optional<Bytes> reject(const Arguments& arguments) {
    const Command* command = find_command(arguments[0]);
    if (command == nullptr) {
        return unknown_command(arguments);
    }
    const auto wanted = static_cast<std::size_t>(std::abs(command->arity));
    const bool arity_right =
        command->arity >= 0 ? arguments.size() == wanted : arguments.size() >= wanted;
    // MSET takes pairs; Redis says it with the same words.
    const bool pairs_right = command->keys.step != 2 || arguments.size() % 2 == 1;
    if (!arity_right || !pairs_right) {
        return error_reply(wrong_arity(arguments));
    }
    for (const ByteView key : keys_of(*command, arguments)) {
        if (key.size() > kKeyBytesMax) {
            return error_reply(fmt::format("ERR key of {} bytes is too long, {} bytes are allowed",
                                           key.size(), kKeyBytesMax));
        }
    }
    for (const ByteView member : members_of(*command, arguments)) {
        if (member.size() > kMemberBytesMax) {
            return error_reply(
                fmt::format("ERR field or member of {} bytes is too long, {} bytes are allowed",
                            member.size(), kMemberBytesMax));
        }
    }
    for (const ByteView argument : arguments) {
        if (argument.size() > kValueBytesMax) {
            return error_reply(kStringTooLong);
        }
    }
    return std::nullopt;
}

std::uint32_t steps_of(const Arguments& arguments) {
    const Command* command = find_command(arguments[0]);
    if (command == nullptr || reject(arguments)) {
        return kStepsPerCommand;
    }
    std::size_t bytes = 0;
    for (const ByteView argument : arguments) {
        bytes += argument.size();
    }
    // A reading command reads a value once; a writing one reads it twice and writes it once.
    constexpr std::size_t kUsualValueBytes = 32 * 1024;
    constexpr std::size_t kStepsOfPass = kStepsPerKey + kUsualValueBytes / kBytesPerStep + 1;
    const std::size_t passes = command->access == Access::Write ? 3 : 1;
    const std::size_t steps = kStepsPerCommand + kStepsPerKey + bytes / kBytesPerStep + 1 +
                              arguments.size() * passes * kStepsPerElement +
                              keys_of(*command, arguments).size() * passes * kStepsOfPass +
                              steps_of_work(command->work, arguments);
    return static_cast<std::uint32_t>(std::min<std::size_t>(steps, kCommandStepsMax));
}

bool same_word(ByteView bytes, std::string_view lower_case) {
    return std::equal(bytes.begin(), bytes.end(), lower_case.begin(), lower_case.end(),
                      [](std::uint8_t a, char b) { return lower(a) == b; });
}

std::optional<std::int64_t> parse_integer(ByteView bytes) {
    const std::string_view text = text_of(bytes);
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    const bool zero = text == "0";
    if (digits.empty() || (!zero && (digits[0] < '1' || digits[0] > '9'))) {
        return std::nullopt;
    }
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

} // namespace zz::application::kv
