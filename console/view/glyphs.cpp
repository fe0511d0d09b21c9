// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/glyphs.h"

#include <QPainterPath>
#include <QPixmap>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

namespace zz::console {
namespace {

// The largest centred square of `box`, shrunk a little so that outlines stay inside.
QRectF square(const QRectF& box) {
    const double side = std::min(box.width(), box.height());
    return QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side)
        .adjusted(side * 0.08, side * 0.08, -side * 0.08, -side * 0.08);
}

double stroke(const QRectF& s) {
    return std::max(1.0, s.width() * 0.11);
}

QPen round_pen(const QColor& colour, double width) {
    return QPen(colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
}

QPolygonF polygon(const QRectF& s, int corners, double turn) {
    QPolygonF out;
    for (int i = 0; i < corners; ++i) {
        const double angle = 2 * std::numbers::pi * (i + turn) / corners;
        out << QPointF(s.center().x() + s.width() / 2 * std::sin(angle),
                       s.center().y() - s.height() / 2 * std::cos(angle));
    }
    return out;
}

void paint_moon(QPainter& painter, const QRectF& s, const Theme& theme, ReplicaState state) {
    QPainterPath disc;
    disc.addEllipse(s);
    QPainterPath bite;
    const double w = s.width();
    bite.addEllipse(s.translated(w * 0.34, -w * 0.18));
    QPen pen = round_pen(theme.sleep, stroke(s));
    if (state == ReplicaState::Cold)
        pen.setDashPattern({1.0, 1.6});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(disc.subtracted(bite));
    if (state == ReplicaState::Hibernated) { // lies on a disk
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.sleep);
        painter.drawRect(QRectF(s.left() + w * 0.58, s.bottom() - w * 0.20, w * 0.42, w * 0.20));
    }
}

void paint_ring(QPainter& painter, const QRectF& s, const Theme& theme, ReplicaState state,
                double progress) {
    const double width = s.width() * 0.2;
    const QRectF ring = s.adjusted(width / 2, width / 2, -width / 2, -width / 2);
    painter.setBrush(Qt::NoBrush);
    QColor track = theme.dark ? theme.line : theme.grid.darker(108);
    painter.setPen(QPen(track, width));
    painter.drawEllipse(ring);
    if (!theme.dark && !theme.high_contrast) { // sky alone is too faint on white
        painter.setPen(QPen(theme.accent, width, Qt::SolidLine, Qt::FlatCap));
        const double part = progress < 0 ? 0.72 : std::clamp(progress, 0.04, 1.0);
        painter.drawArc(ring, 90 * 16, -static_cast<int>(part * 360 * 16));
        painter.setPen(QPen(theme.busy, width * 0.62, Qt::SolidLine, Qt::FlatCap));
        painter.drawArc(ring, 90 * 16, -static_cast<int>(part * 360 * 16));
    } else {
        painter.setPen(QPen(theme.busy, width, Qt::SolidLine, Qt::FlatCap));
        const double part = progress < 0 ? 0.72 : std::clamp(progress, 0.04, 1.0);
        painter.drawArc(ring, 90 * 16, -static_cast<int>(part * 360 * 16));
    }
    const QRectF core =
        QRectF(s.center().x() - s.width() * 0.14, s.center().y() - s.height() * 0.14,
               s.width() * 0.28, s.height() * 0.28);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.dark ? theme.busy : theme.accent);
    if (state == ReplicaState::Waking)
        painter.drawPolygon(polygon(core, 3, 0));
    else if (state == ReplicaState::Reimaging)
        painter.drawRect(core.adjusted(1, 1, -1, -1));
    else
        painter.drawEllipse(core);
}

void paint_hourglass(QPainter& painter, const QRectF& s, const Theme& theme) {
    const double w = s.width();
    const QPointF c = s.center();
    QPolygonF glass;
    glass << QPointF(c.x() - w * 0.38, s.top()) << QPointF(c.x() + w * 0.38, s.top())
          << QPointF(c.x() + w * 0.08, c.y()) << QPointF(c.x() + w * 0.38, s.bottom())
          << QPointF(c.x() - w * 0.38, s.bottom()) << QPointF(c.x() - w * 0.08, c.y());
    painter.setPen(round_pen(theme.dark ? theme.warn : theme.outline, std::max(1.0, w * 0.07)));
    painter.setBrush(theme.warn);
    painter.drawPolygon(glass);
}

void paint_octagon(QPainter& painter, const QRectF& s, const Theme& theme) {
    const double w = s.width();
    if (theme.dark) { // the black outline needs a light one around it
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.text);
        painter.drawPolygon(polygon(s.adjusted(-w * 0.05, -w * 0.05, w * 0.05, w * 0.05), 8, 0.5));
    }
    painter.setPen(
        QPen(Qt::black, std::max(1.2, w * 0.1), Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.setBrush(theme.bad);
    painter.drawPolygon(polygon(s, 8, 0.5));
    painter.setPen(QPen(Qt::white, std::max(1.3, w * 0.14), Qt::SolidLine, Qt::RoundCap));
    const double d = w * 0.2;
    const QPointF c = s.center();
    painter.drawLine(c - QPointF(d, d), c + QPointF(d, d));
    painter.drawLine(c - QPointF(d, -d), c + QPointF(d, -d));
}

void paint_unknown(QPainter& painter, const QRectF& s, const Theme& theme) {
    QPainterPath disc;
    disc.addEllipse(s);
    painter.save();
    painter.setClipPath(disc, Qt::IntersectClip);
    QColor strong = theme.muted;
    strong.setAlpha(150);
    paint_hatch(painter, s, strong, std::max(3.0, s.width() * 0.26));
    painter.restore();
    QPen pen = round_pen(theme.muted, std::max(1.0, s.width() * 0.08));
    pen.setDashPattern({2.0, 2.2});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(s);
}

void paint_flag(QPainter& painter, const QRectF& s, const Theme& theme) {
    const double w = s.width();
    const double pole = s.left() + w * 0.2;
    painter.setPen(round_pen(theme.dark ? theme.drill : theme.drill_text, std::max(1.2, w * 0.1)));
    painter.drawLine(QPointF(pole, s.top()), QPointF(pole, s.bottom()));
    QPolygonF cloth;
    cloth << QPointF(pole, s.top()) << QPointF(s.right(), s.top() + w * 0.26)
          << QPointF(pole, s.top() + w * 0.56);
    painter.setPen(round_pen(theme.dark ? theme.drill : theme.drill_text, std::max(1.0, w * 0.06)));
    painter.setBrush(theme.drill);
    painter.drawPolygon(cloth);
}

void paint_star(QPainter& painter, const QRectF& s, const QColor& colour) {
    QPolygonF star;
    for (int i = 0; i < 10; ++i) {
        const double angle = std::numbers::pi * i / 5;
        const double radius = (i % 2 == 0 ? 0.5 : 0.2) * s.width();
        star << QPointF(s.center().x() + radius * std::sin(angle),
                        s.center().y() - radius * std::cos(angle));
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawPolygon(star);
}

QPixmap canvas(int size) {
    QPixmap pixmap(size * 2, size * 2);
    pixmap.setDevicePixelRatio(2);
    pixmap.fill(Qt::transparent);
    return pixmap;
}

} // namespace

void paint_state(QPainter& painter, const QRectF& box, ReplicaState state, const Theme& theme,
                 double progress, bool stale) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF s = square(box);
    switch (state) {
    case ReplicaState::Active:
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.good);
        painter.drawEllipse(s);
        break;
    case ReplicaState::Paused:
    case ReplicaState::Hibernated:
    case ReplicaState::Cold:
        paint_moon(painter, s, theme, state);
        break;
    case ReplicaState::Waking:
    case ReplicaState::Recovering:
    case ReplicaState::Reimaging:
        paint_ring(painter, s, theme, state, progress);
        break;
    case ReplicaState::Unresponsive:
        paint_hourglass(painter, s, theme);
        break;
    case ReplicaState::Stopped:
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.neutral);
        painter.drawRect(
            s.adjusted(s.width() * 0.06, s.width() * 0.06, -s.width() * 0.06, -s.width() * 0.06));
        break;
    case ReplicaState::Convicted:
        paint_octagon(painter, s, theme);
        break;
    case ReplicaState::Unknown:
        paint_unknown(painter, s, theme);
        break;
    }
    if (stale && state != ReplicaState::Unknown)
        paint_hatch(painter, s.adjusted(-1, -1, 1, 1), theme.surface,
                    std::max(3.0, s.width() * 0.3));
    painter.restore();
}

void paint_agreement(QPainter& painter, const QRectF& box, ReplicaState state, bool primary,
                     const Theme& theme, bool stale) {
    const bool special = state != ReplicaState::Active;
    if (special) {
        paint_state(painter, box, state, theme, -1, stale);
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF s = square(box);
    // A rounded square turned on its corner is neither the disc of execution nor a diamond badge.
    const QColor blue = theme.dark ? QColor(0x3a, 0x9b, 0xdc) : QColor::fromRgb(okabe_ito::kBlue);
    painter.setPen(Qt::NoPen);
    painter.setBrush(blue);
    painter.drawPolygon(polygon(s, 6, 0));
    if (primary)
        paint_star(
            painter,
            s.adjusted(s.width() * 0.14, s.width() * 0.14, -s.width() * 0.14, -s.width() * 0.14),
            Qt::white);
    if (stale)
        paint_hatch(painter, s, theme.surface, std::max(3.0, s.width() * 0.3));
    painter.restore();
}

void paint_badge(QPainter& painter, const QRectF& box, Badge badge, const Theme& theme) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF s = square(box);
    const double w = s.width();
    if (badge == Badge::Suspected) {
        QPolygonF triangle;
        triangle << QPointF(s.center().x(), s.top()) << QPointF(s.right(), s.bottom() - w * 0.06)
                 << QPointF(s.left(), s.bottom() - w * 0.06);
        painter.setPen(round_pen(theme.dark ? theme.warn : theme.outline, std::max(1.0, w * 0.07)));
        painter.setBrush(theme.warn);
        painter.drawPolygon(triangle);
        painter.setPen(round_pen(Qt::black, std::max(1.2, w * 0.11)));
        const double x = s.center().x();
        painter.drawLine(QPointF(x, s.top() + w * 0.36), QPointF(x, s.top() + w * 0.6));
        painter.drawPoint(QPointF(x, s.top() + w * 0.79));
    } else if (badge == Badge::Blocking) {
        painter.setPen(
            round_pen(theme.dark ? theme.bad : QColor(0x6b, 0x2c, 0x00), std::max(1.0, w * 0.06)));
        painter.setBrush(theme.bad);
        painter.drawPolygon(polygon(s, 4, 0));
        painter.setPen(Qt::NoPen);
        painter.setBrush(Qt::white);
        painter.drawRect(
            QRectF(s.center().x() - w * 0.2, s.center().y() - w * 0.065, w * 0.4, w * 0.13));
    } else if (badge == Badge::Convicted) {
        paint_octagon(painter, s, theme);
    } else if (badge == Badge::Drill) {
        paint_flag(painter, s, theme);
    }
    painter.restore();
}

void paint_mark(QPainter& painter, const QRectF& box, MarkKind kind, const Theme& theme) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF s = square(box);
    switch (kind) {
    case MarkKind::Deviation:
    case MarkKind::Suspicion:
        paint_badge(painter, box, Badge::Suspected, theme);
        break;
    case MarkKind::Blocking:
        paint_badge(painter, box, Badge::Blocking, theme);
        break;
    case MarkKind::Conviction:
        paint_badge(painter, box, Badge::Convicted, theme);
        break;
    case MarkKind::Drill:
        paint_badge(painter, box, Badge::Drill, theme);
        break;
    case MarkKind::Wake:
        painter.setPen(round_pen(theme.dark ? theme.busy : theme.accent, 1));
        painter.setBrush(theme.busy);
        painter.drawPolygon(polygon(s, 3, 0));
        break;
    case MarkKind::FirstReply: {
        painter.setPen(round_pen(theme.good, std::max(1.6, s.width() * 0.18)));
        const double w = s.width();
        painter.drawPolyline(QPolygonF({s.topLeft() + QPointF(w * 0.08, w * 0.55),
                                        s.topLeft() + QPointF(w * 0.38, w * 0.84),
                                        s.topLeft() + QPointF(w * 0.94, w * 0.18)}));
        break;
    }
    case MarkKind::Note:
        painter.setPen(round_pen(theme.muted, 1));
        painter.setBrush(theme.sunken);
        painter.drawRoundedRect(s, 2, 2);
        break;
    case MarkKind::Pin:
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.accent);
        painter.drawPolygon(polygon(s, 3, 1.5));
        break;
    }
    painter.restore();
}

namespace {

using Icons = std::map<std::tuple<int, int, const Theme*>, QIcon>;

// Lists ask for the same few again and again. Themes are known by where they are.
template <class What, class Paint>
QIcon drawn_once(Icons& known, What what, const Theme& theme, int size, Paint paint) {
    const std::tuple key(static_cast<int>(what), size, &theme);
    if (const auto found = known.find(key); found != known.end())
        return found->second;
    QPixmap pixmap = canvas(size);
    QPainter painter(&pixmap);
    paint(painter, QRectF(0, 0, size, size), what, theme);
    painter.end();
    return known[key] = QIcon(pixmap);
}

} // namespace

QIcon icon_of(ReplicaState state, const Theme& theme, bool stale, int size) {
    static Icons& fresh = *new Icons; // pictures must not outlive the application's end
    static Icons& old = *new Icons;
    return drawn_once(stale ? old : fresh, state, theme, size,
                      [stale](QPainter& p, const QRectF& box, ReplicaState what, const Theme& t) {
                          paint_state(p, box, what, t, -1, stale);
                      });
}

QIcon icon_of(Badge badge, const Theme& theme, int size) {
    static Icons& known = *new Icons; // pictures must not outlive the application's end
    return drawn_once(known, badge, theme, size,
                      [](QPainter& p, const QRectF& box, Badge what, const Theme& t) {
                          paint_badge(p, box, what, t);
                      });
}

} // namespace zz::console
