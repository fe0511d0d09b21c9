// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/matrix_layout.h"

#include <QFontMetricsF>
#include <algorithm>

#include "console/model/words.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr double kMostTaller = 2; // lines, that a cell is higher where there is room

double wrapped_height(const QFontMetricsF& metrics, double width, const QString& text) {
    return std::ceil(metrics.boundingRect(QRectF(0, 0, width, 100000), kWrapped, text).height());
}

double widest(const QFontMetricsF& metrics, const std::vector<QString>& texts) {
    double width = 0;
    for (const QString& text : texts)
        width = std::max(width, metrics.horizontalAdvance(text));
    return width;
}

std::vector<std::pair<QString, QString>> said_below(const MatrixData& data,
                                                    const MatrixReading& reading) {
    std::vector<std::pair<QString, QString>> out;
    if (!data.observed.isEmpty())
        out.emplace_back(tr("Observed"), data.observed);
    if (!reading.candidates.isEmpty())
        out.emplace_back(tr("Not decidable"), reading.candidates.join(u'\n'));
    if (!reading.would_change.isEmpty())
        out.emplace_back(tr("What would have changed it"), reading.would_change.join(u'\n'));
    return out;
}

// A chip per class, in lines; returns where they end.
double place_supports(MatrixLayout& out, const MatrixReading& reading, const QFontMetricsF& metrics,
                      double width, double y) {
    const double line = metrics.height();
    const double pad = std::round(line * 0.75);
    const double chip = metrics.horizontalAdvance(QStringLiteral("22 < f+1 = 22")) + line * 2.4;
    double x = out.grid.left();
    out.support_line = {pad, y, width - 2 * pad, line * 1.7};
    for (std::size_t i = 0; i < reading.classes.size() && i < 6; ++i) {
        if (i > 0 && x + chip > width - pad) {
            x = out.grid.left();
            y += line * 1.9;
        }
        out.supports.push_back({x, y, chip, line * 1.7});
        x += chip + pad;
    }
    return y + line * 1.7 + pad;
}

void place_paragraphs(MatrixLayout& out, const std::vector<std::pair<QString, QString>>& said,
                      const QFontMetricsF& strong, const QFontMetricsF& metrics, double width,
                      double y) {
    const double pad = std::round(metrics.height() * 0.75);
    const double wide = std::max(200.0, width - 2 * pad);
    for (const auto& [title, text] : said) {
        const double high = strong.height() + 2 + wrapped_height(metrics, wide, text);
        out.paragraphs.push_back({title, text, {pad, y, wide, high}});
        y += high + pad * 0.7;
    }
}

} // namespace

QRectF MatrixLayout::cell(std::size_t row, std::size_t column) const {
    const auto r = static_cast<double>(row);
    const auto c = static_cast<double>(column);
    return {grid.left() + c * (cell_width + gap), grid.top() + r * (cell_height + gap), cell_width,
            cell_height};
}

QRectF MatrixLayout::row_head(std::size_t row) const {
    const QRectF first = cell(row, 0);
    return {head_left, first.top(), first.left() - head_left - gap, first.height()};
}

QRectF MatrixLayout::row_note(std::size_t row) const {
    const QRectF first = cell(row, 0);
    return {notes_left, first.top(), notes_width, first.height()};
}

QRectF MatrixLayout::column_head(std::size_t column) const {
    const QRectF first = cell(0, column);
    return {first.left() - gap / 2, column_heads.top(), first.width() + gap, column_heads.height()};
}

QRectF MatrixLayout::column_match(std::size_t column) const {
    const QRectF first = cell(0, column);
    return {first.left(), match_line.top(), first.width(), match_line.height()};
}

std::optional<MatrixCell> MatrixLayout::cell_at(const QPointF& point) const {
    if (!grid.contains(point) || cell_width <= 0)
        return std::nullopt;
    const auto column = static_cast<std::size_t>((point.x() - grid.left()) / (cell_width + gap));
    const auto row = static_cast<std::size_t>((point.y() - grid.top()) / (cell_height + gap));
    if (row >= rows || column >= columns || !cell(row, column).contains(point))
        return std::nullopt;
    return MatrixCell{row, column};
}

namespace {

MatrixLayout lay_out(const MatrixData& data, const MatrixReading& reading, double width,
                     const QFont& font, bool low, double taller = 0) {
    const QFontMetricsF metrics(font);
    const QFontMetricsF small(small_font(font));
    const QFontMetricsF strong(strong_font(font));
    const double line = metrics.height();
    const double pad = std::round(line * 0.75);
    MatrixLayout out;
    out.rows = data.matrix.rows();
    out.columns = data.matrix.columns();
    const bool dense = out.rows > 6 || out.columns > 10;

    // The banner.
    const double glyph = line * 2.2;
    const double text_left = pad * 2 + glyph;
    const double text_width = std::max(200.0, width - text_left - pad);
    double y = pad * 0.8;
    const double head = QFontMetricsF(title_font(font)).height();
    y += head + 2;
    out.sentence = {text_left, y, text_width,
                    wrapped_height(metrics, text_width, reading.sentence)};
    y = out.sentence.bottom();
    if (!reading.afterwards.isEmpty()) {
        out.afterwards = {text_left, y + 3, text_width,
                          wrapped_height(metrics, text_width, reading.afterwards)};
        y = out.afterwards.bottom();
    }
    out.banner = {0, 0, width, y + pad * 0.8};
    y = out.banner.bottom() + (low ? 2 : pad);

    // The grid takes what names on the left and notes on the right leave.
    std::vector<QString> names, states;
    for (const MatrixRow& row : data.rows) {
        names.push_back(row.name);
        states.push_back(words(row.state) + (row.woken ? tr(", woken") : QString()));
    }
    const double names_width =
        line * 1.7 + (dense ? widest(strong, names) + pad
                            : std::max(widest(strong, names), widest(small, states)) + pad);
    out.notes_width = std::min(widest(small, reading.row_notes) + pad, width * 0.26);
    out.head_left = pad;
    out.gap = dense ? 3 : low ? 5 : 8;
    const double columns = std::max<double>(1.0, static_cast<double>(out.columns));
    const double room = width - pad * 2 - names_width - out.notes_width - pad;
    double least = metrics.horizontalAdvance(u'W') + 8;
    for (const MatrixColumn& column : data.columns)
        least = std::max(least, strong.horizontalAdvance(column.name) + 2);
    out.cell_width = std::clamp(std::floor(room / columns) - out.gap, least, line * 8.0);
    out.cell_height = std::round(dense ? line * 1.35 : low ? line * 2.0 : line * 2.5) + taller;
    const double caption = dense || low ? 0 : small.height();
    out.column_heads = {0, y, width, strong.height() + caption + 4};
    y = out.column_heads.bottom() + 2;
    const double grid_width = columns * (out.cell_width + out.gap) - out.gap;
    out.grid = {pad + names_width, y, grid_width,
                static_cast<double>(out.rows) * (out.cell_height + out.gap) - out.gap};
    out.notes_left = out.grid.right() + pad;
    y = out.grid.bottom() + pad * (low ? 0.4 : 0.7);
    out.match_line = {pad, y, out.grid.right() - pad, line + 6};
    y = out.match_line.bottom() + (low ? 1 : 4);

    y = place_supports(out, reading, metrics, width, y);
    y -= low ? pad * 0.6 : 0;
    place_paragraphs(out, said_below(data, reading), QFontMetricsF(strong_font(font)), metrics,
                     width, y);
    const double end =
        out.paragraphs.empty() ? y : out.paragraphs.back().box.bottom() + (low ? 4 : pad);
    out.size = {std::max(width, out.notes_left + small.averageCharWidth() * 8), end};
    return out;
}

} // namespace

MatrixLayout layout_of(const MatrixData& data, const MatrixReading& reading, double width,
                       const QFont& font, double height) {
    const MatrixLayout usual = lay_out(data, reading, width, font, false);
    if (height <= 0 || usual.rows == 0)
        return usual;
    const double left = height - usual.size.height();
    if (left < 0)
        return lay_out(data, reading, width, font, true);
    // On a large screen rows share half of what would stay empty.
    const double most = QFontMetricsF(font).height() * kMostTaller;
    const double taller = std::floor(std::min(left / 2 / static_cast<double>(usual.rows), most));
    return taller < 1 ? usual : lay_out(data, reading, width, font, false, taller);
}

} // namespace zz::console
