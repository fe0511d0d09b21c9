// SPDX-License-Identifier: Apache-2.0
// ZZ-9.1 on real processes: one application of each comparison mode in one data center. Each serves
// without a wrong reply; in `sep` and `base` a liar and a killed replica disturb nobody, nothing
// wakes and nobody is convicted.
#include <QJsonArray>
#include <QtTest>

#include <csignal>

#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::Run;

class ModesTest : public QObject {
    Q_OBJECT

  private:
    std::unique_ptr<DataCenter> dc_;

    QJsonObject application(const QString& name) {
        for (const auto& app : dc_->ctl({"status", "--json"}).json()["applications"].toArray())
            if (app.toObject()["name"] == name)
                return app.toObject();
        return {};
    }
    static int in_state(const QJsonObject& app, const char* state) {
        int count = 0;
        for (const auto& replica : app["execution"].toArray())
            count += replica.toObject()["state"] == state ? 1 : 0;
        return count;
    }
    Run load(const QString& app, int seconds) {
        return dc_->ctl({"load", "--app", app, "--clients", "8", "--seconds",
                         QString::number(seconds), "--touched", "4", "--dirtied", "2", "--json"});
    }
    void serves(const QString& app) {
        const Run run = load(app, 1);
        QVERIFY2(run.code == 0, run.err);
        QCOMPARE(run.json()["wrong"].toInt(-1), 0);
        QCOMPARE(run.json()["errors"].toInt(-1), 0);
        QVERIFY(run.json()["checked"].toInt() > 0);
    }

  private Q_SLOTS:
    void initTestCase() {
        dc_ = std::make_unique<DataCenter>(
            QStringList{"--hosts", "4", "--drills", "--app", "zz=kv", "--app", "sep=compute",
                        "--app", "base=kv", "--app", "one=compute", "--mode", "sep=sep", "--mode",
                        "base=base", "--mode", "one=unreplicated"});
        QVERIFY2(dc_->error().isEmpty(), dc_->error());
        const Run up = dc_->ctl({"cluster", "up"});
        QVERIFY2(up.code == 0, up.err);
    }
    void cleanupTestCase() { dc_.reset(); }

    void each_mode_serves_data() {
        QTest::addColumn<QString>("app");
        QTest::addColumn<QString>("mode");
        QTest::addColumn<int>("agreement");
        QTest::addColumn<int>("active");
        QTest::addColumn<int>("asleep");
        QTest::newRow("zz") << "zz"
                            << "zz" << 4 << 2 << 1;
        QTest::newRow("sep") << "sep"
                             << "sep" << 4 << 3 << 0;
        QTest::newRow("base") << "base"
                              << "base" << 4 << 4 << 0;
        QTest::newRow("unreplicated") << "one"
                                      << "unreplicated" << 1 << 1 << 0;
    }
    void each_mode_serves() {
        QFETCH(QString, app);
        QFETCH(QString, mode);
        QFETCH(int, agreement);
        QFETCH(int, active);
        QFETCH(int, asleep);
        serves(app);
        QJsonObject status;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                status = application(app);
                return in_state(status, "active") == active &&
                       in_state(status, "sleeping") == asleep && !status["last_executed"].isNull();
            }(),
            30'000);
        QCOMPARE(status["mode"].toString(), mode);
        QCOMPARE(int(status["agreement"].toArray().size()), agreement);
        QCOMPARE(int(status["execution"].toArray().size()), active + asleep);
    }

    void faults_are_masked_data() {
        QTest::addColumn<QString>("app");
        QTest::addColumn<QString>("kills");
        QTest::newRow("sep") << "sep"
                             << "1-E2.0";
        QTest::newRow("base") << "base"
                              << "2-E4.0";
    }
    void faults_are_masked() {
        QFETCH(QString, app);
        QFETCH(QString, kills);
        const Run drill = dc_->ctl({"drill", "start", "wrong-reply", "--app", app, "--target",
                                    kills.mid(2, 2), "--lease", "3", "--json"});
        QVERIFY2(drill.code == 0, drill.err);
        serves(app);
        const QString id = drill.first_json()["id"].toString();
        QCOMPARE(dc_->ctl({"drill", "stop", id}).code, 0);
        const QJsonObject report = dc_->ctl({"drill", "report", id, "--json"}).json();
        for (const char* side : {"predicted", "observed"}) {
            const QJsonObject told = report[side].toObject();
            QCOMPARE(told["verdict"].toString(), QString("non-blocking"));
            for (const char* key : {"wakes", "convicted", "unresponsive"})
                QVERIFY2(told[key].toArray().isEmpty(), key);
        }
        const int pid = dc_->machine_pid(kills.toStdString());
        QVERIFY(pid > 0);
        kill(pid, SIGKILL);
        serves(app);
        QTRY_VERIFY_WITH_TIMEOUT(in_state(application(app), "active") ==
                                     application(app)["execution"].toArray().size(),
                                 30'000);
        const QJsonObject counters = application(app)["counters"].toObject();
        for (const char* key : {"wakeups", "removals", "convictions"})
            QVERIFY2(counters[key].toInt(-1) == 0, key);
    }

    // A drill for what bears no fault is bad input.
    void unreplicated_bears_no_drill() {
        const Run run =
            dc_->ctl({"drill", "plan", "wrong-reply", "--app", "one", "--target", "E1", "--json"});
        QCOMPARE(run.code, 2);
        QVERIFY2(run.err.contains("unreplicated"), run.err);
    }
};

QTEST_GUILESS_MAIN(ModesTest)
#include "modes_test.moc"
