// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/throughput_view.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QDateTime>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "console/view/throughput_chart.h"

namespace zz::console {
namespace {

// Large ones first; the others stand three in a row.
constexpr std::array<Measure, kMeasures> kOrder = {Measure::Rate,    Measure::P50,
                                                   Measure::P99,     Measure::Active,
                                                   Measure::WakeUps, Measure::BytesFetched};

QString tr_view(const char* text) {
    return QCoreApplication::translate("zz::console::throughput", text);
}

QString title_of(Measure measure) {
    const QString unit = measure == Measure::Rate ? QString() : unit_of(measure);
    return unit.isEmpty() ? words(measure) : QStringLiteral("%1, %2").arg(words(measure), unit);
}

QVector<QPointF> within(const QVector<QPointF>& points, const ThroughputData& data) {
    QVector<QPointF> out;
    for (const QPointF& point : points) {
        if (point.x() >= static_cast<double>(data.from_ms) &&
            point.x() <= static_cast<double>(data.to_ms))
            out.push_back(point);
    }
    return out;
}

QVariant mean(const QVector<QPointF>& points) {
    if (points.isEmpty())
        return {};
    double sum = 0;
    for (const QPointF& point : points)
        sum += point.y();
    return sum / static_cast<double>(points.size());
}

QVariant highest(const QVector<QPointF>& points) {
    if (points.isEmpty())
        return {};
    return std::max_element(points.begin(), points.end(),
                            [](const QPointF& a, const QPointF& b) { return a.y() < b.y(); })
        ->y();
}

QVariant grown(const QVector<QPointF>& points) {
    if (points.isEmpty())
        return {};
    return points.back().y() - points.front().y();
}

} // namespace

Table comparison_table(const ThroughputData& data) {
    Table out;
    out.caption = tr_view("Comparison over the visible range");
    out.columns = {{tr_view("Application"), QStringLiteral("application"), {}},
                   {tr_view("Mode"), QStringLiteral("mode"), {}},
                   {tr_view("Requests/s, mean"), QStringLiteral("requests_per_s"), {}},
                   {tr_view("p50, mean"), QStringLiteral("p50_ms"), QStringLiteral("ms")},
                   {tr_view("p99, highest"), QStringLiteral("p99_ms"), QStringLiteral("ms")},
                   {tr_view("Active, mean"), QStringLiteral("active_replicas"), {}},
                   {tr_view("Wake-ups"), QStringLiteral("wakeups"), {}},
                   {tr_view("Fetched"), QStringLiteral("fetched_bytes"), QStringLiteral("B")},
                   {tr_view("Target"), QStringLiteral("target_per_s"), {}}};
    for (const ThroughputSeries& one : data.series)
        out.rows.push_back({one.application, one.mode, mean(within(one.rate, data)),
                            mean(within(one.p50, data)), highest(within(one.p99, data)),
                            mean(within(one.active, data)), grown(within(one.wakeups, data)),
                            grown(within(one.bytes, data)),
                            one.target ? QVariant(*one.target) : QVariant()});
    return out;
}

Table points_table(const ThroughputData& data) {
    Table out;
    out.caption = tr_view("Measured points");
    out.columns = {{tr_view("Time"), QStringLiteral("at"), {}},
                   {tr_view("Application"), QStringLiteral("application"), {}},
                   {tr_view("Measure"), QStringLiteral("measure"), {}},
                   {tr_view("Value"), QStringLiteral("value"), {}},
                   {tr_view("Unit"), QStringLiteral("unit"), {}}};
    for (const ThroughputSeries& one : data.series) {
        for (const Measure measure : kOrder) {
            for (const QPointF& point : within(one.of(measure), data))
                out.rows.push_back({iso_utc(static_cast<std::int64_t>(point.x()) * 1'000'000),
                                    one.application, measure_word(measure), point.y(),
                                    unit_of(measure)});
        }
    }

    for (const ThroughputMark& mark : data.marks) {
        if (mark.at_ms >= data.from_ms && mark.at_ms <= data.to_ms)
            out.rows.push_back({iso_utc(mark.at_ms * 1'000'000), mark.application,
                                QStringLiteral("event"), mark.text, QVariant()});
    }
    return out;
}

Exportable exportable_of(const ThroughputData& data) {
    Exportable out;
    out.name = QStringLiteral("throughput");
    out.title = tr_view("Throughput");
    out.size = {1000, 620};
    out.tables = {comparison_table(data), points_table(data)};
    out.draw = [data](QPainter& painter, const QRectF& box, const Theme& theme) {
        const double high = box.height() / 3;
        const double third = box.width() / 3;
        const QRectF places[] = {
            {box.left(), box.top(), box.width(), high},
            {box.left(), box.top() + high, box.width() / 2, high},
            {box.left() + box.width() / 2, box.top() + high, box.width() / 2, high},
            {box.left(), box.top() + 2 * high, third, high},
            {box.left() + third, box.top() + 2 * high, third, high},
            {box.left() + 2 * third, box.top() + 2 * high, third, high}};
        const QFont base = painter.font();
        const double line = QFontMetricsF(base).height() + 4;
        for (std::size_t i = 0; i < kOrder.size(); ++i) {
            ThroughputChart chart(kOrder[i]);
            chart.setTheme(theme);
            chart.setCompact(i > 0);
            chart.resize(places[i].size().toSize());
            chart.setData(data);
            painter.setFont(strong_font(base));
            painter.setPen(theme.text);
            painter.drawText(QRectF(places[i].left() + 6, places[i].top(), places[i].width(), line),
                             Qt::AlignLeft | Qt::AlignVCenter, title_of(kOrder[i]));
            painter.setFont(base);
            chart.renderTo(painter, places[i].adjusted(0, line, 0, 0));
        }
    };
    return out;
}

ThroughputView::ThroughputView(QWidget* parent) : DrawnView(parent), which_(new QComboBox) {
    setAccessibleName(tr("Throughput"));
    which_->addItem(tr("All applications"));
    which_->setAccessibleName(tr("Applications shown"));
    which_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    toolbar()->insertWidget(0, which_);
    connect(which_, &QComboBox::activated, this, [this] { show(chosen()); });
    raw_ = addTool(tr("Raw"), tr("Show every point instead of the extremes of each pixel column"),
                   QKeySequence(Qt::Key_R));
    raw_->setCheckable(true);
    connect(raw_, &QToolButton::toggled, this, [this](bool raw) {
        Q_EMIT rawWanted(raw);
        show(chosen());
    });
    auto* link = addTool(tr("Show in timeline"), tr("Show this range in the timeline"));
    connect(link, &QToolButton::clicked, this,
            [this] { Q_EMIT rangeWanted(data_.from_ms * 1'000'000, data_.to_ms * 1'000'000); });
    auto* body = new QWidget;
    auto* grid = new QGridLayout(body);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(6);
    for (std::size_t i = 0; i < kOrder.size(); ++i) {
        auto* cell = new QWidget;
        auto* column = new QVBoxLayout(cell);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(0);
        auto* title = new QLabel(title_of(kOrder[i]));
        title->setFont(strong_font(font()));
        title->setContentsMargins(8, 2, 0, 0);
        charts_[i] = new ThroughputChart(kOrder[i]);
        charts_[i]->setCompact(i > 0);
        charts_[i]->setMinimumHeight(96);
        title->setBuddy(charts_[i]);
        column->addWidget(title);
        column->addWidget(charts_[i], 1);
        if (i == 0)
            grid->addWidget(cell, 0, 0, 1, 6);
        else if (i < 3)
            grid->addWidget(cell, 1, static_cast<int>(i - 1) * 3, 1, 3);
        else
            grid->addWidget(cell, 2, static_cast<int>(i - 3) * 2, 1, 2);
    }
    grid->setRowStretch(0, 5);
    grid->setRowStretch(1, 4);
    grid->setRowStretch(2, 3);
    setDrawing(body);
}

ThroughputView::~ThroughputView() = default;

void ThroughputView::addChoice(QWidget* choice) {
    toolbar()->insertWidget(0, choice);
}

bool ThroughputView::showsRaw() const {
    return raw_->isChecked();
}

ThroughputData ThroughputView::chosen() const {
    ThroughputData out = data_;
    out.raw = out.raw || showsRaw();
    if (which_->currentIndex() <= 0)
        return out;
    const QString name = which_->currentText();
    std::erase_if(out.series, [&](const ThroughputSeries& one) { return one.application != name; });
    std::erase_if(out.marks, [&](const ThroughputMark& mark) {
        return !mark.application.isEmpty() && mark.application != name;
    });
    return out;
}

void ThroughputView::setData(const ThroughputData& data) {
    if (data == data_)
        return;
    data_ = data;
    QStringList names;
    for (const ThroughputSeries& one : data_.series)
        names << one.application;
    QStringList present;
    for (int i = 1; i < which_->count(); ++i)
        present << which_->itemText(i);
    if (names != present) {
        const QString kept = which_->currentIndex() > 0 ? which_->currentText() : QString();
        while (which_->count() > 1)
            which_->removeItem(1);
        which_->addItems(names);
        which_->setCurrentIndex(std::max(0, which_->findText(kept)));
    }
    show(chosen());
    tablesChanged();
}

void ThroughputView::show(const ThroughputData& data) {
    for (ThroughputChart* chart : charts_)
        chart->setData(data);
}

Exportable ThroughputView::exportable() const {
    return exportable_of(chosen());
}

void ThroughputView::themeChanged() {
    for (ThroughputChart* chart : charts_)
        chart->setTheme(theme());
}

} // namespace zz::console
