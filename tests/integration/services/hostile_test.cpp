// SPDX-License-Identifier: Apache-2.0
// Aim: garbage, strangers and the death of everything at once cost no process that nobody killed,
// and no accepted write (ZZ-2.6, ZZ-8.1; K7, K8, K9, O1, S1).
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QtTest>

#include <csignal>
#include <random>
#include <set>

#include "backend/services/host_processes.h"
#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::RespClient;
using zz::services::test::Run;

class HostileTest : public QObject {
    Q_OBJECT

  private:
    std::unique_ptr<DataCenter> dc_;

    // "127.0.0.1:PORT" of everything that listens.
    std::vector<std::string> ports() const {
        std::vector<std::string> out;
        const auto add = [&](const std::string& endpoint) {
            if (!endpoint.empty())
                out.push_back(endpoint.starts_with("tcp://") ? endpoint.substr(6) : endpoint);
        };
        for (const auto& host : dc_->cluster().hosts)
            for (const auto& endpoint :
                 {host.operator_endpoint(), host.telemetry_endpoint(), host.relay_endpoint()})
                add(endpoint);
        for (const auto& replica : dc_->cluster().applications[0].agreement)
            add(replica.endpoint);
        for (const auto& client : dc_->cluster().applications[0].clients)
            if (client.host)
                for (const auto& endpoint : {client.endpoint, client.front})
                    add(endpoint);
        return out;
    }

    std::set<int> pids() const {
        std::set<int> out;
        for (const auto& host : dc_->cluster().hosts)
            for (const int pid : zz::services::host_pids(dc_->layout(), host))
                out.insert(pid);
        return out;
    }

    void expect_service() {
        RespClient client(dc_->front());
        QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(client.call({"PING"}).value_or("")),
                                  QString("+PONG"), 60'000);
        QTRY_COMPARE_WITH_TIMEOUT(
            QString::fromStdString(client.call({"SET", "alive", "yes"}).value_or("")),
            QString("+OK"), 60'000);
    }

  private Q_SLOTS:
    void initTestCase() {
        dc_ = std::make_unique<DataCenter>(QStringList{"--hosts", "4", "--apps", "1"});
        const QByteArray trouble = dc_->serve();
        QVERIFY2(trouble.isEmpty(), trouble);
    }
    void cleanupTestCase() { dc_.reset(); }

    void garbage_on_every_port() {
        const std::set<int> before = pids();
        QCOMPARE(ports().size(), std::size_t{3 * 4 + 4 + 2});
        std::mt19937 random(7);
        for (const std::string& port : ports()) {
            for (const std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{100'000}}) {
                std::string bytes(size, '\0');
                for (char& byte : bytes)
                    byte = static_cast<char>(random());
                RespClient(port).poke(bytes);
            }
            // The greeting of ZMTP 3 with a mechanism that is not CURVE.
            std::string greeting("\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL", 16);
            greeting.resize(64);
            RespClient(port).poke(greeting);
        }
        QVERIFY(pids() == before);
        expect_service();
    }

    void hostile_redis_clients() {
        const std::set<int> before = pids();
        for (const char* text :
             {"*1\r\n$4294967295\r\n", "*2147483647\r\n", "*-5\r\n$3\r\nGET\r\n", "$5\r\nhello\r\n",
              "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$-1\r\n", "\r\n\r\n*0\r\n\x01\r\n"})
            RespClient(dc_->front()).poke(text);
        RespClient client(dc_->front());
        // Beyond what a request may hold: refused, and the connection still serves.
        const auto large = client.call({"SET", "large", std::string(2u << 20, 'x')});
        QVERIFY(!large || large->starts_with("-"));
        RespClient other(dc_->front());
        const auto unknown = other.call({"NO-SUCH-COMMAND", "x"});
        QVERIFY(unknown && unknown->starts_with("-ERR unknown command"));
        const auto wrong = other.call({"GET"});
        QVERIFY(wrong && wrong->starts_with("-ERR wrong number of arguments"));
        QVERIFY(pids() == before);
        expect_service();
    }

    // O1: who is not in the cluster file gets no answer, not even a status.
    void stranger_is_refused() {
        const std::string key =
            dc_->layout().key(dc_->cluster(), {}, zz::principal(dc_->cluster().operators[0].id));
        const QString kept = dc_->outside("operator.key");
        QVERIFY(QFile::rename(QString::fromStdString(key), kept));
        const Run made = dc_->ctl({"--operator", "admin", "status", "--json"});
        QCOMPARE(made.code, 1);
        QVERIFY(made.err.contains(QFileInfo(QString::fromStdString(key)).fileName().toUtf8()));
        QProcess keygen;
        keygen.start(QString(ZZ_BIN_DIR) + "/zzctl",
                     {"keygen", "--out", QString::fromStdString(key)});
        QVERIFY(keygen.waitForFinished(20'000) && keygen.exitCode() == 0);
        const Run stranger = dc_->ctl({"drill", "stop-all"});
        QVERIFY(stranger.code != 0);
        QVERIFY(QFile::remove(QString::fromStdString(key)));
        QVERIFY(QFile::rename(kept, QString::fromStdString(key)));
        expect_service();
    }

    // S1, `async`: kill -9 of every process at once loses nothing that was accepted.
    void everything_dies_at_once() {
        RespClient client(dc_->front());
        for (int i = 0; i < 200; ++i)
            QCOMPARE(QString::fromStdString(
                         client.call({"SET", "kept:" + std::to_string(i), std::to_string(i * i)})
                             .value_or("")),
                     QString("+OK"));
        for (const int pid : pids())
            kill(pid, SIGKILL);
        QTRY_COMPARE_WITH_TIMEOUT(dc_->processes(), std::size_t{0}, 20'000);
        const Run up = dc_->ctl({"cluster", "up"});
        QVERIFY2(up.code == 0, up.err);
        for (int i = 0; i < 200; ++i)
            QTRY_COMPARE_WITH_TIMEOUT(
                QString::fromStdString(
                    client.call({"GET", "kept:" + std::to_string(i)}).value_or("")),
                QString::number(i * i), 60'000);
        QTRY_VERIFY_WITH_TIMEOUT(dc_->is_at_rest(), 60'000);
        QCOMPARE(dc_->application()["convictions"].toArray().size(), 0);
    }
};

QTEST_GUILESS_MAIN(HostileTest)
#include "hostile_test.moc"
