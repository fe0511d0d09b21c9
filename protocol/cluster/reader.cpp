// SPDX-License-Identifier: Apache-2.0
#include "protocol/cluster/reader.h"

#include <algorithm>

namespace zz::cluster {

namespace {

constexpr std::size_t kAddressBytesMax = 253;

// Control bytes and all beyond ASCII are shown as '?': an error text may end on a terminal.
std::string printable(std::string_view text) {
    constexpr std::size_t kShown = 80;
    std::string out;
    for (const char c : text.substr(0, kShown))
        out += (c >= ' ' && c <= '~') ? c : '?';
    return text.size() > kShown ? out + "..." : out;
}

} // namespace

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kNameBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

bool is_address(std::string_view text) {
    return !text.empty() && text.size() <= kAddressBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.';
           });
}

void Violations::add(std::uint32_t line, std::string text) {
    if (list_.size() < kViolationsMax)
        list_.push_back({line, std::move(text)});
}

std::vector<Violation> Violations::take() {
    std::stable_sort(list_.begin(), list_.end(),
                     [](const Violation& a, const Violation& b) { return a.line < b.line; });
    return std::move(list_);
}

void Unique::claim(const std::string& what, const std::string& value, std::uint32_t line) {
    const auto [it, fresh] = taken_[what].emplace(value, line);
    if (!fresh)
        violations_.add(line, fmt::format("{} '{}' is already used in line {}", what,
                                          printable(value), it->second));
}

Reader::~Reader() {
    for (const auto& [key, node] : table_) {
        if (!asked_.contains(key.str()))
            violations_.add(key.source().begin.line,
                            fmt::format("unknown key '{}' in {}", printable(key.str()), where_));
    }
}

std::uint32_t Reader::line_of(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node ? node->source().begin.line : line();
}

void Reader::violate(std::string_view key, std::string text) {
    violations_.add(line_of(key), fmt::format("{} of {}: {}", key, where_, printable(text)));
}

const toml::node* Reader::take(std::string_view key) {
    asked_.emplace(key);
    return table_.get(key);
}

std::string Reader::text(std::string_view key) {
    const toml::node* node = take(key);
    if (!node) {
        violations_.add(line(), fmt::format("{} lacks the key '{}'", where_, key));
        return {};
    }
    const toml::value<std::string>* value = node->as_string();
    if (!value || value->get().empty()) {
        violate(key, "wants a text in quotes that is not empty");
        return {};
    }
    return value->get();
}

std::string Reader::optional_text(std::string_view key) {
    return take(key) ? text(key) : std::string();
}

std::string Reader::name(std::string_view key) {
    const std::string value = text(key);
    if (value.empty() || is_name(value))
        return value;
    violate(key, fmt::format("'{}' is no name: 1 to {} letters, digits, '-' or '_'",
                             printable(value.substr(0, kNameBytesMax)), kNameBytesMax));
    return {};
}

std::uint32_t Reader::number(std::string_view key, std::uint32_t min, std::uint32_t max) {
    const toml::node* node = take(key);
    if (!node) {
        violations_.add(line(), fmt::format("{} lacks the key '{}'", where_, key));
        return min;
    }
    const toml::value<std::int64_t>* value = node->as_integer();
    if (!value) {
        violate(key, "wants a whole number");
        return min;
    }
    if (value->get() < min || value->get() > max) {
        violate(key, fmt::format("{} is out of range: {} to {}", value->get(), min, max));
        return min;
    }
    return static_cast<std::uint32_t>(value->get());
}

std::uint32_t Reader::number_or(std::string_view key, std::uint32_t fallback, std::uint32_t min,
                                std::uint32_t max) {
    return take(key) ? number(key, min, max) : fallback;
}

bool Reader::boolean_or(std::string_view key, bool fallback) {
    const toml::node* node = take(key);
    if (!node)
        return fallback;
    const toml::value<bool>* value = node->as_boolean();
    if (!value) {
        violate(key, "wants true or false");
        return fallback;
    }
    return value->get();
}

template <std::size_t N>
void Reader::key_bytes(const std::string& key, std::array<std::uint8_t, N>& out, Unique& unique) {
    const std::string hex = text(key);
    if (hex.empty())
        return;
    Bytes bytes;
    if (hex.size() != 2 * N || !from_hex(hex, bytes)) {
        violate(key, fmt::format("wants a public key of {} hexadecimal digits, has {} characters",
                                 2 * N, hex.size()));
        return;
    }
    std::copy(bytes.begin(), bytes.end(), out.begin());
    if (out == std::array<std::uint8_t, N>{}) {
        violate(key, "is zero, which is no key");
        return;
    }
    unique.claim("key", to_hex(bytes), line_of(key));
}

PublicKeys Reader::keys(const std::string& prefix, Unique& unique) {
    PublicKeys out;
    key_bytes(prefix + "signing_key", out.signing.bytes, unique);
    key_bytes(prefix + "exchange_key", out.exchange.bytes, unique);
    return out;
}

std::vector<const toml::table*> Reader::tables(std::string_view key, std::size_t max) {
    std::vector<const toml::table*> out;
    const toml::node* node = take(key);
    if (!node)
        return out;
    const toml::array* array = node->as_array();
    if (!array || !array->is_homogeneous(toml::node_type::table)) {
        violate(key, fmt::format("wants tables, each begun by [[{}]]", key));
        return out;
    }
    if (array->size() > max) {
        violate(key, fmt::format("{} tables are more than the {} allowed", array->size(), max));
        return out;
    }
    for (const toml::node& entry : *array)
        out.push_back(entry.as_table());
    return out;
}

const toml::table* Reader::table(std::string_view key) {
    const toml::node* node = take(key);
    if (!node)
        return nullptr;
    if (!node->is_table())
        violate(key, fmt::format("wants a table, begun by [{}]", key));
    return node->as_table();
}

} // namespace zz::cluster
