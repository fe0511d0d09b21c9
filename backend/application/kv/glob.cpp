// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/glob.h"

#include <algorithm>

namespace zz::application::kv {
namespace {

// Matches one character of the text with the pattern at `at`, which moves behind what it used.
// Precondition: at < pattern.size(), and no '*' there.
bool match_one(ByteView pattern, std::size_t& at, std::uint8_t c) {
    const std::uint8_t p = pattern[at];
    if (p == '?') {
        ++at;
        return true;
    }
    if (p == '\\' && at + 1 < pattern.size()) {
        at += 2;
        return pattern[at - 1] == c;
    }
    if (p != '[') {
        ++at;
        return p == c;
    }
    ++at;
    const bool inverted = at < pattern.size() && pattern[at] == '^';
    at += inverted ? 1 : 0;
    bool found = false;
    while (at < pattern.size() && pattern[at] != ']') {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            found = found || pattern[at + 1] == c;
            at += 2;
        } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
            const auto [low, high] = std::minmax(pattern[at], pattern[at + 2]);
            found = found || (low <= c && c <= high);
            at += 3;
        } else {
            found = found || pattern[at] == c;
            ++at;
        }
    }
    at += at < pattern.size() ? 1 : 0; // the ']'
    return found != inverted;
}

} // namespace

bool matches(ByteView pattern, ByteView text) {
    std::size_t p = 0, t = 0;
    // Where to go on if what follows the last '*' does not match: with one more character for it.
    std::size_t star = SIZE_MAX, star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        std::size_t next = p;
        if (p < pattern.size() && match_one(pattern, next, text[t])) {
            p = next;
            ++t;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

} // namespace zz::application::kv
