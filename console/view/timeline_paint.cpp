// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/timeline_paint.h"

#include <QDateTime>
#include <QGuiApplication>
#include <algorithm>

#include "console/model/words.h"
#include "console/view/glyphs.h"

namespace zz::console {
namespace {

constexpr int kLeft = static_cast<int>(Qt::AlignLeft) | static_cast<int>(Qt::AlignVCenter);
constexpr int kRight = static_cast<int>(Qt::AlignRight) | static_cast<int>(Qt::AlignVCenter);

struct BarLook {
    QColor ground;
    QColor edge;
    int texture = 0;
};

QColor blend(const QColor& a, const QColor& b, double share) {
    return QColor::fromRgbF(static_cast<float>(a.redF() + (b.redF() - a.redF()) * share),
                            static_cast<float>(a.greenF() + (b.greenF() - a.greenF()) * share),
                            static_cast<float>(a.blueF() + (b.blueF() - a.blueF()) * share));
}

BarLook look_of(BarKind kind, const Theme& t) {
    const auto soft = [&t](const QColor& c, double share) { return blend(t.surface, c, share); };
    switch (kind) {
    case BarKind::Executing:
        return {t.good_soft, soft(t.good, 0.55), 0};
    case BarKind::Ordering:
        return {soft(t.accent, 0.14), soft(t.accent, 0.45), 0};
    case BarKind::Asleep:
        return {t.sunken, t.line, 0};
    case BarKind::Detecting:
        return {soft(t.warn, 0.75), t.warn, 0};
    case BarKind::Deciding:
        return {soft(t.warn, 0.38), t.warn, 5};
    case BarKind::Resuming:
        return {soft(t.busy, 0.85), t.busy, 0};
    case BarKind::FetchingLog:
        return {soft(t.busy, 0.30), t.busy, 3};
    case BarKind::Replaying:
        return {soft(t.busy, 0.52), t.busy, 0};
    case BarKind::Completing:
        return {soft(t.busy, 0.20), t.busy, 2};
    case BarKind::Convicting:
        return {soft(t.bad, 0.85), t.bad, 0};
    case BarKind::Removing:
        return {soft(t.bad, 0.30), t.bad, 6};
    case BarKind::Reimaging:
        return {soft(t.sleep, 0.25), t.sleep, 3};
    case BarKind::ViewChange:
        return {soft(t.drill, 0.25), t.drill, 5};
    case BarKind::Silent:
        return {t.warn_soft, t.warn, 5};
    case BarKind::Stopped:
        return {soft(t.neutral, 0.35), t.neutral, 0};
    case BarKind::Unknown:
        break;
    }
    return {t.surface, t.line, -1};
}

void paint_axis(QPainter& painter, const TimelinePaint& p) {
    const TimelineLayout& l = p.layout;
    const QFont base = painter.font();
    painter.setFont(small_font(base));
    const QFontMetricsF small(painter.font());
    const double least = small.horizontalAdvance(QStringLiteral("-00.000 ms")) + 26;
    for (const Tick& tick : ticks(l.window, p.data.origin_ns, l.plot.width(), least)) {
        const double x = l.x_of(tick.at_ns);
        const bool zero = tick.at_ns == p.data.origin_ns;
        painter.setPen(
            QPen(zero ? p.theme.muted : p.theme.grid, 1, zero ? Qt::DashLine : Qt::SolidLine));
        painter.drawLine(QPointF(x, l.axis.bottom() - 4), QPointF(x, l.plot.bottom()));
        const double width = small.horizontalAdvance(tick.text) + 4;
        const double left =
            std::clamp(x - width / 2, l.axis.left() - 6, l.axis.right() - width + 10);
        painter.setPen(p.theme.muted);
        painter.drawText(QRectF(left, l.axis.bottom() - 5 - small.height(), width, small.height()),
                         Qt::AlignCenter, tick.text);
    }
    painter.setPen(p.theme.muted);
    const auto clock = [](std::int64_t ns) {
        return QDateTime::fromMSecsSinceEpoch(ns / 1'000'000, Qt::UTC)
            .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
    };
    painter.drawText(QRectF(l.axis.left(), 1, l.axis.width(), small.height()), kLeft,
                     tr("%1 UTC").arg(clock(l.window.from_ns)));
    painter.drawText(QRectF(l.axis.left(), 1, l.axis.width(), small.height()), kRight,
                     tr("%1 shown").arg(duration_text(l.window.span())));
    painter.setFont(base);
}

void paint_drills(QPainter& painter, const TimelinePaint& p) {
    const QFont base = painter.font();
    painter.setFont(small_font(base));
    const QFontMetricsF small(painter.font());
    for (const DrillBand& drill : p.data.drills) {
        if (drill.from_ns > p.layout.window.to_ns || drill.to_ns < p.layout.window.from_ns)
            continue;
        const double left = p.layout.x_of(std::max(drill.from_ns, p.layout.window.from_ns));
        const double right = p.layout.x_of(std::min(drill.to_ns, p.layout.window.to_ns));
        const QRectF band(left, p.layout.plot.top(), std::max(1.0, right - left),
                          p.layout.plot.height());
        QColor ground = p.theme.drill;
        ground.setAlpha(p.theme.dark ? 34 : 28);
        painter.fillRect(band, ground);
        painter.setPen(QPen(p.theme.drill, 1, Qt::DashLine));
        painter.drawLine(band.topLeft(), band.bottomLeft());
        if (drill.to_ns <= p.layout.window.to_ns)
            painter.drawLine(band.topRight(), band.bottomRight());
        const double side = small.height();
        paint_badge(painter, QRectF(left + 3, p.layout.plot.top() + 1, side, side), Badge::Drill,
                    p.theme);
        const double room = band.right() - left - side - 8;
        painter.setPen(p.theme.drill_text);
        if (room > small.averageCharWidth() * 6)
            painter.drawText(
                QRectF(left + side + 6, p.layout.plot.top() + 1, room, side), kLeft,
                small.elidedText(tr("drill %1").arg(drill.name), Qt::ElideRight, room));
    }
    painter.setFont(base);
}

// What marks of the lane leave of a bar for its words: the widest part.
QRectF free_part(const QRectF& box, const std::vector<double>& marks, double side) {
    double best_left = box.left(), best = 0, left = box.left();
    const auto consider = [&](double right) {
        if (right - left > best) {
            best = right - left;
            best_left = left;
        }
    };
    for (const double x : marks) {
        if (x + side / 2 < box.left() || x - side / 2 > box.right())
            continue;
        consider(x - side / 2);
        left = std::max(left, x + side / 2);
    }
    consider(box.right());
    return {best_left, box.top(), best, box.height()};
}

void paint_bar(QPainter& painter, const TimelinePaint& p, const DrawnBar& drawn,
               const TimelineBar& bar, const std::vector<double>& marks, double side) {
    const BarLook look = look_of(drawn.kind, p.theme);
    const QRectF box = drawn.box;
    if (box.width() <= 3) { // a sliver is its edge
        painter.fillRect(box, look.texture < 0 ? p.theme.line : look.edge);
        return;
    }
    painter.setPen(QPen(look.edge, 1));
    painter.setBrush(look.ground);
    const QRectF inner = box.adjusted(0.5, 0.5, -0.5, -0.5);
    painter.drawRoundedRect(inner, 3, 3);
    if (look.texture < 0) {
        paint_hatch(painter, inner, p.theme.hatch, 7);
    } else if (look.texture > 0) {
        QColor pattern = look.edge;
        pattern.setAlpha(p.theme.print ? 150 : 85);
        paint_texture(painter, inner.adjusted(1, 1, -1, -1), look.texture, pattern);
    }
    const QFontMetricsF metrics(painter.font());
    const QString what = bar.text.isEmpty() ? words(bar.kind) : bar.text;
    const bool open = bar.to_ns == kOpenEnd;
    const QString length = open ? QString() : duration_text(bar.to_ns - bar.from_ns);
    // In the middle if no mark is there.
    const QRectF free = free_part(box, marks, side);
    const double room = free.width() - 10;
    QString text = length.isEmpty() ? what : what + u' ' + length;
    if (metrics.horizontalAdvance(text) > room)
        text = metrics.horizontalAdvance(what) <= room ? what : length;
    if (text.isEmpty() || metrics.horizontalAdvance(text) > room)
        return;
    const double wide = metrics.horizontalAdvance(text) + 8;
    const double middle =
        std::clamp(box.center().x(), free.left() + wide / 2, free.right() - wide / 2);
    const QRectF patch(middle - wide / 2, box.center().y() - metrics.height() / 2, wide,
                       metrics.height());
    if (look.texture != 0) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(look.texture < 0 ? p.theme.surface : look.ground);
        painter.drawRoundedRect(patch, 3, 3);
    }
    const bool strong_ground = qGray(look.ground.rgb()) < 140;
    painter.setPen(p.theme.dark ? (strong_ground ? p.theme.text : QColor(Qt::black))
                                : (strong_ground ? QColor(Qt::white) : p.theme.text));
    painter.drawText(patch, Qt::AlignCenter, text);
}

void paint_gaps(QPainter& painter, const TimelinePaint& p) {
    const QFontMetricsF metrics(painter.font());
    for (const TimelineGap& gap : p.data.gaps) {
        for (const auto& lane : p.layout.lanes) {
            if (gap.lane >= 0 && static_cast<std::size_t>(gap.lane) != lane.index)
                continue;
            const auto box = p.layout.bar_box(lane, gap.from_ns, gap.to_ns);
            if (!box)
                continue;
            painter.fillRect(*box, p.theme.surface);
            paint_hatch(painter, *box, p.theme.muted, 7);
            const QString text = tr("%1 events missing").arg(gap.missing);
            const double wide = metrics.horizontalAdvance(text) + 8;
            if (gap.lane < 0 && &lane != &p.layout.lanes.front())
                continue;
            if (wide > box->width())
                continue;
            painter.fillRect(QRectF(box->center().x() - wide / 2,
                                    box->center().y() - metrics.height() / 2, wide,
                                    metrics.height()),
                             p.theme.surface);
            painter.setPen(p.theme.muted);
            painter.drawText(*box, Qt::AlignCenter, text);
        }
    }
}

void paint_lane(QPainter& painter, const TimelinePaint& p, const TimelineLayout::Lane& lane) {
    const TimelineLane& data = p.data.lanes[lane.index];
    const QFont base = painter.font();
    const QFontMetricsF strong(strong_font(base));
    const QFontMetricsF small(small_font(base));
    if (lane.heads_group) {
        painter.setFont(small_font(base));
        painter.setPen(p.theme.muted);
        painter.drawText(
            QRectF(12, lane.box.top() - small.height() - 4, p.layout.gutter - 16, small.height()),
            kLeft, data.group);
    }
    const QRectF name(12, lane.box.top(), p.layout.gutter - 20, lane.box.height());
    painter.setFont(strong_font(base));
    painter.setPen(p.theme.text);
    painter.drawText(name, kLeft, strong.elidedText(data.name, Qt::ElideRight, name.width()));
    const double used = strong.horizontalAdvance(data.name) + 8;
    painter.setFont(small_font(base));
    painter.setPen(p.theme.muted);
    if (name.width() - used > small.averageCharWidth() * 4)
        painter.drawText(name.adjusted(used, 1, 0, 1), kLeft,
                         small.elidedText(data.detail, Qt::ElideRight, name.width() - used));
    painter.setPen(QPen(p.theme.grid, 1));
    painter.drawLine(QPointF(p.layout.plot.left(), lane.box.bottom() + 4),
                     QPointF(p.layout.plot.right(), lane.box.bottom() + 4));
    const double side = std::min(lane.box.height() * 0.72, 18.0);
    std::vector<double> places; // of marks; of a crowd the first is enough
    std::vector<const TimelineMark*> shown;
    for (const TimelineMark& mark : data.marks) {
        if (mark.at_ns < p.layout.window.from_ns || mark.at_ns > p.layout.window.to_ns)
            continue;
        const double x = p.layout.x_of(mark.at_ns);
        if (!places.empty() && x - places.back() < side * 0.5)
            continue;
        places.push_back(x);
        shown.push_back(&mark);
    }
    for (const DrawnBar& drawn : drawn_bars(p.layout, lane, data.bars)) {
        paint_bar(painter, p, drawn, data.bars[drawn.index], places, side);
        if (p.focus && p.focus->lane == lane.index && p.focus->bar == drawn.index) {
            painter.setPen(QPen(p.theme.accent, 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(drawn.box.adjusted(-2, -2, 2, 2), 4, 4);
        }
    }
    for (std::size_t i = 0; i < shown.size(); ++i)
        paint_mark(painter,
                   QRectF(places[i] - side / 2, lane.box.center().y() - side / 2, side, side),
                   shown[i]->kind, p.theme);
    painter.setFont(base);
}

void paint_overlays(QPainter& painter, const TimelinePaint& p) {
    const QRectF plot = p.layout.plot;
    if (p.selection) {
        const double left =
            std::clamp(p.layout.x_of(p.selection->from_ns), plot.left(), plot.right());
        const double right =
            std::clamp(p.layout.x_of(p.selection->to_ns), plot.left(), plot.right());
        QColor ground = p.theme.accent;
        ground.setAlpha(38);
        painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), ground);
        painter.setPen(QPen(p.theme.accent, 1));
        painter.drawLine(QPointF(left, plot.top()), QPointF(left, plot.bottom()));
        painter.drawLine(QPointF(right, plot.top()), QPointF(right, plot.bottom()));
    }
    if (p.cursor && *p.cursor >= p.layout.window.from_ns && *p.cursor <= p.layout.window.to_ns) {
        const double x = p.layout.x_of(*p.cursor);
        painter.setPen(QPen(p.theme.accent, 1.5));
        painter.drawLine(QPointF(x, p.layout.axis.bottom() - 6), QPointF(x, plot.bottom()));
        paint_mark(painter, QRectF(x - 6, p.layout.axis.bottom() - 10, 12, 12), MarkKind::Pin,
                   p.theme);
    }
}

} // namespace

void paint_timeline(QPainter& painter, const TimelinePaint& what) {
    painter.setRenderHint(QPainter::Antialiasing);
    paint_axis(painter, what);
    paint_drills(painter, what);
    painter.save();
    for (const auto& lane : what.layout.lanes)
        paint_lane(painter, what, lane);
    painter.setFont(small_font(painter.font()));
    paint_gaps(painter, what);
    painter.restore();
    paint_overlays(painter, what);
}

Exportable exportable_of(const TimelineData& data, const TimeWindow& window) {
    constexpr double kWidth = 1000;
    Exportable out;
    out.name = QStringLiteral("timeline");
    out.title = data.title.isEmpty() ? tr("Timeline") : tr("Timeline of %1").arg(data.title);
    const TimelineLayout layout = layout_of(data, window, kWidth, QGuiApplication::font());
    out.size = layout.size;
    std::vector<PhaseRun> runs = data.runs;
    std::erase_if(runs, [&](const PhaseRun& run) { return run.injected_ns > window.to_ns; });
    out.tables = {bars_table(data, window), phase_table(runs)};
    out.facts = {{"origin", iso_utc(data.origin_ns)}};
    out.draw = [data, layout](QPainter& painter, const QRectF& box, const Theme& theme) {
        painter.save();
        painter.translate(box.topLeft());
        paint_timeline(painter, {data, layout, theme, std::nullopt, std::nullopt, std::nullopt});
        painter.restore();
    };
    return out;
}

Exportable phases_of(const TimelineData& data) {
    Exportable out;
    out.name = QStringLiteral("phases");
    out.title = tr("Phases");
    out.tables = {phase_table(data.runs)};
    return out;
}

} // namespace zz::console
