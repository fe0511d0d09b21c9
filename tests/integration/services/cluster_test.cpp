// SPDX-License-Identifier: Apache-2.0
// A whole data center as processes on this machine, driven by zzctl as an operator would (commands
// of the command-line contract): it serves, survives the kill of one service of each kind without a
// wrong reply (ZZ-1.6, ZZ-8.1), answers only facts, and leaves no process.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <csignal>

#include "backend/runtime/process.h"
#include "backend/services/host_processes.h"

using zz::services::Layout;

namespace {

struct Run {
    int code = -1;
    QByteArray out, err;
    QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

} // namespace

class ClusterTest : public QObject {
    Q_OBJECT

  private:
    QTemporaryDir dir_{"/tmp/zz-it-XXXXXX"};
    zz::cluster::Cluster cluster_;

    QString path() const { return dir_.path() + "/dc"; }
    Layout layout() const { return Layout{path().toStdString()}; }

    Run zzctl(QStringList arguments, int patience_ms = 180'000) {
        QProcess process;
        process.start(QString(ZZ_BIN_DIR) + "/zzctl", arguments);
        process.waitForFinished(patience_ms);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                process.readAllStandardOutput(), process.readAllStandardError()};
    }
    Run load(int seconds) {
        return zzctl({"load", "--dir", path(), "--app", "A", "--clients", "8", "--seconds",
                      QString::number(seconds), "--json"});
    }
    std::size_t processes() const {
        std::size_t count = 0;
        for (const auto& host : cluster_.hosts)
            count += zz::services::host_pids(layout(), host).size();
        return count;
    }
    int machine_pid(const std::string& name) const {
        for (const auto& host : cluster_.hosts)
            if (const int pid =
                    zz::runtime::living_pid(layout().machines(host) + "/" + name + "/pid"))
                return pid;
        return 0;
    }

    bool is_at_rest() {
        const auto app = zzctl({"status", "--dir", path(), "--json"})
                             .json()["applications"]
                             .toArray()[0]
                             .toObject();
        int active = 0, sleeping = 0;
        for (const auto& replica : app["execution"].toArray()) {
            active += replica.toObject()["state"] == "active" ? 1 : 0;
            sleeping += replica.toObject()["state"] == "sleeping" ? 1 : 0;
        }
        return active == 2 && sleeping == 1;
    }

  private slots:
    void initTestCase() {
        const Run init = zzctl({"cluster", "init", "--dir", path(), "--apps", "1"});
        QVERIFY2(init.code == 0, init.err);
        auto cluster = zz::cluster::load(layout().cluster_file());
        QVERIFY(bool(cluster));
        cluster_ = std::move(cluster).value();
    }
    void cleanupTestCase() {
        zzctl({"cluster", "down", "--dir", path()});
        QCOMPARE(processes(), std::size_t{0});
    }

    // G3: a key that others may read is refused, and the text names the file.
    void readable_key_is_refused() {
        const std::string key = layout().key(cluster_, {}, zz::principal(zz::HostId(1)));
        QVERIFY(QFile::setPermissions(QString::fromStdString(key),
                                      QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup));
        QProcess host;
        host.start(QString(ZZ_BIN_DIR) + "/zz-host",
                   {"--cluster", path() + "/cluster.toml", "--host", "h1", "--key",
                    QString::fromStdString(key), "--data", dir_.path() + "/none", "--host-socket",
                    "ipc://" + dir_.path() + "/none.sock"});
        QVERIFY(host.waitForFinished(20'000));
        QCOMPARE(host.exitCode(), 1);
        QVERIFY(host.readAllStandardError().contains("host-h1.key"));
        QVERIFY(QFile::setPermissions(QString::fromStdString(key),
                                      QFile::ReadOwner | QFile::WriteOwner));
    }

    void starts_and_serves() {
        const Run up = zzctl({"cluster", "up", "--dir", path(), "--json"});
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
                const auto app = zzctl({"status", "--dir", path(), "--json"})
                                     .json()["applications"]
                                     .toArray()[0]
                                     .toObject();
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
        const auto& host = cluster_.hosts[0];
        QProcess second;
        second.start(QString(ZZ_BIN_DIR) + "/zz-host",
                     {"--cluster", path() + "/cluster.toml", "--host", "h1", "--key",
                      QString::fromStdString(layout().key(cluster_, {}, zz::principal(host.id))),
                      "--data", QString::fromStdString(layout().host(host)) + "/host",
                      "--host-socket", "ipc://" + dir_.path() + "/second.sock"});
        QVERIFY(second.waitForFinished(20'000));
        QCOMPARE(second.exitCode(), 1);
        QVERIFY(second.readAllStandardError().contains("another process"));
    }

    // One service of each kind dies during load: no reply is wrong or missing (A13, C5, K10, S1).
    void survives_one_kill_of_each_kind() {
        QProcess running;
        running.start(
            QString(ZZ_BIN_DIR) + "/zzctl",
            {"load", "--dir", path(), "--app", "A", "--clients", "8", "--seconds", "12", "--json"});
        QTest::qWait(2000);
        for (const char* machine : {"0-A2", "0-E1.0", "0-G1"}) {
            const int pid = machine_pid(machine);
            QVERIFY2(pid > 0, machine);
            kill(pid, SIGKILL);
            QTest::qWait(1500);
        }
        // Hub and controller of one host; `host up` starts them again, and they adopt what runs.
        const auto& host = cluster_.hosts[2];
        const int replica = machine_pid("0-A3");
        for (const char* program : {"zz-host", "zz-controller"}) {
            const int pid = zz::runtime::living_pid(layout().pid_file(host, program));
            QVERIFY(pid > 0);
            kill(pid, SIGKILL);
        }
        QTest::qWait(500);
        QCOMPARE(zzctl({"host", "up", QString::fromStdString(host.name), "--dir", path()}).code, 0);
        QVERIFY(running.waitForFinished(120'000));
        const auto result = QJsonDocument::fromJson(running.readAllStandardOutput()).object();
        QVERIFY2(running.exitCode() == 0, running.readAllStandardError());
        QCOMPARE(result["wrong"].toInt(-1), 0);
        QCOMPARE(result["errors"].toInt(-1), 0);
        for (const char* machine : {"0-A2", "0-G1"})
            QTRY_VERIFY_WITH_TIMEOUT(machine_pid(machine) > 0, 30'000);
        // E1 came back, or was named and replaced (ZZ-6.7): in the end f+1 are active and a spare
        // sleeps again.
        QTRY_VERIFY_WITH_TIMEOUT(is_at_rest(), 60'000);
        QCOMPARE(machine_pid("0-A3"), replica); // adopted, not restarted
    }

    void a_killed_host_is_borne() {
        QCOMPARE(zzctl({"host", "kill", "h4", "--dir", path()}).code, 0);
        QCOMPARE(zz::services::host_pids(layout(), cluster_.hosts[3]).size(), std::size_t{0});
        const Run run = load(2);
        QVERIFY2(run.code == 0, run.err);
        QCOMPARE(run.json()["wrong"].toInt(-1), 0);
        QCOMPARE(zzctl({"host", "up", "h4", "--dir", path()}).code, 0);
    }

    void down_leaves_nothing() {
        const Run down = zzctl({"cluster", "down", "--dir", path()});
        QVERIFY2(down.code == 0, down.err);
        QCOMPARE(processes(), std::size_t{0});
    }

    // State and votes survive a clean stop of everything (ZZ-8.1).
    void starts_again() {
        const Run up = zzctl({"cluster", "up", "--dir", path()});
        QVERIFY2(up.code == 0, up.err);
        const Run run = load(1);
        QVERIFY2(run.code == 0, run.err);
        QCOMPARE(run.json()["wrong"].toInt(-1), 0);
    }
};

QTEST_GUILESS_MAIN(ClusterTest)
#include "cluster_test.moc"
