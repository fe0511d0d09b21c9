// SPDX-License-Identifier: GPL-3.0-or-later
#include <QPainterPath>
#include <QVarLengthArray>
#include <cmath>

#include "console/view/glyphs.h"

namespace zz::console {
namespace {

using Lines = QVarLengthArray<QLineF, 64>;

// Lines from the lower left to the upper right, `step` apart; they begin at multiples of `step` of
// the plane, so that neighbouring boxes go on in one pattern.
void rising(Lines& lines, const QRectF& box, double step) {
    const double first = std::floor((box.left() + box.top()) / step) * step;
    for (double at = first; at < box.right() + box.bottom(); at += step) {
        const double x0 = std::max(box.left(), at - box.bottom());
        const double x1 = std::min(box.right(), at - box.top());
        if (x0 < x1)
            lines.append(QLineF(x0, at - x0, x1, at - x1));
    }
}

void falling(Lines& lines, const QRectF& box, double step) {
    const double first = std::floor((box.left() - box.bottom()) / step) * step;
    for (double at = first; at < box.right() - box.top(); at += step) {
        const double x0 = std::max(box.left(), at + box.top());
        const double x1 = std::min(box.right(), at + box.bottom());
        if (x0 < x1)
            lines.append(QLineF(x0, x0 - at, x1, x1 - at));
    }
}

void level(Lines& lines, const QRectF& box, double step) {
    for (double y = box.top() + step * 0.75; y < box.bottom(); y += step)
        lines.append(QLineF(box.left(), y, box.right(), y));
}

void upright(Lines& lines, const QRectF& box, double step) {
    for (double x = box.left() + step * 0.75; x < box.right(); x += step)
        lines.append(QLineF(x, box.top(), x, box.bottom()));
}

void dots(QPainter& painter, const QRectF& box, const QColor& colour) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    bool odd = false;
    for (double y = box.top() + 5; y < box.bottom() - 1; y += 5, odd = !odd) {
        for (double x = box.left() + (odd ? 7.5 : 4); x < box.right() - 1; x += 7)
            painter.drawRect(QRectF(x - 0.9, y - 0.9, 1.8, 1.8));
    }
}

} // namespace

void paint_hatch(QPainter& painter, const QRectF& box, const QColor& colour, double step) {
    Lines lines;
    rising(lines, box, step * std::numbers::sqrt2);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, std::max(1.0, step * 0.16)));
    painter.drawLines(lines.constData(), static_cast<int>(lines.size()));
    painter.restore();
}

void paint_texture(QPainter& painter, const QRectF& box, int which, const QColor& colour) {
    constexpr int kTextures = 7;
    Lines lines;
    switch (which < 0 ? 0 : which % kTextures) {
    case 0: // plain: the class most agree on is the calm one
        return;
    case 1:
        rising(lines, box, 9);
        break;
    case 2:
        painter.save();
        dots(painter, box, colour);
        painter.restore();
        return;
    case 3:
        level(lines, box, 6);
        break;
    case 4:
        rising(lines, box, 12);
        falling(lines, box, 12);
        break;
    case 5:
        upright(lines, box, 7);
        break;
    case 6:
        falling(lines, box, 9);
        break;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, 1.3));
    painter.drawLines(lines.constData(), static_cast<int>(lines.size()));
    painter.restore();
}

void paint_digest(QPainter& painter, const QRectF& box, int which, const QString& letter,
                  const Theme& theme, double radius) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.digest_ground(which));
    painter.drawRoundedRect(box, radius, radius);
    const QRectF inner = box.adjusted(radius * 0.4, radius * 0.4, -radius * 0.4, -radius * 0.4);
    paint_texture(painter, inner, which, theme.digest_pattern(which));
    if (letter.isEmpty())
        return;
    // A quiet patch keeps the letter legible on its texture.
    if (which != 0) {
        const double side = QFontMetricsF(painter.font()).height();
        const double width = std::max(side, painter.fontMetrics().horizontalAdvance(letter) + 10.0);
        const QRectF patch(box.center().x() - width / 2, box.center().y() - side / 2, width, side);
        painter.setBrush(theme.digest_ground(which));
        painter.drawRoundedRect(patch.intersected(inner), radius, radius);
    }
    painter.setPen(theme.text);
    painter.drawText(box, Qt::AlignCenter, letter);
}

} // namespace zz::console
