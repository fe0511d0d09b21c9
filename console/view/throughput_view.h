// SPDX-License-Identifier: GPL-3.0-or-later
// ThroughputView: what did clients feel? Requests per second and latency large, active replicas,
// wake-ups and bytes fetched below; applications of several modes beside each other. GUI thread.
#pragma once

#include <array>

#include "console/model/throughput_data.h"
#include "console/view/drawn_view.h"

class QComboBox;
class QGridLayout;

namespace zz::console {

class ThroughputChart;

// Means over the visible range, a row per application: the comparison of modes.
Table comparison_table(const ThroughputData& data);
// Every point, a row per time and application.
Table points_table(const ThroughputData& data);
Exportable exportable_of(const ThroughputData& data);

class ThroughputView : public DrawnView {
    Q_OBJECT

  public:
    explicit ThroughputView(QWidget* parent = nullptr);
    ~ThroughputView() override;

    // Cheap if nothing has changed.
    void setData(const ThroughputData& data);
    const ThroughputData& data() const { return data_; }
    Exportable exportable() const override;
    bool showsRaw() const;
    void addChoice(QWidget* choice); // of whoever owns the data, first in the toolbar

  Q_SIGNALS:
    void rawWanted(bool raw);
    void rangeWanted(qint64 from_ns, qint64 to_ns); // show this range in the timeline

  protected:
    void themeChanged() override;

  private:
    void show(const ThroughputData& data);
    ThroughputData chosen() const;

    ThroughputData data_;
    QComboBox* which_;
    QToolButton* raw_ = nullptr;
    std::array<ThroughputChart*, kMeasures> charts_{};
};

} // namespace zz::console
