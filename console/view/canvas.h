// SPDX-License-Identifier: GPL-3.0-or-later
// Canvas: what drawn views paint on: keyboard focus, cells that arrow keys walk, tooltips, and an
// accessible text for the focused cell. GUI thread.
#pragma once

#include <QWidget>
#include <functional>

namespace zz::console {

class Canvas : public QWidget {
    Q_OBJECT

  public:
    explicit Canvas(QWidget* parent = nullptr);

    std::function<void(QPainter&)> paint;
    // Walks by (columns, rows); returns the text of the cell that has the focus now.
    std::function<QString(int, int)> walk;
    std::function<QString(const QPointF&)> tip;
    std::function<void(const QPointF&, bool activated)> press;
    std::function<bool(QKeyEvent*)> key; // true: was handled
    std::function<bool(QMouseEvent*)> drag;
    std::function<bool(QWheelEvent*)> wheel;
    std::function<void()> resized;

  protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void say(const QString& text);
};

} // namespace zz::console
