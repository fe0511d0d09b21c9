// SPDX-License-Identifier: Apache-2.0
// The console on a real data center of processes: connects, shows it live, clicks through a drill
// to the conviction, sees a host die and come back, records and replays.
#include "console/app/main_window.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDialog>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QtTest>
#include <csignal>

#include "console/app/drawn_panes.h"
#include "console/app/drills_pane.h"
#include "console/app/incident.h"
#include "console/app/list_panes.h"
#include "console/model/adapters.h"
#include "console/view/matrix_view.h"
#include "console/view/placement_view.h"
#include "console/view/timeline_view.h"
#include "tests/console/app/window_support.h"

namespace zz::console {

class SystemTest : public QObject {
    Q_OBJECT

  private:
    QByteArray ctl(const QStringList& words, int patience_ms = 90'000) {
        QProcess process;
        process.start(QStringLiteral(ZZ_BIN_DIR "/zzctl"), words + QStringList{"--dir", dir()});
        if (!process.waitForFinished(patience_ms) || process.exitCode() != 0)
            return "failed: " + process.readAllStandardError();
        return process.readAllStandardOutput();
    }
    QString dir() const { return folder_.path() + "/dc"; }

    const ApplicationNow& app() const { return session_->now().applications.front(); }
    bool live() const {
        return session_->hasSource() && view_state_of(*session_).condition == Condition::Live;
    }

    QString recording() const { return folder_.path() + "/one.zzs"; }
    static QPushButton* button(const QWidget* in, const QString& text) {
        for (auto* one : in->findChildren<QPushButton*>())
            if (one->text().remove('&').startsWith(text))
                return one;
        return nullptr;
    }
    static bool is_convicted(const MatrixData& data) {
        return std::any_of(data.rows.begin(), data.rows.end(), [](const MatrixRow& row) {
            return row.name.startsWith("E1") && row.badges.testFlag(Badge::Convicted);
        });
    }
    static bool has_mark(const TimelineData& data, const QString& lane, MarkKind kind) {
        for (const auto& one : data.lanes)
            for (const auto& mark : one.marks)
                if (one.name == lane && mark.kind == kind)
                    return true;
        return false;
    }
    static bool has_event(const EventsModel& model, telemetry::EventKind kind, std::int64_t from) {
        for (int row = 0; row < model.rowCount(); ++row)
            if (model.record(row).event().kind() == kind && model.record(row).wall_ns >= from)
                return true;
        return false;
    }
    static void keep(const QString& path, const QByteArray& bytes) {
        QFile file(path);
        if (file.open(QIODevice::WriteOnly))
            file.write(bytes);
    }

    QTemporaryDir folder_{"/tmp/zz-con-XXXXXX"};
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;
    std::map<std::uint32_t, std::set<ReplicaState>> seen_; // of each slot, in placement
    QProcess load_;

  private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("zz-test");
        QVERIFY(!ctl({"cluster", "init", "--apps", "1", "--drills"}).startsWith("failed"));
        const QByteArray up = ctl({"cluster", "up"});
        QVERIFY2(!up.startsWith("failed"), up);
        session_ = std::make_unique<Session>();
        window_ = std::make_unique<MainWindow>(*session_);
        window_->show();
        window_->openProfile({{}, dir().toStdString(), {}});
        QVERIFY(session_->hasSource());
        load_.start(QStringLiteral(ZZ_BIN_DIR "/zzctl"),
                    {"load", "--dir", dir(), "--app", "A", "--clients", "2", "--seconds", "200"});
    }

    void cleanupTestCase() {
        window_.reset();
        session_.reset();
        load_.kill();
        load_.waitForFinished();
        ctl({"cluster", "down"});
    }

    void it_shows_what_is_there() {
        QTRY_VERIFY_WITH_TIMEOUT(live() && app().at_rest, 30'000);
        QCOMPARE(app().active, 2);
        QCOMPARE(app().asleep, 1);
        QCOMPARE(app().execution_left.value_or(-9), 1);
        QCOMPARE(app().agreement_left.value_or(-9), 1);
        QTRY_VERIFY_WITH_TIMEOUT(app().requests.value_or(0) > 0, 20'000);
        QVERIFY(session_->log().all().size() > 10);
    }

    // From one click on: every step is in sight, nothing else is touched.
    void a_click_on_a_drill_leads_to_the_conviction() {
        new QAbstractItemModelTester(static_cast<EventsPane*>(window_->pane("events"))->model(),
                                     QAbstractItemModelTester::FailureReportingMode::QtTest,
                                     window_.get());
        session_->link()->record(recording().toStdString());
        QTRY_VERIFY_WITH_TIMEOUT(session_->link()->recording().on, 5000);
        auto* drills = window_->drills();
        window_->showPane("drills");
        drills->setDraft("A", "wrong-reply", {"E1"}, {}, {});
        QTest::mouseClick(button(drills, "Check"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(drills->stage(), DrillStage::Checked, 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(button(drills, "Start")->isEnabled(), 5000);
        // The question: Cancel has the focus, the verb is on the other button.
        QString verb, focus;
        QTimer::singleShot(300, this, [&] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            auto* go = dialog->findChild<QPushButton*>("confirm-go");
            verb = go->text();
            focus = qobject_cast<QPushButton*>(dialog->focusWidget())->text();
            QTest::mouseClick(go, Qt::LeftButton);
        });
        auto* placement = window_->pane("placement")->findChild<PlacementView*>();
        connect(session_.get(), &Session::refreshed, placement, [this, placement] {
            for (const auto& one : placement->data().placed)
                if (one.replica.role == Role::Execution)
                    seen_[one.replica.index].insert(one.replica.state);
        });
        const std::int64_t begun = session_->cursor();
        QTest::mouseClick(button(drills, "Start"), Qt::LeftButton);
        QVERIFY2(verb.contains("wrong-reply"), qPrintable(verb));
        QVERIFY2(focus.contains("Cancel"), qPrintable(focus));
        QCOMPARE(drills->stage(), DrillStage::Injecting);
        QTRY_COMPARE(in_sight(*window_),
                     QStringList({"events", "matrix", "placement", "timeline"}));
        // The matrix blocks, then its row is convicted.
        auto* matrix = window_->matrix()->view();
        QTRY_COMPARE_WITH_TIMEOUT(matrix->reading().first.kind, matrix::Kind::Blocking, 30'000);
        QTRY_VERIFY_WITH_TIMEOUT(is_convicted(matrix->data()), 30'000);
        QTRY_COMPARE_WITH_TIMEOUT(drills->stage(), DrillStage::Restored, 90'000);
        session_->disconnect(placement);
        QVERIFY(!app().convictions.empty());
        QCOMPARE(app().convictions.front().slot, 1U);
        QVERIFY2(seen_[1].contains(ReplicaState::Convicted) ||
                     seen_[1].contains(ReplicaState::Reimaging),
                 "placement never showed the liar removed");
        QVERIFY2(seen_[3].contains(ReplicaState::Active), "placement never showed the spare awake");
        const auto* lanes = static_cast<TimelinePane*>(window_->pane("timeline"))->view();
        QVERIFY(has_mark(lanes->data(), "E1", MarkKind::Conviction));
        QVERIFY(has_mark(lanes->data(), "E3", MarkKind::Wake));
        QVERIFY(has_mark(lanes->data(), "E3", MarkKind::FirstReply));
        const auto& runs = lanes->data().runs;
        const auto run = std::find_if(runs.begin(), runs.end(), [&](const PhaseRun& one) {
            return one.id == drills->history().back().id;
        });
        QVERIFY(run != runs.end());
        QVERIFY(run->at(Phase::Convicted).has_value());
        const auto* events = static_cast<EventsPane*>(window_->pane("events"))->model();
        for (const auto kind : {telemetry::DRILL_STARTED, telemetry::DEVIATION,
                                telemetry::CONVICTED, telemetry::WAKE_DECIDED})
            QVERIFY2(has_event(*events, kind, begun), telemetry::EventKind_Name(kind).c_str());
        const auto& report = drills->history().back().report;
        QCOMPARE(report["predicted"]["convicted"].dump(), report["observed"]["convicted"].dump());
        QCOMPARE(report["predicted"]["verdict"].dump(), report["observed"]["verdict"].dump());
    }

    // What is exported from a recording is what was exported while it ran, byte by byte.
    void a_recording_exports_the_same_bytes() {
        session_->pause();
        const std::int64_t at = session_->cursor() - kNs;
        // What counts over time needs a moment until it has something to count from.
        const std::int64_t from = session_->startNs() + 3 * kNs;
        const auto exports = [at, from](Session& session, MainWindow& window) {
            session.seek(at);
            std::map<QString, QByteArray> out;
            auto* lanes = static_cast<TimelinePane*>(window.pane("timeline"));
            const auto* dispute = shown_dispute(session, true);
            if (dispute == nullptr)
                return out;
            lanes->showRange(std::max(dispute->first_ns - kNs, session.startNs()),
                             dispute->first_ns + 3 * kNs);
            for (const char* name : {"events", "matrix", "timeline"})
                out[name] = to_csv(window.pane(name)->exportable(), window.pane(name)->header());
            auto* throughput = static_cast<ThroughputPane*>(window.pane("throughput"));
            out["throughput"] =
                to_csv(throughput->exportable(from, at), export_header(session, from, at));
            return out;
        };
        const auto live = exports(*session_, *window_);
        QCOMPARE(live.size(), std::size_t{4});
        session_->link()->record({});
        QTRY_VERIFY_WITH_TIMEOUT(!session_->link()->recording().on, 5000);
        session_->goLive();
        Session replayed;
        MainWindow window(replayed);
        const Status opened = replayed.openFile(recording());
        QVERIFY2(static_cast<bool>(opened), opened ? "" : opened.error().text.c_str());
        QVERIFY(replayed.isReplay() && !replayed.mayDrill());
        const auto again = exports(replayed, window);
        QCOMPARE(again.size(), live.size());
        for (const auto& [name, bytes] : again) {
            QVERIFY(bytes.count('\n') > 12);
            if (bytes != live.at(name)) {
                keep("/tmp/zz-live-" + name + ".csv", live.at(name));
                keep("/tmp/zz-replay-" + name + ".csv", bytes);
            }
            QVERIFY2(bytes == live.at(name), qPrintable(name + ": see /tmp/zz-*-" + name + ".csv"));
        }
        const auto incident = incident_of(window);
        QVERIFY(static_cast<bool>(incident));
        QVERIFY(to_pdf(incident->report, incident->header).startsWith("%PDF-"));
    }

    void a_proof_is_exported_that_proves() {
        const auto* dispute = shown_dispute(*session_, true);
        QVERIFY(dispute != nullptr);
        std::string id;
        for (const auto& update : dispute->chain)
            if (!update->event().evidence().empty())
                id = update->event().evidence();
        QVERIFY(!id.empty());
        DeskQuestion question;
        question.ask = DeskAsk::Evidence;
        question.id = id;
        question.path = (folder_.path() + "/proof").toStdString();
        std::optional<std::string> error;
        session_->askDesk(question, [&](const DeskResult& result) { error = result.error; });
        QTRY_VERIFY_WITH_TIMEOUT(error.has_value(), 20'000);
        QCOMPARE(QString::fromStdString(*error), QString());
        QProcess process;
        process.start(QStringLiteral(ZZ_BIN_DIR "/zzctl"),
                      {"evidence", "verify", folder_.path() + "/proof", "--cluster",
                       dir() + "/cluster.toml"});
        QVERIFY(process.waitForFinished(10'000));
        QCOMPARE(process.exitCode(), 0);
    }

    void the_time_cursor_shows_the_past() {
        const auto* dispute = shown_dispute(*session_, true);
        QVERIFY(dispute != nullptr);
        const DisputeKey key = dispute->key;
        session_->seek(dispute->first_ns - kNs);
        QCOMPARE(session_->mode(), TimeMode::Paused);
        QVERIFY(app().convictions.empty());
        QVERIFY(session_->disputes().find(key) == nullptr);
        QVERIFY(!session_->mayDrill());
        session_->goLive();
        QVERIFY(!app().convictions.empty());
    }

    // Each host's agent dies and comes back while the console watches: nothing of it stays green,
    // and all is known again soon after it is there.
    void a_dead_agent_is_stale_and_comes_back() {
        for (std::size_t i = 0; i < session_->now().hosts.size(); ++i) {
            QTRY_VERIFY_WITH_TIMEOUT(live() && app().at_rest && app().heard == 4, 30'000);
            const QString name = session_->now().hosts[i].name;
            QFile file(dir() + "/hosts/" + name + "/zz-host.pid");
            QVERIFY(file.open(QIODevice::ReadOnly));
            const int agent = file.readAll().split(' ').front().toInt();
            QVERIFY(agent > 1 && ::kill(agent, SIGKILL) == 0);
            const auto& host = session_->now().hosts;
            QTRY_COMPARE_WITH_TIMEOUT(host[i].contact, Contact::Stale, 10'000);
            QCOMPARE(view_state_of(*session_).condition, Condition::Partial);
            for (const auto& one : placement_data(*session_).placed)
                QVERIFY(one.host != i || one.replica.stale);
            QVERIFY(!ctl({"host", "up", name}).startsWith("failed"));
            QElapsedTimer since;
            since.start();
            QTRY_VERIFY_WITH_TIMEOUT(
                host[i].contact == Contact::Live && app().heard == 4 && app().at_rest, 20'000);
            qInfo("%s: right again after %lld ms", qPrintable(name),
                  static_cast<long long>(since.elapsed()));
            // Two heartbeats on a quiet machine.
            QVERIFY2(since.elapsed() < 6000, qPrintable(name));
        }
    }

    // The lease is the hosts' own: nobody has to be there to end the drill.
    void a_console_that_dies_leaves_no_drill() {
        QTRY_VERIFY_WITH_TIMEOUT(live() && app().at_rest, 30'000);
        DeskQuestion question;
        question.ask = DeskAsk::Start;
        question.application = "A";
        question.drill.name = "slow";
        question.drill.targets = {"A4"};
        question.drill.parameters = {{"delay-ms", "40"}};
        question.drill.lease = 5;
        std::optional<DeskResult> result;
        session_->askDesk(question, [&](const DeskResult& one) { result = one; });
        QTRY_VERIFY_WITH_TIMEOUT(result.has_value(), 20'000);
        QVERIFY2(!result->id.empty(), result->error.c_str());
        const auto is_running = [this] {
            for (const auto& host : session_->now().hosts)
                for (const auto& drill : host.drills)
                    if (drill.application() == 0 && drill.lease_ms() > 0)
                        return true;
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(is_running(), 5000);
        window_.reset();
        session_.reset();
        const QString id = QString::fromStdString(result->id);
        const auto state = [&] {
            const auto report = nlohmann::json::parse(
                ctl({"drill", "report", id, "--json"}).toStdString(), nullptr, false);
            return report.is_object() ? report["targets"].value("A4", "") : std::string();
        };
        QTRY_VERIFY_WITH_TIMEOUT(state() != "" && state() != "running", 40'000);
        qInfo("the drill is over: %s", state().c_str());
    }
};

} // namespace zz::console

QTEST_MAIN(zz::console::SystemTest)
#include "system_test.moc"
