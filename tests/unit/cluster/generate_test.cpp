// SPDX-License-Identifier: Apache-2.0
// `cluster init`: whatever is asked for within the rules passes the check, with balanced placement
// and its keys.
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <sys/stat.h>

#include "protocol/cluster/generate.h"

namespace zz::cluster {

class GenerateTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void modes_data() {
        QTest::addColumn<int>("mode");
        QTest::addColumn<int>("f");
        QTest::addColumn<int>("hosts");
        QTest::newRow("zz 1") << int(Mode::Zz) << 1 << 4;
        QTest::newRow("zz 2 on 9") << int(Mode::Zz) << 2 << 9;
        QTest::newRow("zz 7") << int(Mode::Zz) << 7 << 22;
        QTest::newRow("sep 1") << int(Mode::Sep) << 1 << 4;
        QTest::newRow("base 1") << int(Mode::Base) << 1 << 4;
        QTest::newRow("base 4") << int(Mode::Base) << 4 << 13;
        QTest::newRow("unreplicated") << int(Mode::Unreplicated) << 1 << 1;
    }
    // ZZ-1.1, ZZ-9.1: the right numbers, every policy; written and read again it is the same.
    void modes() {
        QFETCH(int, mode);
        QFETCH(int, f);
        QFETCH(int, hosts);
        GenerateOptions options;
        options.mode = static_cast<Mode>(mode);
        options.f = static_cast<std::uint32_t>(f);
        options.hosts = static_cast<std::uint32_t>(hosts);
        options.base_port = 30000;
        options.spare = SpareKind::Cold;
        options.durability = Durability::Sync;
        options.drills = true;
        options.limits.checkpoint_interval = 64;
        options.limits.heartbeat = milliseconds(200);
        options.applications = {{"shop", ApplicationKind::Kv},
                                {"sum", ApplicationKind::Compute},
                                {"site", ApplicationKind::Web}};
        options.wakeup_of["sum"] = WakeupPolicy::Matrix;
        const Result<Generated> made = generate(options);
        QVERIFY2(made, made ? "" : made.error().text.c_str());
        const Checked again = check(to_toml(made->cluster));
        QVERIFY(again.violations.empty());
        QVERIFY(again.cluster == made->cluster);
        const Counts wanted = counts(options.mode, options.f);
        for (const Application& a : made->cluster.applications) {
            QCOMPARE(a.agreement.size(), std::size_t(wanted.agreement));
            QCOMPARE(a.execution.size(), std::size_t(wanted.execution));
            QVERIFY(a.limits == options.limits);
            QVERIFY(a.spare == SpareKind::Cold && a.durability == Durability::Sync);
            QVERIFY((a.wakeup == WakeupPolicy::Matrix) == (a.name == "sum"));
        }
    }

    // ZZ-9.1: a mode for each application; where Ai and Ei are one replica they share a host.
    void a_mode_for_each_application() {
        GenerateOptions options;
        options.base_port = 30000;
        options.applications = {{"A", {}}, {"B", {}}, {"C", {}}, {"D", {}}};
        options.mode = Mode::Sep;
        options.mode_of = {{"B", Mode::Base}, {"C", Mode::Zz}, {"D", Mode::Unreplicated}};
        const Result<Generated> made = generate(options);
        QVERIFY2(made, made ? "" : made.error().text.c_str());
        const auto& apps = made->cluster.applications;
        const std::array<std::array<std::size_t, 3>, 4> wanted{
            {{4, 3, 3}, {4, 4, 4}, {4, 3, 2}, {1, 1, 1}}};
        for (std::size_t i = 0; i < apps.size(); ++i) {
            QCOMPARE(apps[i].agreement.size(), wanted[i][0]);
            QCOMPARE(apps[i].execution.size(), wanted[i][1]);
            QCOMPARE(std::size_t(std::ranges::count_if(apps[i].execution,
                                                       [](const auto& s) { return s.active; })),
                     wanted[i][2]);
            QCOMPARE(apps[i].faults().execution_slots(), std::uint32_t(wanted[i][1]));
            QCOMPARE(apps[i].faults().replaces(), apps[i].mode == Mode::Zz);
        }
        for (const auto* app : {&apps[1], &apps[3]})
            for (std::size_t i = 0; i < app->execution.size(); ++i)
                QVERIFY(app->execution[i].host == app->agreement[i].host);
        // The same file with E1 of B moved away.
        Cluster moved = made->cluster;
        std::swap(moved.applications[1].execution[0].host, moved.applications[1].execution[1].host);
        const Checked checked = check(to_toml(moved));
        QCOMPARE(checked.violations.size(), std::size_t{2});
        QVERIFY(checked.violations[0].text.find("share a host (ZZ-9.1)") != std::string::npos);
    }

    // Four hosts and four applications: each host carries the same.
    void placement_is_balanced() {
        GenerateOptions options;
        options.base_port = 30000;
        const Result<Generated> made = generate(options);
        QVERIFY(made);
        std::map<HostId, int> active;
        std::map<HostId, int> asleep;
        std::map<HostId, int> gateways;
        for (const Application& a : made->cluster.applications) {
            for (const ExecutionSlot& slot : a.execution)
                ++(slot.active ? active : asleep)[slot.host];
            ++gateways[*a.client("gateway")->host];
            QVERIFY(!a.client("load")->host && a.client("load")->front.empty());
        }
        for (const Host& host : made->cluster.hosts) {
            QCOMPARE(active[host.id], 2);
            QCOMPARE(asleep[host.id], 1);
            QCOMPARE(gateways[host.id], 1);
        }
    }

    void refusals() {
        const auto refused = [](auto change, const char* part) {
            GenerateOptions options;
            options.base_port = 30000;
            change(options);
            const Result<Generated> made = generate(options);
            return !made && made.error().text.find(part) != std::string::npos;
        };
        QVERIFY(refused([](auto& o) { o.hosts = 3; }, "needs 4"));
        QVERIFY(refused([](auto& o) { o.f = 2; }, "needs 7"));
        QVERIFY(refused([](auto& o) { o.f = 0; }, "out of range"));
        QVERIFY(refused(
            [](auto& o) {
                o.mode = Mode::Base;
                o.f = 5;
                o.hosts = 16;
            },
            "too much for mode base"));
        QVERIFY(refused([](auto& o) { o.mode_of["X"] = Mode::Sep; }, "no application 'X'"));
        QVERIFY(refused(
            [](auto& o) {
                o.mode_of["A"] = Mode::Sep;
                o.mode = Mode::Unreplicated;
                o.hosts = 3;
            },
            "in mode sep needs 4"));
        QVERIFY(refused([](auto& o) { o.wakeup_of["X"] = WakeupPolicy::Matrix; },
                        "no application 'X'"));
        QVERIFY(refused([](auto& o) { o.applications = {{"A", {}}, {"A", {}}}; }, "already used"));
        QVERIFY(refused(
            [](auto& o) {
                o.applications = {{"x\"\ndrills = true", {}}};
            },
            "is no name"));
        QVERIFY(refused([](auto& o) { o.base_port = 65530; }, "lower base port"));
        QVERIFY(refused([](auto& o) { o.limits.batch_budget_max = 900'000; }, "ZZ-1.5"));
        QVERIFY(refused([](auto& o) { o.address = "a\"b"; }, "address"));
    }

    // G3: one key file a principal, each 0600, named as key_file_name says; nothing is written
    // twice.
    void files() {
        QTemporaryDir folder;
        GenerateOptions options;
        options.applications = {{"A", ApplicationKind::Kv}};
        const Result<Generated> made = generate(options);
        QVERIFY2(made, made ? "" : made.error().text.c_str());
        const std::string directory = folder.path().toStdString();
        const Status written = write_files(*made, directory);
        QVERIFY2(written, written ? "" : written.error().text.c_str());
        const Result<Cluster> loaded = load(directory + "/cluster.toml");
        QVERIFY(loaded);
        QVERIFY(*loaded == made->cluster);

        const Application& a = loaded->applications[0];
        std::vector<std::pair<PrincipalId, PublicKeys>> all;
        for (const auto& r : a.agreement)
            all.push_back({principal(r.id), r.keys});
        for (const auto& s : a.execution)
            all.push_back({principal(ExecutionId{s.id, Incarnation(0)}), s.keys});
        for (const auto& c : a.clients)
            all.push_back({principal(c.id), c.keys});
        for (const auto& h : loaded->hosts) {
            all.push_back({principal(h.id), h.keys});
            all.push_back({controller_of(h.id), h.controller});
        }
        for (const auto& o : loaded->operators)
            all.push_back({principal(o.id), o.keys});
        QCOMPARE(all.size(), made->keys.size());
        for (const auto& [who, publics] : all) {
            const std::string path = directory + "/keys/" + key_file_name(*loaded, a.id, who);
            struct stat info {};
            QVERIFY2(stat(path.c_str(), &info) == 0, path.c_str());
            QCOMPARE(info.st_mode & 07777, mode_t(0600));
            const Result<crypto::KeyPair> keys = crypto::read_key_file(path);
            QVERIFY(keys);
            QVERIFY(keys->publics == publics);
        }
        QVERIFY(key_file_name(*loaded, a.id, principal(AgreementId(9))).empty());
        QCOMPARE(key_file_name(*loaded, a.id, principal(ExecutionId{SlotId(1), Incarnation(7)})),
                 std::string("A-E1.7.key"));
        QVERIFY(!write_files(*made, directory));
    }

    // Probed ports are all different.
    void probed_ports() {
        GenerateOptions options;
        const Result<Generated> made = generate(options);
        QVERIFY2(made, made ? "" : made.error().text.c_str());
        QVERIFY(check(to_toml(made->cluster)).violations.empty());
    }
};

} // namespace zz::cluster

QTEST_APPLESS_MAIN(zz::cluster::GenerateTest)
#include "generate_test.moc"
