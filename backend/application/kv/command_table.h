// SPDX-License-Identifier: Apache-2.0
// The commands of the kv application and of its gateway, in the dialect of Redis 7: one table for
// the checks that need no state, for the handlers, for the keys a command touches, and for COMMAND.
// Ordered commands are operations of the application; Local ones concern one connection and never
// leave the gateway as they are: AUTH CLIENT COMMAND CONFIG DISCARD EXEC HELLO INFO MULTI QUIT
// RESET SELECT UNWATCH WATCH.
#pragma once

#include <optional>
#include <span>

#include "backend/application/kv/operation.h"
#include "backend/application/kv/reply.h"
#include "backend/application/kv/store.h"

namespace zz::application::kv {

enum class Where : std::uint8_t { Ordered, Local };
enum class Access : std::uint8_t { None, Read, Write };

// What a command does beyond its arguments: some elements that it counts, or who knows how many.
enum class Work : std::uint8_t { Few, Pop, Range, Scan, Many };

using Handler = void (*)(Store& store, const Arguments& arguments, Reply& reply);

struct KeyPositions { // as Redis gives them: 1-based, last < 0 counts from the end
    int first = 0, last = 0, step = 0;
};

struct Command {
    std::string_view name; // lower case
    int arity;             // with the name; negative: at least that many
    Where where;
    Access access;
    KeyPositions keys;
    Handler run;            // null if Local
    KeyPositions members{}; // of a collection's fields or members; step < 0: from the end
    Work work = Work::Few;
};

std::span<const Command> commands(); // in order of name

// Null if there is none; any case.
const Command* find_command(ByteView name);

// The error for a command that is unknown, has a wrong number of arguments, or an argument that is
// too long.
std::optional<Bytes> reject(const Arguments& arguments);

// Precondition: reject(arguments) is empty.
std::vector<ByteView> keys_of(const Command& command, const Arguments& arguments);

std::vector<ByteView> members_of(const Command& command, const Arguments& arguments);

// Precondition: the command is known.
std::string wrong_arity(const Arguments& arguments);

// What the command usually takes, for values of up to 32 KiB and some thousand elements; at most
// kCommandStepsMax. What a gateway declares as a request's budget (ZZ-1.5); a command that turns
// out to need more changes nothing, and is sent again with kCommandStepsMax.
std::uint32_t steps_of(const Arguments& arguments);
inline constexpr std::uint32_t kCommandStepsMax = 100'000;

// "ABC" equals "abc".
bool same_word(ByteView bytes, std::string_view lower_case);

// Decimal, without sign '+', leading zeros or blanks, as Redis reads numbers.
std::optional<std::int64_t> parse_integer(ByteView bytes);

} // namespace zz::application::kv
