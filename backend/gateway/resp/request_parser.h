// SPDX-License-Identifier: Apache-2.0
// RequestParser: reads RESP requests, array and inline form, out of a byte stream cut anywhere.
// Keeps only the part of one request that has arrived, never more than kRequestBytesMax, and
// reserves nothing that was merely announced (K8). A protocol error is final: its text is Redis's,
// and the connection is to be closed after it (K7). Owned by a Connection; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/application/kv/operation.h"
#include "protocol/base/bytes.h"

namespace zz::gateway::resp {

inline constexpr std::size_t kRequestArgumentsMax = application::kv::kArgumentsMax;
inline constexpr std::size_t kBulkBytesMax = application::kv::kValueBytesMax;
inline constexpr std::size_t kInlineBytesMax = 64 * 1024;
inline constexpr std::size_t kHeaderBytesMax = 32; // of a "*3" or "$5" line
// Of all arguments together: an operation adds at most 4 bytes to each, and a head.
inline constexpr std::size_t kRequestBytesMax =
    application::kv::kOperationBytesMax - 4 * kRequestArgumentsMax - 16;

class RequestParser {
  public:
    enum class Result : std::uint8_t { NeedsMore, Request, Failed };

    // Consumes from the front of `input` up to the end of one request. Request: take_arguments()
    // has it. Requests without arguments are skipped, as Redis does.
    Result parse(ByteView& input);

    // Precondition: the last parse() said Request. At least one argument.
    std::vector<Bytes> take_arguments() { return std::move(arguments_); }
    // Precondition: Failed. Without "-ERR ".
    const std::string& error() const { return error_; }
    // A request was begun and is not complete.
    bool inside() const { return phase_ != Phase::Start && phase_ != Phase::Failed; }
    // Bytes kept of the request that is not complete.
    std::size_t kept() const { return line_.size() + bytes_; }

  private:
    enum class Phase : std::uint8_t {
        Start,
        Inline,
        ArrayHeader,
        BulkHeader,
        BulkBody,
        BulkEnd,
        Failed
    };
    enum class Line : std::uint8_t { NeedsMore, Complete, TooLong };

    // Moves up to and with '\n' from `input` to line_; on Complete the line's end is cut off.
    Line take_line(ByteView& input, std::size_t bytes_max);
    // One phase's work. False: nothing more can be done with what there is.
    bool on_start(ByteView& input);
    bool on_inline(ByteView& input);
    bool on_array_header(ByteView& input);
    bool on_bulk_header(ByteView& input);
    bool on_bulk_body(ByteView& input);
    bool on_bulk_end(ByteView& input);
    bool fail(std::string text);

    Phase phase_ = Phase::Start;
    bool complete_ = false;
    Bytes line_;
    std::vector<Bytes> arguments_;
    std::size_t missing_arguments_ = 0, missing_bytes_ = 0;
    std::size_t bytes_ = 0;    // of arguments_
    std::size_t end_seen_ = 0; // bytes of the CR LF behind a bulk
    std::string error_;
};

// The words of an inline request: separated by blanks, "..." with escapes \n \r \t \b \a \xHH,
// '...' with \'. Nothing if quotes are unbalanced.
std::optional<std::vector<Bytes>> split_inline(ByteView line);

} // namespace zz::gateway::resp
