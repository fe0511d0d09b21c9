// SPDX-License-Identifier: Apache-2.0
// Four emulated hosts, a libvirt each, one application whose three execution replicas are real
// guests: under load a blocking fault wakes the spare, the liar's domain is destroyed and a fresh
// one is defined and put to rest, and virsh agrees with zzctl at every step; with a paused and with
// a hibernated spare. A libvirt that is killed and a guest that is ended from outside blame nobody.
#include <QtTest>

#include <csignal>

#include "tests/guests/services/guests_support.h"

using zz::services::test::DataCenter;
using zz::services::test::GuestCenter;
using zz::services::test::no_guests;
using zz::services::test::Run;

class DataCenterGuestsTest : public QObject {
    Q_OBJECT

    static void check_load(QProcess& load) {
        const QJsonObject result = DataCenter::end_load(load, 120'000).json();
        QCOMPARE(result["wrong"].toInt(-1), 0);
        QCOMPARE(result["errors"].toInt(-1), 0);
        QVERIFY(result["checked"].toInt() > 0);
        qInfo("load: %d replies checked, p50 %d us", result["checked"].toInt(),
              result["p50_us"].toInt());
    }
    // The blocking fault: E1 lies, E3 takes its place.
    static void recover(GuestCenter& site, const QString& rest) {
        QVERIFY(site.agree());
        QCOMPARE(site.by_virsh(), (QMap<QString, QString>{
                                      {"E1.0", "running"}, {"E2.0", "running"}, {"E3.0", rest}}));
        // A drill that begins at a number needs to know how fast numbers come.
        const auto executed = [&] { return site.center().application()["last_executed"].toInt(); };
        const int before = executed();
        QTRY_VERIFY_WITH_TIMEOUT(executed() > before + 50, 60'000);
        QByteArray error;
        const QJsonObject report = site.play_blocking(error);
        QVERIFY2(error.isEmpty(), error);
        qInfo().noquote()
            << QJsonDocument(report["phases_ms"].toObject()).toJson(QJsonDocument::Compact);
        const QJsonObject observed = report["observed"].toObject();
        QCOMPARE(observed["verdict"].toString(), QString("blocking"));
        QCOMPARE(observed["convicted"].toArray(), QJsonArray{"E1"});
        QVERIFY(site.agree());
        QCOMPARE(site.by_virsh(), (QMap<QString, QString>{
                                      {"E1.1", rest}, {"E2.0", "running"}, {"E3.0", "running"}}));
    }

  private Q_SLOTS:
    void initTestCase() {
        const QByteArray why = no_guests(); // run only when named: then it is wanted
        QVERIFY2(why.isEmpty(), why.constData());
    }

    void paused_spare() {
        GuestCenter site("paused");
        DataCenter& dc = site.center();
        const QByteArray trouble = site.serve();
        QVERIFY2(trouble.isEmpty(), trouble);
        QVERIFY(site.host_of("E1")["hypervisor"].toString().startsWith("qemu-"));
        const auto load = dc.start_load({"--clients", "2", "--seconds", "3600"});
        recover(site, "paused");
        if (QTest::currentTestFailed())
            return;

        // A libvirt dies: its guest serves on, its host's machines are unknown, nobody wakes.
        const QString host = site.host_of("E2")["name"].toString();
        const QJsonObject before = dc.application()["counters"].toObject();
        QVERIFY(kill(site.daemon_pid(host), SIGKILL) == 0);
        QTRY_COMPARE_WITH_TIMEOUT(site.host_of("E2")["hypervisor"].toString(), QString("unknown"),
                                  30'000);
        QVERIFY(!site.host_of("E2")["hypervisor_trouble"].toString().isEmpty());
        QVERIFY(!site.by_status().contains("E2.0"));
        QTest::qWait(3000);
        QVERIFY(dc.in_state("active").size() == 2);
        QCOMPARE(dc.ctl({"host", "up", host}).code, 0);
        QTRY_VERIFY_WITH_TIMEOUT(site.host_of("E2")["hypervisor"].toString().startsWith("qemu-"),
                                 30'000);
        QVERIFY(site.agree());
        QCOMPARE(site.by_status()["E2.0"], QString("running"));
        const QJsonObject after = dc.application()["counters"].toObject();
        QCOMPARE(after["wakeups"], before["wakeups"]);

        // A guest is ended from outside: silent, not guilty. It, or who woke for it, serves.
        site.virsh(host, {"destroy", site.domain(host, "E2.0")});
        QVERIFY(QTest::qWaitFor([&] { return !dc.is_at_rest(); }, 60'000));
        QVERIFY(QTest::qWaitFor([&] { return dc.is_at_rest() && site.by_virsh().size() == 3; },
                                240'000));
        QVERIFY(site.agree());
        const QJsonObject end = dc.application()["counters"].toObject();
        QCOMPARE(end["convictions"], before["convictions"]);
        check_load(*load);
        QCOMPARE(dc.ctl({"cluster", "down"}).code, 0);
        QCOMPARE(dc.processes(), std::size_t{0});
    }

    void hibernated_spare() {
        GuestCenter site("hibernated");
        const QByteArray trouble = site.serve();
        QVERIFY2(trouble.isEmpty(), trouble);
        const auto load = site.center().start_load({"--clients", "2", "--seconds", "3600"});
        recover(site, "saved");
        if (QTest::currentTestFailed())
            return;
        check_load(*load);
        QCOMPARE(site.center().ctl({"cluster", "down"}).code, 0);
        QCOMPARE(site.center().processes(), std::size_t{0});
    }
};

// Guests boot in each test: longer than QTest allows by itself.
int main(int argc, char** argv) {
    qputenv("QTEST_FUNCTION_TIMEOUT", "1500000");
    const QCoreApplication application(argc, argv);
    DataCenterGuestsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "data_center_guests_test.moc"
