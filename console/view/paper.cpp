// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/paper.h"

#include <QGuiApplication>
#include <QPainter>
#include <algorithm>

#include "console/model/words.h"

namespace zz::console {
namespace {

constexpr int kDotsPerInch = 96; // as on a screen: views draw the same
constexpr double kPad = 6;
constexpr double kLargest = 1.2; // of a picture, so that words keep their size

QString range_of(const ExportHeader& header) {
    if (header.from_ns == 0 && header.to_ns == 0)
        return {};
    return iso_utc(header.from_ns) + QStringLiteral(" – ") + iso_utc(header.to_ns);
}

QString whence(const ExportHeader& header) {
    QStringList parts;
    const QString named[] = {
        header.environment,
        header.profile,
        header.session.isEmpty() ? QString() : tr("session %1").arg(header.session),
        range_of(header),
        header.as_of_ns == 0 ? QString() : tr("as of %1").arg(iso_utc(header.as_of_ns)),
        header.filter.isEmpty() ? QString() : tr("filter \"%1\"").arg(header.filter)};
    for (const QString& part : named) {
        if (!part.isEmpty())
            parts << part;
    }
    return parts.join(QStringLiteral("  ·  "));
}

bool is_number(const QVariant& value) {
    return value.isValid() && value.typeId() != QMetaType::QString &&
           value.typeId() != QMetaType::Bool && value.canConvert<double>();
}

// Widths from the contents, scaled so that they fill at most the box.
std::vector<double> column_widths(const Table& table, const QFontMetricsF& metrics, double width) {
    std::vector<double> widths;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const TableColumn& column = table.columns[c];
        double wide = metrics.horizontalAdvance(column.title + u' ' + column.unit);
        const std::size_t looked_at = std::min<std::size_t>(table.rows.size(), 200);
        for (std::size_t r = 0; r < looked_at; ++r) {
            if (c < table.rows[r].size())
                wide = std::max(wide, metrics.horizontalAdvance(cell_text(table.rows[r][c])));
        }
        widths.push_back(std::min(wide, width * 0.5) + 2 * kPad);
    }
    double total = 0;
    for (const double w : widths)
        total += w;
    if (total > width) {
        for (double& w : widths)
            w *= width / total;
    }
    return widths;
}

} // namespace

double caption_height(const QFont& font) {
    return QFontMetricsF(title_font(font)).height() + QFontMetricsF(small_font(font)).height() + 4;
}

void paint_caption(QPainter& painter, const QRectF& box, const QString& title,
                   const ExportHeader& header, const Theme& colours) {
    painter.save();
    const QFont base = painter.font();
    painter.setFont(title_font(base));
    const QFontMetricsF big(painter.font());
    painter.setPen(colours.text);
    painter.drawText(QRectF(box.left(), box.top(), box.width(), big.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     big.elidedText(title, Qt::ElideRight, box.width()));
    painter.setFont(small_font(base));
    const QFontMetricsF small(painter.font());
    painter.setPen(colours.muted);
    painter.drawText(QRectF(box.left(), box.top() + big.height(), box.width(), small.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     small.elidedText(whence(header), Qt::ElideRight, box.width()));
    painter.restore();
}

std::pair<std::size_t, double> paint_table(QPainter& painter, const QRectF& box, const Table& table,
                                           std::size_t first, const Theme& colours) {
    painter.save();
    const QFont base = small_font(painter.font());
    painter.setFont(base);
    const QFontMetricsF metrics(base);
    const double height = metrics.height() + kPad;
    const std::vector<double> widths = column_widths(table, metrics, box.width());
    const auto cell = [&](double x, double y, std::size_t c, const QString& text, bool right) {
        const QRectF place(x + kPad, y, widths[c] - 2 * kPad, height);
        painter.drawText(place,
                         static_cast<int>(Qt::AlignVCenter) |
                             static_cast<int>(right ? Qt::AlignRight : Qt::AlignLeft),
                         metrics.elidedText(text, Qt::ElideRight, place.width()));
    };
    double y = box.top();
    double total = 0;
    for (const double w : widths)
        total += w;
    painter.fillRect(QRectF(box.left(), y, total, height), colours.sunken);
    painter.setPen(colours.muted);
    double x = box.left();
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const TableColumn& column = table.columns[c];
        const bool right =
            !table.rows.empty() && c < table.rows[0].size() && is_number(table.rows[0][c]);
        cell(x, y, c, column.unit.isEmpty() ? column.title : column.title + u' ' + column.unit,
             right);
        x += widths[c];
    }
    y += height;
    std::size_t row = first;
    for (; row < table.rows.size() && y + height <= box.bottom() + 0.5; ++row, y += height) {
        painter.setPen(colours.text);
        x = box.left();
        for (std::size_t c = 0; c < table.rows[row].size() && c < widths.size(); ++c) {
            cell(x, y, c, cell_text(table.rows[row][c]), is_number(table.rows[row][c]));
            x += widths[c];
        }
        painter.setPen(QPen(colours.grid, 1));
        painter.drawLine(QPointF(box.left(), y + height), QPointF(box.left() + total, y + height));
    }
    painter.restore();
    return {row - first, y - box.top()};
}

void paint_exportable(QPainter& painter, const QRectF& box, const Exportable& view,
                      const Theme& colours) {
    if (view.draw)
        view.draw(painter, box, colours);
    else if (!view.tables.empty())
        paint_table(painter, box, view.tables.front(), 0, colours);
}

Paper::Paper(const QString& title, const ExportHeader& header) : header_(header) {
    buffer_.open(QIODevice::WriteOnly);
    writer_ = std::make_unique<QPdfWriter>(&buffer_);
    writer_->setTitle(title);
    writer_->setCreator(QStringLiteral("zz-console"));
    writer_->setResolution(kDotsPerInch);
    writer_->setPageLayout(QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Landscape,
                                       QMarginsF(14, 12, 14, 14), QPageLayout::Millimeter));
    painter_ = std::make_unique<QPainter>(writer_.get());
    painter_->setFont(QGuiApplication::font());
    painter_->setRenderHint(QPainter::Antialiasing);
    const double foot = QFontMetricsF(small_font(painter_->font())).height() + 8;
    body_ = QRectF(0, 0, writer_->width(), writer_->height() - foot);
    y_ = body_.top();
}

Paper::~Paper() = default;

void Paper::foot() {
    const Theme& colours = print_theme();
    painter_->save();
    painter_->setFont(small_font(painter_->font()));
    const QRectF line(body_.left(), body_.bottom() + 6, body_.width(),
                      QFontMetricsF(painter_->font()).height());
    painter_->setPen(colours.muted);
    painter_->drawText(line, Qt::AlignLeft | Qt::AlignVCenter, whence(header_));
    painter_->drawText(line, Qt::AlignRight | Qt::AlignVCenter, tr("page %1").arg(page_));
    painter_->restore();
}

void Paper::break_page() {
    foot();
    writer_->newPage();
    ++page_;
    y_ = body_.top();
}

void Paper::reserve(double height) {
    if (left_on_page() < height && y_ > body_.top())
        break_page();
}

void Paper::caption(const QString& text) {
    const double height = caption_height(painter_->font());
    paint_caption(*painter_, QRectF(body_.left(), y_, body_.width(), height), text, header_,
                  print_theme());
    y_ += height + 10;
}

void Paper::heading(const QString& text) {
    const QFont font = strong_font(painter_->font());
    const double height = QFontMetricsF(font).height();
    reserve(height * 8); // with something below it
    painter_->save();
    painter_->setFont(font);
    painter_->setPen(print_theme().text);
    painter_->drawText(QRectF(body_.left(), y_ + 6, body_.width(), height), Qt::AlignLeft, text);
    painter_->restore();
    y_ += height + 12;
}

void Paper::paragraph(const QString& text) {
    if (text.isEmpty())
        return;
    constexpr int kFlags = static_cast<int>(Qt::TextWordWrap) | static_cast<int>(Qt::AlignLeft);
    const QFontMetricsF metrics(painter_->font());
    const QRectF room(0, 0, body_.width(), 10000);
    const double height = metrics.boundingRect(room, kFlags, text).height();
    reserve(height);
    painter_->setPen(print_theme().text);
    painter_->drawText(QRectF(body_.left(), y_, body_.width(), height + 2), kFlags, text);
    y_ += height + 10;
}

void Paper::facts(const std::vector<std::pair<QString, QString>>& facts) {
    const Theme& colours = print_theme();
    const QFontMetricsF metrics(painter_->font());
    constexpr int kFlags = static_cast<int>(Qt::TextWordWrap) | static_cast<int>(Qt::AlignLeft);
    double names = 0;
    for (const auto& [name, value] : facts)
        names = std::max(names, metrics.horizontalAdvance(name));
    names = std::min(names, body_.width() / 3) + 16;
    const double width = body_.width() - names;
    for (const auto& [name, value] : facts) {
        const double height =
            metrics.boundingRect(QRectF(0, 0, width, 10000), kFlags, value).height();
        reserve(height);
        painter_->setPen(colours.muted);
        painter_->drawText(QRectF(body_.left(), y_, names, height), Qt::AlignLeft, name);
        painter_->setPen(colours.text);
        painter_->drawText(QRectF(body_.left() + names, y_, width, height + 2), kFlags, value);
        y_ += height + 4;
    }
    y_ += 6;
}

void Paper::view(const Exportable& view, const QString& title) {
    if (!view.draw || view.size.isEmpty())
        return;
    const double wide = std::min(kLargest, body_.width() / view.size.width());
    // Rather a little smaller than alone on the next page; and never apart from its title.
    const double above =
        title.isEmpty() ? 0 : QFontMetricsF(strong_font(painter_->font())).height() + 12;
    reserve(std::min(above + view.size.height() * wide * 0.6, body_.height()));
    if (!title.isEmpty())
        heading(title);
    const double fit = std::min(wide, left_on_page() / view.size.height());
    painter_->save();
    painter_->translate(body_.left(), y_);
    painter_->scale(fit, fit);
    view.draw(*painter_, QRectF(QPointF(), view.size), print_theme());
    painter_->restore();
    y_ += view.size.height() * fit + 12;
}

void Paper::table(const Table& table) {
    if (table.rows.empty())
        return;
    heading(table.caption);
    std::size_t row = 0;
    while (row < table.rows.size()) {
        const auto [drawn, height] =
            paint_table(*painter_, QRectF(body_.left(), y_, body_.width(), left_on_page()), table,
                        row, print_theme());
        row += drawn;
        y_ += height + 10;
        if (row < table.rows.size())
            break_page();
    }
}

QByteArray Paper::finish() {
    foot();
    painter_->end();
    painter_.reset();
    writer_.reset();
    return buffer_.data();
}

} // namespace zz::console
