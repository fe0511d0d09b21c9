// SPDX-License-Identifier: Apache-2.0
// Aim: each drill on real processes, f = 1 and f = 2, ends at rest as `plan` predicted, under load
// whose every reply is checked (ZZ-10.4, E1-E4, E8, A1, C1).
#include <QFile>
#include <QJsonArray>
#include <QtTest>

#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::essence;
using zz::services::test::Run;

namespace {

QByteArray text_of(const QJsonObject& object) {
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

} // namespace

class DrillsTest : public QObject {
    Q_OBJECT

  private:
    // The talk's matrices over the replicas that are active now; the third row of f = 2 is honest.
    QStringList matrix_words(const DataCenter& dc, bool blocks, const QString& signs) {
        const std::vector<QString> actives = dc.in_state("active");
        const bool two = actives.size() == 3;
        QString csv = two ? ",A1,A2,A3,A4,A5,A6,A7\n" : ",A1,A2,A3,A4\n";
        if (two && blocks)
            csv += actives[0] + ",Q,Q,Q,Q,Q,Q,Q\n" + actives[1] + ",P,P,P,P,P,P,P\n" + actives[2] +
                   ",P,P,P,P,P,P,P\n";
        else if (two)
            csv += actives[0] + ",P,P,P,P,P,P,P\n" + actives[1] + ",Q,Q,P,P,P,P,P\n" + actives[2] +
                   ",P,P,P,P,P,P,P\n";
        else if (blocks)
            csv += actives[0] + ",P,Q,Q,Q\n" + actives[1] + ",P,P,P,Q\n";
        else
            csv += actives[0] + ",Q,Q,Q,Q\n" + actives[1] + ",P,Q,Q,Q\n";
        QFile file(dc.outside("matrix.csv"));
        if (!file.open(QIODevice::WriteOnly) || file.write(csv.toUtf8()) < 0)
            return {};
        QStringList words{"matrix", "--file", file.fileName()};
        if (blocks)
            words += {"--truth", "P"};
        if (!signs.isEmpty())
            words += {"--sign", actives[0] + "=" + signs};
        return words;
    }

    void play(const DataCenter& dc, const QStringList& words) {
        const Run run = dc.ctl(QStringList{"drill", "start"} + words +
                                   QStringList{"--app", "A", "--lease", "8", "--wait", "--json"},
                               120'000);
        const QByteArray what = words.join(' ').toUtf8();
        QVERIFY2(run.code == 0, what + ": " + run.err);
        const QString id = run.first_json()["id"].toString();
        const QJsonObject report = dc.ctl({"drill", "report", id, "--json"}).json();
        const QJsonObject predicted = essence(report["predicted"].toObject());
        const QJsonObject observed = essence(report["observed"].toObject());
        QVERIFY2(predicted == observed,
                 what + ": predicted " + text_of(predicted) + ", report " + text_of(report));
        QVERIFY(!predicted["verdict"].toString().isEmpty());
        // Whoever plays says when it began, also one that dies of it.
        QVERIFY2(report["phases_ms"].toObject().contains("injected"), what);
    }

    void play_all(DataCenter& dc) {
        const QByteArray trouble = dc.serve();
        QVERIFY2(trouble.isEmpty(), trouble);
        const auto load = dc.start_load({"--clients", "4", "--seconds", "3600"});
        const auto active = [&] { return dc.in_state("active").front(); };
        for (const char* name :
             {"wrong-reply", "silent", "crash", "wrong-checkpoint", "corrupt-state"}) {
            play(dc, {name, "--target", active()});
            if (QTest::currentTestFailed())
                return;
        }
        play(dc, {"lie-reports", "--target", "A2"});
        play(dc, {"equivocate-primary", "--target", dc.primary()});
        play(dc, matrix_words(dc, false, {}));
        play(dc, matrix_words(dc, true, "Q"));
        play(dc, matrix_words(dc, true, "P"));
        if (QTest::currentTestFailed())
            return;
        QTRY_VERIFY_WITH_TIMEOUT(dc.is_at_rest(), 60'000);
        const QJsonObject result = DataCenter::end_load(*load).json();
        QCOMPARE(result["wrong"].toInt(-1), 0);
        QCOMPARE(result["errors"].toInt(-1), 0);
        QVERIFY(result["checked"].toInt() > 0);
    }

  private Q_SLOTS:
    // ZZ-7.7: also who is no machine at all before is woken, heard, and rests as the kind it is.
    void spares_of_each_kind_are_woken() {
        for (const char* kind : {"hibernated", "cold"}) {
            DataCenter dc({"--apps", "1", "--spare", kind, "--drills"});
            const QByteArray trouble = dc.serve();
            QVERIFY2(trouble.isEmpty(), trouble);
            const auto load = dc.start_load({"--clients", "2", "--seconds", "3600"});
            for (int round = 0; round < 2; ++round) {
                play(dc, {"wrong-reply", "--target", dc.in_state("active").front()});
                if (QTest::currentTestFailed())
                    return;
            }
            const QJsonObject result = DataCenter::end_load(*load).json();
            QCOMPARE(result["wrong"].toInt(-1), 0);
            QCOMPARE(result["errors"].toInt(-1), 0);
            QCOMPARE(dc.application()["counters"].toObject()["wakeups"].toInt(), 2);
        }
    }

    void one_fault_of_four_hosts() {
        DataCenter dc({"--hosts", "4", "--apps", "1", "--f", "1", "--drills"});
        play_all(dc);
    }
    void two_faults_of_seven_hosts() {
        DataCenter dc({"--hosts", "7", "--apps", "1", "--f", "2", "--drills"});
        play_all(dc);
    }
};

QTEST_GUILESS_MAIN(DrillsTest)
#include "drills_test.moc"
