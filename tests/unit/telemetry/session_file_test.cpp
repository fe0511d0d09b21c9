// SPDX-License-Identifier: Apache-2.0
// Session files (PROTOCOL.md 14): what was written is read, from the begin or from any time; a file
// cut or damaged at any byte opens up to there.
#include "protocol/telemetry/session_file.h"
#include "protocol/telemetry/version.h"

#include <QTemporaryDir>
#include <QtTest>

namespace zz::telemetry {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kStart = 1'700'000'000 * kSecond;

SessionHeader header() {
    SessionHeader h;
    h.set_protocol(kTelemetryVersion);
    h.set_session("0123");
    h.set_started_wall_ns(kStart);
    h.set_environment("lab");
    return h;
}

Update facts(std::uint64_t number, std::uint64_t view) {
    Update u;
    u.set_host(1);
    u.set_host_number(number);
    auto& f = *u.mutable_facts();
    f.mutable_source()->set_host(1);
    f.mutable_source()->set_application(1);
    f.mutable_source()->mutable_principal()->set_role(1);
    f.mutable_source()->mutable_principal()->set_index(1);
    f.mutable_agreement()->set_view(view);
    return u;
}

std::string write(const QString& path, int entries, bool close) {
    const std::string name = path.toStdString();
    auto writer = SessionWriter::create(name, header());
    if (!writer)
        qFatal("%s", writer.error().text.c_str());
    Status good = Ok{};
    for (int i = 0; i < entries && good; ++i)
        good = writer->add(kStart + i * kSecond, facts(std::uint64_t(i) + 1, std::uint64_t(i)));
    if (good)
        good = close ? writer->close(kStart + entries * kSecond, 3) : writer->flush();
    if (!good)
        qFatal("%s", good.error().text.c_str());
    return name;
}

QByteArray bytes_of_file(const std::string& name) {
    QFile file(QString::fromStdString(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void put(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (file.open(QIODevice::WriteOnly | QIODevice::Truncate))
        file.write(bytes);
}

void flip(const QString& path, qsizetype at) {
    QFile file(path);
    char byte = 0;
    if (!file.open(QIODevice::ReadWrite | QIODevice::Unbuffered) || !file.seek(at) ||
        !file.getChar(&byte) || !file.seek(at) || !file.putChar(static_cast<char>(byte ^ 0x40)))
        qFatal("cannot change the file");
}

// Views of the entries from where the reader stands.
std::vector<std::uint64_t> views(SessionReader& reader) {
    std::vector<std::uint64_t> out;
    while (auto item = reader.next())
        if (const auto* entry = std::get_if<SessionEntry>(&*item))
            out.push_back(entry->update().facts().agreement().view());
    return out;
}

} // namespace

class SessionFileTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void what_was_written_is_read() {
        QTemporaryDir dir;
        const auto name = write(dir.filePath("a"), 100, true);
        auto reader = SessionReader::open(name);
        QVERIFY(reader);
        QCOMPARE(reader->header().environment(), std::string("lab"));
        const auto& s = reader->summary();
        QVERIFY(s.closed && !s.damaged);
        QCOMPARE(s.entries, 100U);
        QCOMPARE(s.lost, 3U);
        QCOMPARE(s.ended_wall_ns, kStart + 100 * kSecond);
        QCOMPARE(s.keyframes, 9U); // each ten seconds
        const auto all = views(*reader);
        QCOMPARE(all.size(), 100U);
        QCOMPARE(all.back(), 99U);
        QCOMPARE(reader->progress(), 1.0);
    }

    void an_existing_file_is_not_overwritten() {
        QTemporaryDir dir;
        const auto name = write(dir.filePath("a"), 1, true);
        QVERIFY(!SessionWriter::create(name, header()));
        QVERIFY(SessionReader::open(name));
    }

    // A reader that begins at a keyframe knows the facts of everything before.
    void seek_gives_the_keyframe_before() {
        QTemporaryDir dir;
        for (const bool closed : {true, false}) {
            auto reader = SessionReader::open(write(dir.filePath(closed ? "a" : "b"), 300, closed));
            QVERIFY(reader);
            QCOMPARE(reader->summary().closed, closed);
            reader->seek(kStart + 155 * kSecond);
            auto item = reader->next();
            QVERIFY(item && std::holds_alternative<SessionKeyframe>(*item));
            const auto& keyframe = std::get<SessionKeyframe>(*item);
            QCOMPARE(keyframe.entries(), 150U);
            QCOMPARE(keyframe.snapshots(0).sources(0).agreement().view(), 149U);
            QCOMPARE(keyframe.snapshots(0).host_number(), 150U);
            const auto rest = views(*reader);
            QCOMPARE(rest.front(), 150U);
            QCOMPARE(rest.size(), 150U);
            reader->seek(kStart - kSecond);
            QCOMPARE(views(*reader).size(), 300U);
        }
    }

    // More keyframes than one index record lists.
    void index_records_are_chained() {
        QTemporaryDir dir;
        auto reader = SessionReader::open(write(dir.filePath("a"), 2000, true));
        QVERIFY(reader && reader->summary().closed);
        QCOMPARE(reader->summary().keyframes, 199U);
        reader->seek(kStart + 25 * kSecond);
        QCOMPARE(views(*reader).front(), 20U);
    }

    void a_file_cut_at_any_byte_opens_up_to_the_cut() {
        QTemporaryDir dir;
        const QByteArray whole = bytes_of_file(write(dir.filePath("a"), 25, true));
        const QString path = dir.filePath("cut");
        put(path, whole);
        std::size_t last = 25;
        qsizetype first_open = whole.size();
        for (qsizetype cut = whole.size() - 1; cut >= 0; --cut) {
            QVERIFY(QFile::resize(path, cut));
            auto reader = SessionReader::open(path.toStdString());
            if (!reader)
                continue;
            QCOMPARE(cut, first_open - 1); // below a cut that does not open none does
            first_open = cut;
            QVERIFY(!reader->summary().closed && !reader->summary().damaged);
            QVERIFY(std::cmp_less_equal(reader->summary().bytes_valid, cut));
            const auto all = views(*reader);
            QCOMPARE(reader->summary().entries, all.size());
            QVERIFY(all.size() == last || all.size() + 1 == last);
            for (std::size_t i = 0; i < all.size(); ++i)
                QCOMPARE(all[i], i);
            last = all.size();
        }
        QCOMPARE(last, 0U);
        QVERIFY(first_open > 8 && first_open < 100);
    }

    void a_changed_byte_ends_the_file_there() {
        QTemporaryDir dir;
        const QByteArray whole = bytes_of_file(write(dir.filePath("a"), 25, true));
        const QString path = dir.filePath("bad");
        put(path, whole);
        std::size_t shortened = 0;
        for (qsizetype at = 0; at < whole.size(); ++at) {
            flip(path, at);
            auto reader = SessionReader::open(path.toStdString());
            const auto all = reader ? views(*reader) : std::vector<std::uint64_t>();
            flip(path, at); // back
            if (!reader)
                continue; // in the header
            shortened += all.size() < 25 ? 1U : 0U;
            for (std::size_t i = 0; i < all.size(); ++i)
                QCOMPARE(all[i], i); // nothing false is told
            QVERIFY(all.size() == 25 || reader->summary().damaged ||
                    std::cmp_less(reader->summary().bytes_valid, whole.size()));
        }
        QVERIFY(shortened > 1000); // any byte of any entry
    }

    void what_is_no_session_file_is_refused() {
        QTemporaryDir dir;
        const QString path = dir.filePath("x");
        put(path, "ZZSESS");
        QVERIFY(!SessionReader::open(path.toStdString()));
        put(path, QByteArray(1000, '\0'));
        QVERIFY(!SessionReader::open(path.toStdString()));
        put(path, QByteArray("ZZSESS\0\2", 8) + QByteArray(100, 'x'));
        const auto newer = SessionReader::open(path.toStdString());
        QVERIFY(!newer && newer.error().text.find("format 2") != std::string::npos);
        QVERIFY(!SessionReader::open(dir.path().toStdString()));
        QVERIFY(!SessionReader::open(dir.filePath("none").toStdString()));
    }

    void times_never_go_back() {
        QTemporaryDir dir;
        const std::string name = dir.filePath("a").toStdString();
        auto writer = SessionWriter::create(name, header());
        QVERIFY(writer && writer->add(kStart + 5, facts(1, 1)) &&
                writer->add(kStart + 3, facts(2, 2)) && writer->close(kStart, 0));
        auto reader = SessionReader::open(name);
        reader->next();
        QCOMPARE(std::get<SessionEntry>(*reader->next()).received_wall_ns(), kStart + 5);
    }
};

} // namespace zz::telemetry

QTEST_APPLESS_MAIN(zz::telemetry::SessionFileTest)
#include "session_file_test.moc"
