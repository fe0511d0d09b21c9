// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/reply.h"

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

Bytes error_reply(std::string_view text) {
    Reply reply;
    reply.error(text);
    return reply.take();
}

} // namespace zz::application::kv
