// SPDX-License-Identifier: GPL-3.0-or-later
// TimelineView: how long did each phase take? Lanes per replica with phases, drills and gaps; below
// them the phase table over repeated drills. Zoom, pan, snap, range statistics, pin. GUI thread.
#pragma once

#include "console/model/timeline_data.h"
#include "console/view/drawn_view.h"
#include "console/view/timeline_paint.h"

class QKeyEvent;
class QLabel;
class QMouseEvent;
class QScrollArea;
class QSplitter;
class QTableView;
class QWheelEvent;

namespace zz::console {

class Canvas;
class TableModel;

class TimelineView : public DrawnView {
    Q_OBJECT

  public:
    explicit TimelineView(QWidget* parent = nullptr);
    ~TimelineView() override;

    // Cheap if nothing has changed. The window follows the end of the data until the user moves it.
    void setData(const TimelineData& data);
    const TimelineData& data() const { return data_; }
    Exportable exportable() const override;

    TimeWindow window() const { return window_; }
    void setWindow(const TimeWindow& window); // the user's, stays
    void fit();                               // the last fault, or all
    bool pinned() const;                      // ignores setCursor
    void setCursor(std::optional<qint64> wall_ns);
    std::optional<qint64> cursor() const { return cursor_; }

  Q_SIGNALS:
    void rangeChanged(qint64 from_ns, qint64 to_ns);
    void cursorMoved(qint64 wall_ns);

  protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void themeChanged() override;

  private:
    void makeTools();
    void connectCanvas();
    void relayout();
    void split();
    QString walk(int columns, int rows);
    QString describe(const BarRef& bar) const;
    std::optional<BarRef> barAt(const QPointF& at) const;
    bool onKey(QKeyEvent* event);
    bool onDrag(QMouseEvent* event);
    bool onWheel(QWheelEvent* event);
    void moveCursor(qint64 wall_ns);
    void stepEvent(bool forward);
    void showStatistics();
    qint64 snap(qint64 wall_ns) const;

    TimelineData data_;
    TimeWindow window_;
    TimelineLayout layout_;
    std::optional<TimeWindow> selection_;
    std::optional<BarRef> focus_;
    std::optional<qint64> cursor_;
    std::optional<double> pan_from_; // x where a pan was begun
    std::optional<qint64> drag_from_;
    bool moved_ = false;           // by the user: no longer follows
    bool moved_by_cursor_ = false; // until the cursor is gone
    bool split_by_hand_ = false;
    QToolButton* snap_ = nullptr;
    QToolButton* pin_ = nullptr;
    QLabel* said_ = nullptr;
    QSplitter* splitter_;
    QScrollArea* scroll_;
    Canvas* canvas_;
    QTableView* phases_;
    TableModel* phase_model_;
};

} // namespace zz::console
