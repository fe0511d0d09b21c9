// SPDX-License-Identifier: Apache-2.0
// The cluster file: what is right is read and written back the same; each violation is told with
// its line (G2).
#include <QTest>

#include <random>

#include "protocol/crypto/sha256.h"
#include "tests/unit/cluster/cluster_support.h"

namespace zz::cluster {

class ClusterFileTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // The sample is valid, canonical, and laid out as ZZ-1.1 and ZZ-2.1 want it.
    void sample_is_valid() {
        const std::string text = sample_text();
        const Checked checked = check(text);
        QCOMPARE(QString::fromStdString(to_text(checked.violations, "sample")), QString());
        const Cluster& c = checked.cluster;
        QCOMPARE(to_toml(c), text);
        QCOMPARE(c.hosts.size(), std::size_t(4));
        QCOMPARE(c.applications.size(), std::size_t(4));
        for (const Application& a : c.applications) {
            QCOMPARE(a.agreement.size(), std::size_t(4));
            QCOMPARE(a.execution.size(), std::size_t(3));
            QVERIFY(a.execution[0].active && a.execution[1].active && !a.execution[2].active);
            QVERIFY(a.limits == Limits());
        }
    }

    // ZZ-2.2: the identity of a cluster is the digest of the bytes, so a blank more is another
    // cluster.
    void id_is_digest_of_bytes() {
        const std::string text = sample_text();
        const ClusterId id = check(text).cluster.id;
        const Digest digest = crypto::sha256(view_of(text));
        QCOMPARE(to_hex(id.view()), to_hex(digest.view()).substr(0, 16));
        const Checked other = check(text + "\n");
        QVERIFY(other.violations.empty());
        QVERIFY(other.cluster.id != id);
    }

    void lookups() {
        const Cluster c = check(sample_text()).cluster;
        QVERIFY(c.host("h3") && c.host("h3")->id == HostId(3));
        QVERIFY(!c.host("h9") && !c.application("Z") && !c.application(ApplicationId(9)));
        const Application& a = *c.application("B");
        const ApplicationId id = a.id;
        QVERIFY(c.keys_of(id, principal(AgreementId(2))) == a.agreement[1].keys);
        QVERIFY(c.keys_of(id, principal(ExecutionId{SlotId(3), Incarnation(0)})) ==
                a.execution[2].keys);
        QVERIFY(!c.keys_of(id, principal(ExecutionId{SlotId(3), Incarnation(1)})));
        QVERIFY(!c.keys_of(id, principal(AgreementId(5))));
        QVERIFY(c.keys_of(id, principal(ClientId(1))) == a.client("gateway")->keys);
        QVERIFY(c.keys_of(id, controller_of(HostId(2))) == c.hosts[1].controller);
        QVERIFY(c.keys_of(id, principal(HostId(2))) == c.hosts[1].keys);
        QVERIFY(c.keys_of(id, principal(OperatorId(1))) == c.operators[0].keys);
    }

    void violations_data() {
        QTest::addColumn<QString>("begin");
        QTest::addColumn<int>("nth");
        QTest::addColumn<QString>("replacement");
        QTest::addColumn<QString>("part");
        const auto row = [](const char* name, const char* begin, int nth, const char* replacement,
                            const char* part) {
            QTest::newRow(name) << begin << nth << replacement << part;
        };
        row("f of zero", "f = 1", 0, "f = 0", "0 is out of range: 1 to 7");
        row("f too large", "f = 1", 0, "f = 8", "out of range");
        row("f as text", "f = 1", 0, "f = \"1\"", "wants a whole number");
        row("f negative, as large as it gets", "f = 1", 0, "f = -9223372036854775808",
            "out of range");
        row("unknown kind", "kind =", 0, "kind = \"sql\"", "'sql' is none of: kv, compute, web");
        row("unknown mode", "mode =", 1, "mode = \"fast\"", "none of: zz, sep");
        row("unknown policy", "wakeup =", 0, "wakeup = \"never\"", "none of: evidence, matrix");
        row("unknown spare", "spare =", 0, "spare = \"warm\"", "none of: paused");
        row("unknown durability", "durability =", 0, "durability = \"maybe\"", "none of: async");
        row("unknown hypervisor", "hypervisor =", 0, "hypervisor = \"xen\"", "none of: process");
        row("libvirt without URI", "hypervisor =", 0, "hypervisor = \"libvirt\"", "hypervisor_uri");
        row("unknown key", "drills", 0, "drils = true", "unknown key 'drils'");
        row("drills as number", "drills", 0, "drills = 1", "wants true or false");
        row("host name twice", "name = \"h2\"", 0, "name = \"h1\"",
            "host name 'h1' is already used");
        row("host id twice", "id = 2", 0, "id = 1", "host id '1' is already used in line 10");
        row("application name twice", "name = \"B\"", 0, "name = \"A\"", "already used");
        row("hostile name (O5)", "name = \"B\"", 0, "name = \"\\u202Eevil\"", "is no name");
        row("markup in name (O5)", "name = \"B\"", 0, "name = \"<b>x</b>\"", "is no name");
        row("long name", "name = \"B\"", 0, "name = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
            "is no name");
        row("application id", "id = 1 # position", 0, "id = 3",
            "must be its position in the file, 1");
        row("port twice", "operator_port", 1, "operator_port = 21000",
            "'127.0.0.1:21000' is already used in line 13");
        row("port zero", "relay_port", 0, "relay_port = 0", "out of range: 1 to 65535");
        row("port too large", "relay_port", 0, "relay_port = 65536", "out of range");
        row("endpoint twice", "endpoint", 1, "endpoint = \"tcp://127.0.0.1:21012\"",
            "already used");
        row("endpoint without port", "endpoint", 0, "endpoint = \"tcp://127.0.0.1\"",
            "neither tcp://");
        row("endpoint of another kind", "endpoint", 0, "endpoint = \"udp://127.0.0.1:1\"",
            "neither tcp://");
        row("endpoint on all ports", "endpoint", 0, "endpoint = \"tcp://127.0.0.1:*\"",
            "neither tcp://");
        row("short endpoint", "endpoint", 0, "endpoint = \"t\"", "neither tcp://");
        row("metrics", "metrics", 0, "metrics = \"127.0.0.1\"", "is no ADDRESS:PORT");
        row("metrics twice", "metrics", 1, "metrics = \"127.0.0.1:21101\"", "already used");
        row("front", "front", 0, "front = \"here\"", "is no ADDRESS:PORT");
        row("key too short", "signing_key", 0, "signing_key = \"abcd\"",
            "64 hexadecimal digits, has 4");
        row("key of other letters", "signing_key", 0,
            "signing_key = \"zzc57aefb3b3ae3a3ab0fdb3d0c1f61dd4d1ae0fc0c4a0b5d9ae09ab9bdd12f3\"",
            "hexadecimal");
        row("zero key", "signing_key", 0,
            "signing_key = \"0000000000000000000000000000000000000000000000000000000000000000\"",
            "no key");
        row("ZZ-1.3 agreement", "host = \"h2\"", 0, "host = \"h1\"", "ZZ-1.3");
        row("ZZ-1.3 execution", "host = \"h2\"", 1, "host = \"h1\"", "two execution replicas of A");
        row("unknown host", "host = \"h2\"", 0, "host = \"h7\"", "no [[host]] with the name 'h7'");
        row("wrong state", "state = \"asleep\"", 0, "state = \"active\"", "slot 3 starts asleep");
        row("lanes", "lanes", 0, "lanes = 0", "out of range");
        row("address", "address", 0, "address = \"a b\"", "host name or an IPv4");
        row("limit of zero", "# heartbeat_ms", 0, "heartbeat_ms = 0", "out of range");
        row("floor above cap", "# deadline_floor_ms", 0, "deadline_floor_ms = 3000",
            "above the cap");
        row("ZZ-1.5 batch", "# batch_budget_max", 0, "batch_budget_max = 500001",
            "quarter of the deadline cap, 500000");
        row("ZZ-1.5 request", "# request_budget_max", 0, "request_budget_max = 500001",
            "fits no batch");
        row("batch without room", "# batch_bytes_max", 0, "batch_bytes_max = 8192",
            "does not hold one request");
        row("syntax", "kind =", 0, "kind = = \"kv\"", "not TOML");
        row("key given twice", "kind =", 0, "f = 1", "");
    }
    // Every violation is reported at its own line, with what is wanted.
    void violations() {
        QFETCH(QString, begin);
        QFETCH(int, nth);
        QFETCH(QString, replacement);
        QFETCH(QString, part);
        std::uint32_t line = 0;
        const std::string text =
            with_line(sample_text(), begin.toStdString(), static_cast<std::size_t>(nth),
                      replacement.toStdString(), line);
        QVERIFY2(!text.empty(), "the sample has no such line");
        const Checked checked = check(text);
        const std::string all = to_text(checked.violations, "file");
        if (part.isEmpty())
            QVERIFY2(!checked.violations.empty(), all.c_str());
        else
            QVERIFY2(contains(checked.violations, line, part.toStdString()), all.c_str());
        const Result<Cluster> parsed = parse(text, "x.toml");
        QVERIFY(!parsed);
        QVERIFY(parsed.error().text.starts_with("x.toml:"));
    }

    // G2: a key serves one principal only.
    void key_twice() {
        const std::vector<std::string> lines = lines_of(sample_text());
        std::string key;
        for (const std::string& l : lines) {
            if (l.starts_with("signing_key"))
                key = l; // the last one of the file
        }
        std::uint32_t line = 0;
        const std::string text = with_line(sample_text(), "signing_key", 0, key, line);
        const Checked checked = check(text);
        QCOMPARE(checked.violations.size(), std::size_t(1));
        QVERIFY(checked.violations[0].text.find("already used in line") != std::string::npos);
    }

    // ZZ-1.1: a replica less is a violation of the application.
    void missing_replica() {
        std::string text = sample_text();
        const std::size_t at = text.rfind("[[application.execution]]");
        const std::size_t end = text.find("[[application.client]]", at);
        text.erase(at, end - at);
        const Checked checked = check(text);
        QCOMPARE(checked.violations.size(), std::size_t(1));
        QVERIFY(checked.violations[0].text.find("has 2 execution slots") != std::string::npos);
    }

    // Not only the first one is reported.
    void all_violations_at_once() {
        std::uint32_t first = 0;
        std::uint32_t second = 0;
        std::uint32_t third = 0;
        std::string text = with_line(sample_text(), "kind =", 0, "kind = \"x\"", first);
        text = with_line(text, "f = 1", 2, "f = 9", second);
        text = with_line(text, "relay_port", 3, "relay_port = 0", third);
        const Checked checked = check(text);
        QVERIFY(contains(checked.violations, first, "none of"));
        QVERIFY(contains(checked.violations, second, "out of range"));
        QVERIFY(contains(checked.violations, third, "out of range"));
        QVERIFY(std::is_sorted(checked.violations.begin(), checked.violations.end(),
                               [](const auto& a, const auto& b) { return a.line < b.line; }));
    }

    void odd_files() {
        for (const std::string& text :
             {std::string(), std::string("x"), std::string(1, '\0'), std::string("host = 3\n"),
              std::string("[[host]]\n"), std::string("host = [1, 2]\napplication = [{}]\n"),
              std::string("[data_center]\n[data_center]\n"), std::string("\xff\xfe\x00", 3),
              "a = " + std::string(5000, '['), std::string(kFileBytesMax + 1, '\n')})
            QVERIFY(!check(text).violations.empty());
        QVERIFY(!load("/nonexistent/cluster.toml"));
        QVERIFY(!load("/"));
    }

    // Lines lost, doubled and garbled: never a crash, and what passes holds the rules.
    void mutations() {
        const std::string sample = sample_text();
        std::mt19937 random(20110410);
        int accepted = 0;
        for (int round = 0; round < 400; ++round) {
            std::vector<std::string> lines = lines_of(sample);
            for (int change = 0; change < 1 + round % 3; ++change)
                mutate(lines, random);
            const Checked checked = check(joined(lines));
            if (!checked.violations.empty())
                continue;
            ++accepted;
            for (const Application& a : checked.cluster.applications) {
                QCOMPARE(a.agreement.size(), std::size_t(3 * a.f + 1));
                QVERIFY(a.limits.batch_budget_max <= a.limits.deadline_cap / microseconds(4));
            }
            QVERIFY(check(to_toml(checked.cluster)).violations.empty());
        }
        QVERIFY(accepted > 0 && accepted < 400);
    }

  private:
    static void mutate(std::vector<std::string>& lines, std::mt19937& random) {
        const std::size_t at = random() % lines.size();
        switch (random() % 4) {
        case 0:
            lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
            return;
        case 1:
            lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at),
                         lines[random() % lines.size()]);
            return;
        case 2:
            std::swap(lines[at], lines[random() % lines.size()]);
            return;
        default:
            break;
        }
        if (!lines[at].empty())
            lines[at][random() % lines[at].size()] = static_cast<char>(random() % 256);
    }
};

} // namespace zz::cluster

QTEST_APPLESS_MAIN(zz::cluster::ClusterFileTest)
#include "cluster_file_test.moc"
