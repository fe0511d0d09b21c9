// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/screen.h"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace zz::demo {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(300);

// By the rule of setlocale: the first of these that is set decides.
bool speaks_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value == nullptr || *value == '\0')
            continue;
        const std::string_view locale(value);
        return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    }
    return false;
}

} // namespace

void put_line(std::FILE* file, const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), file);
    std::fputc('\n', file);
    std::fflush(file);
}

Screen::Screen() {
    const char* term = std::getenv("TERM");
    live_ = isatty(STDOUT_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
    style_.utf8 = speaks_utf8();
    style_.colour = std::getenv("NO_COLOR") == nullptr;
}

void Screen::draw(const Picture& picture) {
    if (!live_ || Clock::now() < next_)
        return;
    next_ = Clock::now() + kRedrawEvery;
    // Each line erases what was right of it, the last one what was below: no flicker.
    // Lines that are too long are cut, not wrapped: a picture has a fixed place for each.
    std::string out = drawn_ ? "\x1b[H" : "\x1b[2J\x1b[?7l\x1b[H";
    drawn_ = true;
    for (const char c : render(picture, style_))
        out += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
    out += "\x1b[J";
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
}

void Screen::say(const std::string& line) {
    if (!live_)
        put_line(stdout, line);
}

void Screen::leave() {
    if (live_ && drawn_)
        put_line(stdout, "\x1b[?7h");
    live_ = false;
}

} // namespace zz::demo
