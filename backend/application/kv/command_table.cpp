// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/command_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "backend/application/kv/handlers.h"

namespace zz::application::kv {
namespace {

constexpr KeyPositions kNoKeys{}, kOneKey{1, 1, 1}, kAllKeys{1, -1, 1}, kEverySecond{1, -1, 2};

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
    {"getset", 3, Where::Ordered, Access::Write, kOneKey, run_getset},
    {"hello", -1, Where::Local, Access::None, kNoKeys, nullptr},
    {"incr", 2, Where::Ordered, Access::Write, kOneKey, run_incr},
    {"incrby", 3, Where::Ordered, Access::Write, kOneKey, run_incrby},
    {"info", -1, Where::Local, Access::None, kNoKeys, nullptr},
    {"mget", -2, Where::Ordered, Access::Read, kAllKeys, run_mget},
    {"mset", -3, Where::Ordered, Access::Write, kEverySecond, run_mset},
    {"multi", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"persist", 2, Where::Ordered, Access::Write, kOneKey, run_persist},
    {"pexpire", -3, Where::Ordered, Access::Write, kOneKey, run_pexpire},
    {"pexpireat", -3, Where::Ordered, Access::Write, kOneKey, run_pexpireat},
    {"pexpiretime", 2, Where::Ordered, Access::Read, kOneKey, run_pexpiretime},
    {"ping", -1, Where::Ordered, Access::None, kNoKeys, run_ping},
    {"psetex", 4, Where::Ordered, Access::Write, kOneKey, run_psetex},
    {"pttl", 2, Where::Ordered, Access::Read, kOneKey, run_pttl},
    {"quit", -1, Where::Local, Access::None, kNoKeys, nullptr},
    {"reset", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"select", 2, Where::Local, Access::None, kNoKeys, nullptr},
    {"set", -3, Where::Ordered, Access::Write, kOneKey, run_set},
    {"setex", 4, Where::Ordered, Access::Write, kOneKey, run_setex},
    {"setnx", 3, Where::Ordered, Access::Write, kOneKey, run_setnx},
    {"strlen", 2, Where::Ordered, Access::Read, kOneKey, run_strlen},
    {"touch", -2, Where::Ordered, Access::Read, kAllKeys, run_exists},
    {"ttl", 2, Where::Ordered, Access::Read, kOneKey, run_ttl},
    {"type", 2, Where::Ordered, Access::Read, kOneKey, run_type},
    {"unlink", -2, Where::Ordered, Access::Write, kAllKeys, run_del},
    {"unwatch", 1, Where::Local, Access::None, kNoKeys, nullptr},
    {"watch", -2, Where::Local, Access::None, kNoKeys, nullptr},
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
    std::vector<ByteView> keys;
    if (command.keys.step == 0) {
        return keys;
    }
    const std::size_t last =
        command.keys.last < 0 ? arguments.size() - 1 : static_cast<std::size_t>(command.keys.last);
    const auto step = static_cast<std::size_t>(command.keys.step);
    for (auto i = static_cast<std::size_t>(command.keys.first); i <= last; i += step) {
        keys.push_back(arguments[i]);
    }
    return keys;
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
        return error_reply(
            fmt::format("ERR wrong number of arguments for '{}' command", command->name));
    }
    for (const ByteView key : keys_of(*command, arguments)) {
        if (key.size() > kKeyBytesMax) {
            return error_reply(fmt::format("ERR key of {} bytes is too long, {} bytes are allowed",
                                           key.size(), kKeyBytesMax));
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
    // Of a large value: a reading command reads it once; a writing one reads it twice and writes it
    // once.
    constexpr std::size_t kStepsOfPass = kStepsPerKey + kValueBytesMax / kBytesPerStep + 1;
    const std::size_t passes = command->access == Access::Write ? 3 : 1;
    const std::size_t steps = kStepsPerCommand + kStepsPerKey + bytes / kBytesPerStep + 1 +
                              keys_of(*command, arguments).size() * passes * kStepsOfPass;
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
