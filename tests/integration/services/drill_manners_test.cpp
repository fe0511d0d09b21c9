// SPDX-License-Identifier: Apache-2.0
// Aim: drills of links, gateways and hosts on real processes, and the manners of all: a lease ends
// what an operator left behind, stop tells each target, beyond f only by force with a reason, what
// runs already counts (ZZ-10.1, ZZ-10.4, O6).
#include <QJsonArray>
#include <QtTest>

#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::essence;
using zz::services::test::RespClient;
using zz::services::test::Run;

class DrillMannersTest : public QObject {
    Q_OBJECT

    DataCenter dc_{{"--hosts", "4", "--apps", "1", "--f", "1", "--drills"}};

    Run start(const QStringList& words) {
        return dc_.ctl(QStringList{"drill", "start"} + words + QStringList{"--json"}, 120'000);
    }
    QJsonObject report(const Run& run) {
        return dc_.ctl({"drill", "report", run.first_json()["id"].toString(), "--json"}).json();
    }
    void play(const QStringList& words) {
        const Run run = start(words + QStringList{"--wait"});
        const QByteArray what = words.join(' ').toUtf8() + ": " + run.err;
        QVERIFY2(run.code == 0, what);
        const QJsonObject told = report(run);
        QVERIFY2(essence(told["predicted"].toObject()) == essence(told["observed"].toObject()),
                 what + QJsonDocument(told).toJson(QJsonDocument::Compact));
    }
    QString targets(const QJsonObject& document) {
        return QJsonDocument(document["targets"].toObject()).toJson(QJsonDocument::Compact);
    }

  private Q_SLOTS:
    void initTestCase() {
        const QByteArray trouble = dc_.serve();
        QVERIFY2(trouble.isEmpty(), trouble);
    }

    void links_and_hosts_end_as_planned() {
        const auto load = dc_.start_load({"--clients", "2", "--seconds", "3600"});
        QTest::qWait(1500);
        play({"link-cut", "--app", "A", "--target", "active", "--peer", "A2", "--lease", "3"});
        play({"link-cut", "--app", "A", "--target", "active", "--lease", "30"});
        play({"host-lie", "--target", "h2", "--lease", "4"});
        const QJsonObject result = DataCenter::end_load(*load).json();
        QCOMPARE(result["wrong"].toInt(-1), 0);
        QCOMPARE(result["errors"].toInt(-1), 0);
        QVERIFY(result["checked"].toInt() > 0);
    }

    void every_word_of_the_catalogue_is_taken() {
        const QByteArray help = dc_.ctl({"drill", "start", "--help"}).out;
        QProcess catalog;
        catalog.start(QString(ZZ_BIN_DIR) + "/zzctl", {"drill", "catalog", "--json"});
        QVERIFY(catalog.waitForFinished(20'000));
        const auto drills = QJsonDocument::fromJson(catalog.readAllStandardOutput()).array();
        QVERIFY(drills.size() >= 20);
        for (const auto& drill : drills)
            for (const auto& parameter : drill.toObject()["parameters"].toArray()) {
                const QString word = "--" + parameter.toObject()["name"].toString() + " ";
                QVERIFY2(help.contains(word.toUtf8()), qPrintable(word));
            }
    }

    // K1: the gateway that signs badly is not served, and is again when the drill ends; the view
    // stays.
    void a_gateway_that_signs_badly_harms_itself() {
        RespClient user(dc_.front());
        QCOMPARE(user.call({"SET", "k", "1"}).value_or(""), std::string("+OK"));
        const QString primary = dc_.primary();
        const Run run =
            start({"bad-signature", "--app", "A", "--target", "gateway", "--lease", "2"});
        QVERIFY2(run.code == 0, run.err);
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(user.call({"SET", "k", "2"}).value_or(""), std::string("+OK"));
        QVERIFY(timer.elapsed() >= 1000);
        QCOMPARE(dc_.primary(), primary);
    }

    void stop_tells_each_target() {
        const Run run = start({"silent", "--app", "A", "--target", "A3", "--lease", "60"});
        QVERIFY2(run.code == 0, run.err);
        // It counts: another faulty one of the same cluster is beyond f, and needs a reason.
        QCOMPARE(start({"silent", "--app", "A", "--target", "A2"}).code, 1);
        QCOMPARE(start({"silent", "--app", "A", "--target", "A2", "--force"}).code, 2);
        const QString id = run.first_json()["id"].toString();
        const Run stop = dc_.ctl({"drill", "stop", id, "--json"});
        QVERIFY2(stop.code == 0, stop.err);
        QCOMPARE(targets(stop.json()), QString("{\"%1 A3\":\"stopped\"}").arg(id));
        const Run again = dc_.ctl({"drill", "stop", id, "--json"});
        QCOMPARE(targets(again.json()), QString("{\"%1 A3\":\"stopped\"}").arg(id));
    }

    // The operator's side is gone: the lease reverts a crashed replica too.
    void a_lease_ends_what_nobody_stops() {
        const Run run = start({"crash", "--app", "A", "--target", "A3", "--lease", "3"});
        QVERIFY2(run.code == 0, run.err);
        QTRY_COMPARE_WITH_TIMEOUT(report(run)["targets"].toObject()["A3"].toString(),
                                  QString("lease ended"), 15'000);
        QTRY_VERIFY_WITH_TIMEOUT(dc_.is_at_rest(), 30'000);
    }
};

QTEST_GUILESS_MAIN(DrillMannersTest)
#include "drill_manners_test.moc"
