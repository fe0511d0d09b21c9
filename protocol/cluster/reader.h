// SPDX-License-Identifier: Apache-2.0
// Reading one TOML table with all its faults: each value is taken by key with its type and range;
// what is wrong, what is missing and what nobody asked for becomes a Violation with its line. With
// parse.cpp the only includer of toml++.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "protocol/cluster/cluster.h"
#include "protocol/cluster/names.h"

namespace zz::cluster {

inline constexpr std::size_t kViolationsMax = 1000;

// Collects violations, at most kViolationsMax.
class Violations {
  public:
    void add(std::uint32_t line, std::string text);
    std::vector<Violation> take(); // by line

  private:
    std::vector<Violation> list_;
};

// Things that must be different from each other (G2): first come, first served; the second is the
// violation.
class Unique {
  public:
    explicit Unique(Violations& violations) : violations_(violations) {}
    // `what` names the kind of thing, e.g. "host name"; kinds do not mix.
    void claim(const std::string& what, const std::string& value, std::uint32_t line);

  private:
    Violations& violations_;
    std::map<std::string, std::map<std::string, std::uint32_t>> taken_;
};

class Reader {
  public:
    // `where` is how messages call the table: "[[host]] h1". The table outlives the reader.
    Reader(const toml::table& table, std::string where, Violations& violations)
        : table_(table), where_(std::move(where)), violations_(violations) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    // Reports the keys that were never asked for.
    ~Reader();

    std::uint32_t line() const { return table_.source().begin.line; }
    std::uint32_t line_of(std::string_view key) const;
    bool has(std::string_view key) const { return table_.contains(key); }
    void rename(std::string where) { where_ = std::move(where); }
    const std::string& where() const { return where_; }
    void violate(std::string_view key, std::string text);

    // Missing or wrong: reported, and an empty or lowest value is returned.
    std::string text(std::string_view key);
    std::string optional_text(std::string_view key);
    // Letters, digits, '-' and '_', at most kNameBytesMax: nothing that could deceive when printed
    // (O5).
    std::string name(std::string_view key);
    std::uint32_t number(std::string_view key, std::uint32_t min, std::uint32_t max);
    std::uint32_t number_or(std::string_view key, std::uint32_t fallback, std::uint32_t min,
                            std::uint32_t max);
    bool boolean_or(std::string_view key, bool fallback);
    PublicKeys keys(const std::string& prefix, Unique& unique);

    template <class T> T choice_or(std::string_view key, T fallback) {
        if (!has(key))
            return fallback;
        T out = fallback;
        const std::string value = text(key);
        if (!value.empty() && !from_word(value, out))
            violate(key, fmt::format("'{}' is none of: {}", value, words<T>()));
        return out;
    }

    // The tables of [[key]]; not an array of tables: reported. Null entries never occur.
    std::vector<const toml::table*> tables(std::string_view key, std::size_t max);
    // The table [key], or null.
    const toml::table* table(std::string_view key);

  private:
    const toml::node* take(std::string_view key);
    template <std::size_t N>
    void key_bytes(const std::string& key, std::array<std::uint8_t, N>& out, Unique& unique);

    const toml::table& table_;
    std::string where_;
    Violations& violations_;
    std::set<std::string, std::less<>> asked_;
};

} // namespace zz::cluster
