// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/resp/connection.h"

#include <algorithm>
#include <fmt/format.h>

#include "protocol/base/check.h"

namespace zz::gateway::resp {
namespace {

namespace kv = application::kv;

constexpr std::size_t kSequenceHeadBytes = 2; // of its reply: how many commands ran

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
        goes_on = !waiting_.empty() && in_flight_.size() < lanes_;
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
        if (!on_connection_command(command.name)) {
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
        transaction_.reset();
    } else if (name == "exec") {
        exec();
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
        const auto steps = std::min(transaction.steps, kv::kCommandStepsMax);
        waiting_.push_back({replies_.open(), std::move(operation), steps, true});
    }
}

void Connection::queue_in_transaction(const kv::Arguments& arguments,
                                      const std::vector<Bytes>& copies) {
    Bytes body = kv::encode_body(copies);
    Transaction& transaction = *transaction_;
    const std::size_t bytes = transaction.bytes + kv::kManyBodyBytes + body.size();
    if (transaction.bodies.size() == kv::kCommandsMax ||
        bytes + kv::kManyHeadBytes > kv::kOperationBytesMax) {
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
    waiting_.push_back({replies_.open(), std::move(body), kv::steps_of(arguments), false});
}

Submitted Connection::submit_next() {
    std::vector<Waiting> commands;
    std::size_t bytes = kv::kManyHeadBytes;
    std::uint32_t steps = 0;
    const std::size_t commands_max = lanes_ == 1 ? kv::kCommandsMax : 1;
    while (!waiting_.empty() && commands.size() < commands_max) {
        Waiting& next = waiting_.front();
        const std::size_t bytes_then = bytes + kv::kManyBodyBytes + next.bytes.size();
        const bool fits = !next.transaction && bytes_then <= kSequenceBytesMax &&
                          steps + next.steps <= kSequenceStepsMax;
        if (!commands.empty() && (!fits || commands.back().transaction)) {
            break;
        }
        bytes = bytes_then;
        steps += next.steps;
        waiting_bytes_ -= next.bytes.size();
        commands.push_back(std::move(next));
        waiting_.pop_front();
    }
    Submitted submitted{next_token_++, {}, steps};
    if (commands.front().transaction) {
        submitted.operation = commands.front().bytes;
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

void Connection::answer_all(const std::vector<Waiting>& commands, ByteView reply) {
    for (const Waiting& command : commands) {
        replies_.fill(command.slot, Bytes(reply.begin(), reply.end()));
    }
}

std::vector<Submitted> Connection::on_result(Token token, ByteView reply) {
    auto node = in_flight_.extract(token);
    if (node.empty()) {
        return {};
    }
    std::vector<Waiting>& commands = node.mapped();
    if (commands.size() == 1) {
        answer_all(commands, reply); // the one command's reply, good or bad
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
    replies_.fill(commands[0].slot, Bytes(replies.begin(), replies.end()));
    for (std::size_t i = 1; i < done; ++i) {
        replies_.fill(commands[i].slot, {});
    }
    for (std::size_t i = commands.size(); i > done; --i) { // did not run: first in the next one
        waiting_bytes_ += commands[i - 1].bytes.size();
        waiting_.push_front(std::move(commands[i - 1]));
    }
    return pump();
}

std::vector<Submitted> Connection::on_failure(Token token, std::string_view text) {
    auto node = in_flight_.extract(token);
    if (node.empty()) {
        return {};
    }
    answer_all(node.mapped(), kv::error_reply(text));
    return pump();
}

} // namespace zz::gateway::resp
