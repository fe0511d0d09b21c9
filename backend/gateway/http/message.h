// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 messages out of and into bytes, by Boost.Beast, which no other room sees. Bounded: a
// header of kHeaderBytesMax, a body of kBodyBytesMax. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"

namespace zz::gateway::http {

inline constexpr std::size_t kHeaderBytesMax = 8 * 1024;
inline constexpr std::size_t kBodyBytesMax = 512 * 1024;

struct HttpRequest {
    std::string method; // as it was sent: "GET"
    std::string target; // not decoded
    std::string content_type, if_match, if_none_match;
    std::string body;
    bool keep_alive = true;
};

struct HttpResponse {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> fields;
    Bytes body;
    bool keep_alive = true;
    bool head = false; // the length of the body, without it
};

// Reads one request after the other. An error is final: a peer that broke the protocol once is not
// listened to any more (K11).
class RequestReader {
  public:
    enum class Result : std::uint8_t { NeedsMore, Request, Failed };

    RequestReader();
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    // Consumes from the front of `input`; what it leaves comes again, with more behind it.
    Result parse(ByteView& input);
    // Precondition: the last parse() said Request.
    HttpRequest take();
    // Precondition: Failed.
    unsigned status() const { return status_; }
    const std::string& error() const { return error_; }
    // The header was read, and the user waits to be told to go on; true once a request.
    bool take_expects_continue();
    bool inside() const { return inside_; }

  private:
    struct Parser;
    Result fail(unsigned status, std::string error);
    Result check_header();
    bool has_header(ByteView input);

    std::unique_ptr<Parser> parser_;
    bool inside_ = false, continue_ = false, header_checked_ = false;
    std::size_t scanned_ = 0; // of the input, for the header's end
    unsigned status_ = 0;
    std::string error_;
};

Bytes encode(const HttpResponse& response);

} // namespace zz::gateway::http
