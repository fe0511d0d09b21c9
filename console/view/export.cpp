// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/export.h"

#include <QBuffer>
#include <QDateTime>
#include <QFileInfo>
#include <QGuiApplication>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QTimeZone>
#include <algorithm>

#include "console/view/paper.h"

namespace zz::console {
namespace {

constexpr const char* kEndings[] = {"png", "svg", "pdf", "csv", "tsv", "json"};
constexpr double kMargin = 16;

double ms_since(std::int64_t wall_ns, const ExportHeader& header) {
    return static_cast<double>(wall_ns - header.start_ns) / 1e6;
}

QString quoted(const QString& text, char separator) {
    const bool plain = !text.contains(QLatin1Char(separator)) && !text.contains(u'"') &&
                       !text.contains(u'\n') && !text.contains(u'\r');
    if (plain)
        return text;
    QString inner = text;
    inner.replace(u'"', QStringLiteral("\"\""));
    return u'"' + inner + u'"';
}

// A value in a comment line must not begin a line of its own.
QString one_line(QString text) {
    return text.replace(u'\n', u' ').replace(u'\r', u' ');
}

QString header_lines(const Exportable& view, const ExportHeader& header) {
    QString out;
    const auto line = [&out](const char* key, const QString& value) {
        out += QStringLiteral("# %1: %2\n").arg(QLatin1String(key), one_line(value));
    };
    line("view", view.name);
    line("session", header.session);
    line("profile", header.profile);
    line("environment", header.environment);
    line("filter", header.filter);
    line("start", iso_utc(header.start_ns));
    line("from", iso_utc(header.from_ns));
    line("to", iso_utc(header.to_ns));
    if (header.as_of_ns != 0)
        line("as_of", iso_utc(header.as_of_ns));
    line("from_ms", cell_data(ms_since(header.from_ns, header)));
    line("to_ms", cell_data(ms_since(header.to_ns, header)));
    for (auto it = view.facts.begin(); it != view.facts.end(); ++it) {
        if (!it->isArray() && !it->isObject())
            line(it.key().toUtf8().constData(), it->toVariant().toString());
    }
    return out;
}

QString table_lines(const Table& table, char separator) {
    QString out;
    QStringList keys;
    QStringList units;
    for (const TableColumn& column : table.columns) {
        keys << quoted(column.key, separator);
        if (!column.unit.isEmpty())
            units << column.key + u'=' + column.unit;
    }
    if (!units.isEmpty())
        out += QStringLiteral("# units: ") + units.join(u' ') + u'\n';
    out += keys.join(QLatin1Char(separator)) + u'\n';
    for (const auto& row : table.rows) {
        QStringList cells;
        for (const QVariant& cell : row)
            cells << quoted(cell_data(cell), separator);
        out += cells.join(QLatin1Char(separator)) + u'\n';
    }
    return out;
}

QJsonValue json_cell(const QVariant& value) {
    if (!value.isValid())
        return QJsonValue::Null;
    if (value.typeId() == QMetaType::ULongLong && value.toULongLong() > (1ULL << 53))
        return value.toString(); // would lose digits as a number
    return QJsonValue::fromVariant(value);
}

QJsonObject json_table(const Table& table) {
    QJsonArray columns;
    for (const TableColumn& column : table.columns)
        columns.append(QJsonObject{{"key", column.key}, {"unit", column.unit}});
    QJsonArray rows;
    for (const auto& row : table.rows) {
        QJsonObject cells;
        for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i)
            cells.insert(table.columns[i].key, json_cell(row[i]));
        rows.append(cells);
    }
    return {{"caption", table.caption}, {"columns", columns}, {"rows", rows}};
}

QSizeF picture_size(const Exportable& view) {
    const double head = caption_height(QGuiApplication::font());
    return {view.size.width() + 2 * kMargin, view.size.height() + head + 2 * kMargin};
}

void paint_picture(QPainter& painter, const Exportable& view, const ExportHeader& header,
                   const Theme& colours) {
    const QSizeF size = picture_size(view);
    painter.setFont(QGuiApplication::font());
    painter.fillRect(QRectF(QPointF(), size), colours.surface);
    const double head = caption_height(painter.font());
    paint_caption(painter, QRectF(kMargin, kMargin / 2, size.width() - 2 * kMargin, head),
                  view.title, header, colours);
    const QRectF body(QPointF(kMargin, head + kMargin), view.size);
    painter.save();
    painter.setClipRect(body.adjusted(-2, -2, 2, 2));
    paint_exportable(painter, body, view, colours);
    painter.restore();
}

} // namespace

Result<ExportFormat> format_of(const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    for (std::size_t i = 0; i < std::size(kEndings); ++i) {
        if (ending == QLatin1String(kEndings[i]))
            return static_cast<ExportFormat>(i);
    }
    return Error{path.toStdString() +
                 ": the ending says what to write: .png, .svg, .pdf, .csv, .tsv or .json"};
}

QByteArray to_csv(const Exportable& view, const ExportHeader& header, char separator) {
    QString out = header_lines(view, header);
    for (std::size_t i = 0; i < view.tables.size(); ++i) {
        if (i > 0)
            out += u'\n';
        out += QStringLiteral("# table: ") + one_line(view.tables[i].caption) + u'\n';
        out += table_lines(view.tables[i], separator);
    }
    return out.toUtf8();
}

QByteArray to_json(const Exportable& view, const ExportHeader& header) {
    QJsonArray tables;
    for (const Table& table : view.tables)
        tables.append(json_table(table));
    QJsonObject head{{"session", header.session},
                     {"profile", header.profile},
                     {"environment", header.environment},
                     {"filter", header.filter},
                     {"start", iso_utc(header.start_ns)},
                     {"from", iso_utc(header.from_ns)},
                     {"to", iso_utc(header.to_ns)},
                     {"from_ms", ms_since(header.from_ns, header)},
                     {"to_ms", ms_since(header.to_ns, header)}};
    if (header.as_of_ns != 0)
        head.insert("as_of", iso_utc(header.as_of_ns));
    const QJsonObject document{{"view", view.name},
                               {"title", view.title},
                               {"header", head},
                               {"facts", view.facts},
                               {"tables", tables}};
    return QJsonDocument(document).toJson(QJsonDocument::Indented);
}

QImage to_image(const Exportable& view, const ExportHeader& header, int scale,
                const Theme& colours) {
    const int times = std::clamp(scale, 1, 4);
    QImage image((picture_size(view) * times).toSize(), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(times);
    image.fill(colours.surface);
    image.setText(QStringLiteral("Title"), view.title);
    image.setText(QStringLiteral("Session"), header.session);
    if (header.as_of_ns != 0)
        image.setText(QStringLiteral("as_of"), iso_utc(header.as_of_ns));
    QPainter painter(&image);
    paint_picture(painter, view, header, colours);
    return image;
}

QByteArray to_svg(const Exportable& view, const ExportHeader& header) {
    QBuffer buffer;
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    const QSizeF size = picture_size(view);
    generator.setResolution(96);
    generator.setSize(size.toSize());
    generator.setViewBox(QRectF(QPointF(), size));
    generator.setTitle(view.title);
    generator.setDescription(
        header.profile + u' ' + header.session + u' ' + iso_utc(header.from_ns) +
        (header.as_of_ns != 0 ? QStringLiteral(" as_of ") + iso_utc(header.as_of_ns) : QString()));
    QPainter painter(&generator);
    paint_picture(painter, view, header, print_theme());
    painter.end();
    return buffer.data();
}

QByteArray to_pdf(const Exportable& view, const ExportHeader& header) {
    Paper paper(view.title, header);
    paper.caption(view.title);
    paper.view(view);
    for (const Table& table : view.tables)
        paper.table(table);
    return paper.finish();
}

QByteArray to_pdf(const IncidentReport& report, const ExportHeader& header) {
    Paper paper(report.title, header);
    paper.caption(report.title);
    paper.paragraph(report.summary);
    paper.facts(report.facts);
    for (const Exportable& view : report.views)
        paper.view(view, view.title);
    for (const Exportable& view : report.views) {
        for (const Table& table : view.tables)
            paper.table(table);
    }
    return paper.finish();
}

namespace {

Status write_whole(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return Error{path.toStdString() + ": cannot write: " + file.errorString().toStdString()};
    return Ok{};
}

QByteArray png(const Exportable& view, const ExportHeader& header, int scale) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    to_image(view, header, scale).save(&buffer, "PNG");
    return buffer.data();
}

} // namespace

Status export_to(const QString& path, const Exportable& view, const ExportHeader& header,
                 int scale) {
    const Result<ExportFormat> format = format_of(path);
    if (!format)
        return format.error();
    switch (*format) {
    case ExportFormat::Png:
        return write_whole(path, png(view, header, scale));
    case ExportFormat::Svg:
        return write_whole(path, to_svg(view, header));
    case ExportFormat::Pdf:
        return write_whole(path, to_pdf(view, header));
    case ExportFormat::Csv:
        return write_whole(path, to_csv(view, header));
    case ExportFormat::Tsv:
        return write_whole(path, to_csv(view, header, '\t'));
    case ExportFormat::Json:
        return write_whole(path, to_json(view, header));
    }
    return Error{path.toStdString() + ": unknown format"};
}

Status write_report(const QString& path, const IncidentReport& report, const ExportHeader& header) {
    return write_whole(path, to_pdf(report, header));
}

QString iso_utc(std::int64_t wall_ns) {
    // Towards the past, so that times before 1970 keep their order.
    std::int64_t ms = wall_ns / 1'000'000;
    if (wall_ns % 1'000'000 < 0)
        --ms;
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs);
}

} // namespace zz::console
