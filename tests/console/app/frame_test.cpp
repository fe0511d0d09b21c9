// SPDX-License-Identifier: Apache-2.0
// The frame without a data center: models keep their contract, every action has a way by keyboard,
// every view says what it has not.
#include "backend/drill/order.h"
#include "console/app/main_window.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QShortcut>
#include <QSignalSpy>
#include <QtTest>

#include "console/app/confirm.h"
#include "console/app/drill_form.h"
#include "console/app/drills_pane.h"
#include "console/app/list_panes.h"
#include "console/model/tree_model.h"
#include "console/view/table_model.h"
#include "protocol/cluster/generate.h"
#include "tests/console/app/window_support.h"

namespace zz::console {

namespace {

cluster::Cluster some_cluster() {
    cluster::GenerateOptions options;
    options.applications = cluster::default_applications(2);
    options.base_port = 20'000;
    return cluster::generate(options).value().cluster;
}

void arrive(State& state, const telemetry::Update& update) {
    Arrival arrival;
    arrival.at_ns = 10 * kNs;
    arrival.update = std::make_shared<const telemetry::Update>(update);
    state.apply(arrival);
}

// Facts of Ai of the first application, told by its host; the test says which.
telemetry::Update word_of(const cluster::Cluster& cluster, std::uint32_t replica) {
    telemetry::Update update;
    const auto host = cluster.applications[0].agreement[replica - 1].host.value;
    update.set_host(host);
    auto& source = *update.mutable_facts()->mutable_source();
    source.set_host(host);
    source.set_application(1);
    source.mutable_principal()->set_role(1);
    source.mutable_principal()->set_index(replica);
    return update;
}

} // namespace

class FrameTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("zz-test");
    }

    void the_tree_keeps_the_contract_of_models() {
        TreeModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto cluster = some_cluster();
        State state;
        model.setCluster(cluster_now(cluster, state, kNs));
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.rowCount(model.index(0, 0)), static_cast<int>(cluster.hosts.size()));
        QCOMPARE(model.rowCount(model.index(0, 0, model.index(1, 0))), 3 + 4);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.refresh(cluster_now(cluster, state, 2 * kNs));
        QVERIFY(!changed.isEmpty());
        Selection what;
        what.application = 1;
        what.part = Part::Execution;
        what.index = 3;
        QCOMPARE(model.find(what).data().toString(), QString("E3"));
        model.setCluster({});
        QCOMPARE(model.rowCount(), 0);
    }

    void nothing_is_green_that_was_not_heard() {
        const auto cluster = some_cluster();
        const auto now = cluster_now(cluster, State(), kNs);
        for (const auto& app : now.applications) {
            QVERIFY(!app.execution_left && !app.agreement_left && !app.view && !app.at_rest);
            for (const auto* list : {&app.agreement, &app.execution})
                for (const auto& replica : *list)
                    QCOMPARE(replica.state, ReplicaState::Unknown);
        }
    }

    // What fewer than f+1 replicas say is not a fact.
    void one_voice_is_not_a_fact() {
        const auto cluster = some_cluster();
        State state;
        const auto say = [&](std::uint32_t replica, std::uint64_t view) {
            telemetry::Update update = word_of(cluster, replica);
            update.mutable_facts()->mutable_agreement()->set_view(view);
            arrive(state, update);
        };
        say(1, 5);
        QVERIFY(!cluster_now(cluster, state, 10 * kNs).applications[0].view);
        say(2, 6);
        QVERIFY(!cluster_now(cluster, state, 10 * kNs).applications[0].view);
        say(3, 5);
        QCOMPARE(*cluster_now(cluster, state, 10 * kNs).applications[0].view, std::uint64_t{5});
        // Old words are no facts of now.
        QVERIFY(!cluster_now(cluster, state, 60 * kNs).applications[0].view);
    }

    // A drill is over when nobody plays it any more, whatever is left of its lease.
    void a_drill_whose_targets_are_gone_is_over() {
        const auto cluster = some_cluster();
        State state;
        telemetry::Update host;
        host.set_host(1);
        host.mutable_facts()->mutable_source()->set_host(1);
        host.mutable_facts()->mutable_source()->mutable_principal()->set_role(6);
        host.mutable_facts()->mutable_source()->mutable_principal()->set_index(1);
        auto& drill = *host.mutable_facts()->mutable_host()->add_drills();
        drill.set_id("d1");
        drill.set_name("matrix");
        drill.set_lease_ms(50'000);
        drill.set_parameters(R"([{"id":"d1","target":[2,1,0]},{"id":"d1","target":[1,4,0]}])");
        arrive(state, host);
        const auto agree = [&](std::uint32_t incarnation) {
            for (std::uint32_t replica = 1; replica <= 2; ++replica) {
                telemetry::Update update = word_of(cluster, replica);
                auto& slot = *update.mutable_facts()->mutable_agreement()->add_slots();
                slot.set_slot(1);
                slot.set_incarnation(incarnation);
                slot.set_state(1);
                arrive(state, update);
            }
        };
        const auto flagged = [](const ClusterNow& now, Role role, std::uint32_t index) {
            return now.applications[0].replica(role, index)->badges.testFlag(Badge::Drill);
        };
        agree(0);
        auto now = cluster_now(cluster, state, 10 * kNs);
        QCOMPARE(now.playing(), std::size_t{1});
        QVERIFY(flagged(now, Role::Execution, 1) && flagged(now, Role::Agreement, 4));
        agree(1); // removed and replaced
        now = cluster_now(cluster, state, 10 * kNs);
        QCOMPARE(now.playing(), std::size_t{1});
        QVERIFY(!flagged(now, Role::Execution, 1) && flagged(now, Role::Agreement, 4));
        telemetry::Update end;
        end.set_host(2);
        auto& event = *end.mutable_event();
        event.set_kind(telemetry::DRILL_STOPPED);
        event.set_text("d1 finished");
        event.mutable_source()->mutable_principal()->set_role(1);
        event.mutable_source()->mutable_principal()->set_index(4);
        arrive(state, end);
        now = cluster_now(cluster, state, 10 * kNs);
        QCOMPARE(now.playing(), std::size_t{0});
        QVERIFY(!flagged(now, Role::Agreement, 4));
        QCOMPARE(now.drill("d1")->ended, QString("E1 removed, A4 finished"));
    }

    void tables_keep_the_contract_of_models() {
        TableModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        Table table;
        table.columns = {{"A", "a", ""}, {"B", "b", "ms"}};
        for (int rows : {3, 7, 0, 2}) {
            table.rows.assign(static_cast<std::size_t>(rows), {QVariant(rows), QVariant(1.5)});
            model.setTable(table);
            QCOMPARE(model.rowCount(), rows);
        }
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        table.columns.push_back({"C", "c", ""});
        table.rows = {{1, 2, 3}};
        model.setTable(table);
        QCOMPARE(model.columnCount(), 3);
        QCOMPARE(reset.count(), 1);
    }

    // Further words of a drill are asked for exactly where the catalogue has them.
    void the_form_of_a_drill_follows_the_catalogue() {
        Session session;
        DrillForm form(session);
        QSet<QString> asked;
        for (const auto& entry : drill::catalog()) {
            form.setDraft("A", QString::fromStdString(std::string(entry.name)), {"x"}, ",A1\nE1,P",
                          {});
            const QStringList parameters = form.parameters();
            for (const auto& parameter : entry.parameters) {
                const auto name = QString::fromStdString(std::string(parameter.name));
                if (name != "file" && name != "from")
                    QVERIFY2(parameters.contains(name), qPrintable(name));
            }
            for (const QString& name : parameters) {
                asked.insert(name);
                QVERIFY(std::any_of(entry.parameters.begin(), entry.parameters.end(),
                                    [&](const auto& p) { return p.name == name.toStdString(); }));
            }
            QCOMPARE(form.question().drill.csv.empty(), entry.name != "matrix");
            QCOMPARE(form.question().drill.targets.empty(), entry.name == "matrix");
        }
        QVERIFY(asked.size() >= 10);
        form.setDraft("A", "link-delay", {"E1", "A2"}, {}, {});
        const auto question = form.question();
        QCOMPARE(question.drill.targets, (std::vector<std::string>{"E1", "A2"}));
        QCOMPARE(question.drill.parameters.size(), std::size_t{1});
        QCOMPARE(question.drill.parameters[0].first, std::string("delay-ms"));
    }

    // Production: the verb stays dead until reason and name are typed; both go to the hosts.
    void what_is_grave_is_typed() {
        ConfirmText text;
        text.application = "A";
        text.verb = "Start silent";
        text.production = true;
        QTimer::singleShot(0, this, [] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            auto* go = dialog->findChild<QPushButton*>("confirm-go");
            auto* name = dialog->findChild<QLineEdit*>("confirm-name");
            QVERIFY(!go->isEnabled());
            QTest::keyClicks(dialog->findChild<QLineEdit*>("confirm-reason"), "yearly exercise");
            QTest::keyClicks(name, "B");
            QVERIFY(!go->isEnabled());
            name->clear();
            QTest::keyClicks(name, "A");
            QVERIFY(go->isEnabled());
            QTest::mouseClick(go, Qt::LeftButton);
        });
        const auto given = confirm(nullptr, text);
        QVERIFY(given.has_value());
        QCOMPARE(given->name, QString("A"));
        QCOMPARE(given->reason, QString("yearly exercise"));
        text.production = false;
        QTimer::singleShot(0, this, [] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            QTest::keyClick(dialog, Qt::Key_Return); // Cancel has the focus
        });
        QVERIFY(!confirm(nullptr, text).has_value());
    }

    void space_presses_the_button_that_has_the_focus() {
        Session session;
        MainWindow window(session);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        window.showPane("sessions");
        auto* box = window.drills()->findChild<QCheckBox*>();
        window.showPane("drills");
        QSignalSpy toggled(box, &QCheckBox::toggled);
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Space);
        QCOMPARE(toggled.count(), 1);
    }

    void four_views_at_once_and_back() {
        Session session;
        MainWindow window(session);
        window.resize(1280, 800);
        window.show();
        const auto action = [&](const QString& text) {
            for (QAction* one : window.actions())
                if (one->text().remove('&').startsWith(text))
                    return one->trigger();
            QFAIL(qPrintable(text));
        };
        action("Watch a fault");
        QTRY_COMPARE(in_sight(window), QStringList({"events", "matrix", "placement", "timeline"}));
        const auto small = [&] {
            QStringList out;
            for (const char* name : {"events", "matrix", "placement", "timeline"})
                if (const QSize size = window.pane(name)->size();
                    size.width() <= 480 || size.height() <= 150)
                    out << QString("%1: %2 x %3").arg(name).arg(size.width()).arg(size.height());
            return out.join(", ");
        };
        QTRY_COMPARE(small(), QString()); // they come to stand
        QCOMPARE(window.size(), QSize(1280, 800));
        action("Reset layout");
        QTRY_COMPARE(in_sight(window), QStringList({"overview"}));
    }

    void every_view_says_that_nothing_is_connected() {
        Session session;
        MainWindow window(session);
        window.show();
        for (const auto* pane : window.panes()) {
            window.showPane(pane->name());
            QCoreApplication::processEvents();
            auto* frame = pane->findChild<StateFrame*>();
            QVERIFY(frame != nullptr);
            if (pane->name() != "sessions")
                QCOMPARE(frame->viewState().condition, Condition::NoProfile);
        }
        QVERIFY(!session.mayDrill());
    }

    // Whatever was shown before, and at what size: a view that comes to front fills its place.
    void every_view_fills_its_place_at_once() {
        Session session;
        MainWindow window(session);
        window.show();
        for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
            window.resize(size);
            for (int round = 0; round < 2; ++round)
                for (const auto* pane : window.panes()) {
                    window.showPane(pane->name());
                    QCoreApplication::processEvents();
                    QVERIFY2(pane->width() > size.width() / 2 && pane->height() > size.height() / 2,
                             qPrintable(QString("%1: %2 x %3")
                                            .arg(pane->name())
                                            .arg(pane->width())
                                            .arg(pane->height())));
                }
        }
    }

    void every_action_has_a_name_and_no_single_key_starts_a_fault() {
        Session session;
        MainWindow window(session);
        QVERIFY(window.actions().size() > 30);
        QSet<QString> keys;
        for (const QAction* action : window.actions()) {
            QVERIFY(!action->text().isEmpty());
            const QString key = action->shortcut().toString();
            if (key.isEmpty())
                continue;
            QVERIFY2(!keys.contains(key), qPrintable("twice: " + key));
            keys.insert(key);
            if (!key.contains('+') && action->text().contains("drill", Qt::CaseInsensitive))
                QFAIL(qPrintable(action->text() + " starts by one key"));
        }
        // A key of a view that is also one of the window would do nothing there.
        for (const auto* shortcut : window.findChildren<QShortcut*>())
            QVERIFY2(!keys.contains(shortcut->key().toString()),
                     qPrintable(shortcut->key().toString()));
        for (const auto* one : window.findChildren<QAbstractButton*>())
            QVERIFY2(one->shortcut().isEmpty() || one->text().contains('&'),
                     qPrintable(one->text()));
        for (const char* key : {"Ctrl+1", "Ctrl+9", "Ctrl+K", "F1", "/", "N", "Space", "[", "]",
                                "Ctrl+E", "Ctrl+Z", "Ctrl+Shift+X"})
            QVERIFY2(keys.contains(key), key);
    }

    // Each picture that the guide names is there, and each one that is there is named.
    void the_guide_has_its_pictures() {
        const QString docs = QStringLiteral(ZZ_SOURCE_DIR "/resources/docs/");
        QFile guide(docs + "console.md");
        QVERIFY(guide.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(guide.readAll());
        QSet<QString> named;
        static const QRegularExpression picture("\\]\\((console/[a-z]+\\.png)\\)");
        for (auto it = picture.globalMatch(text); it.hasNext();) {
            const QString path = it.next().captured(1);
            named.insert(path);
            QCOMPARE(QImage(docs + path).size(), QSize(1280, 800));
        }
        QVERIFY(named.size() >= 6);
        for (const QString& file : QDir(docs + "console").entryList({"*.png"}))
            QVERIFY2(named.contains("console/" + file), qPrintable(file));
    }

    void every_part_has_an_accessible_name_and_can_be_reached() {
        Session session;
        MainWindow window(session);
        window.show();
        int reached = 0;
        QSet<QWidget*> seen;
        for (QWidget* at = window.nextInFocusChain(); at != &window && !seen.contains(at);
             at = at->nextInFocusChain()) {
            seen.insert(at);
            reached += (at->focusPolicy() & Qt::TabFocus) != 0 ? 1 : 0;
        }
        QVERIFY(reached > 20);
        for (const auto* pane : window.panes())
            QVERIFY(!pane->accessibleName().isEmpty());
    }
};

} // namespace zz::console

QTEST_MAIN(zz::console::FrameTest)
#include "frame_test.moc"
