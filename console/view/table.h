// SPDX-License-Identifier: GPL-3.0-or-later
// The table twin of a drawn view: what a screen reader reads, what is copied and exported as CSV,
// TSV and JSON. Plain values and pure functions.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <QVariant>
#include <vector>

namespace zz::console {

struct TableColumn {
    QString title; // translated, for people
    QString key;   // for exports: "p99_ms"
    QString unit;  // "ms", may be empty
};

struct Table {
    QString caption;
    std::vector<TableColumn> columns;
    std::vector<std::vector<QVariant>> rows; // string, integer, double or invalid (not known)
};

// Text of a cell for people (locale) and for files ("C": a point, no grouping, up to 3 decimals).
QString cell_text(const QVariant& value);
QString cell_data(const QVariant& value);
// For the clipboard: titles and text as people read them, cells apart by tabs.
QByteArray to_tsv(const std::vector<Table>& tables);

} // namespace zz::console
