// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/resp/local_commands.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "backend/application/kv/glob.h"

namespace zz::gateway::resp {
namespace {

using application::kv::Access;
using application::kv::Arguments;
using application::kv::Command;
using application::kv::error_reply;
using application::kv::parse_integer;
using application::kv::Reply;
using application::kv::same_word;
using application::kv::Where;

Bytes ok() {
    Reply reply;
    reply.ok();
    return reply.take();
}

Bytes unknown_subcommand(const Arguments& arguments, std::string_view command) {
    const std::string_view word = text_of(arguments[1]).substr(0, 128);
    return error_reply(fmt::format("ERR Unknown subcommand or wrong number of arguments for '{}'. "
                                   "Try {} HELP.",
                                   word.substr(0, word.find('\0')), command));
}

// Empty if `name` may be a client's name.
Bytes refuse_name(ByteView name) {
    if (name.size() > kClientNameBytesMax) {
        return error_reply(
            fmt::format("ERR Client names of at most {} bytes are allowed.", kClientNameBytesMax));
    }
    const bool plain =
        std::all_of(name.begin(), name.end(), [](std::uint8_t c) { return c >= '!' && c <= '~'; });
    return plain ? Bytes{}
                 : error_reply("ERR Client names cannot contain spaces, newlines or special "
                               "characters.");
}

std::string client_line(const ConnectionFacts& facts, const std::string& name) {
    return fmt::format("id={} addr={} name={} db=0 resp=2\n", facts.id, facts.address, name);
}

Bytes answer_client(const Arguments& arguments, const ConnectionFacts& facts, std::string& name) {
    const ByteView word = arguments[1];
    Reply reply;
    if (arguments.size() == 2 && same_word(word, "id")) {
        reply.integer(static_cast<std::int64_t>(facts.id));
    } else if (arguments.size() == 2 && same_word(word, "getname")) {
        if (name.empty()) {
            reply.null();
        } else {
            reply.bulk(name);
        }
    } else if (arguments.size() == 3 && same_word(word, "setname")) {
        if (Bytes refused = refuse_name(arguments[2]); !refused.empty()) {
            return refused;
        }
        name = text_of(arguments[2]);
        reply.ok();
    } else if (arguments.size() == 4 && same_word(word, "setinfo")) {
        reply.ok(); // a library's name and version: nothing here depends on them
    } else if (arguments.size() == 2 && (same_word(word, "info") || same_word(word, "list"))) {
        reply.bulk(client_line(facts, name));
    } else {
        return unknown_subcommand(arguments, "CLIENT");
    }
    return reply.take();
}

void put_command(Reply& reply, const Command& command) {
    reply.array(6);
    reply.bulk(command.name);
    reply.integer(command.arity);
    if (command.access == Access::None) {
        reply.array(0);
    } else {
        reply.array(1);
        reply.simple(command.access == Access::Write ? "write" : "readonly");
    }
    reply.integer(command.keys.first);
    reply.integer(command.keys.last);
    reply.integer(command.keys.step);
}

Bytes answer_command(const Arguments& arguments) {
    const auto all = application::kv::commands();
    Reply reply;
    if (arguments.size() == 1) {
        reply.array(all.size());
        for (const Command& command : all) {
            put_command(reply, command);
        }
    } else if (same_word(arguments[1], "count") && arguments.size() == 2) {
        reply.integer(static_cast<std::int64_t>(all.size()));
    } else if (same_word(arguments[1], "list") && arguments.size() == 2) {
        reply.array(all.size());
        for (const Command& command : all) {
            reply.bulk(command.name);
        }
    } else if (same_word(arguments[1], "info")) {
        reply.array(arguments.size() - 2);
        for (std::size_t i = 2; i < arguments.size(); ++i) {
            if (const Command* command = application::kv::find_command(arguments[i])) {
                put_command(reply, *command);
            } else {
                reply.null();
            }
        }
    } else if (same_word(arguments[1], "docs")) {
        reply.array(0); // there is no documentation to give
    } else {
        return unknown_subcommand(arguments, "COMMAND");
    }
    return reply.take();
}

Bytes answer_config(const Arguments& arguments) {
    if (!same_word(arguments[1], "get") || arguments.size() < 3) {
        return error_reply("ERR the settings of this service are in its cluster file, CONFIG does "
                           "not change them");
    }
    // What clients ask for before they begin; others of Redis's settings have no meaning here.
    struct Setting {
        std::string_view name, value;
    };
    constexpr std::array kSettings{Setting{"appendonly", "yes"}, Setting{"databases", "1"},
                                   Setting{"maxclients", "1000"}, Setting{"save", ""}};
    std::vector<Setting> found;
    for (const Setting& setting : kSettings) {
        if (std::any_of(arguments.begin() + 2, arguments.end(), [&](ByteView pattern) {
                return application::kv::matches(pattern, view_of(setting.name));
            })) {
            found.push_back(setting);
        }
    }
    Reply reply;
    reply.array(2 * found.size());
    for (const Setting& setting : found) {
        reply.bulk(setting.name);
        reply.bulk(setting.value);
    }
    return reply.take();
}

Bytes answer_hello(const Arguments& arguments, const ConnectionFacts& facts, std::string& name) {
    std::size_t i = 1;
    if (arguments.size() > 1) {
        const auto version = parse_integer(arguments[i++]);
        if (!version) {
            return error_reply("ERR Protocol version is not an integer or out of range");
        }
        if (*version != 2) {
            return error_reply("NOPROTO unsupported protocol version");
        }
    }
    ByteView wanted_name = view_of(name);
    for (; i < arguments.size(); i += 2) {
        if (!same_word(arguments[i], "setname") || i + 1 >= arguments.size()) {
            return error_reply(fmt::format("ERR Syntax error in HELLO option '{}'",
                                           text_of(arguments[i]).substr(0, 128)));
        }
        wanted_name = arguments[i + 1];
        if (Bytes refused = refuse_name(wanted_name); !refused.empty()) {
            return refused;
        }
    }
    name = std::string(text_of(wanted_name));
    Reply reply;
    reply.array(14); // seven pairs: RESP2 has no maps
    reply.bulk("server");
    reply.bulk("redis");
    reply.bulk("version");
    reply.bulk(kRedisVersion);
    reply.bulk("proto");
    reply.integer(2);
    reply.bulk("id");
    reply.integer(static_cast<std::int64_t>(facts.id));
    reply.bulk("mode");
    reply.bulk("standalone");
    reply.bulk("role");
    reply.bulk("master");
    reply.bulk("modules");
    reply.array(0);
    return reply.take();
}

Bytes answer_info(const ConnectionFacts& facts) {
    Reply reply;
    reply.bulk(fmt::format("# Server\r\nredis_version:{}\r\nredis_mode:standalone\r\n"
                           "zz_application:{}\r\n{}",
                           kRedisVersion, facts.application, facts.info));
    return reply.take();
}

Bytes answer_select(const Arguments& arguments) {
    const auto index = parse_integer(arguments[1]);
    if (!index || *index > INT32_MAX || *index < INT32_MIN) {
        return error_reply(application::kv::kNotAnInteger);
    }
    return *index == 0 ? ok() : error_reply("ERR DB index is out of range");
}

} // namespace

Bytes answer_local(const Command& command, const Arguments& arguments, const ConnectionFacts& facts,
                   std::string& name) {
    if (command.name == "client") {
        return answer_client(arguments, facts, name);
    }
    if (command.name == "command") {
        return answer_command(arguments);
    }
    if (command.name == "config") {
        return answer_config(arguments);
    }
    if (command.name == "hello") {
        return answer_hello(arguments, facts, name);
    }
    if (command.name == "info") {
        return answer_info(facts);
    }
    if (command.name == "select") {
        return answer_select(arguments);
    }
    if (command.name == "reset") {
        name.clear();
        Reply reply;
        reply.simple("RESET");
        return reply.take();
    }
    if (command.name == "auth") {
        return error_reply("ERR AUTH <password> called without any password configured for the "
                           "default user. Are you sure your configuration is correct?");
    }
    return error_reply(fmt::format("ERR '{}' is not supported", command.name));
}

} // namespace zz::gateway::resp
