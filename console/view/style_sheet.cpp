// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/style_sheet.h"

#include <QColor>

#include "console/view/theme.h"

namespace zz::console {
namespace {

// @names stand for colours of the theme.
constexpr const char* kSheet = R"(
QToolTip { background: @surface; color: @text; border: 1px solid @line; padding: 4px 6px; }
QMainWindow::separator { background: @window; width: 6px; height: 6px; }
QMainWindow::separator:hover { background: @accent; }
QDockWidget { titlebar-close-icon: none; }
QDockWidget::title { background: @window; padding: 5px 8px; text-align: left; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @muted; padding: 6px 12px; margin: 0 1px;
    border: 1px solid transparent; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @text; background: @surface; border-color: @line;
    border-bottom: 2px solid @accent; }
QTabBar::tab:hover:!selected { color: @text; background: @sunken; }
QTabBar::tab:focus { border-color: @accent; }
QTabWidget::pane { border: 0; }
QPushButton, QToolButton { background: @surface; color: @text; border: 1px solid @line;
    border-radius: 4px; padding: 4px 10px; }
QToolButton { padding: 4px 7px; }
QToolButton[popupMode="1"] { padding-right: 18px; }
QToolButton::menu-button { border: 0; width: 16px; }
QPushButton:hover, QToolButton:hover { border-color: @neutral; background: @sunken; }
QPushButton:pressed, QToolButton:pressed { background: @line; }
QPushButton:checked, QToolButton:checked { background: @accent_soft; border-color: @accent; }
QPushButton:focus, QToolButton:focus { border-color: @accent; }
QPushButton:default { border-color: @accent; }
QPushButton:disabled, QToolButton:disabled { color: @faint; background: transparent; }
QPushButton[role="danger"] { color: @bad_text; border: 2px solid @bad; font-weight: 600; }
QPushButton[role="danger"]:hover { background: @bad_soft; }
QPushButton[role="drill"] { color: @drill_text; border-color: @drill; }
QPushButton[role="drill"]:hover { background: @drill_soft; }
QPushButton[role="danger"]:disabled, QPushButton[role="drill"]:disabled { color: @faint;
    border-color: @line; }
QToolButton[role="flat"] { border-color: transparent; background: transparent; }
QToolButton[role="flat"]:hover { background: @sunken; }
QToolButton[role="flat"]:focus, QToolButton[role="flat"]:checked { border-color: @accent; }
QLineEdit, QPlainTextEdit, QTextEdit {
    background: @surface; color: @text; border: 1px solid @line; border-radius: 4px;
    padding: 3px 6px; selection-background-color: @accent; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: @accent; }
QSpinBox QLineEdit, QComboBox QLineEdit { border: 0; padding: 0 2px; background: transparent; }
QTreeView, QTableView, QListView { background: @surface; alternate-background-color: @alternate;
    border: 1px solid @line; border-radius: 4px; gridline-color: @grid; outline: 0;
    selection-background-color: @accent_soft; selection-color: @text; }
QTreeView::item, QListView::item { padding: 3px 4px; }
QTableView::item { padding: 2px 6px; }
QTreeView:focus, QTableView:focus, QListView:focus { border-color: @accent; }
QHeaderView { background: @surface; border: 0; }
QHeaderView::section { background: @sunken; color: @muted; border: 0;
    border-right: 1px solid @line; border-bottom: 1px solid @line; padding: 4px 8px; }
QTableCornerButton::section { background: @sunken; border: 0; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: @scroll; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: @neutral; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QMenu { background: @surface; border: 1px solid @line; padding: 4px; }
QMenu::item { padding: 5px 22px 5px 22px; border-radius: 3px; }
QMenu::item:selected { background: @accent_soft; color: @text; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @line; margin: 4px 6px; }
QMenuBar { background: @window; }
QMenuBar::item { padding: 4px 9px; background: transparent; border-radius: 3px; }
QMenuBar::item:selected { background: @sunken; }
QStatusBar { background: @surface; border-top: 1px solid @line; }
QStatusBar::item { border: 0; }
QProgressBar { background: @sunken; border: 0; border-radius: 3px; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QSlider::groove:horizontal { height: 4px; background: @line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: @accent; border-radius: 2px; }
QSlider::handle:horizontal { background: @surface; border: 2px solid @accent; width: 10px;
    margin: -5px 0; border-radius: 7px; }
QSlider::handle:horizontal:focus { background: @accent; }
QSlider::sub-page:horizontal:disabled, QSlider::groove:horizontal:disabled { background: @grid; }
QSlider::handle:horizontal:disabled { border-color: @line; }
QSplitter::handle { background: @window; }
QSplitter::handle:hover { background: @line; }
QGroupBox { border: 1px solid @line; border-radius: 6px; margin-top: 1.1em; padding: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; padding: 0 4px; color: @muted; }
QFrame[role="card"] { background: @surface; border: 1px solid @line; border-radius: 6px; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="title"] { font-weight: 600; }
)";

} // namespace

QString style_sheet(const Theme& theme) {
    QColor faint = theme.muted;
    faint.setAlpha(theme.high_contrast ? 255 : 150);
    QColor scroll = theme.neutral;
    scroll.setAlpha(theme.high_contrast ? 255 : 130);
    const auto rgba = [](const QColor& c) {
        return QStringLiteral("rgba(%1,%2,%3,%4)")
            .arg(c.red())
            .arg(c.green())
            .arg(c.blue())
            .arg(c.alpha());
    };
    // A name that begins with another one stands before it.
    const std::pair<const char*, QString> names[] = {
        {"@surface", theme.surface.name()},
        {"@alternate", theme.palette().color(QPalette::AlternateBase).name()},
        {"@window", theme.window.name()},
        {"@sunken", theme.sunken.name()},
        {"@line", theme.line.name()},
        {"@grid", theme.grid.name()},
        {"@text", theme.text.name()},
        {"@muted", theme.muted.name()},
        {"@accent_soft", theme.accent_soft.name()},
        {"@accent", theme.accent.name()},
        {"@neutral", theme.neutral.name()},
        {"@bad_text", theme.bad_text.name()},
        {"@bad_soft", theme.bad_soft.name()},
        {"@bad", theme.bad.name()},
        {"@drill_text", theme.drill_text.name()},
        {"@drill_soft", theme.drill_soft.name()},
        {"@drill", theme.drill.name()},
        {"@faint", rgba(faint)},
        {"@scroll", rgba(scroll)},
    };
    QString sheet = QString::fromLatin1(kSheet);
    for (const auto& [name, value] : names)
        sheet.replace(QLatin1String(name), value);
    return sheet;
}

} // namespace zz::console
