// SPDX-License-Identifier: GPL-3.0-or-later
// What a response matrix says, in words and letters: everything is asked of protocol/matrix and of
// the plans of drills; nothing is decided here. Pure, no widget.
#pragma once

#include <QString>
#include <QStringList>
#include <map>
#include <optional>
#include <vector>

#include "console/model/matrix_data.h"
#include "console/view/table.h"
#include "protocol/matrix/verdict.h"

namespace zz::console {

// A digest class: rank 0 is the one that most entries show; its letter is P, then Q, R, ...
struct DigestClass {
    Digest digest;
    int rank = 0;
    QString letter;
    std::uint32_t support = 0; // columns that match on it
};

struct MatrixReading {
    matrix::Names names;
    std::vector<DigestClass> classes;      // by rank
    std::map<Digest, int> rank;            // position in classes
    matrix::Verdict first;                 // over the rows that were not woken
    matrix::Verdict now;                   // over all rows
    std::optional<Digest> proven;          // by matching columns, else by what was signed
    bool grown = false;                    // some rows were woken: `first` and `now` may differ
    std::vector<std::optional<int>> match; // by column: the class it matches on
    std::vector<QString> row_notes;        // "consistent", "equivocates", ...
    QString headline;
    QString sentence;
    QString afterwards;       // what the verdict is since replicas woke; empty unless grown
    QStringList would_change; // single reports that would have changed the verdict
    QStringList candidates;   // who lies if P is right, if Q is right, ...: not decidable otherwise
};

MatrixReading read(const MatrixData& data);

// Words of verdicts and entries, translated.
QString words(matrix::Kind kind);
QString entry_letter(const MatrixReading& reading, const matrix::Entry& entry);
QString entry_words(const MatrixReading& reading, const matrix::Entry& entry);

// The least changes of one report that give another kind of verdict, at most `most`, as sentences.
QStringList changes(const matrix::Matrix& matrix, const matrix::Names& names, std::size_t most);

// The twin: a row per execution replica, a column per agreement replica; then the chain.
std::vector<Table> tables_of(const MatrixData& data, const MatrixReading& reading);
// The matrix as CSV that `zzctl classify` and `drill plan matrix` read, and as text for people.
QString classify_csv(const MatrixData& data, const MatrixReading& reading);
QString plain_text(const MatrixData& data, const MatrixReading& reading);

} // namespace zz::console
