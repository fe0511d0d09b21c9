// SPDX-License-Identifier: Apache-2.0
// The journal over restarts, kill -9, power loss, failing and damaged disks (ZZ-8.1, 8.3, 8.4;
// scenarios S1 to S5, S7).
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <rocksdb/db.h>

#include "backend/storage/journal.h"
#include "tests/unit/storage/fault_file_system_support.h"

namespace zz::storage::test {
namespace {

JournalRecord record(std::uint64_t n) {
    return {RecordIndex(n), bytes_of("record " + std::to_string(n))};
}

std::vector<JournalRecord> range(std::uint64_t from, std::uint64_t to) {
    std::vector<JournalRecord> all;
    for (std::uint64_t n = from; n <= to; ++n)
        all.push_back(record(n));
    return all;
}

bool contains(const Error& error, const char* text) {
    if (error.text.find(text) == std::string::npos)
        qWarning("unexpected text: %s", error.text.c_str());
    return error.text.find(text) != std::string::npos;
}

} // namespace

class JournalTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init();
    void records_come_back_in_order();
    void truncation_stays();
    void zz_8_4_what_a_restart_can_show();
    void memory_touches_no_file();
    void s1_killed_process_loses_no_record();
    void s1_every_write_and_sync_fails_once();
    void zz_8_2_sync_survives_power_loss();
    void s2_error_of_the_disk_stays();
    void s3_torn_last_record_is_cut_off();
    void s3_s4_every_flipped_byte_is_detected();
    void s4_misdirected_and_lost_records_are_told();
    void s5_full_disk_goes_on_after_reopen();
    void s7_second_opener_is_refused();

  private:
    Result<Journal::Opened> open(Durability durability = Durability::Async,
                                 const std::string& boot = "boot-1",
                                 rocksdb::Env* env = nullptr) const {
        return Journal::open({path_, durability, boot, env});
    }
    QStringList logs() const { // write-ahead logs, oldest first
        return QDir(QString::fromStdString(path_)).entryList({"*.log"}, QDir::Files, QDir::Name);
    }
    QString file(const QString& name) const { return QString::fromStdString(path_) + "/" + name; }

    QTemporaryDir folder_;
    std::string path_;
    int count_ = 0;
};

void JournalTest::init() {
    path_ = folder_.filePath(QString("journal%1").arg(++count_)).toStdString();
}

void JournalTest::records_come_back_in_order() {
    for (const Durability durability : {Durability::Sync, Durability::Async}) {
        init();
        for (std::uint64_t run = 0; run < 3; ++run) {
            auto opened = open(durability);
            QVERIFY(opened);
            QCOMPARE(opened->restored.first_run, run == 0);
            QVERIFY(opened->restored.records == range(1, 300 * run));
            QVERIFY(opened->journal->last() == RecordIndex(300 * run));
            const std::uint64_t n = 300 * run;
            QVERIFY(opened->journal->append(range(n + 1, n + 299), {}));
            QVERIFY(opened->journal->append({record(n + 300)}, {}));
            QVERIFY(opened->journal->append({}, {}));
            QVERIFY(opened->journal->sync());
        }
    }
}

void JournalTest::truncation_stays() {
    {
        auto opened = open();
        QVERIFY(opened->journal->append(range(1, 10), {}));
        QVERIFY(opened->journal->append({record(11)}, RecordIndex(8)));
        QVERIFY(opened->journal->append({record(12)}, RecordIndex(3))); // lower: ignored
    }
    {
        auto opened = open();
        QVERIFY(opened->restored.records == range(8, 12));
        QVERIFY(opened->restored.damaged.empty());
        QVERIFY(opened->journal->append({}, RecordIndex(99))); // all
    }
    auto opened = open();
    QVERIFY(opened->restored.records.empty());
    QVERIFY(opened->restored.damaged.empty());
    QVERIFY(opened->journal->append({record(13)}, {}));
}

void JournalTest::zz_8_4_what_a_restart_can_show() {
    QVERIFY(!open(Durability::Async, "boot-1")->restored.shows_every_vote()); // first run
    QVERIFY(open(Durability::Async, "boot-1")->restored.shows_every_vote());  // killed
    {
        auto other_boot = open(Durability::Async, "boot-2");
        QVERIFY(!other_boot->restored.shows_every_vote()); // the host died
        QVERIFY(!other_boot->restored.clean_stop && !other_boot->restored.same_boot);
        QVERIFY(other_boot->journal->append({record(1)}, {}));
        QVERIFY(other_boot->journal->close_clean());
    }
    {
        auto clean = open(Durability::Sync, "boot-3");
        QVERIFY(clean->restored.clean_stop && clean->restored.shows_every_vote());
    }
    {
        auto after_sync = open(Durability::Async, "boot-4");
        QVERIFY(!after_sync->restored.clean_stop); // a mark counts once
        QVERIFY(after_sync->restored.was_sync && after_sync->restored.shows_every_vote());
    }
    // Opened and killed before anything was kept: as unproven as before.
    QVERIFY(!open(Durability::Async, "boot-5")->restored.shows_every_vote());
    QVERIFY(!open(Durability::Async, "boot-5")->restored.shows_every_vote());
    QVERIFY(open(Durability::Async, "boot-5")->journal->close_clean());
    {
        auto unproven = open(Durability::Async, "boot-5");
        QVERIFY(!unproven->restored.shows_every_vote());
        QVERIFY(unproven->journal->append({record(2)}, {}));
    }
    QVERIFY(open(Durability::Async, "boot-5")->restored.shows_every_vote());
}

void JournalTest::memory_touches_no_file() {
    auto opened = open(Durability::Memory);
    QVERIFY(opened->journal->append(range(1, 5), RecordIndex(3)));
    QVERIFY(opened->journal->sync() && opened->journal->close_clean());
    QVERIFY(!QFile::exists(QString::fromStdString(path_)));
}

void JournalTest::s1_killed_process_loses_no_record() {
    QProcess child;
    child.start(QCoreApplication::applicationFilePath(),
                {"--append-until-killed", QString::fromStdString(path_)});
    QVERIFY(child.waitForStarted());
    std::uint64_t told = 0;
    while (told < 200) {
        QVERIFY(child.waitForReadyRead(30000));
        while (child.canReadLine())
            told = child.readLine().trimmed().toULongLong();
    }
    ::kill(static_cast<pid_t>(child.processId()), SIGKILL);
    child.waitForFinished();
    while (child.canReadLine())
        told = child.readLine().trimmed().toULongLong();
    auto opened = open();
    QVERIFY(opened);
    QVERIFY(opened->restored.records.size() >= told);
    QVERIFY(opened->restored.records == range(1, opened->restored.records.size()));
    QVERIFY(opened->restored.shows_every_vote());
}

// L6: for every k, the k-th write or sync fails. What was acknowledged is there afterwards, nothing
// else follows it.
void JournalTest::s1_every_write_and_sync_fails_once() {
    int failed = 0;
    bool reached_end = false;
    for (long k = 0; !reached_end; ++k) {
        init();
        auto disk = std::make_shared<Disk>();
        const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(disk));
        disk->set(Failure::Error, k);
        std::uint64_t acknowledged = 0;
        {
            auto opened = open(Durability::Sync, "boot-1", env.get());
            bool good = bool(opened);
            for (std::uint64_t n = 1; good && n <= 4; ++n) {
                good = bool(opened->journal->append({record(n)}, RecordIndex(n / 2)));
                acknowledged += good ? 1 : 0;
            }
            reached_end = good && opened->journal->close_clean();
            if (opened && !reached_end) {
                ++failed;
                disk->set(Failure::None, 0);
                QVERIFY(!opened->journal->append({record(acknowledged + 1)}, {}));
                QVERIFY(!opened->journal->sync() && !opened->journal->close_clean());
            }
        }
        disk->set(Failure::None, 0);
        auto again = open(Durability::Sync, "boot-1", env.get());
        QVERIFY2(again, again ? "" : again.error().text.c_str());
        QVERIFY(again->restored.damaged.empty());
        QVERIFY2(again->journal->last().value >= acknowledged &&
                     again->journal->last().value <= acknowledged + 1,
                 qPrintable(QString("call %1").arg(k)));
        QVERIFY(k < 1000);
    }
    QVERIFY(failed >= 8);
}

void JournalTest::zz_8_2_sync_survives_power_loss() {
    for (const Durability durability : {Durability::Sync, Durability::Async}) {
        init();
        auto disk = std::make_shared<Disk>();
        const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(disk));
        {
            auto opened = open(durability, "boot-1", env.get());
            QVERIFY(opened->journal->append(range(1, 20), {}));
            QVERIFY(opened->journal->sync());
            for (std::uint64_t n = 21; n <= 40; ++n)
                QVERIFY(opened->journal->append({record(n)}, {}));
            // What the destructor would still write does not reach the disk.
            disk->set(Failure::Error, 0);
        }
        disk->set(Failure::None, 0);
        disk->lose_power();
        auto again = open(durability, "boot-2", env.get());
        QVERIFY2(again, again ? "" : again.error().text.c_str());
        const std::uint64_t kept = durability == Durability::Sync ? 40 : 20;
        QVERIFY(again->restored.records == range(1, kept));
        QCOMPARE(again->restored.shows_every_vote(), durability == Durability::Sync);
    }
}

void JournalTest::s2_error_of_the_disk_stays() {
    auto disk = std::make_shared<Disk>();
    const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(disk));
    auto opened = open(Durability::Sync, "boot-1", env.get());
    QVERIFY(opened->journal->append({record(1)}, {}));
    disk->set(Failure::Error, 0);
    const Status failed = opened->journal->append({record(2)}, {});
    QVERIFY(!failed);
    QVERIFY(contains(failed.error(), path_.c_str()) && contains(failed.error(), "input/output"));
    disk->set(Failure::None, 0);
    QVERIFY(!opened->journal->full());
    QVERIFY(opened->journal->append({record(2)}, {}).error() == failed.error());
    QVERIFY(opened->journal->reopen().error() == failed.error());
}

void JournalTest::s3_torn_last_record_is_cut_off() {
    QVERIFY(open()->journal->append(range(1, 5), {}));
    // The clean copy of the log is cut byte by byte; only the last batch may go.
    QVERIFY(open()->journal->append({record(6)}, {}));
    const QString log = file(logs().last());
    const qint64 size = QFile(log).size();
    QVERIFY(size > 30);
    QVERIFY(QFile::resize(log, size - 5));
    auto opened = open();
    QVERIFY2(opened, opened ? "" : opened.error().text.c_str());
    QVERIFY(opened->restored.records == range(1, 5));
    QVERIFY(opened->restored.damaged.empty());
    QVERIFY(opened->journal->append({record(6)}, {}));
}

// A flip in the middle is an error or told as damage, never other records than those written.
void JournalTest::s3_s4_every_flipped_byte_is_detected() {
    QVERIFY(open()->journal->append(range(1, 3), {}));
    {
        auto opened = open();
        for (std::uint64_t n = 4; n <= 8; ++n)
            QVERIFY(opened->journal->append({record(n)}, {}));
    }
    QMap<QString, QByteArray> files;
    const QDir folder(QString::fromStdString(path_));
    for (const QString& name : folder.entryList(QDir::Files)) {
        QFile f(file(name));
        QVERIFY(f.open(QIODevice::ReadOnly));
        files[name] = f.readAll();
    }
    int refused = 0, told = 0, harmless = 0;
    for (const QString& damaged : files.keys()) {
        if (!damaged.endsWith(".log") && !damaged.endsWith(".sst"))
            continue;
        for (qsizetype at = 0; at < files[damaged].size(); at += 11) {
            init();
            QVERIFY(QDir().mkpath(QString::fromStdString(path_)));
            for (auto it = files.constBegin(); it != files.constEnd(); ++it) {
                QByteArray bytes = it.value();
                if (it.key() == damaged)
                    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
                QFile f(file(it.key()));
                QVERIFY(f.open(QIODevice::WriteOnly) && f.write(bytes) == bytes.size());
            }
            auto opened = open();
            if (!opened) {
                ++refused;
                continue;
            }
            const Restored& found = opened->restored;
            for (const JournalRecord& r : found.records)
                QVERIFY(r == record(r.index.value));
            if (!found.damaged.empty())
                ++told;
            else if (found.records == range(1, 8))
                ++harmless; // bytes that nothing reads
            else
                // A log whose end is damaged cannot be told from a torn one.
                QVERIFY(damaged.endsWith(".log") &&
                        found.records == range(1, found.records.size()) &&
                        found.records.size() >= 3);
        }
    }
    qInfo("refused %d, told %d, harmless %d", refused, told, harmless);
    QVERIFY(refused + told > 10);
}

// What the checksums of the disk's blocks cannot see: whole records at another's place, or gone.
void JournalTest::s4_misdirected_and_lost_records_are_told() {
    QVERIFY(open()->journal->append(range(1, 9), {}));
    const auto key = [](char n) { return std::string("r\0\0\0\0\0\0\0", 8) + n; };
    {
        rocksdb::DB* raw = nullptr;
        QVERIFY(rocksdb::DB::Open({}, path_, &raw).ok());
        const std::unique_ptr<rocksdb::DB> db(raw);
        std::string third, fourth;
        QVERIFY(db->Get({}, key(3), &third).ok() && db->Get({}, key(4), &fourth).ok());
        QVERIFY(db->Put({}, key(3), fourth).ok() && db->Put({}, key(4), third).ok());
        QVERIFY(db->Delete({}, key(6)).ok());
        QVERIFY(db->Put({}, key(8), "short").ok());
    }
    auto opened = open();
    QVERIFY(opened);
    const std::vector<RecordIndex> damaged{RecordIndex(3), RecordIndex(4), RecordIndex(6),
                                           RecordIndex(8)};
    QVERIFY(opened->restored.damaged == damaged);
    QCOMPARE(opened->restored.records.size(), std::size_t{5});
    QVERIFY(opened->restored.same_boot && !opened->restored.shows_every_vote());
    QVERIFY(opened->journal->last() == RecordIndex(9));
}

void JournalTest::s5_full_disk_goes_on_after_reopen() {
    auto disk = std::make_shared<Disk>();
    const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(disk));
    auto opened = open(Durability::Sync, "boot-1", env.get());
    QVERIFY(opened->journal->append(range(1, 3), {}));
    disk->set(Failure::Full, 0);
    const Status failed = opened->journal->append({record(4)}, {});
    QVERIFY(!failed);
    QVERIFY(contains(failed.error(), "free space"));
    QVERIFY(opened->journal->full());
    QVERIFY(!opened->journal->append({record(4)}, {}));
    QVERIFY(!opened->journal->reopen()); // still full
    QVERIFY(opened->journal->full());
    disk->set(Failure::None, 0);
    const Status reopened = opened->journal->reopen();
    QVERIFY2(reopened, reopened ? "" : reopened.error().text.c_str());
    QVERIFY(!opened->journal->full());
    QVERIFY(opened->journal->append({record(4)}, {}));
    opened->journal.reset();
    QVERIFY(open(Durability::Sync, "boot-1", env.get())->restored.records == range(1, 4));
}

void JournalTest::s7_second_opener_is_refused() {
    auto first = open();
    QVERIFY(first);
    const auto second = open();
    QVERIFY(!second);
    QVERIFY(contains(second.error(), "another process uses this folder"));
    QProcess child;
    child.start(QCoreApplication::applicationFilePath(),
                {"--append-until-killed", QString::fromStdString(path_)});
    QVERIFY(child.waitForFinished(30000));
    QCOMPARE(child.exitCode(), 3);
    QVERIFY(first->journal->append({record(1)}, {}));
}

// The child of s1 and s7: appends records and tells their numbers until it is killed.
static int append_until_killed(const char* path) {
    auto opened = Journal::open({path, Durability::Async, "boot-1", nullptr});
    if (!opened)
        return 3;
    for (std::uint64_t n = 1; n <= 1000000; ++n) {
        if (!opened->journal->append({record(n)}, {}))
            return 4;
        std::printf("%llu\n", static_cast<unsigned long long>(n));
        std::fflush(stdout);
    }
    return 0;
}

} // namespace zz::storage::test

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == "--append-until-killed")
        return zz::storage::test::append_until_killed(argv[2]);
    QCoreApplication app(argc, argv);
    zz::storage::test::JournalTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "journal_test.moc"
