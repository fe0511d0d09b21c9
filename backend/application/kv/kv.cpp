// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/kv.h"

#include <algorithm>
#include <fmt/format.h>

#include "backend/application/kv/command_table.h"

namespace zz::application::kv {
namespace {

enum class Fate : std::uint8_t { Ran, OverBudget, OverReply, OverState };

struct Attempt {
    Fate fate = Fate::Ran;
    Bytes reply;
};

// Runs one command up to, but without, the commit of its writes. `room` is what its reply may take.
Attempt run(Store& store, const Arguments& arguments, std::size_t room) {
    if (auto error = reject(arguments)) {
        return {Fate::Ran, std::move(*error)};
    }
    const Command& command = *find_command(arguments[0]);
    if (command.where == Where::Local) {
        return {Fate::Ran, error_reply(fmt::format("ERR '{}' concerns a connection and is not an "
                                                   "operation of the service",
                                                   command.name))};
    }
    store.charge(kStepsPerCommand);
    Reply reply;
    command.run(store, arguments, reply);
    if (store.exhausted()) {
        return {Fate::OverBudget, {}};
    }
    if (reply.size() > room) {
        return {Fate::OverReply, {}};
    }
    if (command.access == Access::Write && store.over_limit()) {
        return {Fate::OverState, {}};
    }
    return {Fate::Ran, reply.take()};
}

Bytes fate_error(Fate fate, std::string_view code, std::uint32_t budget) {
    if (fate == Fate::OverBudget) {
        return error_reply(fmt::format("{} {} of {} steps", code, kOverBudget, budget));
    }
    if (fate == Fate::OverState) { // as Redis says it
        return error_reply("OOM command not allowed when used memory > 'maxmemory'.");
    }
    return error_reply(fmt::format("{} the reply is longer than {} bytes", code, kReplyBytesMax));
}

Bytes run_command(Store& store, const Arguments& arguments, std::uint32_t budget) {
    store.begin();
    Attempt attempt = run(store, arguments, kReplyBytesMax);
    if (attempt.fate != Fate::Ran) {
        store.rollback();
        return fate_error(attempt.fate, "ERR", budget);
    }
    store.commit();
    return std::move(attempt.reply);
}

Bytes run_sequence(Store& store, const std::vector<Arguments>& commands, std::uint32_t budget) {
    constexpr std::size_t kCountBytes = 2;
    Bytes out(kCountBytes);
    std::size_t done = 0;
    for (const Arguments& arguments : commands) {
        store.begin();
        const Attempt attempt = run(store, arguments, kReplyBytesMax - out.size());
        if (attempt.fate != Fate::Ran) {
            store.rollback();
            if (done > 0) {
                break;
            }
            // The first one had all there is.
            append(out, fate_error(attempt.fate, "ERR", budget));
            ++done;
            if (attempt.fate == Fate::OverBudget) {
                break; // its sender may have declared too little, and want it before the others
            }
            continue;
        }
        store.commit();
        append(out, attempt.reply);
        ++done;
    }
    out[0] = static_cast<std::uint8_t>(done);
    out[1] = static_cast<std::uint8_t>(done >> 8);
    return out;
}

Bytes run_transaction(Store& store, const std::vector<Arguments>& commands, std::uint32_t budget) {
    Reply head;
    head.array(commands.size());
    Bytes out = head.take();
    store.begin();
    for (const Arguments& arguments : commands) {
        const Attempt attempt = run(store, arguments, kReplyBytesMax - out.size());
        if (attempt.fate != Fate::Ran) {
            store.rollback();
            return fate_error(attempt.fate, "EXECABORT", budget);
        }
        append(out, attempt.reply);
    }
    store.commit();
    return out;
}

bool holds(Store& store, const std::vector<Guard>& guards) {
    store.begin();
    return std::all_of(guards.begin(), guards.end(), [&store](const Guard& guard) {
        return store.fingerprint(guard.key) == guard.version;
    });
}

Bytes refusal() {
    Reply reply;
    reply.null_array();
    return reply.take();
}

} // namespace

Outcome KeyValue::execute(state::Overlay& state, ByteView operation, Timestamp time,
                          std::uint32_t budget) {
    const auto decoded = decode_operation(operation);
    if (!decoded) {
        return Done{error_reply("ERR " + decoded.error().text)};
    }
    Store store(state, time, budget, state_bytes_max_);
    Bytes reply;
    switch (decoded.value().kind) {
    case OperationKind::Command:
        reply = run_command(store, decoded.value().commands.front(), budget);
        break;
    case OperationKind::Sequence:
        reply = run_sequence(store, decoded.value().commands, budget);
        break;
    case OperationKind::Transaction:
        reply = run_transaction(store, decoded.value().commands, budget);
        break;
    case OperationKind::Guarded:
        reply = holds(store, decoded.value().guards)
                    ? run_transaction(store, decoded.value().commands, budget)
                    : refusal();
        break;
    }
    store.finish();
    if (store.needs()) {
        return Needs{state.wanted()};
    }
    return Done{std::move(reply)};
}

std::vector<Bytes> KeyValue::touched_keys(ByteView operation) const {
    const auto decoded = decode_operation(operation);
    if (!decoded) {
        return {};
    }
    std::vector<Bytes> keys{Store::meta_key()};
    for (const Guard& guard : decoded.value().guards) {
        keys.push_back(entry_key(guard.key));
    }
    for (const Arguments& arguments : decoded.value().commands) {
        if (reject(arguments)) {
            continue;
        }
        const Command& command = *find_command(arguments[0]);
        const auto touched = keys_of(command, arguments);
        for (const ByteView key : touched) {
            keys.push_back(entry_key(key));
        }
        // Elements of the first key's collection, where most collections are.
        for (const ByteView member : members_of(command, arguments)) {
            keys.push_back(field_key(place_of(touched.front()), member));
        }
    }
    return keys;
}

} // namespace zz::application::kv
