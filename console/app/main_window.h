// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: the frame: top strip, tree, views as docks, inspector, ticker; commands and keys.
// Selection, filter and time cursor are those of the session, shared by all views. GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QMainWindow>
#include <QTimer>
#include <map>

#include "console/model/session.h"
#include "console/view/view_state.h"

class QDockWidget;
class QLabel;
class QMenu;
class QPlainTextEdit;
class QTextBrowser;
class QTreeView;

namespace zz::console {

class ConnectionsPane;
class DrillsPane;
class EventsPane;
class MatrixPane;
class OverviewPane;
class Pane;
class TopStrip;
class TreeModel;

inline constexpr int kLayoutVersion = 1;

class MainWindow : public QMainWindow {
    Q_OBJECT
  public:
    explicit MainWindow(Session& session);
    ~MainWindow() override;

    Session& session() { return session_; }
    const std::vector<Pane*>& panes() const { return panes_; }
    Pane* pane(const QString& name) const;
    DrillsPane* drills() const { return drills_; }
    MatrixPane* matrix() const { return matrix_; }
    void showPane(const QString& name);
    QString shownPane() const;
    void openProfile(const Profile& profile); // tells by a dialog if it cannot
    void openSessionFile(const QString& path);
    void say(const QString& text);
    // As it was when it was closed ("window") or saved ("layout").
    void restoreLayout(const QString& group);
    // From now on the window is as it was the last time, and what is changed is kept at once: who
    // is killed loses nothing.
    void keepLayout();

  public Q_SLOTS:
    void connectDialog();
    void commandSearch();
    void keyboardMap();
    void startTour();
    void exportView();
    void incidentReport();
    void userGuide();
    void stopAllDrills();
    void detachPane();
    void nextEvent(int by);

  protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void makePanes();
    void makeSides();
    void makeMenus();
    void makeViewMenu(QMenu* menu);
    QAction* add(QMenu* menu, const QString& text, const QKeySequence& key,
                 const std::function<void()>& what);
    void refresh();
    void follow(); // a turn of the session: what is small each time, the rest some times a second
    void refreshViews();
    void saveWindow();
    void polishTabs();
    void filterTree();
    void refreshInspector();
    void refreshTicker();
    QString fitting_events() const;
    void sourceChanged();
    void act(Condition condition);
    void exportEvidence(const QString& id);
    void undoView();
    void remember();
    void resetLayout();
    void watchLayout();
    void draftFor(const Selection& target);
    void tabAll();

    struct Seen { // of a view, for undo
        QString filter, pane;
        Selection selection;
        friend bool operator==(const Seen&, const Seen&) = default;
    };

    Session& session_;
    TopStrip* strip_ = nullptr;
    QMainWindow* inner_ = nullptr; // holds the views' docks
    std::vector<Pane*> panes_;
    std::map<Pane*, QDockWidget*> docks_;
    EventsPane* events_ = nullptr;
    DrillsPane* drills_ = nullptr;
    MatrixPane* matrix_ = nullptr;
    TreeModel* tree_model_ = nullptr;
    QTreeView* tree_ = nullptr;
    QTextBrowser* inspector_ = nullptr;
    QLabel *ticker_ = nullptr, *counters_ = nullptr, *message_ = nullptr;
    QString inspected_;
    std::int64_t said_ns_ = 0;
    std::vector<Seen> seen_;
    bool undoing_ = false;
    QElapsedTimer slow_;
    QTimer keeper_;
    QByteArray kept_;
};

} // namespace zz::console
