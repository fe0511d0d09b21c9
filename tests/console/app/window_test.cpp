// SPDX-License-Identifier: Apache-2.0
// What the window says of its data is what is so: old words are not of now, the filter is told of
// where it holds, and the one button of a view does what is written on it.
#include "console/app/main_window.h"
#include "console/model/adapters.h"
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
};

} // namespace zz::console

QTEST_MAIN(zz::console::WindowTest)
#include "window_test.moc"
