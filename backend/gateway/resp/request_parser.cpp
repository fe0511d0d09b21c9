// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/resp/request_parser.h"

#include <algorithm>
#include <fmt/format.h>

#include "backend/application/kv/command_table.h"

namespace zz::gateway::resp {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

} // namespace

RequestParser::Result RequestParser::parse(ByteView& input) {
    complete_ = false;
    bool goes_on = true;
    while (goes_on && !complete_) {
        switch (phase_) {
        case Phase::Start:
            goes_on = on_start(input);
            break;
        case Phase::Inline:
            goes_on = on_inline(input);
            break;
        case Phase::ArrayHeader:
            goes_on = on_array_header(input);
            break;
        case Phase::BulkHeader:
            goes_on = on_bulk_header(input);
            break;
        case Phase::BulkBody:
            goes_on = on_bulk_body(input);
            break;
        case Phase::BulkEnd:
            goes_on = on_bulk_end(input);
            break;
        case Phase::Failed:
            goes_on = false;
            break;
        }
    }
    if (phase_ == Phase::Failed) {
        input = {};
        return Result::Failed;
    }
    return complete_ ? Result::Request : Result::NeedsMore;
}

bool RequestParser::fail(std::string text) {
    phase_ = Phase::Failed;
    error_ = "Protocol error: " + std::move(text);
    arguments_.clear();
    line_.clear();
    bytes_ = 0;
    return false;
}

RequestParser::Line RequestParser::take_line(ByteView& input, std::size_t bytes_max) {
    const auto end = std::find(input.begin(), input.end(), std::uint8_t{'\n'});
    const bool whole = end != input.end();
    const auto size = static_cast<std::size_t>(end - input.begin());
    if (line_.size() + size > bytes_max) {
        return Line::TooLong;
    }
    line_.insert(line_.end(), input.begin(), end);
    input = input.subspan(size + (whole ? 1 : 0));
    return whole ? Line::Complete : Line::NeedsMore;
}

bool RequestParser::on_start(ByteView& input) {
    if (input.empty()) {
        return false;
    }
    arguments_.clear();
    bytes_ = 0;
    line_.clear();
    if (input[0] == '*') {
        input = input.subspan(1);
        phase_ = Phase::ArrayHeader;
    } else {
        phase_ = Phase::Inline;
    }
    return true;
}

bool RequestParser::on_inline(ByteView& input) {
    switch (take_line(input, kInlineBytesMax)) {
    case Line::TooLong:
        return fail("too big inline request");
    case Line::NeedsMore:
        return false;
    case Line::Complete:
        break;
    }
    if (!line_.empty() && line_.back() == '\r') {
        line_.pop_back();
    }
    auto words = split_inline(line_);
    line_.clear();
    if (!words) {
        return fail("unbalanced quotes in request");
    }
    if (words->size() > kRequestArgumentsMax) {
        return fail("too big inline request");
    }
    phase_ = Phase::Start;
    if (!words->empty()) {
        arguments_ = std::move(*words);
        complete_ = true;
    }
    return true;
}

bool RequestParser::on_array_header(ByteView& input) {
    switch (take_line(input, kHeaderBytesMax)) {
    case Line::TooLong:
        return fail("too big mbulk count string");
    case Line::NeedsMore:
        return false;
    case Line::Complete:
        break;
    }
    const bool ended = !line_.empty() && line_.back() == '\r';
    const auto count =
        application::kv::parse_integer(ByteView(line_).first(line_.size() - (ended ? 1 : 0)));
    line_.clear();
    if (!ended || !count || *count > static_cast<std::int64_t>(kRequestArgumentsMax)) {
        return fail("invalid multibulk length");
    }
    if (*count <= 0) {
        phase_ = Phase::Start;
        return true;
    }
    missing_arguments_ = static_cast<std::size_t>(*count);
    phase_ = Phase::BulkHeader;
    return true;
}

bool RequestParser::on_bulk_header(ByteView& input) {
    if (line_.empty() && !input.empty() && input[0] != '$') {
        const std::uint8_t c = input[0];
        return fail(fmt::format("expected '$', got '{}'",
                                c >= ' ' && c <= '~' ? static_cast<char>(c) : '?'));
    }
    switch (take_line(input, kHeaderBytesMax)) {
    case Line::TooLong:
        return fail("too big bulk count string");
    case Line::NeedsMore:
        return false;
    case Line::Complete:
        break;
    }
    const bool ended = line_.size() > 1 && line_.back() == '\r';
    std::optional<std::int64_t> size;
    if (ended) {
        size = application::kv::parse_integer(ByteView(line_).subspan(1, line_.size() - 2));
    }
    line_.clear();
    if (!size || *size < 0 || *size > static_cast<std::int64_t>(kBulkBytesMax)) {
        return fail("invalid bulk length");
    }
    missing_bytes_ = static_cast<std::size_t>(*size);
    if (bytes_ + missing_bytes_ > kRequestBytesMax) {
        return fail(fmt::format("too big request, {} bytes are allowed", kRequestBytesMax));
    }
    arguments_.emplace_back();
    phase_ = Phase::BulkBody;
    return true;
}

bool RequestParser::on_bulk_body(ByteView& input) {
    const std::size_t size = std::min(missing_bytes_, input.size());
    Bytes& argument = arguments_.back();
    argument.insert(argument.end(), input.begin(),
                    input.begin() + static_cast<std::ptrdiff_t>(size));
    input = input.subspan(size);
    bytes_ += size;
    missing_bytes_ -= size;
    if (missing_bytes_ > 0) {
        return false;
    }
    end_seen_ = 0;
    phase_ = Phase::BulkEnd;
    return true;
}

bool RequestParser::on_bulk_end(ByteView& input) {
    for (; end_seen_ < kLineEnd.size(); ++end_seen_) {
        if (input.empty()) {
            return false;
        }
        if (input[0] != static_cast<std::uint8_t>(kLineEnd[end_seen_])) {
            return fail("expected CRLF after a bulk");
        }
        input = input.subspan(1);
    }
    --missing_arguments_;
    complete_ = missing_arguments_ == 0;
    phase_ = complete_ ? Phase::Start : Phase::BulkHeader;
    if (complete_) {
        bytes_ = 0; // the request is handed over
    }
    return true;
}

} // namespace zz::gateway::resp
