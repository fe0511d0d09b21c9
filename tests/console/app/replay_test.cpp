// SPDX-License-Identifier: Apache-2.0
// What a recording exports is what was exported while it ran, whatever hosts do: here they tell in
// the wrong order, seconds late, twice, or not at all.
#include "console/app/drawn_panes.h"
#include "console/app/incident.h"
#include "console/app/main_window.h"
#include "console/view/timeline_view.h"
#include "tests/console/app/fake_host.h"

#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

namespace zz::console {

namespace {

constexpr std::int64_t kMs = 1'000'000;

telemetry::Update event_of(telemetry::EventKind kind, Role role, std::uint32_t index,
                           std::int64_t wall_ns) {
    static std::uint64_t number = 0;
    telemetry::Update out;
    auto& event = *out.mutable_event();
    event.set_kind(kind);
    event.set_number(++number);
    event.set_wall_ns(wall_ns);
    event.set_n(7);
    event.set_vote(1);
    auto& source = *event.mutable_source();
    source.set_host(index);
    source.set_application(1);
    source.mutable_principal()->set_role(static_cast<std::uint32_t>(role));
    source.mutable_principal()->set_index(index);
    return out;
}

// What agreement replica `index` holds of batch 7: E1 told it this, E2 the truth.
telemetry::Update column_of(std::uint32_t index, char e1, std::int64_t wall_ns) {
    auto out = event_of(telemetry::COLUMN_OF, Role::Agreement, index, wall_ns);
    auto& event = *out.mutable_event();
    event.mutable_subject()->set_role(static_cast<std::uint32_t>(Role::Agreement));
    event.mutable_subject()->set_index(index);
    for (std::uint32_t slot = 1; slot <= 2; ++slot) {
        auto& entry = *event.add_columns();
        entry.set_slot(slot);
        entry.set_state(2);
        entry.set_digest(std::string(32, slot == 1 ? e1 : 'p'));
    }
    return out;
}

telemetry::Update about_e1(telemetry::EventKind kind, std::uint32_t index, std::int64_t wall_ns) {
    auto out = event_of(kind, Role::Agreement, index, wall_ns);
    out.mutable_event()->mutable_subject()->set_role(static_cast<std::uint32_t>(Role::Execution));
    out.mutable_event()->mutable_subject()->set_index(1);
    return out;
}

telemetry::Update agreement_facts(std::uint32_t index, std::uint64_t requests,
                                  std::int64_t wall_ns) {
    telemetry::Update out;
    auto& facts = *out.mutable_facts();
    facts.set_wall_ns(wall_ns);
    facts.mutable_source()->set_application(1);
    facts.mutable_source()->mutable_principal()->set_role(1);
    facts.mutable_source()->mutable_principal()->set_index(index);
    facts.mutable_source()->set_host(index);
    facts.mutable_agreement()->set_view_active(true);
    facts.mutable_agreement()->set_requests(requests);
    facts.mutable_process()->set_cpu_ns(requests * 1'000'000);
    facts.mutable_process()->set_rss_bytes((60u << 20) + requests * 4096);
    return out;
}

// A client's word about the second that is over.
telemetry::Update client_facts(std::uint32_t index, std::uint64_t requests, std::int64_t wall_ns) {
    telemetry::Update out;
    auto& facts = *out.mutable_facts();
    facts.set_wall_ns(wall_ns);
    facts.mutable_source()->set_application(1);
    facts.mutable_source()->mutable_principal()->set_role(static_cast<std::uint32_t>(Role::Client));
    facts.mutable_source()->mutable_principal()->set_index(index);
    facts.mutable_source()->set_host(index == 1 ? 1 : 0); // the load is of no host
    auto& client = *facts.mutable_client();
    client.set_requests(requests);
    client.set_serving(true);
    auto& second = *client.add_seconds();
    second.set_wall_s(wall_ns / kNs - 1);
    second.set_replies(requests % 90 + 10);
    second.set_p50_us(900 + requests);
    second.set_p99_us(4000 + requests);
    second.set_max_us(5000 + requests);
    return out;
}

using Exports = std::map<QString, QByteArray>;

// Of what the cursor shows, and of the timeline around the fault.
Exports exports_of(MainWindow& window, std::int64_t fault_ns) {
    static_cast<TimelinePane*>(window.pane("timeline"))
        ->showRange(fault_ns - kNs / 2, fault_ns + 2 * kNs);
    Exports out;
    for (const char* name : {"overview", "placement", "matrix", "timeline", "throughput", "events"})
        out[name] = to_csv(window.pane(name)->exportable(), window.pane(name)->header());
    return out;
}

QStringList differing(const Exports& a, const Exports& b) {
    QStringList out;
    for (const auto& [name, bytes] : a)
        if (bytes != b.at(name))
            out << name;
    return out;
}

} // namespace

class ReplayTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_{"/tmp/zz-replay-XXXXXX"};
    std::optional<cluster::Generated> made_;
    std::vector<std::unique_ptr<FakeHost>> hosts_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;
    std::int64_t fault_ns_ = 0;

    std::string file() const { return folder_.path().toStdString() + "/it.zzs"; }
    FakeHost& host(std::uint32_t id) { return *hosts_[id - 1]; }
    bool all_live() const {
        return session_->now().hosts_heard == static_cast<int>(session_->now().hosts.size());
    }

    void facts_of_a_while(int tenths) {
        static std::uint64_t requests = 1000;
        for (int i = 0; i < tenths; ++i) {
            requests += 17;
            const std::int64_t at = runtime::wall_ns();
            for (std::uint32_t id = 1; id <= 4; ++id)
                host(id).say(agreement_facts(id, requests, at - id * 30 * kMs));
            // Of one second, one after the other; the second one lags behind.
            host(1).say(client_facts(1, requests, at));
            host(2).say(client_facts(2, requests / 2, at - 2 * kNs));
            QTest::qWait(100);
        }
    }

    // The hosts do not agree on the order, and h4 is behind.
    void the_fault() {
        fault_ns_ = runtime::wall_ns();
        host(2).say(about_e1(telemetry::ACCUSED, 2, fault_ns_ + 30 * kMs));
        host(2).say(column_of(2, 'q', fault_ns_ + 8 * kMs));
        host(2).say(about_e1(telemetry::DEVIATION, 2, fault_ns_ + 9 * kMs));
        QTest::qWait(120);
        host(1).say(column_of(1, 'p', fault_ns_ + 5 * kMs));
        host(1).say(about_e1(telemetry::CONVICTED, 1, fault_ns_ + 60 * kMs));
        hosts_[0]->skip = 4;
        QTest::qWait(120);
    }

    // Told before the cursor's time, heard after it.
    void what_comes_late() {
        host(4).say(column_of(4, 'q', fault_ns_ + 3 * kMs));
        host(4).say(about_e1(telemetry::DEVIATION, 4, fault_ns_ - 100 * kMs));
        host(3).say(about_e1(telemetry::CONVICTED, 3, fault_ns_ + 40 * kMs));
        host(3).say(column_of(3, 'r', fault_ns_ + 6 * kMs));
        host(3).say(client_facts(2, 5000, fault_ns_ + kNs));
    }

  private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("zz-test");
        cluster::GenerateOptions options;
        options.applications = cluster::default_applications(1);
        auto made = cluster::generate(options);
        QVERIFY(static_cast<bool>(made));
        made_ = std::move(made).value();
        const std::string dir = folder_.path().toStdString() + "/dc";
        QVERIFY(static_cast<bool>(cluster::write_files(*made_, dir)));
        for (std::size_t i = 0; i < made_->cluster.hosts.size(); ++i)
            hosts_.push_back(std::make_unique<FakeHost>(*made_, i));
        session_ = std::make_unique<Session>();
        window_ = std::make_unique<MainWindow>(*session_);
        window_->show();
        const Status connected = session_->connectTo({{}, dir, {}});
        QVERIFY2(static_cast<bool>(connected), connected ? "" : connected.error().text.c_str());
        QTRY_VERIFY_WITH_TIMEOUT(all_live(), 15'000);
    }
    void cleanupTestCase() {
        window_.reset();
        session_.reset();
        hosts_.clear();
    }

    void a_recording_exports_what_was_exported_however_late_things_came() {
        // Something is known before the recording begins.
        host(1).say(event_of(telemetry::CONFIGURED, Role::Agreement, 1, runtime::wall_ns()));
        facts_of_a_while(3);
        session_->link()->record(file());
        QTRY_VERIFY_WITH_TIMEOUT(session_->link()->recording().on, 5000);
        facts_of_a_while(35);
        the_fault();
        facts_of_a_while(15);

        // While it runs: the file has to say the same of the moment that the export names.
        std::int64_t live_ns = 0;
        Exports live;
        {
            const Session::Still still(*session_);
            live_ns = session_->cursor();
            live = exports_of(*window_, fault_ns_);
        }
        QCOMPARE(session_->mode(), TimeMode::Live);
        facts_of_a_while(3);
        session_->pause();
        const std::int64_t paused_ns = session_->cursor();
        const Exports paused = exports_of(*window_, fault_ns_);
        QVERIFY(paused.at("matrix").contains("E1"));
        QVERIFY(paused.at("events").count('\n') > 12);
        QVERIFY(paused.at("throughput").count('\n') > 40);
        what_comes_late();
        facts_of_a_while(20);
        // The past that is held does not change.
        QCOMPARE(differing(exports_of(*window_, fault_ns_), paused), QStringList());
        session_->link()->record({});
        QTRY_VERIFY_WITH_TIMEOUT(!session_->link()->recording().on, 5000);

        Session replayed;
        MainWindow window(replayed);
        const Status opened = replayed.openFile(QString::fromStdString(file()));
        QVERIFY2(static_cast<bool>(opened), opened ? "" : opened.error().text.c_str());
        // What came late is in it: who asks by the time that is told would find it.
        const auto late = differing(exports_of(window, fault_ns_), paused);
        for (const char* name : {"matrix", "timeline", "events"})
            QVERIFY2(late.contains(name), name);
        const std::vector<std::pair<std::int64_t, const Exports*>> told{{paused_ns, &paused},
                                                                        {live_ns, &live}};
        for (const auto& [at, before] : told) {
            replayed.seek(at);
            QCOMPARE(replayed.cursor(), at);
            const Exports again = exports_of(window, fault_ns_);
            for (const QString& name : differing(again, *before))
                qWarning("%s\nwhile it ran:\n%s\nof the recording:\n%s", qPrintable(name),
                         before->at(name).constData(), again.at(name).constData());
            QCOMPARE(differing(again, *before), QStringList());
        }
    }

    // Of what was before it connected a console knows what hosts keep: events, not measurements.
    void a_report_says_what_is_not_known() {
        session_->close();
        the_fault();
        const Status connected =
            session_->connectTo({{}, folder_.path().toStdString() + "/dc", {}});
        QVERIFY(static_cast<bool>(connected));
        QTRY_VERIFY_WITH_TIMEOUT(all_live() && shown_dispute(*session_, true) != nullptr, 15'000);
        // A report is of a moment of which everything has come: that of the next word.
        QTRY_VERIFY_WITH_TIMEOUT(static_cast<bool>(incident_of(*window_)), 5000);
        const auto told = [this] {
            const auto incident = incident_of(*window_);
            std::pair<QString, bool> out; // in words; as a picture
            if (!incident)
                return out;
            for (const auto& [name, value] : incident->report.facts)
                if (name == "Throughput")
                    out.first = value;
            for (const auto& view : incident->report.views)
                out.second = out.second || view.name == "throughput";
            return out;
        };
        QVERIFY2(told().first.startsWith("not known"), qPrintable(told().first));
        QVERIFY(!told().second);
        facts_of_a_while(15);
        QVERIFY2(told().first.startsWith("known from"), qPrintable(told().first));
        QVERIFY(told().second);
    }
};

} // namespace zz::console

QTEST_MAIN(zz::console::ReplayTest)
#include "replay_test.moc"
