// SPDX-License-Identifier: Apache-2.0
// Connection: one Redis client's connection without its socket. Bytes go in, ordered operations
// come out; results go in, reply bytes come out in the order of the requests. A sans-IO core: no
// clock, socket or thread in it.
//
// Order: as Redis runs the commands of one connection in the order in which they were sent, a
// connection has one operation in flight, and commands that arrive meanwhile travel together in the
// next one (a sequence, operation.h). With `lanes` > 1 each command is an operation of its own and
// as many are in flight: replies still leave in order, but the commands of one pipeline may take
// effect in any order. MULTI ... EXEC is one operation, all or nothing (K12). WATCH asks for the
// versions of its keys, and the next EXEC carries them, so that the service itself compares.
//
// A command that needs more than the budget that was declared for it changed nothing, and travels
// once more with the largest one.
//
// Owned by the front; one thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/gateway/client_connection.h"
#include "backend/gateway/resp/local_commands.h"
#include "backend/gateway/resp/reply_queue.h"
#include "backend/gateway/resp/request_parser.h"

namespace zz::gateway::resp {

using gateway::kReadBytesMax;
using gateway::Submitted;
using gateway::Token;

inline constexpr std::size_t kBacklogBytesMax = 1024 * 1024; // read, not parsed yet
inline constexpr std::size_t kRepliesMax = 1024;             // requests without a reply that left
inline constexpr std::size_t kWaitingBytesMax = 1024 * 1024; // of commands that wait for a lane
inline constexpr std::size_t kOutputBytesMax = 1024 * 1024;  // above it no further request is taken
inline constexpr std::size_t kSequenceBytesMax = 256 * 1024; // of commands that travel together
inline constexpr std::uint32_t kSequenceStepsMax = 20'000;
inline constexpr std::uint32_t kTransactionStepsMax = 2 * application::kv::kCommandStepsMax;

class Connection final : public ClientConnection {
  public:
    explicit Connection(ConnectionFacts facts, std::size_t lanes = 1);

    // Precondition: wants_input(), or not more than kBacklogBytesMax in all.
    std::vector<Submitted> on_bytes(ByteView bytes) override;
    std::vector<Submitted> on_result(Token token, ByteView reply) override;
    // Each command gets the error `text` ("ERR ...").
    std::vector<Submitted> on_failure(Token token, std::string_view text) override;
    std::vector<Submitted> resume() override;

    Bytes take_output() override;
    bool has_output() const { return !output_.empty(); }
    bool wants_input() const override { return backlog_.empty() && accepts(); }
    // The client said QUIT, or broke the protocol.
    bool wants_close() const override { return closing_ && replies_.empty() && output_.empty(); }
    bool is_waiting() const override { return !in_flight_.empty() || !waiting_.empty(); }
    bool is_inside_request() const override { return parser_.inside(); }
    std::uint64_t requests() const override { return requests_; }

    std::size_t in_flight() const { return in_flight_.size(); }
    const std::string& protocol_error() const { return parser_.error(); } // empty if none

  private:
    enum class Kind : std::uint8_t { Command, Transaction, Watch };
    using WatchEpoch = std::uint64_t; // counts what ends watches: EXEC, DISCARD, UNWATCH, RESET
    struct Waiting {
        ReplyQueue::Slot slot = 0;
        Bytes bytes; // a command's body, or a whole transaction
        std::uint32_t steps = 0;
        Kind kind = Kind::Command;
        WatchEpoch epoch = 0; // of Transaction and Watch
        std::vector<application::kv::Guard>
            guards; // of Watch: keys; of Transaction: when it leaves
    };
    struct Watched {
        std::vector<application::kv::Guard> guards;
        bool failed = false; // the versions of some key are unknown
    };
    struct Transaction { // between MULTI and EXEC
        std::vector<Bytes> bodies;
        std::size_t bytes = 0;
        std::uint32_t steps = 0;
        bool aborted = false;
    };

    bool accepts() const;
    void parse_backlog();
    void on_request(const std::vector<Bytes>& arguments);
    void queue(const application::kv::Arguments& arguments, const std::vector<Bytes>& copies);
    void queue_in_transaction(const application::kv::Arguments& arguments,
                              const std::vector<Bytes>& copies);
    // True if the command is one of MULTI, EXEC, DISCARD, QUIT, RESET or not allowed in a
    // transaction.
    bool on_connection_command(std::string_view name);
    void exec();
    void watch(const application::kv::Arguments& arguments, const std::vector<Bytes>& copies);
    void end_watches();
    // Of a Watch.
    void on_versions(Waiting& watch, ByteView reply);
    // Transactions whose watches failed are answered; true if what waits first may leave.
    bool prepare_next();
    // True if the command goes again, with a larger budget.
    bool goes_again(std::vector<Waiting>& commands, ByteView reply);
    void wait_again(std::vector<Waiting>& commands, std::size_t done);
    void answer(Bytes reply);
    std::vector<Submitted> pump();
    // Precondition: something waits.
    Submitted submit_next();
    void answer_all(std::span<const Waiting> commands, ByteView reply);

    ConnectionFacts facts_;
    std::size_t lanes_;
    std::string name_;
    RequestParser parser_;
    Bytes backlog_;
    std::optional<Transaction> transaction_;
    std::deque<Waiting> waiting_; // at most kRepliesMax, as each has a place there
    std::size_t waiting_bytes_ = 0;
    WatchEpoch watch_epoch_ = 0;
    std::size_t watch_count_ = 0, watch_bytes_ = 0;   // of this epoch, asked for or known
    std::map<WatchEpoch, Watched> watched_;           // of this epoch and of transactions that wait
    std::map<Token, std::vector<Waiting>> in_flight_; // at most lanes_
    Token next_token_ = 1;
    ReplyQueue replies_;
    Bytes output_;
    std::uint64_t requests_ = 0;
    bool closing_ = false;
};

} // namespace zz::gateway::resp
