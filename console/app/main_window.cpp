// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/main_window.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QMessageBox>
#include <QStatusBar>
#include <QStyledItemDelegate>
#include <QTabBar>
#include <QTextBrowser>
#include <QTextDocumentFragment>
#include <QTimer>
#include <QToolBar>
#include <QTreeView>

#include "console/app/connect_dialog.h"
#include "console/app/drawn_panes.h"
#include "console/app/drills_pane.h"
#include "console/app/inspector.h"
#include "console/app/list_panes.h"
#include "console/app/overview_pane.h"
#include "console/app/top_strip.h"
#include "console/model/tree_model.h"
#include "console/view/canvas.h"
#include "console/view/glyphs.h"
#include "console/view/matrix_view.h"

namespace zz::console {
namespace {

constexpr std::size_t kSeenMax = 100;
constexpr const char* kInSight = "in sight"; // of a dock: it is not behind a tab

// The state of a node as its shape before the name.
class TreeDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        const QVariant state = index.data(TreeModel::kStateRole);
        if (index.column() == 0 && state.isValid()) {
            option->icon = icon_of(static_cast<ReplicaState>(state.toInt()), theme(),
                                   index.data(TreeModel::kStaleRole).toBool());
            option->features |= QStyleOptionViewItem::HasDecoration;
        }
        if (index.column() == 1)
            option->palette.setColor(QPalette::Text, theme().muted);
    }
};

// A title of no height.
QWidget* nothing(QWidget* parent) {
    auto* out = new QWidget(parent);
    auto* layout = new QHBoxLayout(out);
    layout->setContentsMargins(0, 0, 0, 0);
    return out;
}

// Hides the rows of names that do not have this in them, neither above nor below; false: none has.
bool narrow(QTreeView& tree, const QString& filter, const QModelIndex& parent, bool above) {
    bool found = false;
    for (int row = 0; row < tree.model()->rowCount(parent); ++row) {
        const QModelIndex at = tree.model()->index(row, 0, parent);
        const bool heading = !parent.isValid(); // "Hosts", "Applications"
        const bool named =
            above || (!heading && at.data().toString().contains(filter, Qt::CaseInsensitive));
        const bool shown = narrow(tree, filter, at, named) || named;
        tree.setRowHidden(row, parent, !shown && !heading);
        found = found || shown;
    }
    return found;
}

// What one came for: the picture or the list, else the first that takes keys.
void focus_first(Pane& pane) {
    for (auto* one : pane.findChildren<QWidget*>()) {
        const bool drawn = one->metaObject() == &QWidget::staticMetaObject ||
                           qobject_cast<Canvas*>(one) != nullptr;
        if (one->isVisible() && one->focusPolicy() == Qt::StrongFocus &&
            one->focusProxy() == nullptr &&
            (drawn || qobject_cast<QAbstractItemView*>(one) != nullptr)) {
            one->setFocus();
            return;
        }
    }
    pane.setFocus();
}

} // namespace

MainWindow::MainWindow(Session& session) : session_(session) {
    setObjectName("mainWindow");
    setWindowTitle(tr("ZZ console"));
    resize(1280, 800);
    strip_ = new TopStrip(session_);
    auto* bar = new QToolBar(tr("Top strip"));
    bar->setObjectName("topBar");
    bar->setMovable(false);
    bar->setFloatable(false);
    bar->toggleViewAction()->setVisible(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->addWidget(strip_);
    bar->setContentsMargins(0, 0, 0, 0);
    addToolBar(Qt::TopToolBarArea, bar);
    inner_ = new QMainWindow;
    inner_->setWindowFlags(Qt::Widget);
    inner_->setObjectName("views");
    inner_->setAnimated(false); // a view is there at once, not a fifth of a second later
    inner_->setDockNestingEnabled(true);
    inner_->setDocumentMode(true);
    inner_->setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    setCentralWidget(inner_);
    makePanes();
    makeSides();
    makeMenus();
    connect(strip_, &TopStrip::stopAllWanted, this, &MainWindow::stopAllDrills);
    connect(strip_, &TopStrip::connectionWanted, this, [this] { showPane("connections"); });
    connect(&session_, &Session::refreshed, this, &MainWindow::follow);
    connect(&keeper_, &QTimer::timeout, this, &MainWindow::saveWindow);
    connect(&session_, &Session::cursorChanged, this, &MainWindow::refresh);
    connect(&session_, &Session::sourceChanged, this, &MainWindow::sourceChanged);
    connect(&session_, &Session::filterChanged, this, &MainWindow::filterTree);
    for (const auto signal : {&Session::selectionChanged, &Session::filterChanged})
        connect(&session_, signal, this, [this] {
            remember();
            if (session_.hasSource()) {
                const QModelIndex index = tree_model_->find(session_.selection());
                if (index != tree_->currentIndex())
                    tree_->setCurrentIndex(index);
            }
            refresh();
        });
    resetLayout();
    sourceChanged();
    qApp->installEventFilter(this);
}

MainWindow::~MainWindow() = default;

void MainWindow::makePanes() {
    matrix_ = new MatrixPane(session_);
    drills_ = new DrillsPane(session_);
    events_ = new EventsPane(session_);
    auto* timeline = new TimelinePane(session_);
    auto* throughput = new ThroughputPane(session_);
    auto* sessions = new SessionsPane(session_);
    auto* placement = new PlacementPane(session_);
    panes_ = {new OverviewPane(session_),
              placement,
              matrix_,
              timeline,
              throughput,
              drills_,
              events_,
              sessions,
              new ConnectionsPane(session_),
              new AuditPane(session_)};
    for (Pane* pane : panes_) {
        auto* dock = new QDockWidget(pane->tabTitle(), inner_);
        dock->setObjectName("dock-" + pane->name());
        dock->setWidget(pane);
        docks_[pane] = dock;
        connect(dock, &QDockWidget::visibilityChanged, this, [this, pane, dock](bool visible) {
            dock->setProperty(kInSight, visible);
            // Once Qt has laid out its docks.
            QTimer::singleShot(0, this, &MainWindow::polishTabs);
            if (visible) {
                pane->show();
                pane->update_now();
                remember();
            }
        });
        connect(pane, &Pane::actionRequested, this, &MainWindow::act);
        connect(pane, &Pane::said, this, &MainWindow::say);
    }
    tabAll();
    connect(drills_, &DrillsPane::watchWanted, this, &MainWindow::watchLayout);
    inner_->setStyleSheet("QTabBar::tab { padding-left: 8px; padding-right: 8px; }");
    connect(matrix_, &MatrixPane::playWanted, this,
            [this](const QString& csv, const QString& application, const QString& truth) {
                drills_->setDraft(application, "matrix", {}, csv, truth);
                showPane("drills");
                drills_->check();
            });
    connect(matrix_, &MatrixPane::evidenceWanted, this, &MainWindow::exportEvidence);
    const auto jump = [this](qint64 at) {
        session_.seekTold(at);
        showPane("timeline");
    };
    connect(throughput, &ThroughputPane::rangeWanted, this,
            [this, timeline](qint64 from, qint64 to) {
                showPane("timeline");
                timeline->showRange(from, to);
            });
    connect(placement, &PlacementPane::drillWanted, this, &MainWindow::draftFor);
    connect(matrix_, &MatrixPane::jumpWanted, this, jump);
    connect(events_, &EventsPane::jumpWanted, this, jump);
    connect(sessions, &SessionsPane::openWanted, this, &MainWindow::openSessionFile);
}

void MainWindow::makeSides() {
    tree_model_ = new TreeModel(this);
    tree_ = new QTreeView;
    tree_->setModel(tree_model_);
    tree_->setItemDelegate(new TreeDelegate(tree_));
    tree_->setHeaderHidden(true);
    tree_->setUniformRowHeights(true);
    tree_->setAccessibleName(tr("Hosts and applications"));
    tree_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    tree_->header()->setStretchLastSection(true);
    tree_->setIndentation(14);
    tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const auto chosen = [this](const QModelIndex& index) {
        if (index.isValid())
            session_.select(index.data(TreeModel::kSelectionRole).value<Selection>());
    };
    connect(tree_, &QTreeView::clicked, this, chosen);
    connect(tree_, &QTreeView::activated, this, chosen);
    auto* left = new QDockWidget(tr("Data center"), this);
    left->setObjectName("dock-tree");
    left->setWidget(tree_);
    addDockWidget(Qt::LeftDockWidgetArea, left);
    inspector_ = new QTextBrowser;
    inspector_->setAccessibleName(tr("Inspector"));
    inspector_->setFrameShape(QFrame::NoFrame);
    inspector_->setOpenLinks(false);
    connect(inspector_, &QTextBrowser::anchorClicked, this, [this](const QUrl& url) {
        const QString what = url.toString();
        if (what.startsWith("evidence:"))
            exportEvidence(what.mid(9));
        else if (what.startsWith("drill:")) {
            const auto parts = what.mid(6).split('.');
            drills_->setDraft(parts.value(0), "wrong-reply", {parts.value(1)}, {}, {});
            showPane("drills");
        } else {
            showPane(what);
        }
    });
    auto* right = new QDockWidget(tr("Inspector"), this);
    right->setObjectName("dock-inspector");
    right->setWidget(inspector_);
    addDockWidget(Qt::RightDockWidgetArea, right);
    ticker_ = new QLabel;
    ticker_->setAccessibleName(tr("Newest events"));
    ticker_->setTextFormat(Qt::RichText);
    ticker_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    counters_ = new QLabel;
    counters_->setAccessibleName(tr("Counters"));
    statusBar()->addWidget(ticker_, 1);
    statusBar()->addPermanentWidget(counters_);
}

Pane* MainWindow::pane(const QString& name) const {
    for (Pane* one : panes_)
        if (one->name() == name)
            return one;
    return nullptr;
}

void MainWindow::showPane(const QString& name) {
    if (Pane* one = pane(name)) {
        docks_[one]->show();
        docks_[one]->raise();
        docks_[one]->setProperty(kInSight, true);
        one->show();
        focus_first(*one);
        one->update_now();
    }
}

QString MainWindow::shownPane() const {
    for (Pane* one : panes_)
        if (one->isVisible() && !one->visibleRegion().isEmpty())
            return one->name();
    return {};
}

// Qt makes the bars of tabbed docks by itself. A tab says what a title would say again.
void MainWindow::polishTabs() {
    // To Qt what lies behind a tab is visible: Tab would walk through it and it would be painted.
    // Where a dock is says nothing: one that was just raised is moved into place later.
    if (isVisible())
        for (const auto& [pane, dock] : docks_)
            if (const bool seen = dock->isFloating() ||
                                  inner_->tabifiedDockWidgets(dock).isEmpty() ||
                                  dock->property(kInSight).toBool();
                seen == pane->isHidden())
                pane->setVisible(seen);
    for (const auto& [pane, dock] : docks_) {
        const bool tabbed = !dock->isFloating() && !inner_->tabifiedDockWidgets(dock).isEmpty();
        QWidget* none = dock->titleBarWidget();
        if (tabbed == (none != nullptr))
            continue;
        dock->setTitleBarWidget(tabbed ? nothing(dock) : nullptr);
        if (none != nullptr)
            none->deleteLater();
    }
    for (auto* bar : inner_->findChildren<QTabBar*>(Qt::FindDirectChildrenOnly)) {
        bar->setElideMode(Qt::ElideNone);
        bar->setExpanding(false);
        bar->setUsesScrollButtons(true);
    }
}

void MainWindow::refresh() {
    polishTabs();
    refreshViews();
    refreshInspector();
    refreshTicker();
    slow_.start();
}

// What is in no name, "convicted", says nothing about the tree.
void MainWindow::filterTree() {
    if (!narrow(*tree_, session_.filter(), {}, false))
        narrow(*tree_, {}, {}, false);
}

void MainWindow::refreshViews() {
    strip_->refresh();
    events_->refreshAlerts();
    if (session_.hasSource())
        tree_model_->refresh(session_.now());
    for (Pane* one : panes_)
        one->update_now();
}

void MainWindow::follow() {
    constexpr qint64 kSlowMs = 250; // nobody reads faster
    refreshViews();
    if (slow_.isValid() && slow_.elapsed() < kSlowMs)
        return;
    slow_.start();
    // On its own: a turn of the window's thread stays short.
    QTimer::singleShot(0, this, [this] {
        polishTabs();
        refreshInspector();
        refreshTicker();
    });
}

void MainWindow::sourceChanged() {
    tree_model_->setCluster(session_.now());
    tree_->expandToDepth(session_.now().hosts.size() > 12 ? 0 : 0);
    for (int row = 0; row < tree_model_->rowCount(); ++row)
        tree_->expand(tree_model_->index(row, 0));
    filterTree();
    setWindowTitle(session_.hasSource() ? tr("%1 — ZZ console").arg(session_.title())
                                        : tr("ZZ console"));
    seen_.clear();
    refresh();
}

void MainWindow::refreshInspector() {
    const QString html = inspect(session_);
    if (html == inspected_)
        return;
    inspected_ = html;
    inspector_->setHtml(html);
}

void MainWindow::say(const QString& text) {
    said_ns_ = session_.cursor();
    ticker_->setText("<b>" + text.toHtmlEscaped() + "</b>");
}

// As many of the newest events as stand side by side without being cut.
QString MainWindow::fitting_events() const {
    for (int count = 3; count > 1; --count) {
        const QString html = newest_events(session_, count);
        if (QTextDocumentFragment::fromHtml(html).toPlainText().size() *
                ticker_->fontMetrics().averageCharWidth() <
            ticker_->width())
            return html;
    }
    return newest_events(session_, 1);
}

void MainWindow::refreshTicker() {
    if (!session_.hasSource()) {
        ticker_->setText({});
        counters_->setText({});
        return;
    }
    if (session_.cursor() - said_ns_ > 6 * kNs || session_.cursor() < said_ns_)
        ticker_->setText(fitting_events());
    counters_->setText(counters_text(session_, events_->openAlerts()));
}

// The one button of a view that has nothing to show.
void MainWindow::act(Condition condition) {
    switch (condition) {
    case Condition::NoProfile:
    case Condition::Replay:
        connectDialog();
        break;
    case Condition::Filtered:
        session_.setFilter({});
        session_.select({});
        break;
    case Condition::Partial:
    case Condition::Stale:
    case Condition::Incompatible:
        showPane("connections");
        break;
    case Condition::Paused:
        session_.goLive();
        break;
    case Condition::Connecting:
        session_.close();
        break;
    default:
        if (session_.link() != nullptr)
            session_.link()->refetch();
        break;
    }
}

void MainWindow::openProfile(const Profile& profile) {
    const Status connected = session_.connectTo(profile);
    if (!connected)
        QMessageBox::warning(this, tr("Cannot connect"),
                             QString::fromStdString(connected.error().text));
    else
        remember_profile(profile);
}

void MainWindow::openSessionFile(const QString& path) {
    const Status opened = session_.openFile(path);
    if (!opened)
        QMessageBox::warning(this, tr("Cannot open"), QString::fromStdString(opened.error().text));
}

void MainWindow::connectDialog() {
    ConnectDialog dialog(this);
    if (dialog.exec() != QDialog::Accepted)
        return;
    if (!dialog.sessionFile().isEmpty())
        openSessionFile(dialog.sessionFile());
    else
        openProfile(dialog.profile());
}

void MainWindow::stopAllDrills() {
    drills_->stopAll();
}

void MainWindow::nextEvent(int by) {
    // In the order in which they came, as the cursor shows them. It stands at whole milliseconds.
    constexpr std::int64_t kMs = 1'000'000;
    const auto& arrived = session_.history().log().arrived();
    const auto shown_from = [](const EventRecord& one) {
        return (one.arrived_ns + kMs - 1) / kMs * kMs;
    };
    const std::int64_t at = session_.cursor();
    const auto next = std::partition_point(arrived.begin(), arrived.end(),
                                           [&](const auto& one) { return shown_from(one) <= at; });
    if (by > 0 && next != arrived.end())
        session_.seek(shown_from(*next));
    if (by > 0 || next == arrived.begin())
        return;
    const std::int64_t newest = shown_from(*std::prev(next));
    const auto first = std::partition_point(
        arrived.begin(), next, [&](const auto& one) { return shown_from(one) < newest; });
    if (first != arrived.begin())
        session_.seek(shown_from(*std::prev(first)));
}

void MainWindow::remember() {
    if (undoing_)
        return;
    const Seen seen{session_.filter(), shownPane(), session_.selection()};
    if (!seen_.empty() && seen_.back() == seen)
        return;
    seen_.push_back(seen);
    if (seen_.size() > kSeenMax)
        seen_.erase(seen_.begin());
}

void MainWindow::undoView() {
    if (seen_.size() < 2)
        return;
    seen_.pop_back();
    const Seen before = seen_.back();
    undoing_ = true;
    session_.setFilter(before.filter);
    session_.select(before.selection);
    if (!before.pane.isEmpty())
        showPane(before.pane);
    undoing_ = false;
}

void MainWindow::exportEvidence(const QString& id) {
    const QString path = QFileDialog::getSaveFileName(this, tr("Export proof"), id + ".zze");
    if (path.isEmpty())
        return;
    DeskQuestion question;
    question.ask = DeskAsk::Evidence;
    question.id = id.toStdString();
    question.path = path.toStdString();
    session_.askDesk(question, [this, path](const DeskResult& result) {
        say(result.error.empty() ? tr("The proof is in %1").arg(path)
                                 : QString::fromStdString(result.error));
    });
}

// The draft of a drill on what was pointed at.
void MainWindow::draftFor(const Selection& target) {
    const auto& now = session_.now();
    const auto* host = now.host(target.host);
    const bool known =
        target.application >= 0 && target.application < static_cast<int>(now.applications.size());
    const QString app =
        known ? now.applications[static_cast<std::size_t>(target.application)].name : QString();
    if (target.part == Part::Execution)
        drills_->setDraft(app, "wrong-reply", {QString("E%1").arg(target.index)}, {}, {});
    else if (target.part == Part::Agreement)
        drills_->setDraft(app, "silent", {QString("A%1").arg(target.index)}, {}, {});
    else if (host != nullptr)
        drills_->setDraft(app, "host-stop", {host->name}, {}, {});
    showPane("drills");
}

// A key that a button, a box or a list understands is not taken from it by a shortcut.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool takes = qobject_cast<QAbstractButton*>(watched) != nullptr ||
                           qobject_cast<QComboBox*>(watched) != nullptr;
        if (takes && key->key() == Qt::Key_Space && key->modifiers() == Qt::NoModifier) {
            event->accept();
            return true;
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

} // namespace zz::console
