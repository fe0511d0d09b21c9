// SPDX-License-Identifier: Apache-2.0
// Two stories on a real data center: the tour goes through all of its steps, and a console that is
// killed (SIGKILL) while its drill runs harms nothing: the drill ends by its lease or by the next
// console, the recording opens up to the cut, the layout is as it was.
#include "console/app/main_window.h"

#include <QAction>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <cstdio>

#include "console/app/drill_form.h"
#include "console/app/drills_pane.h"
#include "console/app/tour.h"
#include "tests/console/app/window_support.h"

namespace zz::console {

namespace {

constexpr const char* kRole = "ZZ_TEST_CONSOLE_ROLE";
constexpr int kLeaseLong = 60, kLeaseShort = 6;

bool is_live(const Session& session) {
    return session.hasSource() && view_state_of(session).condition == Condition::Live;
}

const ApplicationNow& first_app(const Session& session) {
    return session.now().applications.front();
}

void tell(const QString& line) {
    std::printf("%s\n", qPrintable(line));
    std::fflush(stdout);
}

bool wait_until(const std::function<bool()>& what, int ms) {
    return QTest::qWaitFor(what, ms);
}

// The one that will be killed: records, begins a drill, looks at four views.
int be_victim(MainWindow& window) {
    Session& session = window.session();
    session.link()->record(qEnvironmentVariable("ZZ_TEST_RECORDING").toStdString());
    if (!wait_until([&] { return is_live(session) && first_app(session).at_rest; }, 60'000))
        return 3;
    auto* drills = window.drills();
    drills->setDraft("A", "slow", {"A4"}, {}, {});
    drills->form()->setLease(qEnvironmentVariableIntValue("ZZ_TEST_LEASE"));
    drills->check();
    if (!wait_until([&] { return drills->stage() == DrillStage::Checked; }, 30'000))
        return 4;
    drills->startChecked("to be killed");
    for (QAction* action : window.actions())
        if (action->shortcut() == QKeySequence("Ctrl+W"))
            action->trigger();
    if (!wait_until([&] { return session.now().playing() == 1; }, 30'000))
        return 5;
    QTest::qWait(2500); // until what was arranged is kept
    tell("running " + session.now().under_way.front().id);
    return QCoreApplication::exec();
}

// The next one: finds everything as it was, sees the drill, stops it.
int be_heir(MainWindow& window) {
    Session& session = window.session();
    if (!wait_until([&] { return is_live(session); }, 60'000))
        return 3;
    QTest::qWait(500);
    tell("views " + in_sight(window).join(','));
    if (!wait_until([&] { return session.now().playing() == 1; }, 30'000))
        return 4;
    tell("sees " + session.now().under_way.front().id);
    window.drills()->stop();
    if (!wait_until([&] { return session.now().playing() == 0; }, 30'000))
        return 5;
    tell("stopped");
    return 0;
}

int be(const QString& role) {
    Session session;
    MainWindow window(session);
    window.keepLayout();
    window.show();
    window.openProfile({{}, qEnvironmentVariable("ZZ_TEST_DIR").toStdString(), {}});
    return role == "victim" ? be_victim(window) : be_heir(window);
}

} // namespace

class LiveTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_{"/tmp/zz-liv-XXXXXX"};
    QProcess load_;

    QString dir() const { return folder_.path() + "/dc"; }
    QByteArray ctl(const QStringList& words) const {
        QProcess process;
        process.start(QStringLiteral(ZZ_BIN_DIR "/zzctl"), words + QStringList{"--dir", dir()});
        if (!process.waitForFinished(90'000) || process.exitCode() != 0)
            return "failed: " + process.readAllStandardError();
        return process.readAllStandardOutput();
    }
    // Of the target A4, as telemetry has it.
    std::string end_of(const QString& id) const {
        const auto report = nlohmann::json::parse(
            ctl({"drill", "report", id, "--json"}).toStdString(), nullptr, false);
        return report.is_object() ? report["targets"].value("A4", "") : std::string();
    }
    void start(QProcess& process, const QString& role, const QString& recording, int lease) const {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(kRole, role);
        environment.insert("ZZ_TEST_DIR", dir());
        environment.insert("ZZ_TEST_RECORDING", recording);
        environment.insert("ZZ_TEST_LEASE", QString::number(lease));
        environment.insert("XDG_CONFIG_HOME", folder_.path() + "/config");
        process.setProcessEnvironment(environment);
        process.start(QCoreApplication::applicationFilePath(), {});
    }
    // What it told after `word`.
    static QString told(QProcess& process, QByteArray& all, const QString& word, int ms) {
        QString out;
        (void)wait_until(
            [&] {
                all += process.readAllStandardOutput();
                for (const auto& line : QString::fromUtf8(all).split('\n'))
                    if (line.startsWith(word))
                        out = line.mid(word.size()).trimmed() + " ";
                return !out.isEmpty() || process.state() == QProcess::NotRunning;
            },
            ms);
        return out.trimmed();
    }
    // The id of the drill that it left behind; empty: it did not come that far.
    QString kill_one(const QString& recording, int lease) const {
        QProcess victim;
        QByteArray all;
        start(victim, "victim", recording, lease);
        const QString id = told(victim, all, "running", 120'000);
        victim.kill(); // SIGKILL
        victim.waitForFinished();
        return victim.exitStatus() == QProcess::CrashExit ? id : QString();
    }

  private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QVERIFY(!ctl({"cluster", "init", "--apps", "1", "--drills"}).startsWith("failed"));
        const QByteArray up = ctl({"cluster", "up"});
        QVERIFY2(!up.startsWith("failed"), up);
        load_.start(QStringLiteral(ZZ_BIN_DIR "/zzctl"),
                    {"load", "--dir", dir(), "--app", "A", "--clients", "2", "--seconds", "280"});
    }
    void cleanupTestCase() {
        load_.kill();
        load_.waitForFinished();
        ctl({"cluster", "down"});
    }

    void a_killed_console_harms_nothing_and_the_next_one_stops_its_drill() {
        const QString recording = folder_.path() + "/cut.zzs";
        const QString id = kill_one(recording, kLeaseLong);
        QVERIFY(!id.isEmpty());
        QProcess heir;
        QByteArray all;
        start(heir, "heir", {}, 0);
        QCOMPARE(told(heir, all, "views", 90'000), QString("events,matrix,placement,timeline"));
        QCOMPARE(told(heir, all, "sees", 40'000), id);
        QVERIFY(heir.waitForFinished(40'000));
        QCOMPARE(heir.exitCode(), 0);
        QCOMPARE(end_of(id), std::string("stopped"));
        // The recording holds everything up to the last second before the cut.
        Session replayed;
        const Status opened = replayed.openFile(recording);
        QVERIFY2(static_cast<bool>(opened), opened ? "" : opened.error().text.c_str());
        const auto& log = replayed.history().log().all();
        QVERIFY(std::any_of(log.begin(), log.end(), [&](const EventRecord& one) {
            return one.kind == telemetry::DRILL_STARTED &&
                   one.event().text().starts_with(id.toStdString());
        }));
    }

    void a_killed_consoles_drill_ends_by_its_lease() {
        const QString id = kill_one(folder_.path() + "/cut2.zzs", kLeaseShort);
        QVERIFY(!id.isEmpty());
        QTRY_COMPARE_WITH_TIMEOUT(end_of(id), std::string("lease ended"), 60'000);
        Session session;
        QVERIFY(static_cast<bool>(session.connectTo({{}, dir().toStdString(), {}})));
        QTRY_VERIFY_WITH_TIMEOUT(is_live(session) && first_app(session).at_rest, 60'000);
        QCOMPARE(session.now().playing(), std::size_t{0});
        QVERIFY(first_app(session).convictions.empty());
        const auto before = first_app(session).requests.value_or(0);
        QTRY_VERIFY_WITH_TIMEOUT(first_app(session).requests.value_or(0) > before, 20'000);
    }

    // Each step waits for what it tells; the last one is reached, and all of it happened.
    void the_tour_goes_to_its_end() {
        Session session;
        MainWindow window(session);
        window.show();
        window.openProfile({{}, dir().toStdString(), {}});
        QTRY_VERIFY_WITH_TIMEOUT(is_live(session) && first_app(session).at_rest, 60'000);
        auto* tour = new Tour(window, 0.25);
        std::vector<int> steps;
        std::vector<std::uint64_t> wakeups;
        bool ended = false, whole = false;
        connect(tour, &Tour::stepped, this, [&](int step) {
            steps.push_back(step);
            wakeups.push_back(first_app(session).wakeups.value_or(0));
        });
        connect(tour, &Tour::finished, this, [&](bool all) {
            ended = true;
            whole = all;
        });
        const auto before = first_app(session).wakeups.value_or(0);
        tour->begin();
        QTRY_VERIFY_WITH_TIMEOUT(ended, 240'000);
        QVERIFY2(whole, qPrintable(window.drills()->trouble()));
        QCOMPARE(steps, (std::vector<int>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(steps.size(), static_cast<std::size_t>(Tour::steps()));
        QCOMPARE(wakeups[2], before); // what does not block wakes nobody
        QVERIFY(wakeups[3] > before);
        const auto& app = first_app(session);
        QVERIFY(!app.convictions.empty() && app.convictions.front().slot == 1);
        QVERIFY(app.at_rest);
    }
};

} // namespace zz::console

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName("zz-test");
    QCoreApplication::setApplicationName("zz-console-live");
    if (const QString role = qEnvironmentVariable(zz::console::kRole); !role.isEmpty())
        return zz::console::be(role);
    zz::console::LiveTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "live_test.moc"
