// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/resp/request_parser.h"

namespace zz::gateway::resp {
namespace {

bool is_blank(std::uint8_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

int hex_digit(std::uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::uint8_t unescaped(std::uint8_t c) {
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    }
    return c;
}

// At the character after a closing quote: a word ends there.
bool ends_word(ByteView rest) {
    return rest.empty() || is_blank(rest[0]);
}

// `rest` starts behind the opening quote and ends behind the closing one.
bool take_double_quoted(ByteView& rest, Bytes& word) {
    while (!rest.empty() && rest[0] != '"') {
        if (rest.size() >= 4 && rest[0] == '\\' && rest[1] == 'x' && hex_digit(rest[2]) >= 0 &&
            hex_digit(rest[3]) >= 0) {
            word.push_back(static_cast<std::uint8_t>(hex_digit(rest[2]) * 16 + hex_digit(rest[3])));
            rest = rest.subspan(4);
        } else if (rest.size() >= 2 && rest[0] == '\\') {
            word.push_back(unescaped(rest[1]));
            rest = rest.subspan(2);
        } else {
            word.push_back(rest[0]);
            rest = rest.subspan(1);
        }
    }
    if (rest.empty()) {
        return false;
    }
    rest = rest.subspan(1);
    return ends_word(rest);
}

bool take_single_quoted(ByteView& rest, Bytes& word) {
    while (!rest.empty() && rest[0] != '\'') {
        const bool escaped = rest.size() >= 2 && rest[0] == '\\' && rest[1] == '\'';
        word.push_back(escaped ? std::uint8_t{'\''} : rest[0]);
        rest = rest.subspan(escaped ? 2 : 1);
    }
    if (rest.empty()) {
        return false;
    }
    rest = rest.subspan(1);
    return ends_word(rest);
}

// Precondition: `rest` starts with no blank.
bool take_word(ByteView& rest, Bytes& word) {
    while (!rest.empty() && !is_blank(rest[0])) {
        const std::uint8_t c = rest[0];
        rest = rest.subspan(1);
        if (c == '"' || c == '\'') {
            return c == '"' ? take_double_quoted(rest, word) : take_single_quoted(rest, word);
        }
        word.push_back(c);
    }
    return true;
}

} // namespace

std::optional<std::vector<Bytes>> split_inline(ByteView line) {
    std::vector<Bytes> words;
    ByteView rest = line;
    while (true) {
        while (!rest.empty() && is_blank(rest[0])) {
            rest = rest.subspan(1);
        }
        if (rest.empty()) {
            return words;
        }
        Bytes word;
        if (!take_word(rest, word)) {
            return std::nullopt;
        }
        words.push_back(std::move(word));
        if (words.size() > kRequestArgumentsMax) {
            return words; // too many already: the caller says so
        }
    }
}

} // namespace zz::gateway::resp
