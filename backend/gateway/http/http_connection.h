// SPDX-License-Identifier: Apache-2.0
// HttpConnection: one HTTP user's connection without its socket, before a web application. One
// operation is in flight; requests that are pipelined wait. After a request that is malformed the
// answer is 400, or what says it better, and the connection closes, whatever came behind it (K11).
//
//   GET HEAD PATH    a document, with its ETag; 304 if If-None-Match has it
//   GET PATH/        the folder's index.html if there is one, else its names, a line each;
//                    ?after=NAME goes on behind a name
//   PUT PATH         Content-Type is kept; If-Match: "V", If-None-Match: *
//   DELETE PATH      If-Match: "V"
//   POST PATH        adds the number in the body, or 1, to a counter, and answers its value
//
// Owned by the front; one thread.
#pragma once

#include <utility>

#include "backend/application/web/web.h"
#include "backend/gateway/client_connection.h"
#include "backend/gateway/http/message.h"

namespace zz::gateway::http {

class HttpConnection final : public ClientConnection {
  public:
    std::vector<Submitted> on_bytes(ByteView bytes) override;
    std::vector<Submitted> on_result(Token token, ByteView reply) override;
    std::vector<Submitted> on_failure(Token token, std::string_view text) override;
    std::vector<Submitted> resume() override { return pump(); }
    Bytes take_output() override { return std::exchange(output_, {}); }
    bool wants_input() const override;
    bool wants_close() const override { return closing_ && !in_flight_ && output_.empty(); }
    bool is_waiting() const override { return in_flight_.has_value(); }
    bool is_inside_request() const override { return reader_.inside() && !in_flight_; }
    std::uint64_t requests() const override { return requests_; }

  private:
    struct InFlight {
        Token token = 0;
        application::web::Request request;
        std::string if_none_match; // of GET
        bool head = false, keep_alive = true;
        bool index = false; // index.html was asked for in the place of a folder
    };
    std::vector<Submitted> pump();
    // Nothing if it was answered at once.
    std::optional<Submitted> on_request(HttpRequest request);
    std::optional<Submitted> refuse(unsigned status, std::string text, const HttpRequest& request);
    Submitted submit(InFlight in_flight);
    void answer(const InFlight& asked, const application::web::Reply& reply);
    void respond(HttpResponse response);

    RequestReader reader_;
    Bytes backlog_;
    Bytes output_;
    std::optional<InFlight> in_flight_;
    Token next_token_ = 1;
    std::uint64_t requests_ = 0;
    bool closing_ = false;
};

} // namespace zz::gateway::http
