// SPDX-License-Identifier: Apache-2.0
// A recording exported twice gives the same bytes; hostile texts stay in their field; a cut
// recording is exported up to the cut.
#include "backend/services/session_export.h"
#include "tests/unit/telemetry/fold_support.h"

#include <QTemporaryDir>
#include <QtTest>

#include "protocol/telemetry/version.h"

namespace zz::services {

class SessionExportTest : public QObject {
    Q_OBJECT

  private:
    QTemporaryDir dir_;
    std::string file_;

    QByteArray exported(ExportWhat what, ExportFormat format) {
        auto session = telemetry::SessionReader::open(file_);
        std::FILE* out = std::tmpfile();
        if (!session || out == nullptr || !export_session(session.value(), what, format, out, {}))
            return "failed";
        QByteArray bytes(static_cast<qsizetype>(std::ftell(out)), '\0');
        std::rewind(out);
        const auto read = std::fread(bytes.data(), 1, static_cast<std::size_t>(bytes.size()), out);
        std::fclose(out);
        return bytes.left(static_cast<qsizetype>(read));
    }

  private Q_SLOTS:
    void init() {
        file_ = dir_.filePath("session").toStdString();
        QFile::remove(dir_.filePath("session"));
        telemetry::SessionHeader header;
        header.set_protocol(telemetry::kTelemetryVersion);
        header.set_started_wall_ns(telemetry::kStart);
        *header.mutable_cluster() = telemetry::small_cluster();
        auto writer = telemetry::SessionWriter::create(file_, header);
        QVERIFY(writer);
        for (std::uint64_t n = 1; n <= 100; ++n) {
            telemetry::Update update;
            update.set_host(1);
            update.set_host_number(n);
            auto& e = *update.mutable_event();
            *e.mutable_source() = telemetry::source_of(telemetry::a(1), 1);
            e.set_number(n);
            e.set_kind(n == 1 ? telemetry::DEVIATION : telemetry::COLUMN_OF);
            e.set_n(n);
            e.set_vote(1);
            e.set_wall_ns(telemetry::kStart + std::int64_t(n) * telemetry::kSecond);
            e.mutable_subject()->set_role(1);
            e.mutable_subject()->set_index(1);
            e.set_text("a \"text\",\nof two lines");
            auto& entry = *e.add_columns();
            entry.set_slot(1);
            entry.set_state(1);
            QVERIFY(writer->add(e.wall_ns(), update));
        }
        QVERIFY(writer->close(telemetry::kStart + 200 * telemetry::kSecond, 0));
    }

    void twice_gives_the_same_bytes() {
        for (const auto what :
             {ExportWhat::Throughput, ExportWhat::Timeline, ExportWhat::Matrix, ExportWhat::Events})
            for (const auto format : {ExportFormat::Csv, ExportFormat::Json}) {
                const QByteArray once = exported(what, format);
                QVERIFY(once.size() > 100);
                QCOMPARE(exported(what, format), once);
            }
    }

    void texts_stay_in_their_field() {
        const QByteArray csv = exported(ExportWhat::Events, ExportFormat::Csv);
        QCOMPARE(csv.count("\r\n"), 101); // columns and a row an event
        QVERIFY(csv.contains("\"a \"\"text\"\",\nof two lines\"\r\n"));
        const QByteArray json = exported(ExportWhat::Events, ExportFormat::Json);
        QCOMPARE(json.count("\n"), 102); // a bracket each, and a row an event
        QVERIFY(json.startsWith("[\n{") && json.endsWith("}\n]\n"));
    }

    void a_cut_recording_is_exported_up_to_the_cut() {
        const auto size = QFile(QString::fromStdString(file_)).size();
        QVERIFY(QFile::resize(QString::fromStdString(file_), size / 2));
        const auto rows = exported(ExportWhat::Events, ExportFormat::Csv).count("\r\n");
        QVERIFY(rows > 40 && rows < 60);
    }
};

} // namespace zz::services

QTEST_APPLESS_MAIN(zz::services::SessionExportTest)
#include "session_export_test.moc"
