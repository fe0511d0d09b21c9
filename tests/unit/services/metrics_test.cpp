// SPDX-License-Identifier: Apache-2.0
// The Prometheus endpoint of a host: its table is the one in the manual, its figures are those that
// the services told, and it can be off.
#include "backend/services/hub.h"
#include "backend/services/metric_families.h"
#include "backend/services/metrics.h"
#include "protocol/cluster/generate.h"
#include "protocol/telemetry/latency.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace zz::services {
namespace {

constexpr Instant kNow{1'000'000'000'000};

std::string words_of(prometheus::MetricType type) {
    return type == prometheus::MetricType::Gauge     ? "gauge"
           : type == prometheus::MetricType::Counter ? "counter"
                                                     : "histogram";
}

telemetry::Facts client_facts(std::uint64_t boot, std::int64_t wall_s,
                              std::vector<std::uint64_t> latencies_us) {
    telemetry::Facts out;
    out.mutable_source()->set_host(1);
    out.mutable_source()->set_application(1);
    out.mutable_source()->mutable_principal()->set_role(static_cast<std::uint32_t>(Role::Client));
    out.mutable_source()->mutable_principal()->set_index(1);
    out.mutable_source()->set_boot(boot);
    auto& second = *out.mutable_client()->add_seconds();
    second.set_wall_s(wall_s);
    telemetry::LatencyHistogram histogram;
    for (const auto us : latencies_us)
        histogram.add(us);
    histogram.store(second);
    return out;
}

const prometheus::MetricFamily* find(const std::vector<prometheus::MetricFamily>& families,
                                     const std::string& name) {
    const auto it =
        std::ranges::find_if(families, [&](const auto& family) { return family.name == name; });
    return it == families.end() ? nullptr : &*it;
}

// The whole answer to one HTTP request; empty: nobody listens.
std::string http(const std::string& address, const std::string& request) {
    sockaddr_in to{};
    const std::size_t colon = address.rfind(':');
    to.sin_family = AF_INET;
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string out;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
        send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
        char buffer[4096];
        for (ssize_t got = 1; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;)
            out.append(buffer, static_cast<std::size_t>(got));
    }
    close(fd);
    return out;
}

} // namespace

class MetricsTest : public QObject {
    Q_OBJECT

    cluster::Cluster cluster_;

  private Q_SLOTS:
    void initTestCase() {
        const auto made = cluster::generate({});
        QVERIFY2(made, made ? "" : made.error().text.c_str());
        cluster_ = made->cluster;
    }

    // resources/docs/metrics.md lists every metric as it is, and nothing else.
    void the_manual_is_true() {
        QFile file(QString(ZZ_SOURCE_DIR) + "/resources/docs/metrics.md");
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(file.readAll());
        for (const MetricKind& kind : metric_kinds()) {
            const std::string row = "| `" + std::string(kind.name) + "` | " + words_of(kind.type) +
                                    " | " + std::string(kind.labels) + " | " +
                                    std::string(kind.help) + " |";
            QVERIFY2(text.contains(QString::fromStdString(row) + "\n"), row.c_str());
        }
        QCOMPARE(std::size_t(text.count("\n| `zz_")), metric_kinds().size());
    }

    // The board asks for nothing that is not there.
    void the_board_is_true() {
        QFile file(QString(ZZ_SOURCE_DIR) + "/resources/grafana/zz.json");
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(file.readAll());
        const QRegularExpression name("zz_[a-z0-9_]+");
        int seen = 0;
        for (auto it = name.globalMatch(text); it.hasNext(); ++seen) {
            QString word = it.next().captured();
            word.remove(QRegularExpression("_bucket$|_count$|_sum$"));
            const std::string wanted = word.toStdString();
            QVERIFY2(std::ranges::any_of(metric_kinds(),
                                         [&](const auto& kind) { return kind.name == wanted; }),
                     wanted.c_str());
        }
        QVERIFY(seen > 10);
    }

    // Labels of each sample are those of the table.
    void labels_are_those_of_the_table() {
        HostSample sample;
        auto client = client_facts(7, 100, {50, 5000});
        client.mutable_client()->set_requests(2);
        telemetry::Facts replica = client;
        replica.mutable_source()->mutable_principal()->set_role(
            static_cast<std::uint32_t>(Role::Agreement));
        replica.mutable_agreement()->add_suspicion()->mutable_subject()->set_role(2);
        replica.mutable_agreement()->add_slots()->set_state(1);
        (*replica.mutable_process()->mutable_rejected())["bad tag"] = 3;
        sample.sources = {{client, 0.5}, {replica, 0}};
        sample.latencies[telemetry::key_of(client.source())].take(client);
        const auto families = metric_families(cluster_, HostId(1), sample);
        std::size_t samples = 0;
        for (const auto& family : families) {
            const auto kind = std::ranges::find_if(
                metric_kinds(), [&](const auto& k) { return k.name == family.name; });
            QVERIFY(kind != metric_kinds().end());
            for (const auto& metric : family.metric) {
                std::string labels;
                for (std::size_t i = 1; i < metric.label.size(); ++i)
                    labels += (i == 1 ? "" : " ") + metric.label[i].name;
                QCOMPARE(metric.label[0].value, std::string("h1"));
                QVERIFY2(labels == kind->labels, (family.name + ": " + labels).c_str());
                ++samples;
            }
        }
        QVERIFY(samples > 40);
        const auto* replies = find(families, "zz_client_replies_total");
        QVERIFY(replies != nullptr && replies->metric.size() == 1);
        QCOMPARE(replies->metric[0].label[1].value, std::string("A"));
        QCOMPARE(replies->metric[0].label[2].value, std::string("gateway"));
        QCOMPARE(replies->metric[0].counter.value, 2.0);
        const auto* slots_of = find(families, "zz_agreement_slots");
        QVERIFY(slots_of != nullptr && slots_of->metric.size() == 4);
        QCOMPARE(slots_of->metric[1].label[3].value, std::string("active"));
        QCOMPARE(slots_of->metric[1].gauge.value, 1.0);
    }

    // Each second counts once however often it is told; another start of the process begins anew.
    void latencies_add_up() {
        ClientLatencies book;
        book.take(client_facts(7, 100, {50, 50, 900}));
        book.take(client_facts(7, 100, {50, 50, 900}));
        book.take(client_facts(7, 101, {3'000'000}));
        book.take(client_facts(7, 99, {1}));
        auto histogram = book.histogram();
        QCOMPARE(histogram.sample_count, 4ULL);
        QVERIFY(histogram.sample_sum > 3.0 && histogram.sample_sum < 3.4);
        std::uint64_t before = 0;
        for (const auto& bucket : histogram.bucket) {
            QVERIFY(bucket.cumulative_count >= before);
            before = bucket.cumulative_count;
            if (bucket.upper_bound == 64e-6)
                QCOMPARE(bucket.cumulative_count, 2ULL);
            if (bucket.upper_bound == 1024e-6)
                QCOMPARE(bucket.cumulative_count, 3ULL);
        }
        QCOMPARE(before, 4ULL);
        book.take(client_facts(8, 50, {1}));
        QCOMPARE(book.histogram().sample_count, 1ULL);
    }

    void scraped_over_http() {
        QTemporaryDir dir;
        Hub hub(HostId(1), false, 5, (dir.path() + "/evidence").toStdString(), [](const auto&) {});
        telemetry::Update update;
        *update.mutable_facts() = client_facts(7, 100, {50, 5000});
        update.mutable_facts()->mutable_client()->set_requests(77);
        hub.own(update, kNow);
        Metrics metrics(cluster_, HostId(1));
        const std::string& address = cluster_.hosts[0].metrics;
        QVERIFY(address.starts_with("127.0.0.1:"));
        QCOMPARE(http(address, "GET /metrics HTTP/1.0\r\n\r\n"), std::string());
        const Status listening = metrics.listen(address);
        QVERIFY2(listening, listening ? "" : listening.error().text.c_str());
        metrics.look_at(hub, kNow + milliseconds(1500));
        const std::string page = http(address, "GET /metrics HTTP/1.0\r\n\r\n");
        for (const char* part :
             {"200 OK", "zz_client_replies_total{host=\"h1\",app=\"A\",client=\"gateway\"} 77",
              "zz_process_heard_seconds{host=\"h1\",app=\"A\",process=\"gateway\"} 1.5",
              "zz_client_latency_seconds_count{host=\"h1\",app=\"A\",client=\"gateway\"} 2",
              "# TYPE zz_client_latency_seconds histogram", "zz_host_updates_total{host=\"h1\"} 1"})
            QVERIFY2(page.find(part) != std::string::npos, part);
        QVERIFY(http(address, "GET /other HTTP/1.0\r\n\r\n").find("404") != std::string::npos);
        QVERIFY(http(address, "\x01\x02 nonsense\r\n\r\n").find("zz_") == std::string::npos);
        // The port is taken: said, and no reason to end.
        Metrics second(cluster_, HostId(1));
        const Status taken = second.listen(address);
        QVERIFY(!taken && taken.error().text.find(address) != std::string::npos);
        QVERIFY(second.url().empty());
        second.look_at(hub, kNow);
    }

    void off_without_an_address() {
        Metrics metrics(cluster_, HostId(1));
        QVERIFY(bool(metrics.listen("")));
        QVERIFY(metrics.url().empty());
        cluster::GenerateOptions options;
        options.metrics = false;
        const auto made = cluster::generate(options);
        QVERIFY(made && made->cluster.hosts[0].metrics.empty());
        QVERIFY(cluster::to_toml(made->cluster).find("metrics") == std::string::npos);
    }
};

} // namespace zz::services

using zz::services::MetricsTest;
QTEST_GUILESS_MAIN(MetricsTest)
#include "metrics_test.moc"
