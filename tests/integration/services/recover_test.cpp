// SPDX-License-Identifier: Apache-2.0
// ZZ-8.4 on real processes: more agreement replicas than f have lost their journals; the
// application is down and says why, an operator's RECOVER starts it again, and it is as it was at
// rest.
#include <QDirIterator>
#include <QJsonArray>
#include <QtTest>

#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::RespClient;
using zz::services::test::Run;

class RecoverTest : public QObject {
    Q_OBJECT

  private:
    std::unique_ptr<DataCenter> dc_;

    int mute() const {
        int count = 0;
        for (const auto& replica : dc_->application()["agreement"].toArray())
            count += replica.toObject()["mute"].toBool() ? 1 : 0;
        return count;
    }
    // The journal of an agreement replica, wherever the hypervisor keeps it.
    bool lose_journal(const QString& host, const QString& machine) const {
        QDirIterator it(dc_->path() + "/hosts/" + host + "/machines", {"journal"}, QDir::Dirs,
                        QDirIterator::Subdirectories);
        while (it.hasNext())
            if (it.next().contains(machine))
                return QDir(it.filePath()).removeRecursively();
        return false;
    }
    Run load() const {
        return dc_->ctl({"load", "--app", "A", "--clients", "16", "--seconds", "3", "--json"});
    }

  private Q_SLOTS:
    void initTestCase() {
        dc_ = std::make_unique<DataCenter>(QStringList{"--apps", "1", "--drills"});
        QVERIFY2(dc_->error().isEmpty(), dc_->error());
        const Run up = dc_->ctl({"cluster", "up"});
        QVERIFY2(up.code == 0, up.err);
    }
    void cleanupTestCase() { dc_.reset(); }

    void serves_and_needs_no_recover() {
        QCOMPARE(RespClient(dc_->front()).call({"SET", "kept", "yes"}), std::string("+OK"));
        const Run run = load();
        QVERIFY2(run.code == 0, run.err);
        QTRY_VERIFY_WITH_TIMEOUT(dc_->application()["stable_checkpoint"].toInteger() > 0, 30'000);
        const Run refused = dc_->ctl({"recover", "--app", "A", "--yes", "A"});
        QCOMPARE(refused.code, 1);
        QVERIFY(refused.err.contains("needs no RECOVER"));
    }

    void is_down_and_says_why() {
        for (const char* host : {"h1", "h2", "h3", "h4"})
            QCOMPARE(dc_->ctl({"host", "kill", host}).code, 0);
        QVERIFY(lose_journal("h1", "0-A1"));
        QVERIFY(lose_journal("h2", "0-A2"));
        for (const char* host : {"h1", "h2", "h3", "h4"})
            QCOMPARE(dc_->ctl({"host", "up", host}).code, 0);
        QTRY_COMPARE_WITH_TIMEOUT(mute(), 2, 60'000);
        QVERIFY(dc_->ctl({"status"}).out.contains("DOWN"));
        QVERIFY(!RespClient(dc_->front()).call({"SET", "lost", "yes"}));
    }

    void recovers() {
        const Run wrong = dc_->ctl({"recover", "--app", "A", "--yes", "B"});
        QCOMPARE(wrong.code, 1);
        QVERIFY(wrong.err.contains("not confirmed"));
        const Run run = dc_->ctl({"recover", "--app", "A", "--yes", "A"});
        QVERIFY2(run.code == 0, run.out + run.err);
        QVERIFY(run.out.contains("uncertain"));
        std::optional<std::string> kept;
        QTRY_VERIFY_WITH_TIMEOUT((kept = RespClient(dc_->front()).call({"GET", "kept"})), 60'000);
        QCOMPARE(*kept, std::string("yes"));
        const Run after = load();
        QVERIFY2(after.code == 0, after.err);
        QCOMPARE(after.json()["wrong"].toInt(-1), 0);
        QCOMPARE(mute(), 0);
    }

    // The spare, which slept through it, learns the generation when it wakes.
    void spare_can_still_be_woken() {
        QTRY_VERIFY_WITH_TIMEOUT(dc_->is_at_rest(), 60'000);
        const auto running = dc_->start_load({"--clients", "8", "--seconds", "20"});
        const Run drill = dc_->ctl({"drill", "start", "wrong-reply", "--app", "A", "--target", "E1",
                                    "--lease", "10", "--wait"});
        QVERIFY2(drill.code == 0, drill.out + drill.err);
        const Run result = DataCenter::end_load(*running);
        QCOMPARE(result.json()["wrong"].toInt(-1), 0);
        const auto convictions = dc_->application()["convictions"].toArray();
        QCOMPARE(convictions.size(), 1);
        QCOMPARE(convictions[0].toObject()["id"].toString(), QString("E1"));
    }
};

QTEST_GUILESS_MAIN(RecoverTest)
#include "recover_test.moc"
