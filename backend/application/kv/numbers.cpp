// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/numbers.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace zz::application::kv {
namespace {

constexpr int kFractionDigits = 17, kWholeDigits = 20;
constexpr int kExponentMax = 40;
constexpr std::size_t kTextMax = 100;

__extension__ using Wide = __int128;

constexpr Wide power_of_ten(int exponent) {
    Wide value = 1;
    for (int i = 0; i < exponent; ++i) {
        value *= 10;
    }
    return value;
}
constexpr Wide kUnit = power_of_ten(kFractionDigits);
constexpr Wide kBound = power_of_ten(kFractionDigits + kWholeDigits);

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

struct Parts {
    bool negative = false;
    std::string digits; // without the point
    int point = 0;      // digits before it
};

std::optional<Parts> split(std::string_view text) {
    Parts parts;
    if (text.size() > kTextMax) {
        return std::nullopt;
    }
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        parts.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    bool pointed = false;
    std::size_t i = 0;
    for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !pointed)); ++i) {
        pointed = pointed || text[i] == '.';
        if (text[i] != '.') {
            parts.digits += text[i];
            parts.point += pointed ? 0 : 1;
        }
    }
    if (parts.digits.empty()) {
        return std::nullopt;
    }
    if (i < text.size()) {
        if (text[i] != 'e' && text[i] != 'E') {
            return std::nullopt;
        }
        std::string_view exponent = text.substr(i + 1);
        exponent.remove_prefix(exponent.starts_with('+') ? 1 : 0);
        int value = 0;
        const auto [end, failure] =
            std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
        if (failure != std::errc() || end != exponent.data() + exponent.size() ||
            std::abs(value) > kExponentMax) {
            return std::nullopt;
        }
        parts.point += value;
    }
    return parts;
}

} // namespace

std::optional<double> parse_score(ByteView bytes) {
    std::string_view text = text_of(bytes);
    text.remove_prefix(text.starts_with('+') && !text.starts_with("+-") ? 1 : 0);
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || std::isnan(value)) {
        return std::nullopt;
    }
    return value;
}

std::string format_score(double score) {
    return fmt::format("{}", score == 0 ? 0.0 : score);
}

std::optional<Decimal> Decimal::parse(ByteView bytes) {
    const auto parts = split(text_of(bytes));
    if (!parts) {
        return std::nullopt;
    }
    Wide units = 0;
    const int wanted = parts->point + kFractionDigits; // digits from the first one on
    const auto have = static_cast<int>(parts->digits.size());
    for (int i = 0; i < std::max(wanted, 0); ++i) {
        units = units * 10 + (i < have ? parts->digits[static_cast<std::size_t>(i)] - '0' : 0);
        if (units >= kBound) {
            return std::nullopt;
        }
    }
    return Decimal(parts->negative ? -units : units);
}

std::optional<Decimal> Decimal::plus(Decimal other) const {
    const Wide sum = units_ + other.units_;
    return sum < kBound && sum > -kBound ? std::optional(Decimal(sum)) : std::nullopt;
}

std::string Decimal::text() const {
    const Wide size = units_ < 0 ? -units_ : units_;
    const Wide whole = size / kUnit;
    const auto fraction = static_cast<std::uint64_t>(size % kUnit);
    std::string out = units_ < 0 ? "-" : "";
    constexpr std::uint64_t kHalf = 10'000'000'000; // twice ten digits, as fmt knows 64 bits
    if (whole >= kHalf) {
        out += fmt::format("{}{:010}", static_cast<std::uint64_t>(whole / kHalf),
                           static_cast<std::uint64_t>(whole % kHalf));
    } else {
        out += fmt::format("{}", static_cast<std::uint64_t>(whole));
    }
    if (fraction > 0) {
        out += fmt::format(".{:017}", fraction);
        out.erase(out.find_last_not_of('0') + 1);
    }
    return out;
}

} // namespace zz::application::kv
