// SPDX-License-Identifier: Apache-2.0
// Aim: who may do what to a data center, and that it can be shown afterwards: roles, unknown keys,
// replayed commands, confirmation, audit, evidence (O1 O2 O3 O4 O6 O7, G2, G3). On one data center
// whose environment is `production`.
#include "backend/runtime/clock.h"
#include "backend/runtime/loop.h"
#include "backend/services/operator_client.h"
#include "protocol/telemetry/version.h"
#include "tests/integration/services/data_center_support.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QtTest>

#include <csignal>

using zz::services::test::DataCenter;
using zz::services::test::Run;
namespace telemetry = zz::telemetry;

class OperatingTest : public QObject {
    Q_OBJECT

  private:
    std::unique_ptr<DataCenter> dc_;
    const QStringList meant_{"--reason", "exercise", "--yes", "A"};

    QString key_file(std::size_t index) const {
        return QString::fromStdString(dc_->layout().key(
            dc_->cluster(), {}, zz::principal(dc_->cluster().operators[index].id)));
    }
    // Entries of all hosts whose command and result contain these.
    std::vector<QJsonObject> audited(const QString& command, const QString& result) const {
        std::vector<QJsonObject> out;
        for (const auto& value :
             dc_->ctl({"audit", "list", "--json"}).json()["entries"].toArray()) {
            const QJsonObject entry = value.toObject();
            if (entry["command"].toString().contains(command) &&
                entry["result"].toString().contains(result))
                out.push_back(entry);
        }
        return out;
    }
    static Run run(const QString& program, const QStringList& words) {
        QProcess process;
        process.start(QString(ZZ_BIN_DIR) + "/" + program, words);
        process.waitForFinished(30'000);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                process.readAllStandardOutput(), process.readAllStandardError()};
    }
    static QByteArray bytes_of(const QString& file) {
        QFile in(file);
        return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
    }
    static void write(const QString& file, const QByteArray& bytes) {
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly | QIODevice::Truncate));
        out.write(bytes);
    }
    QString audit_file(std::size_t host) const {
        return QString::fromStdString(dc_->layout().host(dc_->cluster().hosts[host])) +
               "/host/audit.log";
    }
    // zz-host of h1 on a cluster file and key of one's own: it must refuse to start.
    Run start_host(const QString& cluster, const QString& key) const {
        return run("zz-host",
                   {"--cluster", cluster, "--host", "h1", "--key", key, "--data",
                    dc_->outside("no-host"), "--host-socket", "ipc://" + dc_->outside("no.sock")});
    }

  private Q_SLOTS:
    void initTestCase() {
        dc_ = std::make_unique<DataCenter>(
            QStringList{"--hosts", "4", "--apps", "1", "--drills", "--environment", "production"});
        const QByteArray trouble = dc_->serve();
        QVERIFY2(trouble.isEmpty(), trouble);
    }
    void cleanupTestCase() { dc_.reset(); }

    void o2_a_viewer_may_look_only() {
        QVERIFY(QFile::exists(key_file(1)));
        QCOMPARE(dc_->ctl({"--operator", "viewer", "status"}).code, 0);
        const Run stop = dc_->ctl({"--operator", "viewer", "drill", "stop-all"});
        QCOMPARE(stop.code, 1);
        QVERIFY2(stop.err.contains("viewer"), stop.err);
        const auto entries = audited("drill stop-all", "refused");
        QCOMPARE(entries.size(), std::size_t{4});
        QCOMPARE(entries[0]["who"].toString(), QString("viewer"));
        QCOMPARE(entries[0]["role"].toString(), QString("viewer"));
        QVERIFY(dc_->ctl({"--operator", "viewer", "audit", "list"}).out.contains("stop-all"));
        QVERIFY(dc_->ctl({"events", "--json"}).out.contains("refused: drill stop-all"));
    }

    void o1_an_unlisted_key_is_refused_and_audited() {
        const QString kept = dc_->outside("viewer.key");
        QVERIFY(QFile::rename(key_file(1), kept));
        const Run keygen = run("zzctl", {"keygen", "--out", key_file(1)});
        QCOMPARE(keygen.code, 0);
        const Run stranger = dc_->ctl({"--operator", "viewer", "status", "--json"});
        QVERIFY(QFile::remove(key_file(1)));
        QVERIFY(QFile::rename(kept, key_file(1)));
        for (const auto& host : stranger.json()["hosts"].toArray())
            QVERIFY(host.toObject()["state"] != "up");
        // exchange_key = "HEX"
        const QString exchange = QString(keygen.out).section("exchange_key = \"", 1).left(64);
        QCOMPARE(exchange.size(), 64);
        QTRY_VERIFY_WITH_TIMEOUT(audited("connect from", "not in the cluster file").size() >= 4,
                                 15'000);
        for (const auto& entry : audited("connect from", "not in the cluster file")) {
            QCOMPARE(entry["who"].toString(), QString("unknown"));
            QCOMPARE(entry["key"].toString(), exchange);
        }
    }

    // A command as it went over the wire, sent once more over a good link.
    void o3_a_captured_command_is_refused() {
        const auto& cluster = dc_->cluster();
        const auto& self = cluster.operators[0];
        const auto& host = cluster.hosts[0];
        auto keys = zz::crypto::read_key_file(key_file(0).toStdString());
        QVERIFY(bool(keys));
        zz::transport::Context context;
        auto link = zz::transport::Transport::make(
            context, {keys->publics.exchange, keys->exchange_private});
        QVERIFY(bool(link));
        const auto peer = zz::transport::peer(zz::principal(host.id));
        QVERIFY(bool((*link)->dial(peer, host.operator_endpoint(), host.keys.exchange)));
        telemetry::CommandBody body;
        body.set_protocol(telemetry::kTelemetryVersion);
        body.set_operator_(self.id.value);
        body.set_nonce(static_cast<std::uint64_t>(zz::runtime::wall_ns()));
        body.set_cluster(std::string(zz::text_of(cluster.id.view())));
        body.set_environment(cluster.environment);
        body.set_host(host.id.value);
        body.set_not_after_wall_ns(zz::runtime::wall_ns() + 30'000'000'000);
        body.mutable_drill_stop()->set_id("captured");
        telemetry::LocalControl control;
        *control.mutable_command() = telemetry::sign_command(
            body, zz::crypto::SigningKeyPair::from_seed(keys->signing_seed));
        const zz::Blob frame = zz::transport::encode(
            {zz::ApplicationId(), zz::principal(self.id), zz::principal(host.id),
             zz::runtime::local_frame(zz::runtime::LocalFrame::Control,
                                      control.SerializeAsString())});
        std::vector<telemetry::Answer> answers;
        for (std::size_t sent = 0; sent < 2; ++sent) {
            QTRY_VERIFY(((*link)->poll(zz::milliseconds(10)), (*link)->reachable(peer)));
            QVERIFY((*link)->send(peer, frame));
            for (int i = 0; i < 500 && answers.size() <= sent; ++i)
                for (const auto& received : (*link)->poll(zz::milliseconds(10)).frames) {
                    const auto routed = zz::transport::decode_routed(received.frame.view());
                    telemetry::LocalControl answer;
                    const auto bytes = routed->frame.view();
                    QVERIFY(answer.ParseFromArray(bytes.data() + 1,
                                                  static_cast<int>(bytes.size()) - 1));
                    answers.push_back(answer.answer());
                }
        }
        QCOMPARE(answers.size(), std::size_t{2});
        QVERIFY(answers[0].ok());
        QVERIFY(!answers[1].ok());
        QVERIFY(answers[1].error().find("seen before") != std::string::npos);
        QCOMPARE(audited("drill stop captured", "accepted").size(), std::size_t{1});
        QCOMPARE(audited("drill stop captured", "seen before").size(), std::size_t{1});
        QVERIFY(dc_->ctl({"events", "--json"}).out.contains("refused: drill stop captured"));
    }

    // Production: a reason, and the name typed anew; force a reason besides.
    void o6_confirmation() {
        const QStringList drill{"drill",    "start", "silent",  "--app", "A",
                                "--target", "E1",    "--lease", "2"};
        const Run bare = dc_->ctl(drill);
        QVERIFY(bare.code == 1 && bare.err.contains("--reason"));
        const Run unnamed = dc_->ctl(drill + QStringList{"--reason", "exercise", "--yes", "B"});
        QVERIFY(unnamed.code == 1 && unnamed.err.contains("--yes A"));
        QCOMPARE(audited("drill start silent", "refused").size(), std::size_t{8});
        const QStringList two{"drill", "start",    "silent", "--app",   "A", "--target",
                              "E1",    "--target", "E2",     "--lease", "2"};
        const Run beyond = dc_->ctl(two + meant_);
        QVERIFY(beyond.code == 1 && beyond.err.contains("--force"));
        const Run unreasoned = dc_->ctl(two + QStringList{"--force", "--yes", "A"});
        QVERIFY(unreasoned.code == 2 && unreasoned.err.contains("--reason"));
        const Run host = dc_->ctl({"host", "kill", "h4"});
        QVERIFY(host.code == 1 && host.err.contains("--reason"));
        QCOMPARE(dc_->ctl({"cluster", "down"}).code, 1);
        QVERIFY(dc_->is_at_rest());
    }

    void evidence_convicts_offline() {
        const auto load = dc_->start_load({"--clients", "4", "--seconds", "120"});
        const Run drill = dc_->ctl(
            QStringList{"drill", "start", "wrong-reply", "--app", "A", "--target", "E1", "--wait"} +
            meant_);
        QVERIFY2(drill.code == 0, drill.err);
        const Run loaded = DataCenter::end_load(*load);
        QCOMPARE(loaded.json()["wrong"].toInt(), 0);
        // One accepted entry a host, and what the replica made of it.
        QCOMPARE(audited("drill start wrong-reply", "accepted").size(), std::size_t{4});
        QVERIFY(!audited("told by", "drill started").empty());
        const Run list = dc_->ctl({"evidence", "list", "--json"});
        const QJsonArray items = QJsonDocument::fromJson(list.out).array();
        QString id;
        for (const auto& item : items)
            if (item.toObject()["subject"].toString() == "E1.0" && id.isEmpty())
                id = item.toObject()["id"].toString();
        QVERIFY2(!id.isEmpty(), list.out);
        const QString file = dc_->outside("proof");
        const Run exported = dc_->ctl({"evidence", "export", id, "--out", file});
        QVERIFY2(exported.code == 0, exported.err);
        const QString cluster = dc_->path() + "/cluster.toml";
        const Run good = run("zzctl", {"evidence", "verify", file, "--cluster", cluster, "--json"});
        QVERIFY2(good.code == 0 && good.json()["proves"] == true, good.err);
        QVERIFY(good.out.contains("E1"));
        QByteArray bad = bytes_of(file);
        bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
        write(file + ".bad", bad);
        QCOMPARE(run("zzctl", {"evidence", "verify", file + ".bad", "--cluster", cluster}).code, 1);
        QCOMPARE(dc_->ctl({"evidence", "export", "0000", "--out", file}).code, 1);
        const Run cost = dc_->ctl({"cost", "--json"});
        QCOMPARE(cost.json()["placed_as_of"].toString(), QString("now"));
        const QJsonObject placed = cost.json()["data_center"].toObject()["placed"].toObject();
        QCOMPARE(placed["awake"].toInt(), 2);
        QCOMPARE(placed["asleep"].toInt(), 1);
    }

    // The one who asks dies at some moment: each host has the whole command or none of it, and what
    // began ends with its lease.
    void o7_the_asker_dies() {
        // A replica that was removed told no end of its drill.
        const auto open = [this] {
            return audited("told by", "drill started").size() -
                   audited("told by", "drill ended").size();
        };
        const auto open_before = open();
        for (const int after_ms : {60, 120, 250}) {
            QProcess asker;
            asker.start(QString(ZZ_BIN_DIR) + "/zzctl",
                        QStringList{"drill", "start", "slow", "--app", "A", "--target", "E2",
                                    "--lease", "1", "--delay-ms", "1", "--dir", dc_->path()} +
                            meant_);
            QVERIFY(asker.waitForStarted());
            QTest::qWait(after_ms);
            asker.kill();
            asker.waitForFinished();
        }
        QTRY_VERIFY_WITH_TIMEOUT(dc_->is_at_rest(), 60'000);
        QTRY_COMPARE_WITH_TIMEOUT(open(), open_before, 20'000);
        QCOMPARE(dc_->ctl({"drill", "stop-all"}).code, 0);
        QCOMPARE(dc_->ctl({"audit", "verify"}).code, 0);
    }

    void g2_a_key_twice() {
        QByteArray text = bytes_of(dc_->path() + "/cluster.toml");
        const qsizetype first = text.indexOf("\nsigning_key = \"") + 1;
        const qsizetype second = text.indexOf("\nsigning_key = \"", first) + 1;
        text.replace(second, 80, text.mid(first, 80));
        write(dc_->outside("twice.toml"), text);
        const QString key = dc_->path() + "/keys/host-h1.key";
        const Run started = start_host(dc_->outside("twice.toml"), key);
        QVERIFY(started.code > 0);
        QVERIFY2((started.out + started.err).contains("already used"), started.err);
    }

    void g3_a_key_file_that_the_group_can_read() {
        const QString key = dc_->outside("group.key");
        QVERIFY(QFile::copy(dc_->path() + "/keys/host-h1.key", key));
        QVERIFY(
            QFile::setPermissions(key, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup));
        const Run started = start_host(dc_->path() + "/cluster.toml", key);
        QVERIFY(started.code > 0);
        QVERIFY2((started.out + started.err).contains("group.key"), started.err);
    }

    // Last: it stops the data center.
    void o4_an_edited_audit_log_names_the_line() {
        const Run before = dc_->ctl({"audit", "verify", "--json"});
        QVERIFY(before.code == 0 && before.json()["good"] == true);
        QCOMPARE(before.json()["logs"].toArray().size(), qsizetype{4});
        QCOMPARE(dc_->ctl({"cluster", "down", "--reason", "the end", "--yes", "zz"}).code, 0);
        const QByteArray log = bytes_of(audit_file(0));
        QVERIFY(log.contains("cluster down zz"));
        write(dc_->outside("edited.log"), QByteArray(log).replace("viewer", "nobody"));
        const Run edited = run("zzctl", {"audit", "verify", dc_->outside("edited.log")});
        const auto line = log.left(log.indexOf("viewer")).count('\n') + 1;
        QCOMPARE(edited.code, 1);
        QVERIFY2(edited.out.contains(("edited.log:" + QString::number(line) + ": ").toUtf8()),
                 edited.out);
        // The end is cut off: found by the last hash that zzctl knows.
        const QByteArray cut = log.left(log.lastIndexOf('\n', log.indexOf("cluster down zz")) + 1);
        write(audit_file(0), cut);
        const Run found = dc_->ctl({"audit", "verify"});
        QCOMPARE(found.code, 1);
        QVERIFY2(found.out.contains("h1/host/audit.log:") && found.out.contains("cut off"),
                 found.out);
        QCOMPARE(run("zzctl", {"audit", "verify", audit_file(0)}).code, 0);
        QCOMPARE(run("zzctl", {"audit", "verify", dc_->outside("none.log")}).code, 2);
    }
};

QTEST_GUILESS_MAIN(OperatingTest)
#include "operating_test.moc"
