// SPDX-License-Identifier: Apache-2.0
// Aim: what users bring works against real processes: python3-redis, redis-benchmark, curl; a
// transaction is atomic across a wake-up (K12); those who are hostile or slow cost nothing (K8, K9,
// K11).
#include <QFile>
#include <QtTest>

#include "backend/services/host_processes.h"
#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::RespClient;
using zz::services::test::Run;

namespace {

Run start(const QString& program, const QStringList& words, int patience_ms = 60'000) {
    QProcess process;
    process.start(program, words);
    Run run;
    if (process.waitForFinished(patience_ms))
        run.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    run.out = process.readAllStandardOutput();
    run.err = process.readAllStandardError();
    return run;
}

// Resident memory in KiB.
long memory_of(int pid) {
    QFile file(QString("/proc/%1/status").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray& line : file.readAll().split('\n'))
        if (line.startsWith("VmRSS:"))
            return line.mid(6).trimmed().split(' ').first().toLong();
    return 0;
}

} // namespace

class FrontsTest : public QObject {
    Q_OBJECT

  private:
    std::unique_ptr<DataCenter> dc_;

    QString front_of(int application) const {
        for (const auto& client : dc_->cluster().applications[std::size_t(application)].clients)
            if (!client.front.empty())
                return QString::fromStdString(client.front);
        return {};
    }
    QString port_of(int application) const { return front_of(application).section(':', 1); }
    Run curl(QStringList words, const QString& path) const {
        words.prepend("-sS");
        words.append("http://" + front_of(1) + path);
        return start("curl", words);
    }

  private Q_SLOTS:
    void initTestCase() {
        dc_ = std::make_unique<DataCenter>(
            QStringList{"--hosts", "4", "--app", "A=kv", "--app", "B=web", "--drills"});
        const QByteArray trouble = dc_->serve();
        QVERIFY2(trouble.isEmpty(), trouble);
    }
    void cleanupTestCase() { dc_.reset(); }

    void python_redis() {
        const Run run =
            start("/usr/bin/python3",
                  {QStringLiteral(ZZ_SOURCE_DIR "/tests/integration/services/redis_client.py"),
                   port_of(0)});
        QVERIFY2(run.code == 0, run.err);
        QCOMPARE(run.out.trimmed(), QByteArray("ok"));
    }

    // All default tests, short; the whole length is `./zz bench` 's matter.
    void redis_benchmark() {
        const Run run = start("redis-benchmark",
                              {"-p", port_of(0), "-n", "300", "-c", "10", "-P", "8", "--csv"});
        QVERIFY2(run.code == 0, run.err);
        QVERIFY2(!run.out.contains("rror") && !run.err.contains("rror"), run.out + run.err);
        for (const char* name :
             {"PING_INLINE", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET",
              "SPOP", "ZADD", "ZPOPMIN", "LRANGE_100", "LRANGE_600", "MSET"})
            QVERIFY2(run.out.contains(name), name);
    }

    void curl_on_documents() {
        const QString code = "%{http_code}";
        QCOMPARE(curl({"-w", code, "-X", "PUT", "-d", "<p>hello"}, "/site/page").out,
                 QByteArray("201"));
        QCOMPARE(curl({}, "/site/page").out, QByteArray("<p>hello"));
        QCOMPARE(curl({}, "/site/").out, QByteArray("page\n"));
        QCOMPARE(curl({"-X", "POST"}, "/visits").out, QByteArray("1"));
        QCOMPARE(curl({"-d", "41"}, "/visits").out, QByteArray("42"));
        QCOMPARE(curl({"-w", code, "-o", "/dev/null"}, "/none").out, QByteArray("404"));
        QCOMPARE(curl({"-w", code, "-X", "DELETE"}, "/site/page").out, QByteArray("204"));
        QVERIFY(curl({"-I"}, "/visits").out.contains("Content-Length: 2\r\n"));
        const Run status = dc_->ctl({"status", "--json"});
        QVERIFY(status.out.contains("\"http\"") && status.out.contains("\"resp\""));
        const Run load =
            dc_->ctl({"load", "--app", "B", "--clients", "8", "--seconds", "1", "--json"});
        QVERIFY2(load.code == 0, load.err);
        QCOMPARE(load.json()["wrong"].toInt(-1), 0);
        QVERIFY(load.json()["checked"].toInt() > 10);
    }

    void ambiguous_requests_close() { // K11
        RespClient client(front_of(1).toStdString());
        QVERIFY(client.poke("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                            "PUT /smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"));
        QCOMPARE(curl({"-w", "%{http_code}", "-o", "/dev/null"}, "/smuggled").out,
                 QByteArray("404"));
    }

    // K8, K9: many connections that begin and do not go on, and lengths of 4 GB.
    void hostile_connections_cost_no_memory() {
        const int pid = dc_->machine_pid("0-G1");
        QVERIFY(pid > 0);
        const long before = memory_of(pid);
        std::vector<std::unique_ptr<RespClient>> slow;
        for (int i = 0; i < 200; ++i) {
            slow.push_back(std::make_unique<RespClient>(front_of(0).toStdString()));
            slow.back()->begin("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$524288\r\nx");
        }
        for (int i = 0; i < 50; ++i)
            QVERIFY(RespClient(front_of(0).toStdString()).poke("*2\r\n$4294967295\r\n"));
        RespClient good(front_of(0).toStdString());
        QCOMPARE(good.call({"SET", "alive", "yes"}).value_or(""), std::string("+OK"));
        QVERIFY2(memory_of(pid) - before < 32 * 1024, "MiB of memory for nothing");
        // The half-open ones are closed, the good one is not.
        QTRY_VERIFY_WITH_TIMEOUT(slow.front()->is_closed() && slow.back()->is_closed(), 20'000);
        QCOMPARE(good.call({"GET", "alive"}).value_or(""), std::string("yes"));
    }

    void a_transaction_is_atomic_across_a_wake_up() { // K12
        RespClient client(dc_->front());
        QCOMPARE(client.call({"MSET", "left", "0", "right", "0"}).value_or(""), std::string("+OK"));
        QProcess drill;
        drill.start(QStringLiteral(ZZ_BIN_DIR "/zzctl"),
                    {"drill", "start", "wrong-reply", "--dir", dc_->path(), "--app", "A",
                     "--target", "E1", "--wait", "--json"});
        int moved = 0;
        QElapsedTimer clock;
        clock.start();
        while (drill.state() != QProcess::NotRunning && clock.elapsed() < 60'000) {
            client.call({"MULTI"});
            client.call({"INCR", "left"});
            client.call({"DECR", "right"});
            const bool done = client.call({"EXEC"}).has_value();
            moved += done ? 1 : 0;
            const std::string left = client.call({"GET", "left"}).value_or("?");
            const std::string right = client.call({"GET", "right"}).value_or("?");
            QVERIFY(left == "?" || right == "?" || right == "-" + left ||
                    (left == "0" && right == "0"));
            drill.waitForFinished(1);
        }
        QVERIFY(moved > 5);
        QCOMPARE(drill.exitCode(), 0);
        QCOMPARE(client.call({"GET", "left"}).value_or(""), std::to_string(moved));
    }
};

QTEST_GUILESS_MAIN(FrontsTest)
#include "fronts_test.moc"
