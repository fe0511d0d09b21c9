// SPDX-License-Identifier: Apache-2.0
// Aim: hosts tell what happens, and whoever listens harms nobody: metrics over HTTP agree with what
// clients got, throughput and latency are recorded, a service that hangs is told as lost, and a
// thousand subscribers that connect, stop reading and die cost a host neither memory nor the
// service its rate.
#include "backend/runtime/process.h"
#include "protocol/crypto/key_file.h"
#include "protocol/transport/transport.h"
#include "tests/integration/services/data_center_support.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QtTest>

#include <csignal>
#include <set>
#include <unistd.h>

using zz::services::test::DataCenter;
using zz::services::test::median_rate;
using zz::services::test::open_files;
using zz::services::test::Run;

namespace {

constexpr int kSubscribers = 1000, kOfOneProcess = 50, kAtOnce = 5; // processes
constexpr const char* kSubscribeWord = "--subscribe";

// This program again: so many subscriptions at the first host of the data center, none of which
// reads on after its first message. Ends by being killed.
int subscribe_and_hang(const std::string& dir) {
    const zz::services::Layout layout{dir};
    const auto cluster = zz::cluster::load(layout.cluster_file());
    const auto keys = zz::crypto::read_key_file(
        layout.key(*cluster, {}, zz::principal(cluster->operators[0].id)));
    zz::transport::Context context;
    auto link =
        zz::transport::Transport::make(context, {keys->publics.exchange, keys->exchange_private});
    const auto& host = cluster->hosts[0];
    for (std::uint32_t i = 1; i <= kOfOneProcess; ++i)
        if (!(*link)->subscribe(zz::transport::peer(zz::principal(zz::HostId(i))),
                                host.telemetry_endpoint(), host.keys.exchange))
            return 1;
    std::set<zz::transport::Peer> heard;
    while (heard.size() < kOfOneProcess)
        for (const auto& received : (*link)->poll(zz::seconds(1)).published)
            heard.insert(received.from);
    [[maybe_unused]] const auto told = write(STDOUT_FILENO, "ready\n", 6);
    for (;;)
        pause();
}

} // namespace

class TelemetryTest : public QObject {
    Q_OBJECT

  private:
    std::unique_ptr<DataCenter> dc_;

    const zz::cluster::Host& host() const { return dc_->cluster().hosts[0]; }
    int host_pid() const {
        return zz::runtime::living_pid(dc_->layout().pid_file(host(), "zz-host"));
    }
    double host_mib() const {
        return double(zz::runtime::usage_of(host_pid()).rss_bytes) / (1024.0 * 1024.0);
    }
    static QByteArray scrape(const zz::cluster::Host& of) {
        QProcess curl;
        curl.start("curl", {"-sS", "http://" + QString::fromStdString(of.metrics) + "/metrics"});
        return curl.waitForFinished(20'000) ? curl.readAllStandardOutput() : QByteArray();
    }
    // Of the first sample whose line begins so; -1: there is none.
    static double sample(const QByteArray& page, const QByteArray& begin) {
        for (const QByteArray& line : page.split('\n'))
            if (line.startsWith(begin))
                return line.mid(line.lastIndexOf(' ') + 1).toDouble();
        return -1;
    }
    // Of what `events --json` prints, those of this kind.
    std::vector<QJsonObject> events(const QString& kind) const {
        std::vector<QJsonObject> out;
        for (const QByteArray& line : dc_->ctl({"events", "--json"}).out.split('\n')) {
            const QJsonObject event = QJsonDocument::fromJson(line).object();
            if (event["kind"].toString() == kind)
                out.push_back(event);
        }
        return out;
    }
    // As many subscribers as one wave holds, all connected, then all killed.
    bool wave(int& connected) const {
        std::vector<std::unique_ptr<QProcess>> all;
        for (int i = 0; i < kAtOnce; ++i) {
            all.push_back(std::make_unique<QProcess>());
            all.back()->start(QCoreApplication::applicationFilePath(),
                              {kSubscribeWord, dc_->path()});
        }
        bool good = true;
        for (auto& process : all) {
            while (good && !process->canReadLine())
                good = process->waitForReadyRead(20'000);
            connected += good ? kOfOneProcess : 0;
        }
        QTest::qWait(300); // Nobody reads any more.
        for (auto& process : all) {
            process->kill();
            process->waitForFinished(5000);
        }
        return good;
    }

  private Q_SLOTS:
    void initTestCase() {
        dc_ = std::make_unique<DataCenter>(QStringList{"--hosts", "4", "--apps", "1"});
        const QByteArray trouble = dc_->serve();
        QVERIFY2(trouble.isEmpty(), trouble);
    }
    void cleanupTestCase() { dc_.reset(); }

    // What a client got is what every host's metrics say of it and what a recording holds, second
    // by second.
    void metrics_and_recordings_agree_with_the_client() {
        const QString file = dc_->outside("session.zzs");
        QProcess record;
        record.start(QString(ZZ_BIN_DIR) + "/zzctl",
                     {"session", "record", "--dir", dc_->path(), "--out", file, "--seconds", "7"});
        QTest::qWait(500);
        const auto load = dc_->start_load({"--clients", "8", "--seconds", "5"});
        QVERIFY(load->waitForFinished(30'000));
        QCOMPARE(load->exitCode(), 0);
        const QJsonObject result = QJsonDocument::fromJson(load->readAllStandardOutput()).object();
        QVERIFY(record.waitForFinished(20'000));
        QVERIFY2(record.exitCode() == 0, record.readAllStandardError());
        const double replies = result["checked"].toDouble();
        QVERIFY(replies > 100);
        for (const auto& host : dc_->cluster().hosts) {
            QByteArray page;
            const QByteArray of =
                "host=\"" + QByteArray::fromStdString(host.name) + "\",app=\"A\",client=\"load\"}";
            QTRY_COMPARE_WITH_TIMEOUT(sample(page = scrape(host), "zz_client_replies_total{" + of),
                                      replies, 5'000);
            // The last second was not over when the client ended.
            const double measured = sample(page, "zz_client_latency_seconds_count{" + of);
            QVERIFY(measured >= 0.6 * replies && measured <= replies);
            QVERIFY(sample(page, "zz_process_resident_bytes") > 1e6);
            QVERIFY(sample(page, "zz_process_threads") >= 2);
            // Replicas tell their facts on a beat of their own.
            QTRY_VERIFY_WITH_TIMEOUT(sample(scrape(host), "zz_agreement_requests_total") >= replies,
                                     5'000);
        }
        const Run exported = [&] {
            QProcess process;
            process.start(QString(ZZ_BIN_DIR) + "/zzctl",
                          {"session", "export", file, "--format", "json", "--what", "throughput"});
            process.waitForFinished(20'000);
            return Run{process.exitCode(), process.readAllStandardOutput(),
                       process.readAllStandardError()};
        }();
        QVERIFY2(exported.code == 0, exported.err);
        double recorded = 0;
        int with_latency = 0;
        const QJsonDocument document = QJsonDocument::fromJson(exported.out);
        const QJsonArray rows =
            document.isArray() ? document.array() : document.object()["throughput"].toArray();
        for (const auto& value : rows) {
            const QJsonObject row = value.toObject();
            recorded += row["replies"].toDouble();
            with_latency +=
                row["p50_us"].toDouble() > 0 && row["p99_us"].toDouble() >= row["p50_us"].toDouble()
                    ? 1
                    : 0;
        }
        QVERIFY2(recorded >= 0.6 * replies && recorded <= replies, exported.out.left(500));
        QVERIFY(with_latency >= 3);
    }

    // A controller that hangs is told as lost by its host, once; spares that sleep are not.
    void a_service_that_hangs_is_told_as_lost() {
        const auto& last = dc_->cluster().hosts.back();
        const int pid = zz::runtime::living_pid(dc_->layout().pid_file(last, "zz-controller"));
        QVERIFY(pid > 0);
        kill(pid, SIGSTOP);
        QTRY_VERIFY_WITH_TIMEOUT(!events("service-lost").empty(), 15'000);
        QTest::qWait(1500);
        kill(pid, SIGCONT);
        int hanging = 0, asleep = 0;
        for (const QJsonObject& lost : events("service-lost")) {
            const QString subject = lost["subject"].toString();
            hanging += subject.toStdString() == zz::to_string(zz::controller_of(last.id)) ? 1 : 0;
            asleep += subject.startsWith("E") ? 1 : 0;
        }
        QCOMPARE(hanging, 1);
        QCOMPARE(asleep, 0);
    }

    // 1,000 subscribers of one host, 250 at a time, while a load runs.
    void a_thousand_subscribers_die() {
        const auto load = dc_->start_load({"--clients", "4", "--seconds", "24"});
        QTest::qWait(6000);
        const auto files = open_files(host_pid());
        const double before_all = host_mib();
        double most = 0;
        int connected = 0;
        while (connected < kSubscribers) {
            QVERIFY(wave(connected));
            QTRY_VERIFY_WITH_TIMEOUT(open_files(host_pid()) <= files + 5, 10'000);
            most = std::max(most, host_mib());
        }
        // What they took is given back within ten seconds.
        QTRY_VERIFY_WITH_TIMEOUT(host_mib() <= before_all + 3, 20'000);
        load->waitForFinished(60'000);
        const QJsonArray series =
            QJsonDocument::fromJson(load->readAllStandardOutput()).object()["series"].toArray();
        const double before = median_rate(series, 1, 5), during = median_rate(series, 6, 20);
        qInfo("%d subscribers: %.1f MiB before, %.1f at most, %.1f after; %.0f requests/s before, "
              "%.0f with them",
              connected, before_all, most, host_mib(), before, during);
        QCOMPARE(load->exitCode(), 0);
        QVERIFY(during >= 0.6 * before);
        QVERIFY(host_pid() > 0);
    }
};

int main(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == kSubscribeWord)
        return subscribe_and_hang(argv[2]);
    QCoreApplication app(argc, argv);
    TelemetryTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "telemetry_test.moc"
