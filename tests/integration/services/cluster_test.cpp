// SPDX-License-Identifier: Apache-2.0
// A whole data center as processes on this machine, driven by zzctl as an operator would (commands
// of the command-line contract): it serves, survives the kill of one service of each kind without a
// wrong reply (ZZ-1.6, ZZ-8.1), answers only facts, and leaves no process.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QtTest>

#include <csignal>

#include "backend/runtime/process.h"
#include "backend/services/host_processes.h"
#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::Run;

class ClusterTest : public QObject {
    Q_OBJECT

  private:
    std::unique_ptr<DataCenter> dc_;

    const zz::cluster::Cluster& cluster() const { return dc_->cluster(); }
    zz::services::Layout layout() const { return dc_->layout(); }
    Run load(int seconds) {
        return dc_->ctl({"load", "--app", "A", "--clients", "8", "--seconds",
                         QString::number(seconds), "--json"});
    }

  private Q_SLOTS:
    void initTestCase() {
        dc_ = std::make_unique<DataCenter>(QStringList{"--apps", "1"});
        QVERIFY2(dc_->error().isEmpty(), dc_->error());
    }
    void cleanupTestCase() {
        dc_->ctl({"cluster", "down"});
        QCOMPARE(dc_->processes(), std::size_t{0});
        dc_.reset();
    }

    // G3: a key that others may read is refused, and the text names the file.
    void readable_key_is_refused() {
        const std::string key = layout().key(cluster(), {}, zz::principal(zz::HostId(1)));
        QVERIFY(QFile::setPermissions(QString::fromStdString(key),
                                      QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup));
        QProcess host;
        host.start(QString(ZZ_BIN_DIR) + "/zz-host",
                   {"--cluster", dc_->path() + "/cluster.toml", "--host", "h1", "--key",
                    QString::fromStdString(key), "--data", dc_->outside("none"), "--host-socket",
                    "ipc://" + dc_->outside("none.sock")});
        QVERIFY(host.waitForFinished(20'000));
        QCOMPARE(host.exitCode(), 1);
        QVERIFY(host.readAllStandardError().contains("host-h1.key"));
        QVERIFY(QFile::setPermissions(QString::fromStdString(key),
                                      QFile::ReadOwner | QFile::WriteOwner));
    }

    void starts_and_serves() {
        const Run up = dc_->ctl({"cluster", "up", "--json"});
        QVERIFY2(up.code == 0, up.err);
        QVERIFY(up.json()["serving"].toBool());
        const Run run = load(2);
        QVERIFY2(run.code == 0, run.err);
        QCOMPARE(run.json()["wrong"].toInt(-1), 0);
        QVERIFY(run.json()["checked"].toInt() > 0);
    }

    // ZZ-1.1: at rest f+1 execute and f sleep; what f+1 agreement replicas confirm is no longer
    // unknown.
    void status_tells_facts() {
        QJsonArray execution;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                const auto app = dc_->application();
                execution = app["execution"].toArray();
                return !app["view"].isNull() && execution.size() == 3 &&
                       execution[2].toObject()["state"] == "sleeping";
            }(),
            60'000);
        QCOMPARE(execution[0].toObject()["state"].toString(), QString("active"));
        QCOMPARE(execution[1].toObject()["state"].toString(), QString("active"));
    }

    // S7: a second process on the same data folder is refused.
    void second_process_is_refused() {
        const auto& host = cluster().hosts[0];
        QProcess second;
        second.start(QString(ZZ_BIN_DIR) + "/zz-host",
                     {"--cluster", dc_->path() + "/cluster.toml", "--host", "h1", "--key",
                      QString::fromStdString(layout().key(cluster(), {}, zz::principal(host.id))),
                      "--data", QString::fromStdString(layout().host(host)) + "/host",
                      "--host-socket", "ipc://" + dc_->outside("second.sock")});
        QVERIFY(second.waitForFinished(20'000));
        QCOMPARE(second.exitCode(), 1);
        QVERIFY(second.readAllStandardError().contains("another process"));
    }

    // One service of each kind dies during load: no reply is wrong or missing (A13, C5, K10, S1).
    void survives_one_kill_of_each_kind() {
        const auto running = dc_->start_load({"--clients", "8", "--seconds", "12"});
        QTest::qWait(2000);
        for (const char* machine : {"0-A2", "0-E1.0", "0-G1"}) {
            const int pid = dc_->machine_pid(machine);
            QVERIFY2(pid > 0, machine);
            kill(pid, SIGKILL);
            QTest::qWait(1500);
        }
        // Hub and controller of one host; `host up` starts them again, and they adopt what runs.
        const auto& host = cluster().hosts[2];
        const int replica = dc_->machine_pid("0-A3");
        for (const char* program : {"zz-host", "zz-controller"}) {
            const int pid = zz::runtime::living_pid(layout().pid_file(host, program));
            QVERIFY(pid > 0);
            kill(pid, SIGKILL);
        }
        QTest::qWait(500);
        QCOMPARE(dc_->ctl({"host", "up", QString::fromStdString(host.name)}).code, 0);
        QVERIFY(running->waitForFinished(120'000));
        const auto result = QJsonDocument::fromJson(running->readAllStandardOutput()).object();
        QVERIFY2(running->exitCode() == 0, running->readAllStandardError());
        QCOMPARE(result["wrong"].toInt(-1), 0);
        QCOMPARE(result["errors"].toInt(-1), 0);
        for (const char* machine : {"0-A2", "0-G1"})
            QTRY_VERIFY_WITH_TIMEOUT(dc_->machine_pid(machine) > 0, 30'000);
        // E1 came back, or was named and replaced (ZZ-6.7): in the end f+1 are active and a spare
        // sleeps again.
        QTRY_VERIFY_WITH_TIMEOUT(dc_->is_at_rest(), 60'000);
        QCOMPARE(dc_->machine_pid("0-A3"), replica); // adopted, not restarted
    }

    // f = 1 of each kind at the very same moment, the primary among them.
    void survives_f_of_each_kind_at_once() {
        const QJsonObject app = dc_->application();
        QStringList machines{"0-G1"};
        for (const auto& replica : app["agreement"].toArray())
            if (replica.toObject()["primary"].toBool())
                machines << "0-" + replica.toObject()["id"].toString();
        for (const auto& replica : app["execution"].toArray())
            if (machines.size() == 2 && replica.toObject()["state"] == "active")
                machines << QString("0-%1.%2")
                                .arg(replica.toObject()["id"].toString())
                                .arg(replica.toObject()["incarnation"].toInt());
        QCOMPARE(machines.size(), qsizetype{3});
        const auto running = dc_->start_load({"--clients", "8", "--seconds", "10"});
        QTest::qWait(2000);
        std::vector<int> pids;
        for (const QString& machine : machines)
            pids.push_back(dc_->machine_pid(machine.toStdString()));
        for (const int pid : pids)
            QVERIFY(pid > 0 && kill(pid, SIGKILL) == 0);
        QVERIFY(running->waitForFinished(120'000));
        const auto result = QJsonDocument::fromJson(running->readAllStandardOutput()).object();
        QVERIFY2(running->exitCode() == 0, running->readAllStandardError());
        QCOMPARE(result["wrong"].toInt(-1), 0);
        QCOMPARE(result["errors"].toInt(-1), 0);
        QTRY_VERIFY_WITH_TIMEOUT(dc_->is_at_rest(), 60'000);
    }

    void a_killed_host_is_borne() {
        QCOMPARE(dc_->ctl({"host", "kill", "h4"}).code, 0);
        QCOMPARE(zz::services::host_pids(layout(), cluster().hosts[3]).size(), std::size_t{0});
        const Run run = load(2);
        QVERIFY2(run.code == 0, run.err);
        QCOMPARE(run.json()["wrong"].toInt(-1), 0);
        QCOMPARE(dc_->ctl({"host", "up", "h4"}).code, 0);
    }

    void down_leaves_nothing() {
        const Run down = dc_->ctl({"cluster", "down"});
        QVERIFY2(down.code == 0, down.err);
        QCOMPARE(dc_->processes(), std::size_t{0});
    }

    // State and votes survive a clean stop of everything (ZZ-8.1).
    void starts_again() {
        const Run up = dc_->ctl({"cluster", "up"});
        QVERIFY2(up.code == 0, up.err);
        const Run run = load(1);
        QVERIFY2(run.code == 0, run.err);
        QCOMPARE(run.json()["wrong"].toInt(-1), 0);
    }
};

QTEST_GUILESS_MAIN(ClusterTest)
#include "cluster_test.moc"
