// SPDX-License-Identifier: Apache-2.0
// Key files are refused unless they are whole, private and ours (scenario G3).
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/crypto/constant_time.h"
#include "protocol/crypto/key_file.h"

namespace zz::crypto {

class KeyFileTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init() { path_ = folder_.filePath(QString("key%1").arg(++count_)).toStdString(); }
    void written_keys_are_read_back();
    void never_overwrites();
    void g3_group_or_other_permission_is_refused();
    void g3_foreign_owner_is_refused();
    void missing_directory_and_link_are_refused();
    void every_changed_byte_is_refused();
    void wrong_size_is_refused();

  private:
    QByteArray content() const;
    void replace(const QByteArray& bytes) const;
    bool refused_with(const char* text) const;

    QTemporaryDir folder_;
    std::string path_;
    int count_ = 0;
};

QByteArray KeyFileTest::content() const {
    QFile file(QString::fromStdString(path_));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void KeyFileTest::replace(const QByteArray& bytes) const {
    QFile file(QString::fromStdString(path_));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    QCOMPARE(file.write(bytes), bytes.size());
}

bool KeyFileTest::refused_with(const char* text) const {
    const auto read = read_key_file(path_);
    if (read)
        return false;
    const std::string& error = read.error().text;
    if (error.find(text) == std::string::npos)
        qWarning("unexpected text: %s", error.c_str());
    return error.find(text) != std::string::npos && error.find(path_) != std::string::npos;
}

void KeyFileTest::written_keys_are_read_back() {
    const KeyPair keys = generate_keys();
    QVERIFY(write_key_file(path_, keys));
    struct stat s {};
    QCOMPARE(::stat(path_.c_str(), &s), 0);
    QCOMPARE(s.st_mode & 07777U, mode_t(0600));
    QCOMPARE(s.st_nlink, nlink_t(1));
    const auto read = read_key_file(path_);
    QVERIFY(read);
    QVERIFY(equal(read->signing_seed.view(), keys.signing_seed.view()));
    QVERIFY(equal(read->exchange_private.view(), keys.exchange_private.view()));
    QVERIFY(read->publics == keys.publics);
}

void KeyFileTest::never_overwrites() {
    QVERIFY(write_key_file(path_, generate_keys()));
    const QByteArray before = content();
    const auto again = write_key_file(path_, generate_keys());
    QVERIFY(!again);
    QVERIFY(again.error().text.find("never overwritten") != std::string::npos);
    QCOMPARE(content(), before);
    QVERIFY(!write_key_file(path_ + ".none/key", generate_keys()));
}

void KeyFileTest::g3_group_or_other_permission_is_refused() {
    QVERIFY(write_key_file(path_, generate_keys()));
    for (const mode_t bit : {040, 020, 010, 04, 02, 01}) {
        QCOMPARE(::chmod(path_.c_str(), 0600 | bit), 0);
        QVERIFY(refused_with("chmod 600"));
    }
    QCOMPARE(::chmod(path_.c_str(), 0400), 0);
    QVERIFY(read_key_file(path_));
}

void KeyFileTest::g3_foreign_owner_is_refused() {
    QVERIFY(write_key_file(path_, generate_keys()));
    if (::chown(path_.c_str(), 12345, 12345) != 0)
        QSKIP("only root can give a file away");
    QVERIFY(refused_with("belongs to user id 12345"));
}

void KeyFileTest::missing_directory_and_link_are_refused() {
    QVERIFY(refused_with("No such file"));
    QVERIFY(write_key_file(path_, generate_keys()));
    const std::string target = path_;
    path_ += ".link";
    QCOMPARE(::symlink(target.c_str(), path_.c_str()), 0);
    QVERIFY(refused_with("cannot open"));
    path_ = folder_.path().toStdString();
    QVERIFY(refused_with("not a regular file"));
}

void KeyFileTest::every_changed_byte_is_refused() {
    QVERIFY(write_key_file(path_, generate_keys()));
    const QByteArray good = content();
    for (qsizetype i = 0; i < good.size(); ++i) {
        QByteArray bad = good;
        bad[i] = bad[i] == '0' ? '1' : '0';
        replace(bad);
        // A changed X25519 private key may be the same key after clamping; all else must be
        // refused.
        if (auto read = read_key_file(path_))
            QVERIFY(bad.startsWith("zz-key-file 1\nsigning-seed ") && i > 90 && i < 175);
    }
    replace(good);
    QVERIFY(read_key_file(path_));
}

void KeyFileTest::wrong_size_is_refused() {
    QVERIFY(write_key_file(path_, generate_keys()));
    const QByteArray good = content();
    replace(good + "\n");
    QVERIFY(refused_with("bytes"));
    replace(good.chopped(1));
    QVERIFY(refused_with("bytes"));
    replace({});
    QVERIFY(refused_with("has 0 bytes"));
}

} // namespace zz::crypto

QTEST_APPLESS_MAIN(zz::crypto::KeyFileTest)
#include "key_file_test.moc"
