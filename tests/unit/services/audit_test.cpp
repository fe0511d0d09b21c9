// SPDX-License-Identifier: Apache-2.0
// Aim: an audit log that was edited or cut names the line (O4); reads and floods of refused
// commands do not fill it; confirmation is asked for where it must be (O6); hostile text stays in
// its line (O5).
#include "backend/services/auditor.h"
#include "backend/services/drill_json.h"
#include "backend/services/operators.h"
#include "protocol/cluster/generate.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

namespace zz::services {

class AuditTest : public QObject {
    Q_OBJECT

  private:
    QTemporaryDir folder_;
    int files_ = 0;

    std::string fresh_file() {
        return folder_.filePath(QString("audit-%1.log").arg(++files_)).toStdString();
    }
    static AuditLog opened(const std::string& file) {
        auto log = AuditLog::open(file, "test");
        if (!log)
            qFatal("%s", log.error().text.c_str());
        return std::move(log).value();
    }
    static void append(AuditLog& log, const std::string& command) {
        telemetry::AuditEntry entry;
        entry.set_who("admin");
        entry.set_command(command);
        entry.set_result("accepted");
        if (!log.append(entry, false))
            qFatal("not appended");
    }
    static std::string text_of_file(const std::string& file) {
        QFile in(QString::fromStdString(file));
        if (!in.open(QIODevice::ReadOnly))
            qFatal("cannot read");
        return in.readAll().toStdString();
    }
    static void write(const std::string& file, const std::string& text) {
        QFile out(QString::fromStdString(file));
        if (!out.open(QIODevice::WriteOnly | QIODevice::Truncate))
            qFatal("cannot write");
        out.write(text.data(), static_cast<qint64>(text.size()));
    }
    // Ten entries after the first one.
    std::string ten() {
        const std::string file = fresh_file();
        AuditLog log = opened(file);
        for (int i = 0; i < 10; ++i)
            append(log, "drill start " + std::to_string(i));
        return file;
    }
    static std::vector<std::string> lines(const std::string& text) {
        std::vector<std::string> out;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at) + 1;
            out.push_back(text.substr(at, end - at));
            at = end;
        }
        return out;
    }

  private Q_SLOTS:
    // O4: every byte matters, and the line that is named is the one that was changed.
    void o4_edited() {
        const std::string good = text_of_file(ten());
        QCOMPARE(check_audit(good, 0).bad_line, std::size_t{0});
        QCOMPARE(check_audit(good, 0).entries, std::uint64_t{11});
        for (std::size_t at = 0; at < good.size(); at += 7) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 1);
            const auto line = static_cast<std::size_t>(std::count(
                                  good.begin(), good.begin() + static_cast<long>(at), '\n')) +
                              1;
            QCOMPARE(check_audit(bad, 0).bad_line, line);
        }
    }

    // O4: a line that is gone, or put in, or two that changed places.
    void o4_cut_out_and_put_in() {
        const auto all = lines(text_of_file(ten()));
        const auto joined = [](const std::vector<std::string>& parts) {
            std::string out;
            for (const auto& part : parts)
                out += part;
            return out;
        };
        auto cut = all;
        cut.erase(cut.begin() + 4);
        QCOMPARE(check_audit(joined(cut), 0).bad_line, std::size_t{5});
        auto doubled = all;
        doubled.insert(doubled.begin() + 4, all[3]);
        QCOMPARE(check_audit(joined(doubled), 0).bad_line, std::size_t{5});
        auto swapped = all;
        std::swap(swapped[6], swapped[7]);
        QCOMPARE(check_audit(joined(swapped), 0).bad_line, std::size_t{7});
        auto headless = all;
        headless.erase(headless.begin());
        QCOMPARE(check_audit(joined(headless), 0).bad_line, std::size_t{1});
    }

    // O4: what is cut off at the end is missed by who knows a later hash, and by nobody else.
    void o4_cut_at_the_end() {
        const auto all = lines(text_of_file(ten()));
        std::string text;
        for (std::size_t i = 0; i < 8; ++i)
            text += all[i];
        std::string whole = text;
        for (std::size_t i = 8; i < all.size(); ++i)
            whole += all[i];
        const AuditHead known{11, check_audit(whole, 0).head};
        QCOMPARE(check_audit(whole, 0, known).bad_line, std::size_t{0});
        QCOMPARE(check_audit(text, 0).bad_line, std::size_t{0});
        QCOMPARE(check_audit(text, 0, known).bad_line, std::size_t{9});
        QCOMPARE(check_audit(text, 0, AuditHead{0, known.hash}).bad_line, std::size_t{9});
        QCOMPARE(check_audit("", 0, known).bad_line, std::size_t{1});
        // In the middle of a line.
        const AuditCheck torn = check_audit(whole.substr(0, whole.size() - 3), 0);
        QVERIFY(torn.torn);
        QCOMPARE(torn.bad_line, std::size_t{11});
    }

    // A restart goes on with the chain; a torn line is cut off and told; a broken log is kept
    // aside.
    void restarts() {
        const std::string file = ten();
        { AuditLog again = opened(file); }
        QCOMPARE(check_audit(text_of_file(file), 0).entries, std::uint64_t{12});
        write(file, text_of_file(file) + "0123456789abcdef half a li");
        { AuditLog again = opened(file); }
        const AuditCheck after = check_audit(text_of_file(file), 5);
        QCOMPARE(after.bad_line, std::size_t{0});
        QVERIFY(after.newest.back().command().find("torn last line of 26 bytes") !=
                std::string::npos);
        std::string bad = text_of_file(file);
        bad[100] ^= 1;
        write(file, bad);
        AuditLog again = opened(file);
        QCOMPARE(again.head().n, std::uint64_t{1});
        QVERIFY(again.entries(0, 0).entries(0).command().find("line 1 of the old one") !=
                std::string::npos);
    }

    // O5: line ends, escapes and bad UTF-8 stay inside of one line of plain ASCII.
    void o5_hostile_text() {
        const std::string file = fresh_file();
        AuditLog log = opened(file);
        append(log, "a\nb\x1b[31m\xff\xfe \xe2\x80\xae right to left");
        append(log, std::string(2000, '"'));
        telemetry::AuditEntry huge;
        huge.set_command(std::string(kAuditLineBytesMax, 'x'));
        QVERIFY(!log.append(huge, false));
        append(log, "after");
        const std::string text = text_of_file(file);
        QCOMPARE(check_audit(text, 0).bad_line, std::size_t{0});
        QCOMPARE(lines(text).size(), std::size_t{4});
        for (const char c : text)
            QVERIFY(c == '\n' || (c >= ' ' && c <= '~'));
    }

    // A console that asks each second, and a flood, make one entry each.
    void counted() {
        auto made = cluster::generate({});
        QVERIFY(bool(made));
        const std::string file = fresh_file();
        Auditor auditor(made->cluster, opened(file));
        const OperatorId admin = made->cluster.operators[0].id;
        telemetry::CommandBody status;
        status.mutable_status();
        for (int i = 0; i < 1000; ++i)
            auditor.read(admin, status);
        QVERIFY(auditor.refused(admin, "drill start", "", "no"));
        for (int i = 0; i < 999; ++i)
            QVERIFY(!auditor.refused(admin, "drill start", "", "no"));
        for (std::uint32_t i = 0; i < 2 * kAuditLinesPerWindow; ++i)
            auditor.refused(admin, "drill stop " + std::to_string(i), "", "no");
        auditor.flush();
        const AuditCheck check = check_audit(text_of_file(file), 2000);
        QCOMPARE(check.bad_line, std::size_t{0});
        QVERIFY(check.entries < kAuditLinesPerWindow + 10);
        std::uint64_t times = 0;
        for (const auto& entry : check.newest)
            times += entry.times();
        QCOMPARE(times, std::uint64_t{1 + 1000 + 1000 + 2 * kAuditLinesPerWindow});
        QVERIFY(auditor.accepted(admin, status));
        QCOMPARE(auditor.log().entries(0, 1).entries(0).n(), std::uint64_t{1});
        QCOMPARE(auditor.lost(), std::uint64_t{0});
    }

    // O6.
    void o6_confirmation() {
        cluster::GenerateOptions options;
        options.environment = "production";
        auto production = cluster::generate(options);
        options.environment = "staging";
        auto staging = cluster::generate(options);
        QVERIFY(production && staging);
        telemetry::CommandBody drill;
        drill.mutable_drill_start()->set_application(1);
        QVERIFY(bool(confirmed(staging->cluster, drill)));
        QVERIFY(!confirmed(production->cluster, drill));
        drill.set_reason("exercise of the week");
        QVERIFY(!confirmed(production->cluster, drill));
        drill.set_confirm("A");
        QVERIFY(!confirmed(production->cluster, drill));
        drill.set_confirm("B");
        QVERIFY(bool(confirmed(production->cluster, drill)));
        drill.set_reason(" \t");
        QVERIFY(!confirmed(production->cluster, drill));
        // Force wants a reason everywhere.
        drill.mutable_drill_start()->set_force(true);
        QVERIFY(!confirmed(staging->cluster, drill));
        drill.set_reason("both at once");
        QVERIFY(bool(confirmed(staging->cluster, drill)));
        telemetry::CommandBody stop;
        stop.set_host(2);
        stop.mutable_host_stop();
        stop.set_reason("moving it");
        stop.set_confirm("h1");
        QVERIFY(!confirmed(production->cluster, stop));
        stop.set_confirm("h2");
        QVERIFY(bool(confirmed(production->cluster, stop)));
        // What ends a fault is never held up.
        telemetry::CommandBody end;
        end.mutable_drill_stop_all();
        QVERIFY(bool(confirmed(production->cluster, end)));
    }

    // O6: more replicas of one cluster than f, by the orders themselves.
    void o6_more_than_f() {
        auto made = cluster::generate({});
        QVERIFY(bool(made));
        telemetry::CommandBody drill;
        auto& start = *drill.mutable_drill_start();
        const auto orders = [](std::initializer_list<PrincipalId> targets) {
            std::vector<drill::Order> out;
            for (const auto& target : targets) {
                drill::Order order;
                order.id = "x";
                order.name = "silent";
                order.target = target;
                out.push_back(order);
            }
            return orders_text(out);
        };
        const auto e1 = principal(ExecutionId{SlotId(1), Incarnation(0)});
        const auto e2 = principal(ExecutionId{SlotId(2), Incarnation(0)});
        start.set_parameters(orders({e1, principal(AgreementId(2))}));
        QVERIFY(bool(confirmed(made->cluster, drill)));
        start.set_parameters(orders({e1, e2}));
        QVERIFY(!confirmed(made->cluster, drill));
        start.set_force(true);
        QVERIFY(!confirmed(made->cluster, drill));
        drill.set_reason("to see it stop");
        QVERIFY(bool(confirmed(made->cluster, drill)));
    }
};

} // namespace zz::services

QTEST_APPLESS_MAIN(zz::services::AuditTest)
#include "audit_test.moc"
