// SPDX-License-Identifier: GPL-3.0-or-later
// Exports of a view: PNG, SVG, PDF of how it looks on paper, CSV, TSV and JSON of its table twin,
// each with the same header. Needs a QGuiApplication (of any platform, "offscreen" too), no window.
#pragma once

#include <QJsonObject>
#include <QSizeF>
#include <QString>
#include <functional>
#include <vector>

#include "console/view/table.h"
#include "console/view/theme.h"
#include "protocol/base/result.h"

class QPainter;

namespace zz::console {

// Where the numbers come from. Times are wall nanoseconds since 1970 (UTC).
struct ExportHeader {
    QString session;           // id of the session
    QString profile;           // name of the connection profile or the session file
    QString environment;       // "LAB"
    QString filter;            // as typed
    std::int64_t start_ns = 0; // of the session: "ms since start" counts from here
    std::int64_t from_ns = 0;  // the visible range
    std::int64_t to_ns = 0;
    std::int64_t as_of_ns = 0; // what came later is not in it; 0: not told
};

// A view as it stands, detached from any widget.
struct Exportable {
    QString name;  // for file names and JSON: "matrix"
    QString title; // for people
    QSizeF size;   // preferred, logical pixels
    std::function<void(QPainter&, const QRectF&, const Theme&)> draw; // none: table only
    std::vector<Table> tables; // the first is the twin of the drawing
    QJsonObject facts;         // what is not a table: verdict, rule, ...
};

enum class ExportFormat : std::uint8_t { Png, Svg, Pdf, Csv, Tsv, Json };
// By the ending of `path`: ".png", ".svg", ".pdf", ".csv", ".tsv", ".json"; an Error names them.
Result<ExportFormat> format_of(const QString& path);

QByteArray to_csv(const Exportable& view, const ExportHeader& header, char separator = ',');
QByteArray to_json(const Exportable& view, const ExportHeader& header);
// scale: 1 to 4.
QImage to_image(const Exportable& view, const ExportHeader& header, int scale,
                const Theme& theme = print_theme());
QByteArray to_svg(const Exportable& view, const ExportHeader& header);
QByteArray to_pdf(const Exportable& view, const ExportHeader& header);

// Writes the file whole or not at all.
Status export_to(const QString& path, const Exportable& view, const ExportHeader& header,
                 int scale = 2);

// The report of one fault as PDF: facts and verdict, then each view on paper with its tables.
struct IncidentReport {
    QString title;   // "Blocking fault in B at n = 4711"
    QString summary; // a few sentences
    std::vector<std::pair<QString, QString>> facts;
    std::vector<Exportable> views; // timeline, matrix, throughput, phases
};
QByteArray to_pdf(const IncidentReport& report, const ExportHeader& header);
Status write_report(const QString& path, const IncidentReport& report, const ExportHeader& header);

// UTC ISO 8601 with milliseconds: "2026-11-25T12:04:31.482Z".
QString iso_utc(std::int64_t wall_ns);

} // namespace zz::console
