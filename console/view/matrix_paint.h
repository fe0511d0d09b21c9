// SPDX-License-Identifier: GPL-3.0-or-later
// Painting of the response matrix: on screen, on paper, in pictures the same. GUI thread.
#pragma once

#include <QHash>
#include <QPixmap>

#include "console/view/export.h"
#include "console/view/matrix_layout.h"

namespace zz::console {

// Cells look alike: each look is painted once for a size and device pixel ratio.
class DigestPixmaps {
  public:
    // Forgets all if the theme, the size or the ratio is another one than before.
    void prepare(const Theme& theme, const QSizeF& size, double ratio);
    const QPixmap& of(int which, const QString& letter, const QFont& font);

  private:
    const Theme* theme_ = nullptr;
    QSizeF size_;
    double ratio_ = 0;
    QHash<QString, QPixmap> known_; // at most kLooksMax
};
inline constexpr int kLooksMax = 64;

struct MatrixPaint {
    const MatrixData& data;
    const MatrixReading& reading;
    const MatrixLayout& layout;
    const Theme& theme;
    std::optional<MatrixCell> focus;  // has the keyboard
    DigestPixmaps* pixmaps = nullptr; // none: vectors
};
// Origin at the upper left corner; the painter's font is the base font.
void paint_matrix(QPainter& painter, const MatrixPaint& what);

Exportable exportable_of(const MatrixData& data);

} // namespace zz::console
