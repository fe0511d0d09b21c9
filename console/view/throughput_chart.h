// SPDX-License-Identifier: GPL-3.0-or-later
// ThroughputChart: the one place that knows Qt Charts. One measure of several applications with
// marks of events and target lines. Series are replaced whole, never appended to; no OpenGL, no
// animation. GUI thread.
#pragma once

#include <QChartView>
#include <vector>

#include "console/model/throughput_data.h"
#include "console/view/theme.h"

class QDateTimeAxis;
class QLineSeries;
class QValueAxis;

namespace zz::console {

// The upper end of an axis that shows `most`: round, and kept while it still fits well.
double axis_top(double most, double present);

class ThroughputChart : public QChartView {
    Q_OBJECT

  public:
    explicit ThroughputChart(Measure measure, QWidget* parent = nullptr);
    ~ThroughputChart() override;

    void setData(const ThroughputData& shown);
    void setTheme(const Theme& theme);
    // The chart alone into `box`, as vectors.
    void renderTo(QPainter& painter, const QRectF& box);
    void setCompact(bool compact); // no legend, few ticks

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void drawForeground(QPainter* painter, const QRectF& rect) override;

  private:
    struct Line {
        QLineSeries* series;
        QLineSeries* target;
    };
    Line& lineAt(std::size_t index);
    void style(std::size_t index);
    void fitTicks(int width);
    void layAxesOut();
    void paintMarks(QPainter& painter);

    Measure measure_;
    const Theme* theme_;
    ThroughputData data_;
    QDateTimeAxis* time_;
    QValueAxis* value_;
    std::vector<Line> lines_;
    double top_ = 0;
    bool laid_out_ = false; // since it has its size
};

// The hue and dash of the series `index`; dashes keep them apart without colour.
QPen series_pen(std::size_t index, const Theme& theme);

} // namespace zz::console
