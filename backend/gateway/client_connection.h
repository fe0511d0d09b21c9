// SPDX-License-Identifier: Apache-2.0
// ClientConnection: what a front asks of the connection of a user, whatever its protocol. A sans-IO
// core: no clock, socket or thread in it. Owned by the front; one thread.
//
// The front's loop, for each connection:
//   readable and wants_input()  -> submit(on_bytes(at most kReadBytesMax bytes))
//   a result, or none to come   -> submit(on_result(...)), submit(on_failure(...))
//   socket has taken all it got -> write(take_output()); submit(resume())
//   wants_close()               -> close
#pragma once

#include <string_view>
#include <vector>

#include "protocol/base/bytes.h"

namespace zz::gateway {

inline constexpr std::size_t kReadBytesMax = 64 * 1024;

using Token = std::uint64_t;

// An operation for the application; `budget` is to be declared with it (ZZ-1.5).
struct Submitted {
    Token token = 0; // of this connection, never used again
    Bytes operation;
    std::uint32_t budget = 0;
};

class ClientConnection {
  public:
    virtual ~ClientConnection() = default;

    // Precondition: wants_input().
    virtual std::vector<Submitted> on_bytes(ByteView bytes) = 0;
    // The accepted reply of an operation. An unknown token is ignored.
    virtual std::vector<Submitted> on_result(Token token, ByteView reply) = 0;
    // There is no reply to come: what became of it is unknown to the user (K10).
    virtual std::vector<Submitted> on_failure(Token token, std::string_view text) = 0;
    // Goes on with what waited for room in the output.
    virtual std::vector<Submitted> resume() = 0;

    // All bytes that may be written now.
    virtual Bytes take_output() = 0;
    // False is the backpressure: do not read from the socket.
    virtual bool wants_input() const = 0;
    // After all replies were taken.
    virtual bool wants_close() const = 0;
    // An operation waits for its reply.
    virtual bool is_waiting() const = 0;
    // The user has begun a request and not ended it.
    virtual bool is_inside_request() const = 0;
    // Requests that were read whole.
    virtual std::uint64_t requests() const = 0;
};

} // namespace zz::gateway
