// SPDX-License-Identifier: Apache-2.0
// What the demonstration accepts as right: each drill's counters, members and order of events, and
// the sentences about what is not.
#include <QTest>

#include "backend/demo/script.h"

namespace zz::demo {
namespace {

ApplicationFacts fresh() {
    ApplicationFacts app;
    app.name = "A";
    app.wakeups = 0;
    app.execution = {{"E1", "h1", "active", false, 0, false},
                     {"E2", "h2", "active", false, 0, false},
                     {"E3", "h3", "sleeping", false, 0, false}};
    return app;
}

// After E1 was convicted and E3 took its place.
ApplicationFacts replaced() {
    ApplicationFacts app = fresh();
    app.wakeups = 1;
    app.execution[0].state = "sleeping";
    app.execution[0].incarnation = 1;
    app.execution[2].state = "active";
    app.convicted = {"E1.0"};
    return app;
}

Json side(const char* verdict, Json wakes, Json convicted) {
    return {{"verdict", verdict},
            {"wakes", std::move(wakes)},
            {"convicted", std::move(convicted)},
            {"unresponsive", Json::array()}};
}

Json blocking_report() {
    const Json all = side("blocking", {"E3"}, {"E1"});
    return {{"predicted", all},
            {"observed", all},
            {"phases_ms", {{"first_match", 20}, {"decided", 90}}}};
}

StepResult good(std::size_t step) {
    return {script()[step], fresh(), replaced(), blocking_report()};
}

} // namespace

class ScriptTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void each_application_is_fresh_for_its_steps() {
        // ZZ-10.3: the rows E1, E2 must be the actives. Only the last step on an application may
        // remove one.
        std::map<std::string, std::string> removed;
        for (const auto& step : script()) {
            QVERIFY2(!removed.contains(step.application), step.name.c_str());
            if (!step.convicted.empty())
                removed[step.application] = step.name;
        }
    }

    void a_right_recovery_has_no_sentence() {
        QCOMPARE(judge(good(1)), std::vector<std::string>());
        QCOMPARE(judge(good(2)), std::vector<std::string>());
    }

    void non_blocking_wakes_nobody() {
        const Json all = side("non-blocking", Json::array(), Json::array());
        StepResult result{script()[0], fresh(), fresh(), {{"predicted", all}, {"observed", all}}};
        QCOMPARE(judge(result), std::vector<std::string>());
        result.after.wakeups = 1;
        const auto sentences = judge(result);
        QCOMPARE(sentences.size(), std::size_t{1});
        QVERIFY(sentences[0].find("wake-ups went 0 -> 1, expected 0 more") != std::string::npos);
    }

    void each_fault_of_a_recovery_is_told() {
        const auto told = [](const StepResult& result, const char* what) {
            for (const auto& sentence : judge(result))
                if (sentence.find(what) != std::string::npos)
                    return true;
            return false;
        };
        StepResult r = good(1);
        r.after.wakeups = 2;
        QVERIFY(told(r, "expected 1 more"));
        r = good(1);
        r.after.convicted.clear();
        QVERIFY(told(r, "E1.0 is not among the convicted"));
        r = good(1);
        r.after.execution[0].incarnation = 0;
        QVERIFY(told(r, "a fresh one was expected"));
        r = good(1);
        r.after.execution[1].incarnation = 1;
        QVERIFY(told(r, "E2 has incarnation 1"));
        r = good(1);
        r.after.execution[0].state = "reimaging";
        QVERIFY(told(r, "not at rest"));
        r = good(1);
        r.report["observed"]["convicted"] = Json::array();
        QVERIFY(told(r, "predicted"));
        r = good(1);
        r.after.wakeups.reset();
        QVERIFY(told(r, "0 -> ?"));
        r = good(1);
        r.report = Json();
        QVERIFY(told(r, "the verdict observed is ''"));
    }

    void domains_are_as_the_members_are() {
        StepResult r = good(1);
        r.step = guest_script()[1];
        DataCenterFacts facts;
        facts.hosts = {{"h1", "up", "qemu-tcg", {{"A", "E1.1", "paused"}}},
                       {"h2", "up", "qemu-tcg", {{"A", "E2.0", "running"}}},
                       {"h3", "up", "qemu-tcg", {{"A", "E3.0", "running"}}}};
        QCOMPARE(judge_guests(r, facts), std::vector<std::string>());
        facts.hosts[0].machines.push_back({"A", "E1.0", "stopped"});
        facts.hosts[2].machines[0].state = "paused";
        facts.hosts[0].machines[0].state = "running";
        QCOMPARE(judge_guests(r, facts).size(), std::size_t{3});
    }

    void state_that_is_not_whole_is_no_rest() {
        ApplicationFacts app = replaced();
        QVERIFY(app.at_rest());
        app.execution[2].incomplete = true;
        QVERIFY(!app.at_rest());
    }
};

} // namespace zz::demo

QTEST_APPLESS_MAIN(zz::demo::ScriptTest)
#include "script_test.moc"
