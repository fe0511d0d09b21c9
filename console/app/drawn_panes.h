// SPDX-License-Identifier: GPL-3.0-or-later
// The panes around the drawn views: placement, response matrix, timeline, throughput. Each fills
// its view from the session. GUI thread.
#pragma once

#include "console/app/pane.h"
#include "console/model/adapters.h"

class QComboBox;
class QSpinBox;

namespace zz::console {

class MatrixView;
class PlacementView;
class ThroughputView;
class TimelineView;

class PlacementPane : public Pane {
    Q_OBJECT
  public:
    explicit PlacementPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;

  Q_SIGNALS:
    void drillWanted(const zz::console::Selection& target);

  protected:
    void refresh() override;

  private:
    PlacementView* view_;
};

class MatrixPane : public Pane {
    Q_OBJECT
  public:
    explicit MatrixPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;
    MatrixView* view() const { return view_; }

  public Q_SLOTS:
    void step(int by); // to another disagreement

  Q_SIGNALS:
    void playWanted(const QString& csv, const QString& application, const QString& truth);
    void evidenceWanted(const QString& id);
    void jumpWanted(qint64 wall_ns);

  protected:
    void refresh() override;
    Condition emptiness() const override;

  private:
    MatrixView* view_;
};

class TimelinePane : public Pane {
    Q_OBJECT
  public:
    explicit TimelinePane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;
    TimelineView* view() const { return view_; }

  public Q_SLOTS:
    void showRange(qint64 from_ns, qint64 to_ns);

  protected:
    void refresh() override;
    std::pair<std::int64_t, std::int64_t> range() const override;

  private:
    int application() const;

    TimelineView* view_;
    std::uint64_t shown_ = 0;
    int shown_application_ = -2;
    std::int64_t shown_ns_ = 0;
};

class ThroughputPane : public Pane {
    Q_OBJECT
  public:
    explicit ThroughputPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;
    // Of another range than the one that is shown: for reports.
    Exportable exportable(std::int64_t from_ns, std::int64_t to_ns) const;

  Q_SIGNALS:
    void rangeWanted(qint64 from_ns, qint64 to_ns); // in the timeline

  protected:
    void refresh() override;
    std::pair<std::int64_t, std::int64_t> range() const override;

  private:
    ThroughputData data(std::int64_t from_ns, std::int64_t to_ns, int columns) const;

    ThroughputView* view_;
    QComboBox* span_;
    QSpinBox* target_;
    std::int64_t shown_ns_ = 0;
};

} // namespace zz::console
