// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QHeaderView>
#include <QLineEdit>
#include <QSet>
#include <QStringList>
#include <QTabBar>
#include <QTextEdit>
#include <QtTest>

#include "console/app/main_window.h"
#include "console/app/pane.h"
#include "console/view/canvas.h"

namespace zz::console {

// Names of the views of which something can be seen, in alphabetical order.
inline QStringList in_sight(const MainWindow& window) {
    QStringList out;
    for (const auto* pane : window.panes())
        if (pane->isVisible() && !pane->visibleRegion().isEmpty())
            out << pane->name();
    out.sort();
    return out;
}

// What can be pressed, chosen, walked or read.
inline bool is_control(QWidget* one) {
    const QWidget* above = one->parentWidget();
    if (qobject_cast<const QAbstractSpinBox*>(above) || qobject_cast<const QComboBox*>(above) ||
        qobject_cast<const QAbstractItemView*>(above) || qobject_cast<const QLineEdit*>(above) ||
        qobject_cast<const QTabBar*>(above) || qobject_cast<QHeaderView*>(one))
        return false; // a part of what is reached as a whole
    if (qobject_cast<const QDockWidget*>(above) && qobject_cast<QAbstractButton*>(one))
        return false; // of a title: actions of the View menu do the same
    const bool painted =
        qobject_cast<Canvas*>(one) || one->metaObject() == &QWidget::staticMetaObject;
    return (painted && one->focusPolicy() == Qt::StrongFocus && one->focusProxy() == nullptr) ||
           qobject_cast<QAbstractButton*>(one) || qobject_cast<QComboBox*>(one) ||
           qobject_cast<QAbstractSpinBox*>(one) || qobject_cast<QLineEdit*>(one) ||
           qobject_cast<QAbstractItemView*>(one) || qobject_cast<QTextEdit*>(one);
}

inline QSet<QWidget*> controls_in(const QWidget& root) {
    QSet<QWidget*> out;
    for (auto* one : root.findChildren<QWidget*>())
        if (one->isVisible() && one->isEnabled() && one->window() == root.window() &&
            is_control(one))
            out.insert(one);
    return out;
}

// Of those, what Tab alone does not come to.
inline QStringList not_reached_by_tab(const QWidget& root) {
    constexpr int kPresses = 120; // more than any window has
    const QSet<QWidget*> wanted = controls_in(root);
    QSet<QWidget*> reached;
    for (int i = 0; i < kPresses; ++i) {
        QWidget* at = QApplication::focusWidget();
        if (at == nullptr)
            return {"nothing has the focus"};
        reached.insert(at);
        QTest::keyClick(at, Qt::Key_Tab);
    }
    QStringList out;
    for (const QWidget* one : wanted - reached)
        out << QString("%1 '%2'").arg(one->metaObject()->className(), one->accessibleName());
    out.sort();
    return out;
}

} // namespace zz::console
