// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/reply.h"

#include <charconv>
#include <fmt/format.h>
#include <string>

namespace zz::application::kv {

void Reply::line(char type, std::string_view text) {
    bytes_.push_back(static_cast<std::uint8_t>(type));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    bytes_.push_back('\r');
    bytes_.push_back('\n');
}

void Reply::simple(std::string_view text) {
    line('+', text);
}
void Reply::integer(std::int64_t value) {
    line(':', fmt::format_int(value).c_str());
}
void Reply::null() {
    line('$', "-1");
}
void Reply::null_array() {
    line('*', "-1");
}
void Reply::array(std::size_t count) {
    line('*', fmt::format_int(count).c_str());
}

void Reply::bulk(ByteView bytes) {
    line('$', fmt::format_int(bytes.size()).c_str());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    bytes_.push_back('\r');
    bytes_.push_back('\n');
}

void Reply::error(std::string_view text) {
    std::string one_line(text);
    for (char& c : one_line) {
        if (c == '\r' || c == '\n') {
            c = ' ';
        }
    }
    line('-', one_line);
}

namespace {

// The number of a line of that type; it is cut off. Nothing if there is no such line.
std::optional<std::size_t> take_head(std::string_view& rest, char type) {
    const auto end = rest.find("\r\n");
    std::size_t number = 0;
    if (end == std::string_view::npos || rest[0] != type) {
        return std::nullopt;
    }
    const auto [stop, failure] = std::from_chars(rest.data() + 1, rest.data() + end, number);
    if (failure != std::errc() || stop != rest.data() + end) {
        return std::nullopt;
    }
    rest.remove_prefix(end + 2);
    return number;
}

} // namespace

std::optional<std::vector<Bytes>> bulks_of(ByteView value) {
    std::string_view rest = text_of(value);
    const auto count = take_head(rest, '*');
    std::vector<Bytes> out;
    while (count && out.size() < *count) {
        const auto size = take_head(rest, '$');
        if (!size || *size > rest.size() || rest.substr(*size, 2) != "\r\n") {
            return std::nullopt;
        }
        out.push_back(bytes_of(rest.substr(0, *size)));
        rest.remove_prefix(*size + 2);
    }
    return count && rest.empty() ? std::optional(std::move(out)) : std::nullopt;
}

Bytes error_reply(std::string_view text) {
    Reply reply;
    reply.error(text);
    return reply.take();
}

} // namespace zz::application::kv
