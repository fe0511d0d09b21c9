// SPDX-License-Identifier: GPL-3.0-or-later
// Menus, keys, command search, keyboard map and exports of the main window.
#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QShortcut>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextDocument>
#include <QVBoxLayout>
#include <algorithm>

#include "console/app/drawn_panes.h"
#include "console/app/drills_pane.h"
#include "console/app/incident.h"
#include "console/app/list_panes.h"
#include "console/app/main_window.h"
#include "console/app/top_strip.h"
#include "console/app/tour.h"
#include "console/model/event_words.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

QString plain(QString text) {
    return text.remove('&');
}

} // namespace

QAction* MainWindow::add(QMenu* menu, const QString& text, const QKeySequence& key,
                         const std::function<void()>& what) {
    auto* action = new QAction(text, this);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WindowShortcut);
    connect(action, &QAction::triggered, this, what);
    menu->addAction(action);
    addAction(action);
    return action;
}

void MainWindow::makeMenus() {
    auto* file = menuBar()->addMenu(tr("&File"));
    add(file, tr("&Connect…"), QKeySequence("Ctrl+O"), [this] { connectDialog(); });
    add(file, tr("Open &session file…"), QKeySequence("Ctrl+Shift+O"), [this] {
        const QString path =
            QFileDialog::getOpenFileName(this, tr("Session file"), {}, tr("Sessions (*.zzs)"));
        if (!path.isEmpty())
            openSessionFile(path);
    });
    auto* sessions = static_cast<SessionsPane*>(pane("sessions"));
    add(file, tr("Start or stop &recording"), QKeySequence("Ctrl+R"),
        [sessions] { sessions->toggleRecording(); });
    file->addSeparator();
    add(file, tr("&Export this view…"), QKeySequence("Ctrl+E"), [this] { exportView(); });
    add(file, tr("Incident &report…"), QKeySequence("Ctrl+Shift+E"), [this] { incidentReport(); });
    file->addSeparator();
    add(file, tr("&Disconnect"), {}, [this] { session_.close(); });
    add(file, tr("&Quit"), QKeySequence::Quit, [this] { close(); });
    makeViewMenu(menuBar()->addMenu(tr("&View")));
    auto* time = menuBar()->addMenu(tr("&Time"));
    add(time, tr("&Pause or live"), QKeySequence(Qt::Key_Space), [this] { strip_->togglePause(); });
    add(time, tr("Return to &live"), QKeySequence("Ctrl+L"), [this] { session_.goLive(); });
    add(time, tr("Previous &event"), QKeySequence("["), [this] { nextEvent(-1); });
    add(time, tr("Next e&vent"), QKeySequence("]"), [this] { nextEvent(1); });
    add(time, tr("Next &disagreement"), QKeySequence("N"), [this] {
        showPane("matrix");
        matrix_->step(1);
    });
    auto* drills = menuBar()->addMenu(tr("&Drills"));
    add(drills, tr("&New drill"), QKeySequence("Ctrl+D"), [this] { showPane("drills"); });
    add(drills, tr("&Check the drill"), {}, [this] { drills_->check(); });
    add(drills, tr("&Start the checked drill…"), {}, [this] { drills_->start(); });
    add(drills, tr("S&top this drill"), {}, [this] { drills_->stop(); });
    add(drills, tr("&Repeat the last drill"), {}, [this] { drills_->repeat(); });
    add(drills, tr("Stop &all drills"), QKeySequence("Ctrl+Shift+X"), [this] { stopAllDrills(); });
    auto* events = static_cast<EventsPane*>(pane("events"));
    add(drills, tr("Ac&knowledge the chosen alert…"), {}, [events] { events->acknowledge(); });
    auto* help = menuBar()->addMenu(tr("&Help"));
    add(help, tr("&User guide"), QKeySequence("Shift+F1"), [this] { userGuide(); });
    add(help, tr("&Tour on the live cluster"), QKeySequence("Ctrl+Shift+T"),
        [this] { startTour(); });
    add(help, tr("&Keyboard map"), QKeySequence(Qt::Key_F1), [this] { keyboardMap(); });
    add(help, tr("&Command search…"), QKeySequence("Ctrl+K"), [this] { commandSearch(); });
    add(help, tr("&About"), {}, [this] {
        QMessageBox::about(
            this, tr("ZZ console"),
            tr("The window on a ZZ data center. What one replica says is not a fact: "
               "facts here are what f+1 agreement replicas say the same, with their "
               "age. GPL-3.0-or-later."));
    });
}

void MainWindow::makeViewMenu(QMenu* menu) {
    int number = 1;
    for (Pane* one : panes_) {
        const QKeySequence key(number <= 9 ? QString("Ctrl+%1").arg(number) : "Ctrl+0");
        ++number;
        add(menu, one->title(), key, [this, one] { showPane(one->name()); });
    }
    menu->addSeparator();
    add(menu, tr("&Filter"), QKeySequence("/"), [this] { strip_->focusFilter(); });
    add(menu, tr("Clear filter and selection"), QKeySequence("Ctrl+Backspace"), [this] {
        session_.setFilter({});
        session_.select({});
    });
    add(menu, tr("&Undo change of view"), QKeySequence("Ctrl+Z"), [this] { undoView(); });
    menu->addSeparator();
    add(menu, tr("Save layout"), {}, [this] {
        QSettings settings;
        settings.setValue("layout/outer", saveState(kLayoutVersion));
        settings.setValue("layout/views", inner_->saveState(kLayoutVersion));
        say(tr("The layout is saved"));
    });
    add(menu, tr("Restore saved layout"), {}, [this] { restoreLayout("layout"); });
    add(menu, tr("&Watch a fault: four views at once"), QKeySequence("Ctrl+W"),
        [this] { watchLayout(); });
    add(menu, tr("Reset layout"), QKeySequence("Ctrl+Shift+W"), [this] { resetLayout(); });
    add(menu, tr("Detach or &attach this view"), QKeySequence("Ctrl+Shift+D"),
        [this] { detachPane(); });
    for (const char* name : {"dock-tree", "dock-inspector"})
        menu->addAction(findChild<QDockWidget*>(name)->toggleViewAction());
    auto* themes = menu->addMenu(tr("&Theme"));
    for (const auto& [kind, text] : {std::pair{ThemeKind::System, tr("&System")},
                                     {ThemeKind::Light, tr("&Light")},
                                     {ThemeKind::Dark, tr("&Dark")},
                                     {ThemeKind::HighContrast, tr("&High contrast")}})
        add(themes, text, {}, [this, kind = kind] {
            apply_theme(*qApp, kind);
            QSettings().setValue("theme", theme_word(kind));
            inspected_.clear();
            refresh();
        });
}

void MainWindow::commandSearch() {
    QDialog dialog(this);
    dialog.setWindowTitle(tr("Command search"));
    dialog.resize(460, 360);
    auto* layout = new QVBoxLayout(&dialog);
    auto* edit = new QLineEdit;
    edit->setPlaceholderText(tr("What do you want to do?"));
    edit->setAccessibleName(tr("Command"));
    auto* list = new QListWidget;
    list->setAccessibleName(tr("Commands"));
    layout->addWidget(edit);
    layout->addWidget(list);
    std::vector<QAction*> found;
    const auto fill = [&] {
        list->clear();
        found.clear();
        for (QAction* action : actions()) {
            const QString text = plain(action->text());
            bool fits = true;
            for (const auto& word : edit->text().split(' ', Qt::SkipEmptyParts))
                fits = fits && text.contains(word, Qt::CaseInsensitive);
            if (!fits || !action->isEnabled())
                continue;
            const QString key = action->shortcut().toString(QKeySequence::NativeText);
            list->addItem(key.isEmpty() ? text : text + "    " + key);
            found.push_back(action);
        }
        list->setCurrentRow(0);
    };
    connect(edit, &QLineEdit::textChanged, &dialog, fill);
    connect(edit, &QLineEdit::returnPressed, &dialog, &QDialog::accept);
    connect(list, &QListWidget::itemActivated, &dialog, &QDialog::accept);
    // The words stay where the keys go; the arrows walk the list.
    for (const auto& [key, by] : {std::pair(Qt::Key_Down, 1), std::pair(Qt::Key_Up, -1)})
        connect(new QShortcut(QKeySequence(key), edit, nullptr, nullptr, Qt::WidgetShortcut),
                &QShortcut::activated, list, [list, by = by] {
                    list->setCurrentRow(
                        std::clamp(list->currentRow() + by, 0, std::max(0, list->count() - 1)));
                });
    fill();
    edit->setFocus();
    if (dialog.exec() != QDialog::Accepted)
        return;
    const int row = list->currentRow();
    if (row >= 0 && row < static_cast<int>(found.size()))
        found[static_cast<std::size_t>(row)]->trigger();
}

void MainWindow::keyboardMap() {
    QDialog dialog(this);
    dialog.setObjectName("keyboardMap");
    dialog.setWindowTitle(tr("Keyboard map"));
    dialog.resize(520, 620);
    auto* layout = new QVBoxLayout(&dialog);
    auto* text = new QTextBrowser;
    QString html = "<table cellpadding=3>";
    for (QAction* action : actions())
        if (!action->shortcut().isEmpty())
            html += QString("<tr><td><b>%1</b></td><td>%2</td></tr>")
                        .arg(action->shortcut().toString(QKeySequence::NativeText).toHtmlEscaped(),
                             plain(action->text()).toHtmlEscaped());
    const std::pair<QString, QString> more[] = {
        {tr("Arrows"), tr("move in cards, matrix, grid and lanes")},
        {tr("Shift+arrows"), tr("pan the timeline")},
        {tr("+  -  0"), tr("zoom in, out, all")},
        {tr("Enter"), tr("choose; in events: jump there")},
        {tr("Ctrl+T, Ctrl+C"), tr("in a drawn view: as a table; copy it")},
        {tr("Shift+N, L, W"), tr("in the matrix: previous; follow the latest; what if")},
        {tr("S, P"), tr("in the timeline: snap; pin against the time cursor")},
        {tr("R"), tr("in throughput: every point")},
        {tr("Tab"), tr("next part of the window")},
        {tr("Esc"), tr("cancel")}};
    for (const auto& [key, what] : more)
        html += QString("<tr><td><b>%1</b></td><td>%2</td></tr>").arg(key, what);
    text->setAccessibleName(tr("Keyboard map"));
    text->setHtml(html + "</table><p>" + tr("No single key can start a fault.") + "</p>");
    layout->addWidget(text);
    dialog.exec();
}

void MainWindow::startTour() {
    if (!session_.mayDrill()) {
        say(tr("The tour plays drills: it needs a live data center that allows them, and an "
               "operator who may change things"));
        return;
    }
    (new Tour(*this))->begin();
}

void MainWindow::exportView() {
    Pane* one = pane(shownPane());
    if (one == nullptr)
        return;
    if (!session_.hasSource()) {
        say(tr("Nothing is shown yet: connect to a data center, or open a recording"));
        return;
    }
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Export %1").arg(one->title()), one->name() + ".png",
        tr("PNG, SVG, PDF, CSV, TSV, JSON (*.png *.svg *.pdf *.csv *.tsv *.json)"));
    if (path.isEmpty())
        return;
    const Session::Still still(session_);
    const Status written = export_to(path, one->exportable(), one->header());
    say(written ? tr("%1 is written").arg(path) : QString::fromStdString(written.error().text));
}

void MainWindow::incidentReport() {
    const auto incident = incident_of(*this);
    if (!incident) {
        say(QString::fromStdString(incident.error().text));
        return;
    }
    const QString path = QFileDialog::getSaveFileName(this, tr("Incident report"), "incident.pdf",
                                                      tr("PDF (*.pdf)"));
    if (path.isEmpty())
        return;
    const Status written = write_report(path, incident->report, incident->header);
    say(written ? tr("%1 is written").arg(path) : QString::fromStdString(written.error().text));
}

void MainWindow::userGuide() {
    // Its pictures are those of `zz-console --guide`.
    QFile file(":/guide/console.md");
    auto* dialog = new QDialog(this);
    dialog->setObjectName("guide");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("User guide"));
    dialog->resize(960, 760);
    auto* layout = new QVBoxLayout(dialog);
    auto* text = new QTextBrowser;
    text->setAccessibleName(tr("User guide"));
    text->setSearchPaths({":/guide"});
    text->setOpenExternalLinks(false);
    text->document()->setBaseUrl(QUrl("qrc:/guide/"));
    text->setMarkdown(file.open(QIODevice::ReadOnly)
                          ? QString::fromUtf8(file.readAll())
                          : tr("The guide is not part of this build: see "
                               "`resources/docs/console.md`."));
    layout->addWidget(text);
    text->setFocus();
    dialog->show();
    // Pictures as wide as the text.
    QTextCursor at(text->document());
    const double wide = text->viewport()->width() - 40;
    for (QTextBlock block = text->document()->begin(); block.isValid(); block = block.next())
        for (auto part = block.begin(); !part.atEnd(); ++part) {
            QTextImageFormat image = part.fragment().charFormat().toImageFormat();
            if (!image.isValid())
                continue;
            image.setWidth(wide);
            at.setPosition(part.fragment().position());
            at.setPosition(part.fragment().position() + 1, QTextCursor::KeepAnchor);
            at.setCharFormat(image);
        }
}

} // namespace zz::console
