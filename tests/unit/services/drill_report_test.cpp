// SPDX-License-Identifier: Apache-2.0
// Aim: a drill's report tells what the drill caused, from what f+1 said, whatever else was going on
// (ZZ-10.4, ZZ-7.6).
#include "backend/runtime/convert.h"
#include "backend/services/drill_report.h"
#include "protocol/cluster/generate.h"

#include <QtTest>

namespace zz::services {

class DrillReportTest : public QObject {
    Q_OBJECT

  private:
    cluster::Application app_;
    DrillRecord record_;
    std::vector<telemetry::Event> events_;
    std::int64_t now_ = 1'000'000'000;

    telemetry::Event& add(const PrincipalId& source, telemetry::EventKind kind,
                          std::string_view text = {}) {
        telemetry::Event& event = events_.emplace_back();
        runtime::to_proto(source, *event.mutable_source()->mutable_principal());
        event.set_kind(kind);
        event.set_wall_ns(now_ += 1'000'000);
        event.set_text(std::string(text));
        return event;
    }
    static PrincipalId agreement(std::uint32_t i) { return principal(AgreementId(i)); }

    // What A1 tells of column `of`: a letter per row, '-' missing, '?' pending.
    void column(std::uint64_t n, std::uint32_t of, std::string_view letters) {
        telemetry::Event& event = add(agreement(1), telemetry::COLUMN_OF);
        event.set_n(n);
        event.set_vote(1);
        runtime::to_proto(agreement(of), *event.mutable_subject());
        for (std::size_t i = 0; i < letters.size(); ++i) {
            auto& entry = *event.add_columns();
            entry.set_slot(record_.actives[i]);
            entry.set_state(letters[i] == '?' ? 0 : letters[i] == '-' ? 1 : 2);
            entry.set_digest(std::string(Digest::size, letters[i]));
        }
    }
    void told(telemetry::EventKind kind, std::uint32_t by, std::uint32_t slot) {
        runtime::to_proto(principal(ExecutionId{SlotId(slot), {}}),
                          *add(agreement(by), kind).mutable_subject());
    }
    nlohmann::json seen() const { return observed(record_, app_, events_); }

  private Q_SLOTS:
    void initTestCase() {
        cluster::GenerateOptions options;
        options.base_port = 20'000;
        auto made = cluster::generate(options);
        QVERIFY(bool(made));
        app_ = made->cluster.applications[0];
    }
    void init() {
        events_.clear();
        record_ = {};
        record_.id = "d1";
        record_.targets = {"E1.0"};
        record_.actives = {1, 2};
        add(principal(ExecutionId{SlotId(1), {}}), telemetry::DRILL_STARTED, "d1 wrong-reply");
    }

    void nothing_happened() {
        QCOMPARE(seen()["verdict"], "agreed");
        QVERIFY(seen()["convicted"].empty() && seen()["wakes"].empty());
        QVERIFY(!ended(record_, app_, events_));
    }

    // A late replica makes columns too; what blocks is what the drill caused.
    void the_number_that_blocks_is_shown() {
        for (std::uint32_t of = 1; of <= 4; ++of)
            column(5, of, "P?");
        for (std::uint32_t of = 1; of <= 4; ++of)
            column(7, of, of == 1 ? "PQ" : "PP");
        for (std::uint32_t of = 1; of <= 4; ++of)
            column(9, of, "PQ");
        const auto out = seen();
        QCOMPARE(out["verdict"], "blocking");
        QCOMPARE(out["n"], 9);
        QCOMPARE(out["matrix"][0]["entries"].size(), std::size_t(4));
    }

    // From the first deviation, also where the drill's own host is late by its clock.
    void phases_are_those_of_the_drill() {
        add(agreement(1), telemetry::DEVIATION).set_n(5);
        add(agreement(2), telemetry::DEMANDED).set_n(5);
        runtime::to_proto(
            principal(ExecutionId{SlotId(3), {}}),
            *add(controller_of(HostId(3)), telemetry::MACHINE_DONE, "wake").mutable_subject());
        const nlohmann::json wanted{
            {"injected", -1.0}, {"first_deviation", 0.0}, {"detected", 1.0}, {"resumed", 2.0}};
        QCOMPARE(phases(record_, app_, events_), wanted);
        auto late = events_;
        std::rotate(late.begin(), late.begin() + 1, late.end()); // it began at the very end
        late.back().set_wall_ns(now_ + 1'000'000);
        QCOMPARE(phases(record_, app_, late)["resumed"], 2.0);
        events_ = {};
        QVERIFY(phases(record_, app_, events_).empty());
        init();
        QCOMPARE(phases(record_, app_, events_), (nlohmann::json{{"injected", 0.0}}));
    }

    // f+1 columns are enough to wake; the others become whole after it.
    void a_column_may_be_whole_after_the_wake_up() {
        for (std::uint32_t of = 1; of <= 4; ++of)
            column(9, of, of <= 2 ? "PQ" : "P?");
        add(controller_of(HostId(1)), telemetry::WAKE_DECIDED);
        for (std::uint32_t of = 3; of <= 4; ++of)
            column(9, of, "PQ");
        QCOMPARE(seen()["verdict"], "blocking");
    }

    // What was missing when a spare was woken was missing, though it came later.
    void what_was_missing_at_the_wake_up_stays_missing() {
        for (std::uint32_t of = 1; of <= 4; ++of)
            column(9, of, "P-");
        add(controller_of(HostId(1)), telemetry::WAKE_DECIDED);
        for (std::uint32_t of = 1; of <= 4; ++of)
            column(9, of, "PP");
        QCOMPARE(seen()["matrix"][1]["entries"][0], "-");
    }

    void a_conviction_before_the_drill_is_no_end_of_its_dispute() {
        events_.clear();
        told(telemetry::CONVICTED, 2, 3);
        add(principal(ExecutionId{SlotId(1), {}}), telemetry::DRILL_STARTED, "d1 wrong-reply");
        for (const std::string_view letters : {"?Q", "PQ"})
            for (std::uint32_t of = 1; of <= 4; ++of)
                column(9, of, letters);
        QCOMPARE(seen()["verdict"], "blocking");
    }

    void columns_before_the_drill_do_not_count() {
        for (std::uint32_t of = 1; of <= 4; ++of)
            column(9, of, "PQ");
        add(principal(ExecutionId{SlotId(1), {}}), telemetry::DRILL_STARTED, "d2 wrong-reply");
        record_.id = "d2";
        QCOMPARE(seen()["verdict"], "agreed");
    }

    // What one agreement replica says convicts nobody.
    void convictions_need_f_plus_1() {
        told(telemetry::CONVICTED, 2, 1);
        QVERIFY(seen()["convicted"].empty());
        QVERIFY(!ended(record_, app_, events_));
        told(telemetry::CONVICTED, 3, 1);
        QCOMPARE(seen()["convicted"], nlohmann::json::array({"E1"}));
        QCOMPARE(seen()["margin"]["execution"], 0);
        QVERIFY(ended(record_, app_, events_));
    }

    void a_named_one_ends_with_its_epoch() {
        told(telemetry::NO_SIGNED, 1, 1);
        told(telemetry::NO_SIGNED, 4, 1);
        QVERIFY(!ended(record_, app_, events_));
        add(agreement(1), telemetry::EPOCH_SETTLED);
        QVERIFY(ended(record_, app_, events_));
        QCOMPARE(seen()["unresponsive"], nlohmann::json::array({"E1"}));
    }

    // ZZ-10.1: how each target stands, however its part ended.
    void each_target_has_a_state() {
        record_.targets = {"E1.0", "A2", "A3", "client 1", "A4"};
        add(agreement(2), telemetry::DRILL_STOPPED, "d1 lease ended");
        add(agreement(3), telemetry::DRILL_STOPPED, "d10 stopped"); // of another drill
        add(principal(ClientId(1)), telemetry::DRILL_STOPPED, "d1 stopped");
        add(agreement(4), telemetry::OPERATOR_ACTION, "drill d1 refused: it plays already");
        auto states = target_states(record_, app_, events_);
        QCOMPARE(states["E1.0"], kTargetRuns);
        QCOMPARE(states["A2"], "lease ended");
        QCOMPARE(states["A3"], kTargetRuns);
        QCOMPARE(states["client 1"], "stopped");
        QCOMPARE(states["A4"], "refused: it plays already");
        told(telemetry::CONVICTED, 1, 1);
        told(telemetry::CONVICTED, 2, 1);
        QCOMPARE(target_states(record_, app_, events_)["E1.0"], "removed");
    }

    void file_round_trip() {
        const auto drill = drill_file_from(to_json(DrillFile{"d1", {record_, record_}, {}}).dump());
        QVERIFY(drill && drill->parts.size() == 2 && drill->rounds.empty());
        const auto series = drill_file_from(to_json(DrillFile{"d", {}, {"d-1", "d-2"}}).dump());
        QVERIFY(series && series->parts.empty() && series->rounds.size() == 2);
        QVERIFY(!drill_file_from("[]") && !drill_file_from("not json"));
    }

    void record_round_trip() {
        record_.host_numbers[3] = 77;
        const auto again = record_from(to_json(record_).dump());
        QVERIFY(bool(again));
        QVERIFY(to_json(*again) == to_json(record_));
        QVERIFY(!record_from("{}"));
    }
};

} // namespace zz::services

QTEST_APPLESS_MAIN(zz::services::DrillReportTest)
#include "drill_report_test.moc"
