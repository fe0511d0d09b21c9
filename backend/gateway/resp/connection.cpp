// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/resp/connection.h"

#include <algorithm>
#include <fmt/format.h>

#include "protocol/base/check.h"

namespace zz::gateway::resp {
namespace {

namespace kv = application::kv;

constexpr std::size_t kSequenceHeadBytes = 2; // of its reply: how many commands ran
constexpr std::size_t kGuardedHeadBytes = 3, kGuardBytes = 8 + 16; // sizes and a version

Bytes simple_reply(std::string_view text) {
    kv::Reply reply;
    reply.simple(text);
    return reply.take();
}

kv::Arguments views_of(const std::vector<Bytes>& arguments) {
    return kv::Arguments(arguments.begin(), arguments.end());
}

} // namespace

Connection::Connection(ConnectionFacts facts, std::size_t lanes)
    : facts_(std::move(facts)), lanes_(lanes) {
    ZZ_CHECK(lanes_ > 0, "a connection needs a lane");
}

bool Connection::accepts() const {
    return !closing_ && replies_.size() < kRepliesMax && waiting_bytes_ < kWaitingBytesMax &&
           replies_.bytes() + output_.size() < kOutputBytesMax;
}

std::vector<Submitted> Connection::on_bytes(ByteView bytes) {
    if (closing_) {
        return {}; // what follows a QUIT or a protocol error is not read
    }
    ZZ_CHECK(backlog_.size() + bytes.size() <= kBacklogBytesMax, "{} bytes on top of {}",
             bytes.size(), backlog_.size());
    backlog_.insert(backlog_.end(), bytes.begin(), bytes.end());
    return pump();
}

std::vector<Submitted> Connection::resume() {
    return pump();
}

Bytes Connection::take_output() {
    return std::exchange(output_, {});
}

std::vector<Submitted> Connection::pump() {
    std::vector<Submitted> submitted;
    bool goes_on = true;
    while (goes_on) { // a lane that takes commands makes room for the next ones
        parse_backlog();
        goes_on = prepare_next() && in_flight_.size() < lanes_;
        if (goes_on) {
            submitted.push_back(submit_next());
        }
    }
    replies_.drain(output_);
    return submitted;
}

void Connection::parse_backlog() {
    ByteView rest = backlog_;
    bool goes_on = true;
    while (goes_on && accepts()) {
        switch (parser_.parse(rest)) {
        case RequestParser::Result::NeedsMore:
            goes_on = false;
            break;
        case RequestParser::Result::Request:
            ++requests_;
            on_request(parser_.take_arguments());
            break;
        case RequestParser::Result::Failed:
            answer(kv::error_reply("ERR " + parser_.error()));
            closing_ = true;
            break;
        }
    }
    if (closing_) {
        rest = {};
    }
    backlog_.erase(backlog_.begin(), backlog_.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

void Connection::answer(Bytes reply) {
    replies_.fill(replies_.open(), std::move(reply));
    replies_.drain(output_);
}

void Connection::on_request(const std::vector<Bytes>& copies) {
    const kv::Arguments arguments = views_of(copies);
    if (auto error = kv::reject(arguments)) {
        if (transaction_) {
            transaction_->aborted = true;
        }
        answer(std::move(*error));
        return;
    }
    const kv::Command& command = *kv::find_command(arguments[0]);
    if (command.where == kv::Where::Local) {
        if (command.name == "watch" && !transaction_) {
            watch(arguments, copies);
        } else if (!on_connection_command(command.name)) {
            answer(answer_local(command, arguments, facts_, name_));
        }
    } else if (transaction_) {
        queue_in_transaction(arguments, copies);
    } else {
        queue(arguments, copies);
    }
}

bool Connection::on_connection_command(std::string_view name) {
    if (name == "quit") {
        answer(simple_reply("OK"));
        closing_ = true;
    } else if (name == "reset") {
        transaction_.reset();
        end_watches();
        return false; // the rest of it concerns the client's name
    } else if (name == "multi") {
        if (transaction_) {
            answer(kv::error_reply("ERR MULTI calls can not be nested"));
        } else {
            transaction_.emplace();
            answer(simple_reply("OK"));
        }
    } else if (name == "discard") {
        answer(transaction_ ? simple_reply("OK") : kv::error_reply("ERR DISCARD without MULTI"));
        if (std::exchange(transaction_, std::nullopt)) {
            end_watches();
        }
    } else if (name == "exec") {
        exec();
    } else if (name == "unwatch" && !transaction_) {
        end_watches();
        answer(simple_reply("OK"));
    } else if (name == "watch") { // as Redis: the transaction goes on
        answer(kv::error_reply("ERR WATCH inside MULTI is not allowed"));
    } else if (transaction_) {
        transaction_->aborted = true;
        answer(kv::error_reply(fmt::format("ERR '{}' is not allowed in a transaction", name)));
    } else {
        return false;
    }
    return true;
}

void Connection::exec() {
    if (!transaction_) {
        answer(kv::error_reply("ERR EXEC without MULTI"));
        return;
    }
    const Transaction transaction = *std::exchange(transaction_, std::nullopt);
    if (transaction.aborted) {
        answer(kv::error_reply("EXECABORT Transaction discarded because of previous errors."));
    } else if (transaction.bodies.empty()) {
        kv::Reply reply;
        reply.array(0);
        answer(reply.take());
    } else {
        const std::vector<ByteView> bodies(transaction.bodies.begin(), transaction.bodies.end());
        Bytes operation = kv::encode_many(kv::OperationKind::Transaction, bodies);
        waiting_bytes_ += operation.size();
        const auto steps = std::min(transaction.steps, kTransactionStepsMax);
        waiting_.push_back(
            {replies_.open(), std::move(operation), steps, Kind::Transaction, watch_epoch_, {}});
    }
    end_watches();
}

void Connection::watch(const kv::Arguments& arguments, const std::vector<Bytes>& copies) {
    if (watch_count_ + arguments.size() - 1 > kv::kGuardsMax) {
        answer(kv::error_reply(
            fmt::format("ERR too many watched keys, {} are allowed", kv::kGuardsMax)));
        return;
    }
    std::vector<Bytes> words{bytes_of("zz.version")};
    std::vector<kv::Guard> guards;
    for (std::size_t i = 1; i < copies.size(); ++i) {
        words.push_back(copies[i]);
        guards.push_back({copies[i], {}});
        watch_bytes_ += copies[i].size() + kGuardBytes;
    }
    watch_count_ += guards.size();
    Bytes body = kv::encode_body(words);
    waiting_bytes_ += body.size();
    waiting_.push_back({replies_.open(), std::move(body), kv::steps_of(arguments), Kind::Watch,
                        watch_epoch_, std::move(guards)});
}

void Connection::end_watches() {
    const bool needed = !waiting_.empty() && waiting_.back().kind == Kind::Transaction &&
                        waiting_.back().epoch == watch_epoch_;
    if (!needed) {
        watched_.erase(watch_epoch_);
    }
    ++watch_epoch_;
    watch_count_ = watch_bytes_ = 0;
}

void Connection::on_versions(Waiting& watch, ByteView reply) {
    const bool waits = std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& other) {
        return other.kind == Kind::Transaction && other.epoch == watch.epoch;
    });
    const auto versions = kv::bulks_of(reply);
    const bool good = versions && versions->size() == watch.guards.size();
    answer_all({&watch, 1}, good ? view_of("+OK\r\n") : reply);
    if (watch.epoch != watch_epoch_ && !waits) {
        return;
    }
    Watched& watched = watched_[watch.epoch];
    watched.failed = watched.failed || !good;
    for (std::size_t i = 0; good && i < versions->size(); ++i) {
        watch.guards[i].version = std::move((*versions)[i]);
        watched.guards.push_back(std::move(watch.guards[i]));
    }
}

bool Connection::prepare_next() {
    while (!waiting_.empty() && waiting_.front().kind == Kind::Transaction) {
        Waiting& next = waiting_.front();
        const bool asked = std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& each) {
            return each.second.front().kind == Kind::Watch &&
                   each.second.front().epoch == next.epoch;
        });
        if (asked) {
            return false; // its versions are under way
        }
        const auto node = watched_.extract(next.epoch);
        if (node.empty() || !node.mapped().failed) {
            if (!node.empty()) {
                next.guards = std::move(node.mapped().guards);
            }
            return true;
        }
        answer_all({&next, 1}, kv::error_reply("EXECABORT Transaction discarded, as the state of "
                                               "its watched keys is unknown."));
        waiting_bytes_ -= next.bytes.size();
        waiting_.pop_front();
    }
    return !waiting_.empty();
}

void Connection::queue_in_transaction(const kv::Arguments& arguments,
                                      const std::vector<Bytes>& copies) {
    Bytes body = kv::encode_body(copies);
    Transaction& transaction = *transaction_;
    const std::size_t bytes = transaction.bytes + kv::kManyBodyBytes + body.size();
    if (transaction.bodies.size() == kv::kCommandsMax ||
        bytes + kv::kManyHeadBytes + kGuardedHeadBytes + watch_bytes_ > kv::kOperationBytesMax) {
        transaction.aborted = true;
        answer(kv::error_reply(
            fmt::format("ERR the transaction is too long: {} commands and {} bytes are allowed",
                        kv::kCommandsMax, kv::kOperationBytesMax)));
        return;
    }
    transaction.bytes = bytes;
    transaction.steps += kv::steps_of(arguments); // 128 times kCommandStepsMax at most
    transaction.bodies.push_back(std::move(body));
    answer(simple_reply("QUEUED"));
}

void Connection::queue(const kv::Arguments& arguments, const std::vector<Bytes>& copies) {
    Bytes body = kv::encode_body(copies);
    waiting_bytes_ += body.size();
    waiting_.push_back(
        {replies_.open(), std::move(body), kv::steps_of(arguments), Kind::Command, 0, {}});
}

Submitted Connection::submit_next() {
    std::vector<Waiting> commands;
    std::size_t bytes = kv::kManyHeadBytes;
    std::uint32_t steps = 0;
    const std::size_t commands_max = lanes_ == 1 ? kv::kCommandsMax : 1;
    while (!waiting_.empty() && commands.size() < commands_max) {
        Waiting& next = waiting_.front();
        const std::size_t bytes_then = bytes + kv::kManyBodyBytes + next.bytes.size();
        const bool fits = next.kind == Kind::Command && bytes_then <= kSequenceBytesMax &&
                          steps + next.steps <= kSequenceStepsMax;
        if (!commands.empty() && (!fits || commands.back().kind != Kind::Command)) {
            break;
        }
        bytes = bytes_then;
        steps += next.steps;
        waiting_bytes_ -= next.bytes.size();
        commands.push_back(std::move(next));
        waiting_.pop_front();
    }
    Submitted submitted{next_token_++, {}, steps};
    if (commands.front().kind == Kind::Transaction) {
        submitted.operation =
            commands.front().guards.empty()
                ? commands.front().bytes
                : kv::encode_guarded(commands.front().guards, commands.front().bytes);
    } else if (commands.size() == 1) {
        submitted.operation = kv::command_of_body(commands.front().bytes);
    } else {
        std::vector<ByteView> bodies;
        for (const Waiting& command : commands) {
            bodies.push_back(command.bytes);
        }
        submitted.operation = kv::encode_many(kv::OperationKind::Sequence, bodies);
    }
    in_flight_.emplace(submitted.token, std::move(commands));
    return submitted;
}

void Connection::answer_all(std::span<const Waiting> commands, ByteView reply) {
    for (const Waiting& command : commands) {
        replies_.fill(command.slot, Bytes(reply.begin(), reply.end()));
    }
}

void Connection::wait_again(std::vector<Waiting>& commands, std::size_t done) {
    for (std::size_t i = commands.size(); i > done; --i) {
        waiting_bytes_ += commands[i - 1].bytes.size();
        waiting_.push_front(std::move(commands[i - 1]));
    }
}

bool Connection::goes_again(std::vector<Waiting>& commands, ByteView reply) {
    Waiting& first = commands.front();
    const std::uint32_t most =
        first.kind == Kind::Transaction ? kTransactionStepsMax : kv::kCommandStepsMax;
    const std::string_view text = text_of(reply);
    const auto code = text.find(' ');
    if (first.steps >= most || !text.starts_with('-') || code == std::string_view::npos ||
        !text.substr(code + 1).starts_with(kv::kOverBudget)) {
        return false;
    }
    first.steps = most; // too many to travel with others
    if (first.kind == Kind::Transaction && !first.guards.empty()) {
        watched_[first.epoch].guards = std::move(first.guards);
    }
    wait_again(commands, 0);
    return true;
}

std::vector<Submitted> Connection::on_result(Token token, ByteView reply) {
    auto node = in_flight_.extract(token);
    if (node.empty()) {
        return {};
    }
    std::vector<Waiting>& commands = node.mapped();
    if (commands.size() == 1) {
        if (commands.front().kind == Kind::Watch) {
            on_versions(commands.front(), reply);
        } else if (!goes_again(commands, reply)) {
            answer_all(commands, reply); // the one command's reply, good or bad
        }
        return pump();
    }
    const std::size_t done =
        reply.size() < kSequenceHeadBytes ? 0 : reply[0] | static_cast<std::size_t>(reply[1]) << 8;
    if (done == 0 || done > commands.size()) {
        // Not a sequence's reply. An error of the service about the whole operation opens with '-',
        // which no count of at most kCommandsMax does together with the byte behind it.
        const bool error = !reply.empty() && reply[0] == '-';
        answer_all(commands,
                   error ? reply : view_of("-ERR the service sent a malformed reply\r\n"));
        return pump();
    }
    // The replies stand one behind the other; they leave in this order, so the first place can
    // carry all.
    const ByteView replies = reply.subspan(kSequenceHeadBytes);
    if (done == 1 && goes_again(commands, replies)) {
        return pump();
    }
    replies_.fill(commands[0].slot, Bytes(replies.begin(), replies.end()));
    for (std::size_t i = 1; i < done; ++i) {
        replies_.fill(commands[i].slot, {});
    }
    wait_again(commands, done); // what did not run comes first in the next one
    return pump();
}

std::vector<Submitted> Connection::on_failure(Token token, std::string_view text) {
    auto node = in_flight_.extract(token);
    if (node.empty()) {
        return {};
    }
    for (Waiting& command : node.mapped()) {
        const Bytes reply = kv::error_reply(text);
        if (command.kind == Kind::Watch) {
            on_versions(command, reply);
        } else {
            answer_all({&command, 1}, reply);
        }
    }
    return pump();
}

} // namespace zz::gateway::resp
