// SPDX-License-Identifier: Apache-2.0
// What the window says of its data is what is so: old words are not of now, the filter is told of
// where it holds, and the one button of a view does what is written on it.
#include "console/app/main_window.h"
#include "console/app/overview_pane.h"
#include "console/model/adapters.h"
#include "console/model/tree_model.h"
#include "tests/console/model/story.h"

#include <QDockWidget>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTreeView>
#include <QtTest>

namespace zz::console {

class WindowTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_{"/tmp/zz-window-XXXXXX"};
    Story told_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;

    void show() {
        const Status opened = told_.open(*session_, folder_.filePath("it.zzs"));
        if (!opened)
            qFatal("%s", opened.error().text.c_str());
    }
    // Names of the rows of the tree that can be seen, below the second heading: applications.
    QStringList rows() const {
        const auto* tree = window_->findChild<QDockWidget*>("dock-tree")->findChild<QTreeView*>();
        QStringList out;
        const QModelIndex apps = tree->model()->index(1, 0);
        const QModelIndex app = tree->model()->index(0, 0, apps);
        for (int row = 0; row < tree->model()->rowCount(app); ++row)
            if (!tree->isRowHidden(row, app) && !tree->isRowHidden(0, apps))
                out << tree->model()->index(row, 0, app).data().toString();
        return out;
    }

  private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("zz-test");
    }
    void init() {
        told_ = Story();
        QVERIFY(told_.make());
        QFile::remove(folder_.filePath("it.zzs"));
        session_ = std::make_unique<Session>();
        window_ = std::make_unique<MainWindow>(*session_);
        window_->show();
    }
    void cleanup() {
        window_.reset();
        session_.reset();
    }

    void what_is_not_heard_is_not_of_now() {
        told_.seconds(0, 6);
        const std::uint32_t host = told_.host_of({Role::Execution, 1, 0});
        told_.silent_hosts = {host};
        told_.seconds(6, 9);
        show();
        TreeModel model;
        model.setCluster(session_->now());
        int stale = 0;
        for (const auto& replica : session_->now().applications[0].execution) {
            Selection what;
            what.application = 0;
            what.part = Part::Execution;
            what.index = replica.index;
            const QModelIndex at = model.find(what);
            QCOMPARE(at.data(TreeModel::kStaleRole).toBool(), replica.host == host);
            QCOMPARE(at.siblingAtColumn(1).data().toString().contains("stale"),
                     replica.host == host);
            stale += replica.host == host ? 1 : 0;
        }
        QCOMPARE(stale, 1);
        // The application has that one in it.
        QVERIFY(model.index(0, 0, model.index(1, 0)).data(TreeModel::kStaleRole).toBool());
    }

    // "0 of 4 can bear another fault" would be a fact; that nothing is known is another one.
    void the_headline_counts_what_is_not_known_apart() {
        ClusterNow now;
        now.now_ns = 10 * kNs;
        now.applications.resize(3);
        QVERIFY(overview_headline(now).first.contains("not known"));
        QVERIFY(!overview_headline(now).first.contains("of 3"));
        for (auto& app : now.applications) {
            app.execution_left = app.agreement_left = 1;
            app.age_ns = 0;
        }
        QVERIFY(overview_headline(now).second);
        now.applications[0].age_ns = 3 * kNs;
        QVERIFY(!overview_headline(now).second); // all of it, but not of now
        now.applications[1].execution_left = 0;
        now.applications[2].agreement_left.reset();
        const QString mixed = overview_headline(now).first;
        QVERIFY2(mixed.contains("1 of 3") && mixed.contains("of 1 it is not known"),
                 qPrintable(mixed));
    }

    // Placement starts from what the overview says of the application.
    void placement_has_the_numbers_of_the_overview() {
        told_.slots[1] = 0; // empty: a fresh incarnation is being made
        told_.seconds(0, 8);
        show();
        const auto& app = session_->now().applications[0];
        const auto data = placement_data(*session_);
        QVERIFY(app.execution_left && *app.execution_left == 0);
        QCOMPARE(data.applications[0].execution_left, app.execution_left);
        QCOMPARE(data.applications[0].agreement_left, app.agreement_left);
        for (const auto& placed : data.placed)
            QCOMPARE(placed.replica.counted,
                     placed.replica.role == Role::Execution && placed.replica.index == 1);
    }

    void the_filter_is_told_of_where_it_holds() {
        told_.seconds(0, 3);
        show();
        session_->setFilter("e2");
        for (const auto* pane : window_->panes())
            QCOMPARE(pane->name() + ": " + pane->header().filter,
                     pane->name() + (pane->name() == "events" ? ": e2" : ": "));
        QCOMPARE(rows(), QStringList{"E2"});
        session_->setFilter("convicted"); // a word of events, no name
        QCOMPARE(rows().size(), 3 + 4);
        session_->setFilter({});
        QCOMPARE(rows().size(), 3 + 4);
    }

    void the_button_of_a_view_does_what_it_says() {
        told_.seconds(0, 3);
        show();
        for (const Condition condition : {Condition::Stale, Condition::Incompatible}) {
            window_->showPane("overview");
            Q_EMIT window_->pane("overview")->actionRequested(condition);
            QVERIFY(window_->pane("connections")->isVisible());
        }
        ViewState state;
        state.condition = Condition::Incompatible;
        state.detail = "h1: its clock is ahead";
        QVERIFY(!words(state).title.contains("version"));
        state.other_version = true;
        QVERIFY(words(state).title.contains("version"));
        state.condition = Condition::Replay;
        QVERIFY(!words(state).action.contains("live")); // a recording has none
    }
};

} // namespace zz::console

QTEST_MAIN(zz::console::WindowTest)
#include "window_test.moc"
