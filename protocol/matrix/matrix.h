// SPDX-License-Identifier: Apache-2.0
// The response matrix (ZZ-6.2): what each agreement replica received from each awake execution
// replica, for one sequence number and kind. A plain value, of no thread. Nothing else in the
// system decides what is blocking: see judge() in verdict.h.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/quorum.h"

namespace zz::matrix {

// One entry of a column (ZZ-6.1). Pending is no entry at all; Missing is an entry that differs
// from every value.
class Entry {
  public:
    constexpr Entry() = default; // pending
    static constexpr Entry pending() { return {}; }
    static constexpr Entry missing() { return Entry(State::Missing, {}); }
    static constexpr Entry of(const Digest& value) { return Entry(State::Value, value); }

    constexpr bool is_pending() const { return state_ == State::Pending; }
    constexpr bool is_missing() const { return state_ == State::Missing; }
    constexpr bool is_value() const { return state_ == State::Value; }
    constexpr bool equals(const Digest& value) const { return is_value() && value_ == value; }
    // A digest, and another one than `value`: the only kind of entry that can convict (ZZ-6.3).
    constexpr bool contradicts(const Digest& value) const { return is_value() && value_ != value; }
    // Precondition: is_value().
    constexpr const Digest& value() const { return value_; }

    friend constexpr bool operator==(const Entry&, const Entry&) = default;

  private:
    enum class State : std::uint8_t { Pending, Missing, Value };
    constexpr Entry(State state, const Digest& value) : state_(state), value_(value) {}

    State state_ = State::Pending;
    Digest value_; // zero unless state_ is Value, so that equality is that of the entry
};

// A column in row order, as one agreement replica keeps or signs it.
using Column = std::span<const Entry>;

// True when no entry is pending; false for a column without rows.
bool column_is_in(Column column);
// The value that at least f+1 entries equal; the first such one. Unique while the column has at
// most 2f+1 rows, or at most f of them are of faulty replicas.
std::optional<Digest> column_match(Faults faults, Column column);
// True when the column holds a digest or a missing mark that differs from `value`.
bool column_differs(Column column, const Digest& value);

// Rows are awake execution replicas, columns the 3f+1 agreement replicas, both counted from 0.
class Matrix {
  public:
    // All pending. Precondition: f >= 1 and rows <= execution_slots().
    Matrix(Faults faults, std::size_t rows);

    Faults faults() const { return faults_; }
    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return faults_.agreement_replicas(); }

    // Preconditions: row < rows(), column < columns().
    const Entry& at(std::size_t row, std::size_t column) const;
    void set(std::size_t row, std::size_t column, const Entry& entry);
    Column column(std::size_t column) const;
    // Precondition: entries.size() == rows().
    void set_column(std::size_t column, Column entries);

    friend bool operator==(const Matrix&, const Matrix&) = default;

  private:
    Faults faults_;
    std::size_t rows_;
    std::vector<Entry> entries_; // column after column
};

} // namespace zz::matrix
