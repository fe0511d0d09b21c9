// SPDX-License-Identifier: GPL-3.0-or-later
// What the response matrix view shows of one (sequence number, kind): plain values, filled by an
// adapter. Verdict, rule and sentence are not in here: the view asks protocol/matrix.
#pragma once

#include <QString>
#include <QStringList>
#include <cstdint>
#include <optional>
#include <vector>

#include "console/model/replica_look.h"
#include "protocol/matrix/matrix.h"
#include "protocol/matrix/names.h"

namespace zz::console {

// An execution replica: row `i` of `matrix`.
struct MatrixRow {
    QString name; // "E1" or "E1.2"
    ReplicaState state = ReplicaState::Unknown;
    Badges badges;
    bool woken = false; // woken in this epoch: its row came later
    bool removed = false;
    bool stale = false; // its state is not of now
    QString host;

    friend bool operator==(const MatrixRow&, const MatrixRow&) = default;
};

// An agreement replica: column `j`.
struct MatrixColumn {
    QString name; // "A1"
    bool primary = false;
    std::uint64_t suspicion = 0; // counter of ZZ-6.10, never convicts
    std::optional<double> in_ms; // after the first report of this number
    bool stale = false;          // its source is not heard: what it holds is "as of"

    friend bool operator==(const MatrixColumn&, const MatrixColumn&) = default;
};

// A message or a decision in the chain from the first report to the conviction, oldest first.
struct BlameStep {
    std::int64_t wall_ns = 0;
    QString who;            // "A2", "E1", "controller 3"
    QString what;           // "accused E1", "signed Q"
    QString rule;           // "ZZ-6.7", may be empty
    bool is_signed = false; // else authenticated by a MAC only: convinces nobody else
    QString evidence;       // id for `zzctl evidence export`, empty if none

    friend bool operator==(const BlameStep&, const BlameStep&) = default;
};

struct MatrixData {
    QString application;
    int application_position = -1; // in the cluster file, for Selection
    std::uint64_t n = 0;
    VoteKind kind = VoteKind::Reply;
    std::uint64_t epoch = 0;
    QString policy;                    // "evidence" or "matrix", how the application wakes replicas
    std::int64_t wall_ns = 0;          // of the first deviation
    std::optional<double> resolved_ms; // from then to settled; none while open
    std::optional<Digest> settled;     // by evidence, as f+1 agreement replicas say
    std::vector<MatrixRow> rows;
    std::vector<MatrixColumn> columns;
    matrix::Matrix matrix{Faults{1}, 0};
    QStringList slots_now; // all execution slots, those that are active now first: rows of a drill
    std::vector<BlameStep> chain;
    QString observed; // what happened after it, one sentence: "E3 was woken; E1 was removed"
    // Where this number stands among the disagreements, for "3 of 7"; position counts from 1.
    int position = 0;
    int disagreements = 0;

    friend bool operator==(const MatrixData&, const MatrixData&) = default;
};

} // namespace zz::console
