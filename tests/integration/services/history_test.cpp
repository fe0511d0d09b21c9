// SPDX-License-Identifier: Apache-2.0
// Aim: what concurrent Redis clients saw through the gateway, while a replica lies until it is
// convicted and the primary dies, is a history of one sequential service (ZZ-1.6, K10, A3).
#include <QtTest>

#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "tests/integration/services/data_center_support.h"
#include "tests/support/linearizability.h"

using zz::services::test::DataCenter;
using zz::services::test::RespClient;
using zz::services::test::Run;
using zz::test::HistoryOperation;

namespace {

constexpr int kClients = 6;
constexpr int kKeys = 4;

std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// What a client did, one operation after the other, until `stop`.
std::vector<HistoryOperation> act(const std::string& front, int self,
                                  const std::atomic<bool>& stop) {
    RespClient client(front);
    std::mt19937 random(static_cast<unsigned>(self));
    std::vector<HistoryOperation> out;
    for (int step = 0; !stop; ++step) {
        const std::string key = "h" + std::to_string(random() % kKeys);
        const std::string counter = "n" + std::to_string(random() % kKeys);
        const std::string value = std::to_string(self) + "-" + std::to_string(step);
        const unsigned kind = random() % 4;
        const std::uint64_t begun = now_ns();
        const auto reply = kind == 0   ? client.call({"SET", key, value})
                           : kind == 1 ? client.call({"GET", key})
                           : kind == 2 ? client.call({"INCR", counter})
                                       : client.call({"DEL", key});
        const std::uint64_t ended = now_ns();
        const auto text = reply.value_or("");
        HistoryOperation done =
            kind == 0 ? HistoryOperation::set(key, value, begun, ended)
            : kind == 1
                ? HistoryOperation::get(key, text == "(nil)" ? std::nullopt : std::optional(text),
                                        begun, ended)
            : kind == 2 ? HistoryOperation::increment(counter, text.substr(text.empty() ? 0 : 1),
                                                      begun, ended)
                        : HistoryOperation::erase(key, text == ":1", begun, ended);
        // An error of the gateway says nothing about what was done.
        const bool known = reply && !text.starts_with("-");
        out.push_back(known ? done : done.without_outcome());
        if (!known)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return out;
}

} // namespace

class HistoryTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void concurrent_clients_see_one_service() {
        DataCenter dc({"--hosts", "4", "--apps", "1", "--drills"});
        const QByteArray trouble = dc.serve();
        QVERIFY2(trouble.isEmpty(), trouble);
        std::atomic<bool> stop = false;
        std::vector<std::vector<HistoryOperation>> seen(kClients);
        std::vector<std::thread> clients;
        for (int i = 0; i < kClients; ++i)
            clients.emplace_back(
                [&, i] { seen[static_cast<std::size_t>(i)] = act(dc.front(), i, stop); });
        QTest::qWait(1500);
        const Run drill = dc.ctl(
            {"drill", "start", "wrong-reply", "--target", "E1", "--app", "A", "--wait", "--json"},
            120'000);
        const QString primary = dc.primary();
        const int pid = dc.machine_pid("0-" + primary.toStdString());
        if (pid > 0)
            kill(pid, SIGKILL);
        QTest::qWait(6000);
        stop = true;
        for (std::thread& client : clients)
            client.join();
        QVERIFY2(drill.code == 0, drill.err);
        QVERIFY(pid > 0);
        std::vector<HistoryOperation> history;
        std::size_t known = 0;
        for (const auto& one : seen) {
            history.insert(history.end(), one.begin(), one.end());
            for (const auto& operation : one)
                known += operation.known ? 1 : 0;
        }
        QVERIFY2(known > 200, QByteArray::number(static_cast<int>(known)));
        const auto check = zz::test::check_history(history);
        QVERIFY2(check.verdict == zz::test::HistoryVerdict::Linearizable, check.text.c_str());
        QCOMPARE(dc.application()["convictions"].toArray().size(), 1);
    }
};

QTEST_GUILESS_MAIN(HistoryTest)
#include "history_test.moc"
