// SPDX-License-Identifier: Apache-2.0
// The lanes of the timeline: what went silent, stopped or was convicted does not go on as if it
// worked.
#include "console/model/adapters.h"
#include "tests/console/model/story.h"

#include <QTemporaryDir>
#include <QtTest>

namespace zz::console {
namespace {

constexpr PrincipalId kE1{Role::Execution, 1, 0};

PrincipalId agreement(std::uint32_t index) {
    return {Role::Agreement, index, 0};
}

const TimelineLane& lane_named(const TimelineData& data, const char* name) {
    for (const auto& lane : data.lanes)
        if (lane.name == QLatin1String(name))
            return lane;
    qFatal("no lane %s", name);
}

std::vector<BarKind> kinds(const TimelineLane& lane) {
    std::vector<BarKind> out;
    for (const auto& bar : lane.bars)
        out.push_back(bar.kind);
    return out;
}

} // namespace

class TimelineAdapterTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_{"/tmp/zz-lanes-XXXXXX"};
    Story told_;
    int files_ = 0;

    TimelineData shown(Session& session, double until = -1) {
        const QString path = folder_.filePath(QString::number(++files_));
        const Status opened = told_.open(session, path);
        if (!opened)
            qFatal("%s", opened.error().text.c_str());
        if (until >= 0)
            session.seek(Story::at(until));
        return timeline_data(session, 0);
    }

  private Q_SLOTS:
    void init() {
        told_ = Story();
        QVERIFY(told_.make());
    }

    void what_works_goes_on() {
        told_.seconds(0, 10);
        Session session;
        const auto data = shown(session);
        QCOMPARE(kinds(lane_named(data, "A1")), std::vector{BarKind::Ordering});
        QCOMPARE(kinds(lane_named(data, "E1")), std::vector{BarKind::Executing});
        QCOMPARE(kinds(lane_named(data, "E3")), std::vector{BarKind::Asleep});
    }

    void a_machine_that_crashed_is_stopped() {
        told_.seconds(0, 5);
        const PrincipalId controller{Role::Controller, told_.host_of(kE1), 0};
        told_.tell(4.5, telemetry::MACHINE_CRASHED, controller, kE1,
                   "0-E1.0 was ended by signal 9");
        told_.silent.insert(kE1);
        told_.seconds(5, 8);
        Session session;
        const auto data = shown(session);
        const auto& lane = lane_named(data, "E1");
        QCOMPARE(kinds(lane), (std::vector{BarKind::Executing, BarKind::Stopped}));
        QCOMPARE(lane.bars.back().from_ns, Story::at(4.5));
    }

    void a_service_that_is_lost_is_silent_until_it_speaks() {
        told_.seconds(0, 5);
        const PrincipalId host{Role::Host, told_.host_of(agreement(2)), 0};
        told_.tell(4.5, telemetry::SERVICE_LOST, host, agreement(2)).set_application(1);
        told_.seconds(5, 9);
        told_.tell(8.5, telemetry::SERVICE_STARTED, agreement(2), agreement(2));
        Session session;
        QCOMPARE(kinds(lane_named(shown(session), "A2")),
                 (std::vector{BarKind::Ordering, BarKind::Silent, BarKind::Ordering}));
    }

    // Nobody tells the end of what just ends.
    void who_is_not_heard_is_silent_from_its_last_word_on() {
        told_.seconds(0, 4);
        told_.silent = {agreement(3), kE1};
        told_.seconds(4, 20);
        Session session;
        const auto data = shown(session);
        for (const char* name : {"A3", "E1"}) {
            const auto& lane = lane_named(data, name);
            QCOMPARE(lane.bars.back().kind, BarKind::Silent);
            QCOMPARE(lane.bars.back().from_ns, Story::at(3));
        }
        QCOMPARE(kinds(lane_named(data, "A4")), std::vector{BarKind::Ordering});
    }

    // Its agent may be gone, or the line: nothing is known of what runs there.
    void nothing_is_known_of_a_host_that_is_not_heard() {
        told_.seconds(0, 6);
        const std::uint32_t host = told_.host_of(kE1);
        told_.silent_hosts = {host};
        told_.seconds(6, 12);
        Session session;
        const auto data = shown(session);
        int lanes = 0;
        for (const auto& lane : data.lanes) {
            const bool there = lane.selection.host == host;
            lanes += there ? 1 : 0;
            QCOMPARE(lane.bars.back().kind == BarKind::Unknown, there);
            if (there)
                QCOMPARE(lane.bars.back().from_ns, Story::at(5));
        }
        QCOMPARE(lanes >= 2, true);
        // Held before that, lanes go on behind the cursor, and end as they end.
        session.seek(Story::at(4));
        QCOMPARE(lane_named(timeline_data(session, 0), "E1").bars.back().kind, BarKind::Unknown);
    }

    void one_replica_alone_convicts_nobody() {
        told_.seconds(0, 6);
        told_.tell(5.1, telemetry::CONVICTED, agreement(1), kE1);
        told_.tell(5.2, telemetry::CONVICTED, agreement(1), kE1);
        Session before;
        QCOMPARE(kinds(lane_named(shown(before), "E1")), std::vector{BarKind::Executing});
        told_.tell(5.3, telemetry::CONVICTED, agreement(2), kE1);
        Session after;
        const auto data = shown(after);
        const auto& lane = lane_named(data, "E1");
        QCOMPARE(kinds(lane), (std::vector{BarKind::Executing, BarKind::Removing}));
        QCOMPARE(lane.bars.back().from_ns, Story::at(5.3));
    }

    // The file says who was active at first; what holds now the replicas say.
    void who_is_active_now_executes() {
        told_.slots = {{1, 2}, {2, 1}, {3, 1}};
        told_.incarnations[1] = 1;
        told_.seconds(0, 10);
        Session session;
        const auto data = shown(session);
        QCOMPARE(kinds(lane_named(data, "E3")), std::vector{BarKind::Executing});
        QCOMPARE(kinds(lane_named(data, "E1")), std::vector{BarKind::Asleep});
    }

    void deciding_and_convicting_are_shown() {
        told_.seconds(0, 2);
        const PrincipalId a1 = agreement(1);
        told_.tell(2.1, telemetry::DEVIATION, a1, kE1);
        told_.tell(2.2, telemetry::DEMANDED, a1, a1);
        told_.tell(2.3, telemetry::WAKE_UP_KNOWN, a1, a1);
        told_.tell(2.4, telemetry::ACCUSED, a1, kE1);
        told_.tell(2.5, telemetry::CONVICTED, a1, kE1);
        told_.seconds(3, 5);
        Session session;
        QCOMPARE(kinds(lane_named(shown(session), "A1")),
                 (std::vector{BarKind::Ordering, BarKind::Detecting, BarKind::Deciding,
                              BarKind::Ordering, BarKind::Convicting, BarKind::Ordering}));
    }
};

} // namespace zz::console

QTEST_GUILESS_MAIN(zz::console::TimelineAdapterTest)
#include "timeline_adapter_test.moc"
