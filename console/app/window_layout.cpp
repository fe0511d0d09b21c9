// SPDX-License-Identifier: GPL-3.0-or-later
// Where the views of the main window stand: one at a time, four at once, as they were the last
// time.
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QSettings>

#include "console/app/main_window.h"
#include "console/app/pane.h"

namespace zz::console {

// All views behind each other.
void MainWindow::tabAll() {
    QDockWidget* first = nullptr;
    for (Pane* pane : panes_) {
        QDockWidget* dock = docks_[pane];
        pane->show();
        pane->setMinimumSize(panes_.front()->minimumSize());
        dock->setFloating(false);
        inner_->removeDockWidget(dock);
        inner_->addDockWidget(Qt::TopDockWidgetArea, dock);
        dock->show();
        if (first != nullptr)
            inner_->tabifyDockWidget(first, dock);
        else
            first = dock;
    }
}

void MainWindow::resetLayout() {
    tabAll();
    for (auto* dock : findChildren<QDockWidget*>())
        dock->setVisible(true);
    resizeDocks({findChild<QDockWidget*>("dock-tree"), findChild<QDockWidget*>("dock-inspector")},
                {216, 230}, Qt::Horizontal);
    showPane("overview");
}

// What a fault does, all at once: matrix over timeline, placement over events.
void MainWindow::watchLayout() {
    constexpr int kRoomForTree = 1700;
    const auto dock = [this](const char* name) { return docks_[pane(name)]; };
    findChild<QDockWidget*>("dock-inspector")->hide();
    findChild<QDockWidget*>("dock-tree")->setVisible(width() >= kRoomForTree);
    for (const auto& [pane, one] : docks_) {
        pane->show(); // nothing is laid out by what was hidden
        one->setFloating(false);
        inner_->removeDockWidget(one);
    }
    auto *matrix = dock("matrix"), *placement = dock("placement"), *timeline = dock("timeline");
    auto* events = dock("events");
    inner_->addDockWidget(Qt::TopDockWidgetArea, matrix);
    inner_->splitDockWidget(matrix, placement, Qt::Horizontal);
    inner_->splitDockWidget(matrix, timeline, Qt::Vertical);
    inner_->splitDockWidget(placement, events, Qt::Vertical);
    for (const char* name : {"overview", "throughput", "connections", "sessions", "audit"})
        inner_->tabifyDockWidget(placement, dock(name));
    inner_->tabifyDockWidget(events, dock("drills"));
    for (const auto& [pane, one] : docks_)
        one->show();
    for (auto* one : {matrix, timeline, placement, events})
        one->raise();
    // Docks that are nested take their least size, whatever is asked of them: so these are their
    // shares until the layout is reset.
    pane("placement")->setMinimumSize(inner_->width() * 42 / 100, inner_->height() * 42 / 100);
    pane("timeline")->setMinimumHeight(inner_->height() * 36 / 100);
    QTimer::singleShot(0, this, &MainWindow::polishTabs);
    say(tr("View menu, Reset layout: back to one view at a time"));
}

// Out of the window and back.
// What has the focus: a dock at the side, else the view.
void MainWindow::detachPane() {
    for (QWidget* at = QApplication::focusWidget(); at != nullptr; at = at->parentWidget()) {
        auto* side = qobject_cast<QDockWidget*>(at);
        if (side == nullptr || docks_.contains(qobject_cast<Pane*>(side->widget())))
            continue;
        side->setFloating(!side->isFloating());
        return;
    }
    if (Pane* one = pane(shownPane())) {
        docks_[one]->setFloating(!docks_[one]->isFloating());
        polishTabs();
    }
}

void MainWindow::restoreLayout(const QString& group) {
    const QSettings settings;
    restoreGeometry(settings.value(group + "/geometry").toByteArray());
    restoreState(settings.value(group + "/outer").toByteArray(), kLayoutVersion);
    inner_->restoreState(settings.value(group + "/views").toByteArray(), kLayoutVersion);
}

void MainWindow::keepLayout() {
    constexpr int kKeepMs = 2000;
    restoreLayout("window");
    keeper_.start(kKeepMs);
}

void MainWindow::saveWindow() {
    const QByteArray geometry = saveGeometry(), outer = saveState(kLayoutVersion),
                     views = inner_->saveState(kLayoutVersion);
    const QByteArray all = geometry + outer + views;
    if (all == kept_)
        return;
    kept_ = all;
    QSettings settings;
    settings.setValue("window/geometry", geometry);
    settings.setValue("window/outer", outer);
    settings.setValue("window/views", views);
}

// Words that were written in the colours of another theme.
void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && inspector_ != nullptr)
        QTimer::singleShot(0, this, [this] {
            inspected_.clear();
            refresh();
        });
}

void MainWindow::closeEvent(QCloseEvent* event) {
    saveWindow();
    QMainWindow::closeEvent(event);
}

} // namespace zz::console
