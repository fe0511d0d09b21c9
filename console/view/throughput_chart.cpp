// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/throughput_chart.h"

#include <QChart>
#include <QDateTime>
#include <QDateTimeAxis>
#include <QGraphicsLayout>
#include <QLegend>
#include <QLegendMarker>
#include <QLineSeries>
#include <QLocale>
#include <QTimer>
#include <QValueAxis>
#include <algorithm>
#include <cmath>

#include "console/view/glyphs.h"

namespace zz::console {

double axis_top(double most, double present) {
    if (!(most > 0))
        return present > 0 ? present : 1;
    // Hysteresis: neither cut off nor mostly empty.
    if (present >= most && most > present * 0.35)
        return present;
    const double wanted = most * 1.15;
    const double power = std::pow(10.0, std::floor(std::log10(wanted)));
    for (const double times : {1.0, 2.0, 4.0, 6.0, 8.0, 10.0}) {
        if (power * times >= wanted)
            return power * times;
    }
    return power * 10;
}

QPen series_pen(std::size_t index, const Theme& theme) {
    const QRgb light[] = {okabe_ito::kBlue,  okabe_ito::kVermillion,
                          okabe_ito::kGreen, okabe_ito::kPurple,
                          0xff8a6d00,        0xff3b4754};
    const QRgb dark[] = {okabe_ito::kSky,    okabe_ito::kOrange, okabe_ito::kGreen,
                         okabe_ito::kPurple, okabe_ito::kYellow, 0xffd0d6de};
    const QList<qreal> dashes[] = {{}, {6, 2}, {2, 2}, {8, 2, 2, 2}, {10, 4}, {1, 2}};
    const std::size_t hue = index % std::size(light);
    QPen pen(QColor::fromRgb(theme.dark ? dark[hue] : light[hue]), 1.8);
    pen.setCapStyle(Qt::FlatCap);
    const auto& dash = dashes[hue];
    if (!dash.isEmpty())
        pen.setDashPattern(dash);
    return pen;
}

ThroughputChart::ThroughputChart(Measure measure, QWidget* parent)
    : QChartView(parent), measure_(measure), theme_(&theme()), time_(new QDateTimeAxis),
      value_(new QValueAxis) {
    setRenderHint(QPainter::Antialiasing);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    QChart* drawn = chart();
    drawn->setAnimationOptions(QChart::NoAnimation);
    drawn->setDropShadowEnabled(false);
    drawn->setBackgroundRoundness(0);
    drawn->setMargins(QMargins(4, 2, 12, 2));
    drawn->layout()->setContentsMargins(0, 0, 0, 0);
    drawn->legend()->setAlignment(Qt::AlignTop);
    drawn->legend()->setMarkerShape(QLegend::MarkerShapeFromSeries);
    time_->setFormat(QStringLiteral("HH:mm:ss"));
    time_->setTickCount(7);
    value_->setTickCount(5);
    drawn->addAxis(time_, Qt::AlignBottom);
    drawn->addAxis(value_, Qt::AlignLeft);
    setAccessibleName(tr("Chart of %1; see the table").arg(words(measure)));
    setTheme(theme());
}

ThroughputChart::~ThroughputChart() = default;

void ThroughputChart::setCompact(bool compact) {
    chart()->legend()->setVisible(!compact);
    value_->setTickCount(compact ? 3 : 5);
}

// As many times as can be read beside each other.
void ThroughputChart::fitTicks(int width) {
    const int wide = QFontMetrics(small_font(font())).horizontalAdvance("00:00:00") + 28;
    time_->setTickCount(std::clamp((width - 40) / wide, 2, 7));
}

// Axes keep the room that they needed before they had labels; another number of ticks makes them
// measure anew.
void ThroughputChart::layAxesOut() {
    const int ticks = time_->tickCount();
    time_->setTickCount(ticks + 1);
    time_->setTickCount(ticks);
}

void ThroughputChart::resizeEvent(QResizeEvent* event) {
    QChartView::resizeEvent(event);
    laid_out_ = false;
    fitTicks(width());
    QTimer::singleShot(0, this, &ThroughputChart::layAxesOut);
}

ThroughputChart::Line& ThroughputChart::lineAt(std::size_t index) {
    while (lines_.size() <= index) {
        Line line{new QLineSeries, new QLineSeries};
        for (QLineSeries* series : {line.series, line.target}) {
            chart()->addSeries(series);
            series->attachAxis(time_);
            series->attachAxis(value_);
        }
        const auto markers = chart()->legend()->markers(line.target);
        for (auto* marker : markers)
            marker->setVisible(false);
        lines_.push_back(line);
        style(lines_.size() - 1);
    }
    return lines_[index];
}

void ThroughputChart::style(std::size_t index) {
    QPen pen = series_pen(index, *theme_);
    lines_[index].series->setPen(pen);
    QColor faint = pen.color();
    faint.setAlpha(170);
    lines_[index].target->setPen(QPen(faint, 1, Qt::DotLine));
}

void ThroughputChart::setTheme(const Theme& colours) {
    theme_ = &colours;
    QChart* drawn = chart();
    drawn->setBackgroundBrush(colours.surface);
    drawn->setBackgroundPen(Qt::NoPen);
    setBackgroundBrush(colours.surface);
    QFont small = small_font(font());
    drawn->legend()->setLabelColor(colours.text);
    drawn->legend()->setFont(small);
    drawn->setTitleFont(strong_font(font()));
    for (QAbstractAxis* axis :
         {static_cast<QAbstractAxis*>(time_), static_cast<QAbstractAxis*>(value_)}) {
        axis->setLabelsFont(small);
        axis->setLabelsColor(colours.muted);
        axis->setGridLineColor(colours.grid);
        axis->setLinePenColor(colours.line);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i)
        style(i);
}

void ThroughputChart::setData(const ThroughputData& shown) {
    data_ = shown;
    double most = 0;
    const auto from = static_cast<double>(shown.from_ms);
    const auto to = static_cast<double>(shown.to_ms);
    const int columns = std::max(200, width());
    for (std::size_t i = 0; i < shown.series.size(); ++i) {
        const ThroughputSeries& one = shown.series[i];
        Line& line = lineAt(i);
        const QVector<QPointF> points =
            shown.raw ? one.of(measure_) : bucketed(one.of(measure_), from, to, columns);
        for (const QPointF& point : points)
            most = std::max(most, point.y());
        line.series->replace(points);
        const QString name = one.mode.isEmpty()
                                 ? one.application
                                 : QStringLiteral("%1 · %2").arg(one.application, one.mode);
        if (line.series->name() != name)
            line.series->setName(name);
        const bool aims = measure_ == Measure::Rate && one.target;
        line.target->replace(aims ? QVector<QPointF>{{from, *one.target}, {to, *one.target}}
                                  : QVector<QPointF>{});
        if (aims)
            most = std::max(most, *one.target);
        line.series->setVisible(true);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const bool used = i < shown.series.size();
        if (!used) {
            lines_[i].series->replace(QVector<QPointF>{});
            lines_[i].target->replace(QVector<QPointF>{});
            lines_[i].series->setVisible(false);
        }
        for (auto* marker : chart()->legend()->markers(lines_[i].target))
            marker->setVisible(false);
    }
    double top = axis_top(most, top_);
    if (measure_ == Measure::Active || measure_ == Measure::WakeUps)
        top = std::ceil(top / 2) * 2;
    if (top != top_) {
        top_ = top;
        value_->setRange(0, top);
        // Of what is counted there are no halves.
        const bool counted = measure_ == Measure::Active || measure_ == Measure::WakeUps;
        if (counted)
            value_->setTickCount(top <= 6 ? static_cast<int>(top) + 1 : 3);
        value_->setLabelFormat(counted || top >= 20 ? QStringLiteral("%.0f")
                                                    : QStringLiteral("%.1f"));
    }
    time_->setRange(QDateTime::fromMSecsSinceEpoch(shown.from_ms, Qt::UTC),
                    QDateTime::fromMSecsSinceEpoch(shown.to_ms, Qt::UTC));
    time_->setFormat(shown.to_ms - shown.from_ms < 5'000 ? QStringLiteral("ss.zzz")
                                                         : QStringLiteral("HH:mm:ss"));
    // What axes need was measured while there was no time to write on them.
    if (!laid_out_ && isVisible() && shown.to_ms > shown.from_ms) {
        laid_out_ = true;
        layAxesOut();
    }
    viewport()->update();
}

void ThroughputChart::paintMarks(QPainter& painter) {
    const QRectF plot = chart()->plotArea();
    const double span = static_cast<double>(std::max<std::int64_t>(1, data_.to_ms - data_.from_ms));
    double last = -1e9;
    painter.setRenderHint(QPainter::Antialiasing);
    const auto holds = [this](const ThroughputSeries& one) { return !one.of(measure_).isEmpty(); };
    if (std::none_of(data_.series.begin(), data_.series.end(), holds)) {
        painter.setPen(theme_->muted);
        painter.drawText(plot, Qt::AlignCenter, tr("nobody measured this"));
        return;
    }
    for (const ThroughputMark& mark : data_.marks) {
        if (mark.at_ms < data_.from_ms || mark.at_ms > data_.to_ms)
            continue;
        const double x =
            plot.left() + plot.width() * static_cast<double>(mark.at_ms - data_.from_ms) / span;
        QColor line = theme_->muted;
        line.setAlpha(120);
        painter.setPen(QPen(line, 1, Qt::DashLine));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
        if (x - last < 11)
            continue;
        last = x;
        paint_mark(painter, QRectF(x - 6, plot.top() - 2, 12, 12), mark.kind, *theme_);
    }
}

void ThroughputChart::drawForeground(QPainter* painter, const QRectF&) {
    painter->save();
    paintMarks(*painter);
    painter->restore();
}

void ThroughputChart::renderTo(QPainter& painter, const QRectF& box) {
    resize(box.size().toSize());
    fitTicks(width());
    chart()->resize(box.size());
    scene()->setSceneRect(QRectF(QPointF(), box.size()));
    painter.save();
    scene()->render(&painter, box, QRectF(QPointF(), box.size()));
    painter.translate(box.topLeft());
    paintMarks(painter);
    painter.restore();
}

} // namespace zz::console
