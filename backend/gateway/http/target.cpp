// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/http/target.h"

#include <fmt/format.h>

namespace zz::gateway::http {
namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
            const int low = high >= 0 ? digit(text[i + 2]) : -1;
            if (low < 0) {
                return std::nullopt;
            }
            c = static_cast<char>(16 * high + low);
            i += 2;
        }
        if (c == '\0') {
            return std::nullopt;
        }
        out += c;
    }
    return out;
}

} // namespace

std::optional<Target> parse_target(std::string_view target) {
    constexpr std::string_view kAfter = "after=";
    if (!target.starts_with('/')) {
        return std::nullopt;
    }
    const auto mark = target.find('?');
    auto path = decode(target.substr(0, mark));
    if (!path) {
        return std::nullopt;
    }
    Target out{std::move(*path), {}};
    if (mark == std::string_view::npos || mark + 1 == target.size()) {
        return out;
    }
    const std::string_view query = target.substr(mark + 1);
    if (!query.starts_with(kAfter)) {
        return std::nullopt;
    }
    auto after = decode(query.substr(kAfter.size()));
    if (!after || after->size() > target.size()) {
        return std::nullopt;
    }
    out.after = std::move(*after);
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kPlain = "-._~/";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || kPlain.find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

} // namespace zz::gateway::http
