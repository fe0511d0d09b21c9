// SPDX-License-Identifier: Apache-2.0
// The tour: its drills fit who is active now, and closing it is the end of it.
#include "console/app/main_window.h"
#include "console/app/tour.h"
#include "console/model/adapters.h"

#include <QDockWidget>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QtTest>

namespace zz::console {
namespace {

ReplicaNow slot(std::uint32_t index, ReplicaState state) {
    ReplicaNow out;
    out.index = index;
    out.state = state;
    return out;
}

ApplicationNow application(int index, std::uint32_t f, bool at_rest) {
    ApplicationNow out;
    out.index = index;
    out.faults.f = f;
    out.at_rest = at_rest;
    return out;
}

} // namespace

class TourTest : public QObject {
    Q_OBJECT

    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;

    qsizetype docks() const { return window_->findChildren<QDockWidget*>("dock-tour").size(); }
    static void deleteLater() {
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

  private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("zz-test");
    }
    void init() {
        session_ = std::make_unique<Session>();
        window_ = std::make_unique<MainWindow>(*session_);
        window_->show();
    }
    void cleanup() {
        window_.reset();
        session_.reset();
    }

    // After a conviction E2 and E3 are those that execute (ZZ-10.3: the first rows).
    void its_rows_are_the_slots_that_are_active_now() {
        ApplicationNow app = application(0, 1, true);
        app.execution = {slot(1, ReplicaState::Paused), slot(2, ReplicaState::Active),
                         slot(3, ReplicaState::Active)};
        QCOMPARE(slots_now(app), (QStringList{"E2", "E3", "E1"}));
        app.execution[2].awake = true; // woken for a while: no active slot
        QCOMPARE(slots_now(app), (QStringList{"E2", "E1", "E3"}));
        QCOMPARE(tour_matrix("P,Q,Q,Q", {"E2", "E3", "E1"}),
                 QString(",A1,A2,A3,A4\nE2,P,Q,Q,Q\nE3,P,P,P,P\n"));
    }

    void it_plays_where_one_fault_is_tolerated_and_all_is_at_rest() {
        ClusterNow now;
        now.applications = {application(0, 2, true), application(1, 1, false),
                            application(2, 1, true), application(3, 1, true)};
        QCOMPARE(tour_stage(now)->index, 2);
        QCOMPARE(tour_stage(now, 3)->index, 3);
        QVERIFY(tour_stage(now, 1) == nullptr); // it waits for the one it began with
    }

    void closing_its_dock_ends_it() {
        QPointer<Tour> tour = new Tour(*window_);
        QSignalSpy finished(tour, &Tour::finished);
        tour->begin();
        window_->findChild<QDockWidget*>("dock-tour")->close();
        deleteLater();
        deleteLater();
        QVERIFY(tour.isNull());
        QCOMPARE(finished.size(), 1);
        QCOMPARE(finished[0][0].toBool(), false);
        QTest::qWait(300); // nothing of it writes anywhere any more
    }

    void one_runs_at_a_time() {
        QPointer<Tour> first = new Tour(*window_), second = new Tour(*window_);
        first->begin();
        second->begin();
        deleteLater();
        QVERIFY(!first.isNull() && second.isNull());
        QCOMPARE(docks(), qsizetype{1});
    }
};

} // namespace zz::console

QTEST_MAIN(zz::console::TourTest)
#include "tour_test.moc"
