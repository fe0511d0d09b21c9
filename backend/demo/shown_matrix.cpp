// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/shown_matrix.h"

#include <set>

#include <fmt/format.h>

namespace zz::demo {
namespace {

constexpr std::size_t kShownDigits = 4; // of a digest; two that differ are told apart nearly always

std::string short_entry(const std::string& entry) {
    return entry.empty() ? "?" : entry.substr(0, kShownDigits);
}

} // namespace

std::vector<std::string> ShownMatrix::rows() const {
    std::set<std::string> rows;
    for (const auto& [name, column] : columns)
        for (const auto& [row, entry] : column)
            rows.insert(row);
    return {rows.begin(), rows.end()};
}

std::string ShownMatrix::csv(std::uint64_t f) const {
    std::string out;
    for (std::uint64_t a = 1; a <= 3 * f + 1; ++a)
        out += fmt::format(",A{}", a);
    out += "\n";
    for (const auto& row : rows()) {
        out += row;
        for (std::uint64_t a = 1; a <= 3 * f + 1; ++a) {
            const auto column = columns.find(fmt::format("A{}", a));
            if (column == columns.end()) {
                out += ",?";
                continue;
            }
            const auto entry = column->second.find(row);
            out += "," + (entry == column->second.end() ? "?" : entry->second);
        }
        out += "\n";
    }
    return out;
}

bool MatrixBook::take(const Json& event) {
    if (text(event, "kind") != "column-of" || text(event, "app").empty())
        return false;
    const std::string application = text(event, "app");
    const std::uint64_t n = number(event, "n").value_or(0);
    // Columns of a lower number of the same application come late: the newest stays.
    if (newest_ && newest_->application == application && n < newest_->n)
        return false;
    if (!newest_ || newest_->application != application || newest_->n != n)
        newest_ = ShownMatrix{application, n, {}};
    std::map<std::string, std::string> column;
    for (const auto& entry : list(event, "columns")) {
        const std::string id = text(entry, "id");
        column[id.substr(0, id.find('.'))] = short_entry(text(entry, "entry"));
    }
    auto& held = newest_->columns[text(event, "subject")];
    if (column.size() < held.size() || held == column)
        return false; // sent before a replica was awake
    held = std::move(column);
    return true;
}

} // namespace zz::demo
