// SPDX-License-Identifier: GPL-3.0-or-later
// Where everything of the response matrix lies: pure functions of its numbers, a width and fonts.
#pragma once

#include <QFont>
#include <QRectF>
#include <optional>
#include <vector>

#include "console/view/matrix_reading.h"

namespace zz::console {

// How sentences are set.
inline constexpr int kWrapped = static_cast<int>(Qt::TextWordWrap) |
                                static_cast<int>(Qt::AlignLeft) | static_cast<int>(Qt::AlignTop);

struct MatrixCell {
    std::size_t row = 0;
    std::size_t column = 0;
    friend bool operator==(const MatrixCell&, const MatrixCell&) = default;
};

struct MatrixLayout {
    QSizeF size;   // what it takes; the width may exceed that asked for (many columns)
    QRectF banner; // verdict
    QRectF sentence;
    QRectF afterwards; // empty if none
    QRectF grid;       // cells only
    double cell_width = 0;
    double cell_height = 0;
    double gap = 0;
    double head_left = 0; // names of rows begin here
    double notes_left = 0;
    double notes_width = 0;
    QRectF column_heads;
    QRectF match_line;
    QRectF support_line;
    std::vector<QRectF> supports; // a chip per class that fits
    struct Paragraph {
        QString title;
        QString text;
        QRectF box;
    };
    std::vector<Paragraph> paragraphs;
    std::size_t rows = 0;
    std::size_t columns = 0;

    QRectF cell(std::size_t row, std::size_t column) const;
    QRectF row_head(std::size_t row) const;
    QRectF row_note(std::size_t row) const;
    QRectF column_head(std::size_t column) const;
    QRectF column_match(std::size_t column) const;
    std::optional<MatrixCell> cell_at(const QPointF& point) const;
};

// `height`: of what can be seen; cells are lower if that is too little, higher if a lot. 0: it
// does not matter.
MatrixLayout layout_of(const MatrixData& data, const MatrixReading& reading, double width,
                       const QFont& font, double height = 0);

} // namespace zz::console
