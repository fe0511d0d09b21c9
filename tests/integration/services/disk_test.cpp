// SPDX-License-Identifier: Apache-2.0
// Aim: a full disk on one host (S5): what cannot be journaled is not said, the service goes on
// without that host, nobody is convicted, and all comes back by itself when there is room again.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QtTest>

#include <algorithm>
#include <sys/mount.h>

#include "tests/integration/services/data_center_support.h"

using zz::services::test::DataCenter;
using zz::services::test::Run;

// A small disk in memory.
class SmallDisk {
  public:
    SmallDisk() {
        mounted_ = mount("zz-test", folder_.path().toUtf8(), "tmpfs", 0, "size=192m") == 0;
    }
    ~SmallDisk() {
        if (mounted_)
            umount2(folder_.path().toUtf8(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool is_mounted() const { return mounted_; }
    QString path() const { return folder_.path(); }
    // Until nothing more fits; again, when others gave room back.
    bool fill() const {
        QFile file(filler());
        if (!file.open(QFile::Append | QFile::Unbuffered))
            return false;
        for (qint64 block = 1 << 20; block >= 4096; block /= 2)
            while (file.write(QByteArray(block, 'x')) == block) {
            }
        return file.size() > 0;
    }
    bool make_room() const { return QFile::remove(filler()); }

  private:
    QString filler() const { return path() + "/filler"; }
    QTemporaryDir folder_{"/tmp/zz-disk-XXXXXX"};
    bool mounted_ = false;
};

class DiskTest : public QObject {
    Q_OBJECT

    static bool is_active(const DataCenter& dc, const QString& id) {
        const auto active = dc.in_state("active");
        return std::find(active.begin(), active.end(), id) != active.end();
    }
    static qint64 executed(const DataCenter& dc) {
        return dc.application()["last_executed"].toInteger();
    }

  private Q_SLOTS:
    void s5_full_disk_of_a_host_stops_nobody_else() {
        const SmallDisk disk;
        if (!disk.is_mounted())
            QSKIP("needs the right to mount a small disk");
        DataCenter dc({"--hosts", "4", "--apps", "1", "--f", "1"});
        QVERIFY2(dc.error().isEmpty(), dc.error());
        const auto& app = dc.cluster().applications.front();
        const auto* host = dc.cluster().host(app.execution[1].host); // of E2, which is active
        QVERIFY(QDir().mkpath(QString::fromStdString(dc.layout().hosts())));
        QVERIFY(QFile::link(disk.path(), QString::fromStdString(dc.layout().host(*host))));
        const QByteArray trouble = dc.serve();
        QVERIFY2(trouble.isEmpty(), trouble);

        const auto load = dc.start_load({"--clients", "4", "--seconds", "3600"});
        QTest::qWait(1500);
        QTRY_VERIFY_WITH_TIMEOUT(disk.fill() && !is_active(dc, "E2"), 60'000);
        const qint64 before = executed(dc);
        QTRY_VERIFY_WITH_TIMEOUT(disk.fill() && executed(dc) > before + 20, 30'000);
        QVERIFY(disk.make_room());
        QTRY_VERIFY_WITH_TIMEOUT(dc.is_at_rest(), 90'000);

        const QJsonObject result = DataCenter::end_load(*load).json();
        QCOMPARE(result["wrong"].toInt(-1), 0);
        QCOMPARE(result["errors"].toInt(-1), 0);
        QVERIFY(result["checked"].toInt() > 0);
        QCOMPARE(dc.application()["convictions"].toArray().size(), 0);
    }
};

QTEST_GUILESS_MAIN(DiskTest)
#include "disk_test.moc"
