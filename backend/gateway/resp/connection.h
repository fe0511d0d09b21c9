// SPDX-License-Identifier: Apache-2.0
// Connection: one Redis client's connection without its socket. Bytes go in, ordered operations
// come out; results go in, reply bytes come out in the order of the requests. A sans-IO core: no
// clock, socket or thread in it.
//
// Order: as Redis runs the commands of one connection in the order in which they were sent, a
// connection has one operation in flight, and commands that arrive meanwhile travel together in the
// next one (a sequence, operation.h). With `lanes` > 1 each command is an operation of its own and
// as many are in flight: replies still leave in order, but the commands of one pipeline may take
// effect in any order. MULTI ... EXEC is one operation, all or nothing (K12).
//
// The shell's loop, for each connection:
//   readable and wants_input()  -> submit(on_bytes(at most kReadBytesMax bytes))
//   a result, or none to come   -> submit(on_result(...)), submit(on_failure(...))
//   socket has taken all it got -> write(take_output()); submit(resume())
//   wants_close()               -> close
// Owned by the shell; one thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backend/gateway/resp/local_commands.h"
#include "backend/gateway/resp/reply_queue.h"
#include "backend/gateway/resp/request_parser.h"

namespace zz::gateway::resp {

inline constexpr std::size_t kReadBytesMax = 64 * 1024;
inline constexpr std::size_t kBacklogBytesMax = 1024 * 1024; // read, not parsed yet
inline constexpr std::size_t kRepliesMax = 1024;             // requests without a reply that left
inline constexpr std::size_t kWaitingBytesMax = 1024 * 1024; // of commands that wait for a lane
inline constexpr std::size_t kOutputBytesMax = 1024 * 1024;  // above it no further request is taken
inline constexpr std::size_t kSequenceBytesMax = 256 * 1024; // of commands that travel together
inline constexpr std::uint32_t kSequenceStepsMax = 20'000;

using Token = std::uint64_t;

// An operation for the application; `budget` is to be declared with it (ZZ-1.5).
struct Submitted {
    Token token = 0; // of this connection, never used again
    Bytes operation;
    std::uint32_t budget = 0;
};

class Connection {
  public:
    explicit Connection(ConnectionFacts facts, std::size_t lanes = 1);

    // Precondition: wants_input(), or not more than kBacklogBytesMax in all.
    std::vector<Submitted> on_bytes(ByteView bytes);
    // The accepted reply of an operation. An unknown token is ignored.
    std::vector<Submitted> on_result(Token token, ByteView reply);
    // There is no reply to come: each command gets the error `text` ("ERR ..."). What became of it
    // is unknown to the client, as with a connection that breaks (K10).
    std::vector<Submitted> on_failure(Token token, std::string_view text);
    // Goes on with what waited for room in the output.
    std::vector<Submitted> resume();

    // All bytes that may be written now.
    Bytes take_output();
    bool has_output() const { return !output_.empty(); }
    // False is the backpressure: do not read from the socket.
    bool wants_input() const { return backlog_.empty() && accepts(); }
    // After all replies were taken: the client said QUIT, or broke the protocol.
    bool wants_close() const { return closing_ && replies_.empty() && output_.empty(); }

    std::size_t in_flight() const { return in_flight_.size(); }
    const std::string& protocol_error() const { return parser_.error(); } // empty if none

  private:
    struct Waiting {
        ReplyQueue::Slot slot = 0;
        Bytes bytes; // a command's body, or a whole transaction
        std::uint32_t steps = 0;
        bool transaction = false;
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
    void answer(Bytes reply);
    std::vector<Submitted> pump();
    // Precondition: something waits.
    Submitted submit_next();
    void answer_all(const std::vector<Waiting>& commands, ByteView reply);

    ConnectionFacts facts_;
    std::size_t lanes_;
    std::string name_;
    RequestParser parser_;
    Bytes backlog_;
    std::optional<Transaction> transaction_;
    std::deque<Waiting> waiting_; // at most kRepliesMax, as each has a place there
    std::size_t waiting_bytes_ = 0;
    std::map<Token, std::vector<Waiting>> in_flight_; // at most lanes_
    Token next_token_ = 1;
    ReplyQueue replies_;
    Bytes output_;
    bool closing_ = false;
};

} // namespace zz::gateway::resp
