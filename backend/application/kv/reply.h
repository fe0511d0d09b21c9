// SPDX-License-Identifier: Apache-2.0
// Reply: writes RESP2 values. Used by the kv application for its replies and by the gateway for
// what it answers itself, so that both speak with one voice. A plain value; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.h"

namespace zz::application::kv {

class Reply {
  public:
    void simple(std::string_view text); // "+OK"; precondition: no CR or LF in it
    void ok() { simple("OK"); }
    void integer(std::int64_t value);
    void bulk(ByteView bytes);
    void bulk(std::string_view text) { bulk(view_of(text)); }
    void null(); // null bulk string
    void null_array();
    void array(std::size_t count); // the head; the elements follow
    // `text` opens with its code, "ERR ...". CR and LF become blanks, as a value must stay one
    // line.
    void error(std::string_view text);

    // What was written after `size` bytes is taken back.
    void cut(std::size_t size) { bytes_.resize(size); }
    // Values that are encoded already.
    void raw(ByteView values) { bytes_.insert(bytes_.end(), values.begin(), values.end()); }

    const Bytes& bytes() const { return bytes_; }
    std::size_t size() const { return bytes_.size(); }
    Bytes take() { return std::move(bytes_); }

  private:
    void line(char type, std::string_view text);

    Bytes bytes_;
};

// The elements of an array of bulk strings; nothing if the bytes are not exactly one.
std::optional<std::vector<Bytes>> bulks_of(ByteView value);

// One error value.
Bytes error_reply(std::string_view text);

// The texts of Redis 7 that more than one command uses.
inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
// Of a command, after its code: it changed nothing, and may be sent with a larger budget.
inline constexpr std::string_view kOverBudget = "the command needs more than its execution budget";
inline constexpr std::string_view kNotAFloat = "ERR value is not a valid float";
inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kIncrementOverflow = "ERR increment or decrement would overflow";

} // namespace zz::application::kv
