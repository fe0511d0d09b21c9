// SPDX-License-Identifier: GPL-3.0-or-later
// Paper: a PDF that is filled from top to bottom, A4 across, with running head and page numbers;
// and the caption above an exported picture. GUI thread.
#pragma once

#include <QBuffer>
#include <QPdfWriter>
#include <QString>
#include <memory>
#include <utility>
#include <vector>

#include "console/view/export.h"

namespace zz::console {

double caption_height(const QFont& font);
// Title, and below it where and when: profile, session, range in UTC, filter.
void paint_caption(QPainter& painter, const QRectF& box, const QString& title,
                   const ExportHeader& header, const Theme& colours);
// The drawing of a view, or its first table if it has none.
void paint_exportable(QPainter& painter, const QRectF& box, const Exportable& view,
                      const Theme& colours);
// Rows from `first` on, as many as fit into `box`; returns how many, with the height used.
std::pair<std::size_t, double> paint_table(QPainter& painter, const QRectF& box, const Table& table,
                                           std::size_t first, const Theme& colours);

class Paper {
  public:
    Paper(const QString& title, const ExportHeader& header);
    ~Paper();

    void caption(const QString& text); // of the whole document
    void heading(const QString& text);
    void paragraph(const QString& text);
    void facts(const std::vector<std::pair<QString, QString>>& facts);
    void view(const Exportable& view, const QString& title = {});
    void table(const Table& table);
    // Ends the document; call once.
    QByteArray finish();

  private:
    void foot();
    void break_page();
    // A new page unless `height` is left on this one.
    void reserve(double height);
    double left_on_page() const { return body_.bottom() - y_; }

    ExportHeader header_;
    QBuffer buffer_;
    std::unique_ptr<QPdfWriter> writer_;
    std::unique_ptr<QPainter> painter_;
    QRectF body_;
    double y_ = 0;
    int page_ = 1;
};

} // namespace zz::console
