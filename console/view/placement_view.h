// SPDX-License-Identifier: GPL-3.0-or-later
// PlacementView: what sits where? Hosts and applications, replicas with their states, what breaks
// if a host fails, and what the protection costs. GUI thread.
#pragma once

#include <memory>

#include "console/view/drawn_view.h"
#include "console/view/placement_paint.h"

class QLabel;
class QScrollArea;

namespace zz::console {

class Canvas;

class PlacementView : public DrawnView {
    Q_OBJECT

  public:
    explicit PlacementView(QWidget* parent = nullptr);
    ~PlacementView() override;

    // Cheap if nothing has changed.
    void setData(const PlacementData& data);
    const PlacementData& data() const { return data_; }
    Exportable exportable() const override;

    // Overlay "if this host fails" of the host with the focus or under the pointer.
    bool showsFailure() const;
    void setShowsFailure(bool shown);

  Q_SIGNALS:
    void drillWanted(const zz::console::Selection& selection); // open the drill console on it

  protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void themeChanged() override;
    void contextMenuEvent(QContextMenuEvent* event) override;

  private:
    void makeBody();
    void relayout();
    void say();
    QString walk(int columns, int rows);
    QString describe(std::size_t host, std::size_t application) const;
    Selection selection(std::size_t host, std::size_t application) const;
    std::optional<std::uint32_t> failing() const;

    PlacementData data_;
    std::unique_ptr<PlacementIndex> index_;
    PlacementLayout layout_;
    QFont drawn_font_;
    GlyphPixmaps pixmaps_;
    std::optional<std::pair<std::size_t, std::size_t>> focus_;
    QToolButton* fails_ = nullptr;
    QLabel* said_;
    QScrollArea* scroll_;
    Canvas* canvas_;
    QWidget* cost_;
};

} // namespace zz::console
