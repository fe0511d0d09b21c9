// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/placement_paint.h"

#include <QGuiApplication>
#include <QLocale>
#include <algorithm>

#include "console/model/words.h"
#include "console/view/glyphs.h"

namespace zz::console {
namespace {

constexpr int kLeft = static_cast<int>(Qt::AlignLeft) | static_cast<int>(Qt::AlignVCenter);
constexpr int kRight = static_cast<int>(Qt::AlignRight) | static_cast<int>(Qt::AlignVCenter);

void paint_replica(QPainter& painter, const QRectF& box, const PlacedReplica& replica, bool stale,
                   const Theme& theme) {
    if (replica.role == Role::Agreement)
        paint_agreement(painter, box, replica.state, replica.primary, theme, stale);
    else
        paint_state(painter, box, replica.state, theme, -1, stale);
    const double side = box.width() * 0.62;
    const QRectF corner(box.right() - side * 0.55, box.top() - side * 0.35, side, side);
    for (const Badge badge : {Badge::Blocking, Badge::Suspected, Badge::Drill}) {
        if (replica.badges.testFlag(badge)) {
            paint_badge(painter, corner, badge, theme);
            break;
        }
    }
}

QString word_of(const PlacedReplica& replica) {
    if (replica.role == Role::Agreement && replica.state == ReplicaState::Active)
        return replica.primary ? tr("primary") : tr("agreement");
    if (replica.state == ReplicaState::Paused && !replica.badges)
        return tr("in memory"); // the moon says that it sleeps
    return words(replica.state, replica.badges);
}

// `text` stands for the share if it is another figure.
void paint_load(QPainter& painter, const QRectF& line, const QString& name,
                const std::optional<double>& load, const QString& text, const Theme& theme) {
    const QFontMetricsF metrics(painter.font());
    const double names = metrics.horizontalAdvance(QStringLiteral("mem  "));
    const double figure =
        metrics.horizontalAdvance(text.isEmpty() ? QStringLiteral("100 %") : text) + 6;
    painter.setPen(theme.muted);
    painter.drawText(QRectF(line.left(), line.top(), names, line.height()), kLeft, name);
    const QRectF bar(line.left() + names, line.center().y() - 3,
                     std::max(10.0, line.width() - names - figure), 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.sunken);
    painter.drawRoundedRect(bar, 3, 3);
    const QRectF value(bar.right(), line.top(), line.right() - bar.right(), line.height());
    if (!load) {
        paint_hatch(painter, bar, theme.muted, 4);
        painter.setPen(theme.muted);
        painter.drawText(value, kRight, QStringLiteral("?"));
        return;
    }
    const double part = std::clamp(*load, 0.0, 1.0);
    painter.setBrush(part > 0.9 && text.isEmpty() ? theme.warn
                     : theme.dark                 ? theme.busy
                                                  : theme.accent);
    painter.drawRoundedRect(QRectF(bar.left(), bar.top(), std::max(6.0, bar.width() * part), 6), 3,
                            3);
    painter.setPen(theme.muted);
    painter.drawText(
        value, kRight,
        text.isEmpty() ? QStringLiteral("%1 %").arg(static_cast<int>(*load * 100 + 0.5)) : text);
}

// What its processes hold, beside the fullest host.
void paint_memory(QPainter& painter, const PlacementPaint& p, const PlacementHost& host,
                  const QRectF& line) {
    std::uint64_t most = 1;
    for (const PlacementHost& one : p.data.hosts)
        most = std::max(most, one.memory_bytes.value_or(0));
    std::optional<double> share;
    QString text;
    if (host.memory_bytes) {
        share = static_cast<double>(*host.memory_bytes) / static_cast<double>(most);
        text = tr("%L1 MiB").arg(*host.memory_bytes >> 20);
    }
    paint_load(painter, line, tr("mem"), share, text, p.theme);
}

void paint_host_card(QPainter& painter, const PlacementPaint& p, std::size_t h) {
    const PlacementHost& host = p.data.hosts[h];
    const Theme& t = p.theme;
    const QRectF head = p.layout.host_head(h);
    const bool failing = p.failing && *p.failing == h;
    const QRectF whole(head.left(), head.top(), head.width(), p.layout.body.bottom() - head.top());
    painter.setPen(
        QPen(failing ? t.bad : t.line, failing ? 2 : 1, failing ? Qt::DashLine : Qt::SolidLine));
    painter.setBrush(failing ? t.bad_soft : t.window);
    painter.drawRoundedRect(whole.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    const QFont base = painter.font();
    const QFontMetricsF strong(strong_font(base));
    const QFontMetricsF small(small_font(base));
    const QRectF name(head.left() + 12, head.top() + 8, head.width() - 24, strong.height());
    painter.setFont(strong_font(base));
    painter.setPen(t.text);
    painter.drawText(name, kLeft, strong.elidedText(host.name, Qt::ElideRight, name.width() - 20));
    const double side = strong.height() * 0.8;
    const ReplicaState state = failing || host.lost ? ReplicaState::Stopped : ReplicaState::Active;
    paint_state(painter, QRectF(name.right() - side, name.center().y() - side / 2, side, side),
                state, t, -1, host.stale);
    painter.setFont(small_font(base));
    if (failing || host.lost || host.stale) {
        painter.setPen(failing || host.lost ? t.bad_text : t.warn_text);
        QString word = failing ? tr("if it fails") : host.lost ? tr("lost") : tr("stale");
        if (!failing && host.age_ms)
            word += tr(", %1 s").arg(
                QLocale().toString(static_cast<double>(*host.age_ms) / 1000, 'f', 1));
        painter.drawText(name.adjusted(0, 0, -side - 6, 0), kRight, word);
    }
    const double line = small.height() + 3;
    paint_load(painter, QRectF(name.left(), name.bottom() + 4, name.width(), line), tr("cpu"),
               host.cpu, {}, t);
    if (tells_memory(p.data))
        paint_memory(painter, p, host,
                     QRectF(name.left(), name.bottom() + 4 + line, name.width(), line));
    painter.setFont(base);
}

void paint_card_cell(QPainter& painter, const PlacementPaint& p, std::size_t h, std::size_t a) {
    const Theme& t = p.theme;
    const PlacementHost& host = p.data.hosts[h];
    const QRectF box = p.layout.cell(h, a).adjusted(8, 0, -8, -2);
    painter.setPen(QPen(t.line, 1));
    painter.setBrush(t.surface);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    const QFont base = painter.font();
    const QFontMetricsF small(small_font(base));
    const QFontMetricsF metrics(base);
    const PlacementApplication& app = p.data.applications[a];
    painter.setFont(small_font(base));
    painter.setPen(t.muted);
    painter.drawText(
        QRectF(box.left() + 8, box.top() + 3, box.width() - 16, small.height()), kLeft,
        small.elidedText(app.name + u' ' + app.kind, Qt::ElideRight, box.width() - 16));
    double y = box.top() + small.height() + 8;
    const double side = p.layout.glyph;
    for (const PlacedReplica* replica : p.index.at(h, a)) {
        const QRectF line(box.left() + 8, y, box.width() - 14, metrics.height() + 2);
        const bool stale = replica->stale || host.stale;
        paint_replica(painter, QRectF(line.left(), line.center().y() - side / 2, side, side),
                      *replica, stale, t);
        const bool guilty = replica->state == ReplicaState::Convicted;
        painter.setFont(guilty ? strong_font(base) : base);
        painter.setPen(t.text);
        const QString name = name_of(*replica);
        painter.drawText(line.adjusted(side + 7, 0, 0, 0), kLeft, name);
        const double used = side + 7 +
                            std::max(metrics.horizontalAdvance(QStringLiteral("E1")),
                                     QFontMetricsF(painter.font()).horizontalAdvance(name)) +
                            9;
        painter.setFont(small_font(base));
        painter.setPen(guilty ? t.bad_text : t.muted);
        // The glyph of the ordinary says enough where there is no room for its word.
        QString word = word_of(*replica);
        const bool fits = small.horizontalAdvance(word) <= line.width() - used;
        if (!fits && replica->badges && !guilty)
            word = word.section(QStringLiteral(", "), 1);
        if (fits || replica->badges || guilty)
            painter.drawText(line.adjusted(used, 0, 0, 0), kLeft,
                             small.elidedText(word, Qt::ElideRight, line.width() - used));
        y += metrics.height() + 5;
    }
    painter.setFont(base);
}

void paint_grid_heads(QPainter& painter, const PlacementPaint& p, std::size_t first,
                      std::size_t last) {
    const QFont base = painter.font();
    painter.setFont(small_font(base));
    const QFontMetricsF small(painter.font());
    for (std::size_t h = first; h < last; ++h) {
        const PlacementHost& host = p.data.hosts[h];
        const QRectF head = p.layout.host_head(h);
        const bool failing = p.failing && *p.failing == h;
        if (failing)
            painter.fillRect(
                QRectF(head.left(), head.top(), head.width(), p.layout.body.bottom() - head.top()),
                p.theme.bad_soft);
        painter.setPen(failing ? p.theme.bad_text : p.theme.text);
        const bool upright = small.horizontalAdvance(host.name) + 6 > head.width();
        if (upright) {
            painter.save();
            painter.translate(head.center().x(), head.bottom() - 12);
            painter.rotate(-90);
            painter.drawText(QRectF(0, -small.height() / 2, head.height(), small.height()), kLeft,
                             host.name);
            painter.restore();
        } else {
            painter.drawText(head.adjusted(0, 0, 0, -12), Qt::AlignCenter, host.name);
        }
        const QRectF bar(head.left() + 2, head.bottom() - 8, head.width() - 4, 5);
        painter.fillRect(bar, p.theme.sunken);
        if (host.cpu && !host.stale)
            painter.fillRect(QRectF(bar.left(), bar.top(),
                                    bar.width() * std::clamp(*host.cpu, 0.0, 1.0), bar.height()),
                             *host.cpu > 0.9 ? p.theme.warn : p.theme.accent);
        else
            paint_hatch(painter, bar, p.theme.muted, 4);
    }
    painter.setFont(base);
}

// Glyphs with their names, each at the place that it has in every row.
void paint_named_cell(QPainter& painter, const PlacementPaint& p, const QRectF& cell,
                      const std::vector<const PlacedReplica*>& replicas, bool stale) {
    const QFont base = painter.font();
    const double side = p.layout.glyph;
    const QFontMetricsF metrics(base);
    double x = cell.left() + 6;
    for (const PlacedReplica* replica : replicas) {
        const QString name = name_of(*replica);
        const double wide = side + 4 + metrics.horizontalAdvance(name) + 10;
        if (x + wide > cell.right() + 8)
            break;
        paint_replica(painter, QRectF(x, cell.center().y() - side / 2, side, side), *replica,
                      replica->stale || stale, p.theme);
        const bool guilty = replica->state == ReplicaState::Convicted;
        painter.setPen(guilty ? p.theme.bad_text : p.theme.text);
        painter.drawText(QRectF(x + side + 4, cell.top(), wide, cell.height()), kLeft, name);
        x += std::max(wide, side + 14 + metrics.horizontalAdvance(QStringLiteral("E1.1")));
    }
}

void paint_grid_cells(QPainter& painter, const PlacementPaint& p, const QRectF& visible) {
    const std::size_t first =
        p.layout.host_at({std::max(visible.left(), p.layout.body.left()), 0}).value_or(0);
    const std::size_t last = std::min(
        p.layout.hosts,
        first + static_cast<std::size_t>(visible.width() / (p.layout.host_width + p.layout.gap)) +
            2);
    paint_grid_heads(painter, p, first, last);
    const QFontMetricsF metrics(painter.font());
    for (std::size_t a = 0; a < p.layout.applications; ++a) {
        const QRectF row = p.layout.application_head(a);
        if (row.bottom() < visible.top() || row.top() > visible.bottom())
            continue;
        if (a % 2 == 1)
            painter.fillRect(QRectF(0, row.top(), p.layout.body.right(), row.height()),
                             p.theme.dark ? p.theme.sunken.darker(112) : p.theme.window);
        painter.setPen(p.theme.text);
        painter.drawText(
            row, kLeft,
            metrics.elidedText(p.data.applications[a].name, Qt::ElideRight, row.width()));
        for (std::size_t h = first; h < last; ++h) {
            const auto& replicas = p.index.at(h, a);
            if (replicas.empty())
                continue;
            const QRectF cell = p.layout.cell(h, a);
            if (p.layout.named) {
                paint_named_cell(painter, p, cell, replicas, p.data.hosts[h].stale);
                continue;
            }
            double x =
                cell.center().x() - static_cast<double>(replicas.size()) * (p.layout.glyph + 1) / 2;
            for (const PlacedReplica* replica : replicas) {
                const QRectF box(x, cell.center().y() - p.layout.glyph / 2, p.layout.glyph,
                                 p.layout.glyph);
                const bool stale = replica->stale || p.data.hosts[h].stale;
                if (p.pixmaps)
                    painter.drawPixmap(box.topLeft(), p.pixmaps->of(*replica, stale));
                else
                    paint_replica(painter, box, *replica, stale, p.theme);
                x += p.layout.glyph + 1;
            }
        }
    }
}

void paint_violations(QPainter& painter, const PlacementPaint& p) {
    for (const Violation& one : violations(p.data)) {
        const QRectF box = p.layout.cell(one.host, one.application)
                               .adjusted(p.layout.cards ? 8 : 0, 0, p.layout.cards ? -8 : 0,
                                         p.layout.cards ? -2 : 0);
        painter.setPen(QPen(p.theme.bad, 2, Qt::DashLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4);
        if (p.layout.cards)
            paint_badge(painter, QRectF(box.right() - 20, box.top() + 3, 14, 14), Badge::Blocking,
                        p.theme);
    }
}

// Beyond f if that host fails: told at each row or card of the application.
void paint_failing(QPainter& painter, const PlacementPaint& p) {
    for (std::uint32_t a = 0; a < p.data.applications.size(); ++a) {
        if (!faults_left(p.data, a, p.failing).is_beyond())
            continue;
        for (std::size_t h = 0; h < p.layout.hosts; ++h) {
            const QRectF box = p.layout.cell(h, a);
            if (p.layout.cards) {
                painter.setPen(QPen(p.theme.bad, 1.6));
                painter.setBrush(Qt::NoBrush);
                painter.drawRoundedRect(box.adjusted(9, 1, -9, -3), 4, 4);
            } else {
                painter.fillRect(
                    QRectF(box.left(), box.bottom() - 1, box.width() + p.layout.gap, 2),
                    p.theme.bad);
            }
        }
    }
}

} // namespace

void GlyphPixmaps::prepare(const Theme& colours, double side, double ratio) {
    if (theme_ == &colours && side_ == side && ratio_ == ratio)
        return;
    known_.clear();
    theme_ = &colours;
    side_ = side;
    ratio_ = ratio;
}

const QPixmap& GlyphPixmaps::of(const PlacedReplica& replica, bool stale) {
    const int key =
        ((static_cast<int>(replica.state) * 16 + static_cast<int>(replica.badges.toInt())) * 2 +
         (replica.primary ? 1 : 0)) *
            4 +
        (replica.role == Role::Agreement ? 2 : 0) + (stale ? 1 : 0);
    const auto found = known_.constFind(key);
    if (found != known_.constEnd())
        return *found;
    const int pixels = static_cast<int>(std::ceil(side_ * ratio_));
    QPixmap pixmap(pixels, pixels);
    pixmap.setDevicePixelRatio(ratio_);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint_replica(painter, QRectF(0, 0, side_, side_), replica, stale, *theme_);
    painter.end();
    return *known_.insert(key, pixmap);
}

void paint_placement(QPainter& painter, const PlacementPaint& what) {
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF visible =
        what.visible.isNull() ? QRectF(QPointF(), what.layout.size) : what.visible;
    if (what.pixmaps)
        what.pixmaps->prepare(what.theme, what.layout.glyph,
                              painter.device() ? painter.device()->devicePixelRatioF() : 1);
    if (what.layout.cards) {
        for (std::size_t h = 0; h < what.layout.hosts; ++h) {
            paint_host_card(painter, what, h);
            for (std::size_t a = 0; a < what.layout.applications; ++a)
                paint_card_cell(painter, what, h, a);
        }
    } else {
        paint_grid_cells(painter, what, visible);
    }
    paint_violations(painter, what);
    if (what.failing)
        paint_failing(painter, what);
    if (what.focus) {
        painter.setPen(QPen(what.theme.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(
            what.layout.cell(what.focus->first, what.focus->second)
                .adjusted(what.layout.cards ? 6 : -1, -1, what.layout.cards ? -6 : 1, 0),
            5, 5);
    }
}

double cost_height(const QFont& font) {
    const QFontMetricsF metrics(font);
    return QFontMetricsF(strong_font(font)).height() + 10 + 4 * (metrics.height() + 9) + 4;
}

void paint_cost(QPainter& painter, const QRectF& box, const PlacementData& data,
                const Theme& theme) {
    painter.setRenderHint(QPainter::Antialiasing);
    const QFont base = painter.font();
    const QFontMetricsF metrics(base);
    const QFontMetricsF strong(strong_font(base));
    painter.setFont(strong_font(base));
    painter.setPen(theme.text);
    painter.drawText(QRectF(box.left(), box.top(), box.width(), strong.height()), kLeft,
                     tr("What protecting %1 applications costs, execution replicas")
                         .arg(data.applications.size()));
    painter.setFont(base);
    const std::vector<CostBar> bars = cost_bars(data);
    int most = 1;
    double names = 0;
    for (const CostBar& bar : bars) {
        most = std::max(most, bar.awake + bar.asleep);
        names = std::max(names, metrics.horizontalAdvance(bar.name));
    }
    names += 18;
    const double figure = metrics.horizontalAdvance(tr("%1 + %2 asleep").arg(8888).arg(8888)) + 12;
    const double unit = std::max(20.0, box.width() - names - figure) / most;
    double y = box.top() + strong.height() + 10;
    const double high = metrics.height() + 2;
    for (const CostBar& bar : bars) {
        const bool ours = bar.asleep > 0;
        painter.setPen(ours ? theme.text : theme.muted);
        painter.drawText(QRectF(box.left(), y, names, high), kLeft, bar.name);
        const QRectF awake(box.left() + names, y + 1, unit * bar.awake, high - 2);
        painter.setPen(Qt::NoPen);
        painter.setBrush(ours ? theme.good : theme.neutral);
        painter.drawRoundedRect(awake, 3, 3);
        double right = awake.right();
        if (ours) {
            const QRectF asleep(awake.right() + 2, y + 1, unit * bar.asleep - 2, high - 2);
            painter.setPen(QPen(theme.sleep, 1.3, Qt::DashLine));
            painter.setBrush(theme.good_soft);
            painter.drawRoundedRect(asleep.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
            right = asleep.right();
        }
        painter.setPen(theme.text);
        painter.drawText(QRectF(right + 9, y, figure, high), kLeft,
                         ours ? tr("%1 + %2 asleep").arg(bar.awake).arg(bar.asleep)
                              : QString::number(bar.awake));
        y += metrics.height() + 9;
    }
}

namespace {

struct LegendItem {
    ReplicaState state;
    bool agreement;
    bool primary;
};
constexpr LegendItem kLegend[] = {
    {ReplicaState::Active, true, false},        {ReplicaState::Active, true, true},
    {ReplicaState::Active, false, false},       {ReplicaState::Paused, false, false},
    {ReplicaState::Hibernated, false, false},   {ReplicaState::Recovering, false, false},
    {ReplicaState::Unresponsive, false, false}, {ReplicaState::Convicted, false, false},
    {ReplicaState::Stopped, false, false},      {ReplicaState::Unknown, false, false},
};

QString legend_word(const LegendItem& item) {
    return item.agreement ? (item.primary ? tr("agreement, primary") : tr("agreement"))
                          : words(item.state);
}

// Places of the items in lines of `width`; returns the height.
template <class Draw> double legend(const QFont& font, double width, Draw draw) {
    const QFontMetricsF small(small_font(font));
    const double side = small.height();
    double x = 0;
    double y = 0;
    for (const LegendItem& item : kLegend) {
        const double wide = side + 6 + small.horizontalAdvance(legend_word(item)) + 18;
        if (x > 0 && x + wide > width) {
            x = 0;
            y += side + 6;
        }
        draw(item, x, y, side);
        x += wide;
    }
    return y + side + 4;
}

} // namespace

double legend_height(const QFont& font, double width) {
    return legend(font, width, [](const LegendItem&, double, double, double) {});
}

void paint_legend(QPainter& painter, const QRectF& box, const Theme& theme) {
    const QFont base = painter.font();
    painter.setFont(small_font(base));
    legend(base, box.width(), [&](const LegendItem& item, double x, double y, double side) {
        const QRectF glyph(box.left() + x, box.top() + y, side, side);
        if (item.agreement)
            paint_agreement(painter, glyph, item.state, item.primary, theme);
        else
            paint_state(painter, glyph, item.state, theme);
        painter.setPen(theme.muted);
        painter.drawText(
            QPointF(glyph.right() + 6, glyph.bottom() - QFontMetricsF(painter.font()).descent()),
            legend_word(item));
    });
    painter.setFont(base);
}

Exportable exportable_of(const PlacementData& data) {
    const QFont font = QGuiApplication::font();
    constexpr double kWidth = 1000;
    const PlacementLayout layout = layout_of(data, kWidth, font);
    const double legend = legend_height(font, layout.size.width());
    Exportable out;
    out.name = QStringLiteral("placement");
    out.title = tr("Placement");
    out.size = {layout.size.width(), layout.size.height() + 14 + legend + 16 + cost_height(font)};
    out.tables = tables_of(data);
    out.draw = [data, layout, legend](QPainter& painter, const QRectF& box, const Theme& theme) {
        painter.save();
        painter.translate(box.topLeft());
        const PlacementIndex index(data);
        paint_placement(painter,
                        {data, index, layout, theme, {}, std::nullopt, std::nullopt, nullptr});
        const double y = layout.size.height() + 14;
        paint_legend(painter, QRectF(4, y, layout.size.width() - 8, legend), theme);
        paint_cost(painter,
                   QRectF(4, y + legend + 16, std::min(layout.size.width(), 900.0) - 8,
                          cost_height(painter.font())),
                   data, theme);
        painter.restore();
    };
    return out;
}

} // namespace zz::console
