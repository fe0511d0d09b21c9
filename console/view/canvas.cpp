// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/canvas.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

namespace zz::console {

Canvas::Canvas(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent, false);
}

void Canvas::say(const QString& text) {
    if (text.isEmpty())
        return;
    setAccessibleDescription(text);
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
}

bool Canvas::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && tip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const QString text = tip(help->pos());
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

void Canvas::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(font());
    if (paint)
        paint(painter);
}

void Canvas::keyPressEvent(QKeyEvent* event) {
    if (key && key(event))
        return;
    const bool plain =
        event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
    if (plain && walk) {
        switch (event->key()) {
        case Qt::Key_Left:
            return say(walk(-1, 0));
        case Qt::Key_Right:
            return say(walk(1, 0));
        case Qt::Key_Up:
            return say(walk(0, -1));
        case Qt::Key_Down:
            return say(walk(0, 1));
        default:
            break;
        }
    }
    QWidget::keyPressEvent(event);
}

void Canvas::mousePressEvent(QMouseEvent* event) {
    if (drag && drag(event))
        return;
    if (press && event->button() == Qt::LeftButton)
        press(event->position(), false);
}

void Canvas::mouseMoveEvent(QMouseEvent* event) {
    if (drag)
        drag(event);
}

void Canvas::mouseReleaseEvent(QMouseEvent* event) {
    if (drag)
        drag(event);
}

void Canvas::mouseDoubleClickEvent(QMouseEvent* event) {
    if (press && event->button() == Qt::LeftButton)
        press(event->position(), true);
}

void Canvas::wheelEvent(QWheelEvent* event) {
    if (!wheel || !wheel(event))
        QWidget::wheelEvent(event);
}

void Canvas::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (resized)
        resized();
}

} // namespace zz::console
