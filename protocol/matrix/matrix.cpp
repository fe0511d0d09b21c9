// SPDX-License-Identifier: Apache-2.0
#include "protocol/matrix/matrix.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace zz::matrix {

bool column_is_in(Column column) {
    return !column.empty() && std::none_of(column.begin(), column.end(),
                                           [](const Entry& e) { return e.is_pending(); });
}

std::optional<Digest> column_match(Faults faults, Column column) {
    const auto needed = static_cast<std::ptrdiff_t>(faults.weak_quorum());
    for (const Entry& candidate : column) {
        if (!candidate.is_value())
            continue;
        if (std::count(column.begin(), column.end(), candidate) >= needed)
            return candidate.value();
    }
    return std::nullopt;
}

bool column_differs(Column column, const Digest& value) {
    return std::any_of(column.begin(), column.end(),
                       [&](const Entry& e) { return e.is_missing() || e.contradicts(value); });
}

Matrix::Matrix(Faults faults, std::size_t rows) : faults_(faults), rows_(rows) {
    ZZ_CHECK(faults.f >= 1, "a response matrix needs f >= 1");
    ZZ_CHECK(rows <= faults.execution_slots(), "{} rows, but {} slots", rows,
             faults.execution_slots());
    entries_.resize(rows * columns());
}

const Entry& Matrix::at(std::size_t row, std::size_t column) const {
    ZZ_CHECK(row < rows_ && column < columns(), "entry ({}, {}) outside a {} x {} matrix", row,
             column, rows_, columns());
    return entries_[column * rows_ + row];
}

void Matrix::set(std::size_t row, std::size_t column, const Entry& entry) {
    ZZ_CHECK(row < rows_ && column < columns(), "entry ({}, {}) outside a {} x {} matrix", row,
             column, rows_, columns());
    entries_[column * rows_ + row] = entry;
}

Column Matrix::column(std::size_t column) const {
    ZZ_CHECK(column < columns(), "column {} of {}", column, columns());
    return Column(entries_).subspan(column * rows_, rows_);
}

void Matrix::set_column(std::size_t column, Column entries) {
    ZZ_CHECK(entries.size() == rows_, "a column of {} entries in a matrix of {} rows",
             entries.size(), rows_);
    for (std::size_t row = 0; row < rows_; ++row)
        set(row, column, entries[row]);
}

} // namespace zz::matrix
