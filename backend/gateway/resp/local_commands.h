// SPDX-License-Identifier: Apache-2.0
// The commands that concern one connection and need no state: AUTH CLIENT COMMAND CONFIG HELLO INFO
// SELECT RESET. MULTI, EXEC, DISCARD, WATCH, UNWATCH and QUIT belong to the Connection itself.
// Pure.
#pragma once

#include <string>

#include "backend/application/kv/command_table.h"
#include "protocol/base/bytes.h"

namespace zz::gateway::resp {

// What a connection tells about itself. The shell fills it when it accepts the connection.
struct ConnectionFacts {
    std::uint64_t id = 0;
    std::string address; // of the peer, for CLIENT INFO
    std::string application;
    std::string info; // further lines of INFO, "name:value\r\n" each
};

inline constexpr std::size_t kClientNameBytesMax = 64;
// The dialect that is spoken, as clients want a version of Redis to decide by.
inline constexpr std::string_view kRedisVersion = "7.0.0";

// Precondition: reject(arguments) is empty, the command is local and not one of Connection's own.
// `name` is what CLIENT SETNAME set; HELLO and RESET change it as well.
Bytes answer_local(const application::kv::Command& command,
                   const application::kv::Arguments& arguments, const ConnectionFacts& facts,
                   std::string& name);

} // namespace zz::gateway::resp
