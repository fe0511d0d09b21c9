// SPDX-License-Identifier: Apache-2.0
// ZZ-10.3 and ZZ-10.4: who must have lied for a drawn matrix, what each liar does, and what the
// rules predict; the talk's examples (ZZ-6.4) under both policies.
#include <QtTest>

#include <random>
#include <set>

#include "backend/drill/plan.h"

using zz::AgreementId;
using zz::Error;
using zz::Faults;
using zz::PrincipalId;
using zz::Result;
using zz::Role;
using zz::SlotId;
using zz::drill::MatrixOptions;
using zz::drill::MatrixPlan;
using zz::drill::PlainDrill;
using zz::drill::Policy;
using zz::drill::Prediction;
using zz::drill::Saying;
using zz::drill::smallest_liars;
using zz::drill::Stage;
using zz::matrix::NamedMatrix;

namespace {

using Rows = std::vector<std::string>;

// Rows as strings of one letter a column: {"PQQQ", "PPPQ"}.
std::string csv_of(const Rows& rows, const std::vector<std::string>& names = {}) {
    std::string text;
    for (std::size_t c = 0; c < rows.at(0).size(); ++c)
        text += ",A" + std::to_string(c + 1);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        text += "\n" + (names.empty() ? "E" + std::to_string(r + 1) : names[r]);
        for (const char letter : rows[r])
            text += std::string(",") + letter;
    }
    return text + "\n";
}

NamedMatrix matrix_of(const Rows& rows, const std::vector<std::string>& names = {}) {
    const auto f = static_cast<std::uint32_t>((rows.at(0).size() - 1) / 3);
    Result<NamedMatrix> parsed = zz::matrix::parse_csv(csv_of(rows, names), Faults{f}, "m.csv");
    return std::move(parsed).value();
}

Stage stage_of(Policy policy, std::uint32_t f = 1) {
    Stage stage;
    stage.faults = Faults{f};
    stage.policy = policy;
    return stage;
}

Result<MatrixPlan> planned(const Rows& rows, Policy policy, const MatrixOptions& options = {}) {
    const NamedMatrix matrix = matrix_of(rows);
    return plan_matrix(matrix, stage_of(policy, matrix.matrix.faults().f), options, "m.csv");
}

std::string listed(const std::vector<SlotId>& replicas) {
    std::string text;
    for (const SlotId slot : replicas)
        text += (text.empty() ? "E" : " E") + std::to_string(slot.value);
    return text.empty() ? "-" : text;
}

// "blocking; wakes E3 (demands); convicted E1; unresponsive -".
std::string words(const Prediction& prediction) {
    return std::string(to_string(prediction.verdict)) + "; wakes " + listed(prediction.wakes) +
           " (" + std::string(to_string(prediction.cause)) + "); convicted " +
           listed(prediction.convicted) + "; unresponsive " + listed(prediction.unresponsive);
}

std::string predicted(const Rows& rows, Policy policy, const MatrixOptions& options = {}) {
    const Result<MatrixPlan> plan = planned(rows, policy, options);
    return plan ? words(plan->prediction) : plan.error().text;
}

std::string liars_of(const MatrixPlan& plan) {
    std::string text;
    for (const auto& lie : plan.execution)
        text += "E" + std::to_string(lie.slot.value) + " ";
    for (const auto& lie : plan.agreement)
        text += "A" + std::to_string(lie.id.value) + " ";
    return text;
}

std::string plain(const std::string& name, std::vector<PrincipalId> targets, Policy policy,
                  zz::Duration delay = {}, std::uint32_t f = 1) {
    const Result<Prediction> prediction =
        predict_plain(PlainDrill{name, std::move(targets), delay}, stage_of(policy, f));
    return prediction ? words(*prediction) : prediction.error().text;
}

const PrincipalId kE1{Role::Execution, 1, 0};
const PrincipalId kE3{Role::Execution, 3, 0};
const PrincipalId kA1{Role::Agreement, 1, 0};
const std::string kQuiet = "agreed; wakes - (none); convicted -; unresponsive -";

} // namespace

class PlanTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void talk_nonblocking();
    void talk_blocking_under_the_published_rule();
    void talk_blocking_with_evidence();
    void three_rows_play_the_woken_replica_too();
    void missing_entries_and_signatures();
    void what_each_liar_says();
    void ties_go_to_execution();
    void liars_are_always_an_explanation();
    void correct_replicas_are_never_predicted_as_convicted();
    void larger_f();
    void other_actives();
    void bad_input_data();
    void bad_input();
    void exceeding_f_is_told();
    void plain_drills_on_execution_replicas();
    void plain_drills_on_agreement_replicas();
    void drills_on_links();
    void drills_on_a_host();
    void plain_drills_refuse_bad_targets();

    // ZZ-9.1: where all who could execute do, a fault is masked and nothing follows; an
    // unreplicated application bears none.
    void comparison_modes() {
        Stage sep = stage_of(Policy::Evidence);
        sep.faults.executors = zz::Executors::Most;
        const PrincipalId target{Role::Execution, 2, 0};
        auto liar = zz::drill::predict_plain({"wrong-reply", {target}, {}}, sep);
        QVERIFY(liar);
        QCOMPARE(liar->verdict, zz::matrix::Kind::NonBlocking);
        QVERIFY(liar->wakes.empty() && liar->convicted.empty() && liar->unresponsive.empty());
        QCOMPARE(liar->margin.execution, 0);
        auto silent = zz::drill::predict_plain({"silent", {target}, {}}, sep);
        QVERIFY(silent);
        QCOMPARE(silent->verdict, zz::matrix::Kind::Agreed);
        QVERIFY(silent->wakes.empty() && silent->unresponsive.empty());
        Stage base = sep;
        base.faults.executors = zz::Executors::All;
        const PrincipalId fourth{Role::Execution, 4, 0};
        QVERIFY(!zz::drill::predict_plain({"silent", {fourth}, {}}, sep));
        liar = zz::drill::predict_plain({"wrong-reply", {fourth}, {}}, base);
        QVERIFY(liar);
        QCOMPARE(liar->verdict, zz::matrix::Kind::NonBlocking);
        Stage alone = base;
        alone.faults.f = 0;
        const auto none =
            zz::drill::predict_plain({"silent", {{Role::Execution, 1, 0}}, {}}, alone);
        QVERIFY(!none && none.error().text.find("unreplicated") != std::string::npos);
    }
};

void PlanTest::talk_nonblocking() {
    const std::string quiet = "non-blocking; wakes - (none); convicted -; unresponsive -";
    QCOMPARE(predicted({"QQQQ", "PQQQ"}, Policy::Matrix), quiet);   // ZZ-6.4
    QCOMPARE(predicted({"QQQQ", "PQQQ"}, Policy::Evidence), quiet); // it signs Q by default
    // A wrong signature is held by all who settle on Q: it convicts, and the spare replaces.
    QCOMPARE(predicted({"QQQQ", "PQQQ"}, Policy::Evidence, {{}, {}, {"E2=P"}}),
             std::string("non-blocking; wakes E3 (replacement); convicted E2; unresponsive -"));
}

void PlanTest::talk_blocking_under_the_published_rule() {
    const Rows rows{"PQQQ", "PPPQ"}; // ZZ-6.4
    const std::string expected = "blocking; wakes E3 (columns); convicted E1; unresponsive -";
    QCOMPARE(predicted(rows, Policy::Matrix, {"P", {}, {}}), expected);
    QCOMPARE(predicted(rows, Policy::Matrix, {"P", {}, {"E1=P"}}), expected);
    const Result<MatrixPlan> plan = planned(rows, Policy::Matrix, {"P", {}, {}});
    QCOMPARE(liars_of(*plan), std::string("E1 A4 "));
    QVERIFY((plan->prediction.margin == zz::drill::Margin{0, 0}));
    QVERIFY(!plan->exceeds_f());
}

void PlanTest::talk_blocking_with_evidence() {
    const Rows rows{"PQQQ", "PPPQ"};                           // ZZ-6.4
    QCOMPARE(predicted(rows, Policy::Evidence, {"P", {}, {}}), // E1 signs Q, as it mostly sent
             std::string("blocking; wakes E3 (demands); convicted E1; unresponsive -"));
    QCOMPARE(predicted(rows, Policy::Evidence, {"P", {}, {"E1=P"}}),
             std::string("blocking; wakes E3 (replacement); convicted E1; unresponsive -"));
    QCOMPARE(predicted(rows, Policy::Evidence, {"P", {}, {"E1=-"}}),
             std::string("blocking; wakes E3 (no-signs); convicted E1; unresponsive -"));
}

void PlanTest::three_rows_play_the_woken_replica_too() {
    // The verdict is that of the actives, which caused the wake-up; the truth is V of all rows.
    QCOMPARE(predicted({"PQQQ", "PPPQ", "PPPQ"}, Policy::Matrix),
             std::string("blocking; wakes E3 (columns); convicted E1; unresponsive -"));
    // A spare that would lie is not played while it sleeps.
    QCOMPARE(predicted({"PPPP", "PPPP", "QQQQ"}, Policy::Evidence), kQuiet);
}

void PlanTest::missing_entries_and_signatures() {
    // Silent towards three of four, but it signs the truth: served, nobody wakes.
    QCOMPARE(predicted({"---P", "PPPP"}, Policy::Evidence, {"P", {}, {}}),
             std::string("blocking; wakes - (none); convicted -; unresponsive E1"));
    QCOMPARE(predicted({"---P", "PPPP"}, Policy::Matrix, {"P", {}, {}}),
             std::string("blocking; wakes E3 (columns); convicted -; unresponsive E1"));
    // Nothing sent at all: nothing signed either.
    QCOMPARE(predicted({"----", "PPPP"}, Policy::Evidence, {"P", {}, {}}),
             std::string("blocking; wakes E3 (no-signs); convicted -; unresponsive E1"));
    // Two match: settled by MATCH before any second deadline.
    QCOMPARE(predicted({"--PP", "PPPP"}, Policy::Evidence, {{}, {}, {"E1=-"}}),
             std::string("non-blocking; wakes - (none); convicted -; unresponsive E1"));
    // ZZ-6.3: a conviction without a blocking fault still needs a replacement.
    for (const Policy policy : {Policy::Matrix, Policy::Evidence})
        QCOMPARE(predicted({"PPQQ", "QQQQ"}, policy),
                 std::string("non-blocking; wakes E3 (replacement); convicted E1; unresponsive -"));
}

void PlanTest::what_each_liar_says() {
    const Result<MatrixPlan> plan = planned({"PQRQ", "PPPQ"}, Policy::Evidence, {"P", {}, {}});
    QCOMPARE(plan->truth, std::string("P"));
    QVERIFY((plan->wrong == std::vector<std::string>{"Q", "R"}));
    const zz::drill::ExecutionLie& e1 = plan->execution.at(0);
    const std::vector<Saying> sends{Saying::truth(), Saying::lie(1), Saying::lie(2),
                                    Saying::lie(1)};
    QVERIFY(e1.slot == SlotId(1) && e1.sends == sends);
    QVERIFY(e1.reply == Saying::lie(1) && e1.signs == Saying::lie(1));
    const zz::drill::AgreementLie& a4 = plan->agreement.at(0);
    QVERIFY(a4.id == AgreementId(4) && a4.claims.size() == 2);
    QVERIFY(a4.claims.at(SlotId(1)) == Saying::lie(1) && a4.claims.at(SlotId(2)) == Saying::lie(1));
    // --sign changes the signature, not the reply; of equals the first one sent counts.
    const Result<MatrixPlan> other =
        planned({"RRQQ", "PPPP"}, Policy::Evidence, {"P", {}, {"E1=Q"}});
    QCOMPARE(other->wrong.at(0), std::string("R"));
    QVERIFY(other->execution.at(0).reply == Saying::lie(1));
    QVERIFY(other->execution.at(0).signs == Saying::lie(2));
}

void PlanTest::ties_go_to_execution() {
    QCOMPARE(liars_of(*planned({"QQQQ", "PQQQ"}, Policy::Matrix)), std::string("E2 "));
    QCOMPARE(liars_of(*planned({"QQQQ", "PQQQ"}, Policy::Matrix, {{}, {"A1"}, {}})),
             std::string("A1 "));
    QCOMPARE(liars_of(*planned({"PQQQ", "PQQQ"}, Policy::Matrix)), std::string("A1 "));
    QCOMPARE(liars_of(*planned({"PPPP", "PPPP"}, Policy::Matrix)), std::string());
}

void PlanTest::liars_are_always_an_explanation() {
    // Against brute force over all sets of rows and columns, f = 1 and 2.
    std::mt19937 random(101);
    int none = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::uint32_t f = 1 + static_cast<std::uint32_t>(i % 2);
        const std::size_t rows = f + 1 + random() % (f + 1);
        Rows table(rows, std::string(3 * f + 1, 'P'));
        const std::size_t odd = random() % (4 * f + 1);
        for (std::size_t k = 0; k < odd; ++k)
            table[random() % rows][random() % (3 * f + 1)] = "Q-?"[random() % 3];
        table[0][0] = 'P';
        const NamedMatrix drawn = matrix_of(table);
        std::size_t best = 100;
        std::size_t best_rows = 0;
        for (std::uint32_t set = 0; set < (1U << (rows + 3 * f + 1)); ++set) {
            bool explains = true;
            std::size_t count[2] = {0, 0};
            for (std::size_t k = 0; k < rows + 3 * f + 1; ++k)
                count[k < rows ? 0 : 1] += set >> k & 1U;
            for (std::size_t r = 0; r < rows && explains; ++r) {
                for (std::size_t c = 0; c < 3 * f + 1; ++c)
                    explains &= table[r][c] == 'P' || table[r][c] == '?' || (set >> r & 1U) ||
                                (set >> (rows + c) & 1U);
            }
            if (!explains || count[0] > f || count[1] > f || count[0] + count[1] > best ||
                (count[0] + count[1] == best && count[0] <= best_rows))
                continue;
            best = count[0] + count[1];
            best_rows = count[0];
        }
        const auto found = smallest_liars(drawn.matrix, drawn.matrix.at(0, 0).value());
        none += found ? 0 : 1;
        QCOMPARE(found ? found->rows.size() + found->columns.size() : 100, best);
        QCOMPARE(found ? found->rows.size() : 0, best_rows);
    }
    QVERIFY(none > 20 && none < 2900);
}

void PlanTest::correct_replicas_are_never_predicted_as_convicted() {
    // ZZ-1.6, and ZZ-6.9: whoever wakes under `evidence`, wakes for a cause that is seen to end.
    std::mt19937 random(102);
    int woken = 0;
    for (int i = 0; i < 20000; ++i) {
        Rows table(2 + random() % 2, "PPPP");
        for (std::string& row : table) {
            for (char& letter : row)
                letter = random() % 3 ? letter : "PQR-?"[random() % 5];
        }
        table[0][0] = 'P';
        const Result<MatrixPlan> plan = planned(table, Policy::Evidence, {"P", {}, {}});
        if (!plan)
            continue;
        std::set<SlotId> liars;
        for (const auto& lie : plan->execution)
            liars.insert(lie.slot);
        for (const SlotId slot : plan->prediction.convicted)
            QVERIFY2(liars.contains(slot), csv_of(table).c_str());
        const bool caused =
            !plan->prediction.convicted.empty() || !plan->prediction.unresponsive.empty();
        QVERIFY2(plan->prediction.wakes.empty() || caused, csv_of(table).c_str());
        woken += plan->prediction.wakes.empty() ? 0 : 1;
    }
    QVERIFY(woken > 100);
}

void PlanTest::larger_f() {
    // f = 2: E1 lies to four, E2 is silent, A7 lies about E3; all spares wake at once (ZZ-6.6).
    const Rows rows{"QQQQPPP", "-------", "PPPPPPQ"};
    const Result<MatrixPlan> plan = planned(rows, Policy::Evidence, {"P", {}, {}});
    QCOMPARE(liars_of(*plan), std::string("E1 E2 A7 "));
    QCOMPARE(words(plan->prediction),
             std::string("blocking; wakes E4 E5 (demands); convicted E1; unresponsive E2"));
    QVERIFY((plan->prediction.margin == zz::drill::Margin{1, 0}));
    // Spread thin, two liars leave nobody to convict (ZZ-6.3) unless they sign what they sent.
    const Rows thin{"QQPPPPP", "PPQQPPP", "PPPPPPP"};
    QCOMPARE(predicted(thin, Policy::Evidence),
             std::string("non-blocking; wakes - (none); convicted -; unresponsive -"));
    QCOMPARE(predicted(thin, Policy::Evidence, {{}, {}, {"E2=Q"}}),
             std::string("non-blocking; wakes E4 E5 (replacement); convicted E2; unresponsive -"));
}

void PlanTest::other_actives() {
    Stage stage = stage_of(Policy::Evidence);
    stage.actives = {SlotId(3), SlotId(2)};
    const NamedMatrix drawn = matrix_of({"PQQQ", "PPPP"}, {"E3", "E2"});
    const Result<MatrixPlan> plan = plan_matrix(drawn, stage, {"P", {}, {}}, "m.csv");
    QCOMPARE(words(plan->prediction),
             std::string("blocking; wakes E1 (demands); convicted E3; unresponsive -"));
    stage.actives = {SlotId(2)};
    QVERIFY(!plan_matrix(drawn, stage, {"P", {}, {}}, "m.csv"));
    stage.actives = {SlotId(2), SlotId(2)};
    QVERIFY(!plan_matrix(drawn, stage, {"P", {}, {}}, "m.csv"));
}

void PlanTest::bad_input_data() {
    QTest::addColumn<QString>("rows");
    QTest::addColumn<QString>("names");
    QTest::addColumn<QString>("options"); // truth / liars / signs, each after a letter
    QTest::addColumn<QString>("error");
    const auto row = [](const char* name, const char* rows, const char* names, const char* options,
                        const char* error) {
        QTest::newRow(name) << QString(rows) << QString(names) << QString(options)
                            << QString(error);
    };
    row("no truth", "PQQQ PPPQ", "", "", "m.csv: the matrix has no value");
    row("truth not drawn", "PQQQ PPPQ", "", "tX", "--truth X: this digest is not in m.csv");
    row("truth against the matrix", "QQQQ PQQQ", "", "tP", "--truth P: the matrix itself decides");
    row("too many liars", "QQQQ QQQQ PPPP", "", "tP", "--truth P: the matrix itself");
    row("no explanation", "PPQQ PPQQ", "", "tP", "m.csv: no 1 liars of each cluster");
    row("liars do not explain", "PQQQ PPPQ", "", "tP lE1", "--liar: neither E2 nor A4 is a liar");
    row("liar unknown", "PQQQ PPPQ", "", "tP lE4", "--liar E4: 'E4' is no replica");
    row("liar without a row", "PQQQ PPPQ", "", "tP lE3", "--liar E3: m.csv has no row for it");
    row("liar with a zero", "PQQQ PPPQ", "", "tP lA04", "--liar A04: 'A04' is no replica");
    row("liar of no cluster", "PQQQ PPPQ", "", "tP lX1", "--liar X1: 'X1' is no replica");
    row("a sleeper first", "PQQQ PPPQ", "E1 E3", "tP", "m.csv: row 2 is E3, which sleeps");
    row("an active last", "PQQQ PPPQ PPPQ", "E1 E3 E2", "tP", "m.csv: row 2 is E3, which sleeps");
    row("a name of its own", "PQQQ PPPQ", "E1 bob", "tP", "m.csv: row 2 is named 'bob'");
    row("sign without digest", "PQQQ PPPQ", "", "tP sE1", "--sign E1: write it as E1=Q");
    row("sign of a correct one", "PQQQ PPPQ", "", "tP sE2=Q", "--sign E2=Q: E2 is not among");
    row("sign of agreement", "PQQQ PPPQ", "", "tP sA4=Q", "--sign A4=Q: only execution");
    row("sign unknown digest", "PQQQ PPPQ", "", "tP sE1=Z", "--sign E1=Z: the digest 'Z'");
    row("sign twice", "PQQQ PPPQ", "", "tP sE1=Q sE1=P", "--sign E1=P: this replica's signature");
    row("sign of nobody", "PQQQ PPPQ", "", "tP s=P", "--sign =P: '' is no replica");
}

void PlanTest::bad_input() {
    QFETCH(QString, rows);
    QFETCH(QString, names);
    QFETCH(QString, options);
    QFETCH(QString, error);
    Rows table;
    for (const QString& row : rows.split(' '))
        table.push_back(row.toStdString());
    std::vector<std::string> given;
    for (const QString& name : names.split(' ', Qt::SkipEmptyParts))
        given.push_back(name.toStdString());
    MatrixOptions parsed;
    for (const QString& option : options.split(' ', Qt::SkipEmptyParts)) {
        const std::string value = option.mid(1).toStdString();
        if (option[0] == 't')
            parsed.truth = value;
        else
            (option[0] == 'l' ? parsed.liars : parsed.signs).push_back(value);
    }
    const Result<MatrixPlan> plan =
        plan_matrix(matrix_of(table, given), stage_of(Policy::Evidence), parsed, "m.csv");
    QVERIFY(!plan);
    QVERIFY2(QString::fromStdString(plan.error().text).startsWith(error),
             plan.error().text.c_str());
}

void PlanTest::exceeding_f_is_told() {
    const Result<MatrixPlan> plan =
        planned({"QQQQ", "RRRR", "PPPP"}, Policy::Evidence, {"P", {"E1", "E2"}, {}});
    QVERIFY(bool(plan));
    QVERIFY(plan->exceeds_f());
    QCOMPARE(plan->prediction.margin.execution, -1);
    QVERIFY(plan->prediction.text.find("promise nothing") != std::string::npos);
    // The other application of the same size, for another f: refused.
    QVERIFY(!plan_matrix(matrix_of({"PPPP", "PPPP"}), stage_of(Policy::Evidence, 2), {}, "m.csv"));
}

void PlanTest::plain_drills_on_execution_replicas() {
    const std::string caught = "blocking; wakes E3 (demands); convicted E1; unresponsive -";
    const std::string named = "blocking; wakes E3 (no-signs); convicted -; unresponsive E1";
    for (const char* name : {"wrong-reply", "wrong-checkpoint", "corrupt-state"})
        QCOMPARE(plain(name, {kE1}, Policy::Evidence), caught); // E1, E3
    for (const char* name : {"silent", "crash", "link-cut", "host-stop"})
        QCOMPARE(plain(name, {kE1}, Policy::Evidence), named);               // E2
    QCOMPARE(plain("slow", {kE1}, Policy::Evidence, zz::seconds(5)), named); // E8
    QCOMPARE(plain("slow", {kE1}, Policy::Evidence, zz::milliseconds(249)), kQuiet);
    QCOMPARE(plain("refuse-sign", {kE1}, Policy::Evidence), kQuiet);
    QCOMPARE(plain("sign-two", {kE1}, Policy::Evidence),
             std::string("agreed; wakes E3 (replacement); convicted E1; unresponsive -"));
    QCOMPARE(plain("wrong-reply", {kE1}, Policy::Matrix),
             std::string("blocking; wakes E3 (columns); convicted E1; unresponsive -"));
    QCOMPARE(plain("wrong-reply", {kE1}, Policy::Evidence, {}, 2),
             std::string("blocking; wakes E4 E5 (demands); convicted E1; unresponsive -"));
    // A sleeper's lies are not seen while it sleeps.
    for (const char* name : {"wrong-reply", "silent", "sign-two", "wrong-checkpoint"})
        QCOMPARE(plain(name, {kE3}, Policy::Evidence), kQuiet);
    const Result<Prediction> root =
        predict_plain(PlainDrill{"wrong-checkpoint", {kE1}, {}}, stage_of(Policy::Evidence));
    QVERIFY(root->kind == zz::VoteKind::Checkpoint);
    QVERIFY((root->margin == zz::drill::Margin{1, 0}));
}

void PlanTest::plain_drills_on_agreement_replicas() {
    QCOMPARE(plain("lie-reports", {kA1}, Policy::Matrix),
             std::string("non-blocking; wakes - (none); convicted -; unresponsive -"));
    for (const char* name : {"silent", "crash", "equivocate-primary", "censor-primary",
                             "flood-demands", "false-accuse", "link-cut"})
        QCOMPARE(plain(name, {kA1}, Policy::Evidence), kQuiet);
    // One host has a replica of each cluster (ZZ-1.3): both bounds are used up.
    const Result<Prediction> host =
        predict_plain(PlainDrill{"host-stop", {kE1, kA1}, {}}, stage_of(Policy::Evidence));
    QCOMPARE(words(*host),
             std::string("blocking; wakes E3 (no-signs); convicted -; unresponsive E1"));
    QVERIFY((host->margin == zz::drill::Margin{0, 0}));
}

void PlanTest::drills_on_links() {
    const auto linked = [](const std::string& name, PrincipalId target,
                           std::vector<PrincipalId> peers, zz::Duration delay = {}) {
        const PlainDrill drill{name, {target}, delay, std::move(peers)};
        const Result<Prediction> prediction = predict_plain(drill, stage_of(Policy::Evidence));
        return prediction ? words(*prediction) : prediction.error().text;
    };
    const PrincipalId a2{Role::Agreement, 2, 0}, a3{Role::Agreement, 3, 0};
    const std::string one_misses = "non-blocking; wakes - (none); convicted -; unresponsive -";
    // One link: one entry is missing, whichever end the drill is at.
    QCOMPARE(linked("link-cut", kE1, {a2}), one_misses);
    QCOMPARE(linked("link-cut", a2, {kE1}), one_misses);
    QCOMPARE(linked("link-cut", a2, {a3}), kQuiet);
    // Three: two columns know no report, but who hears E1 passes its signature on: nobody wakes.
    QCOMPARE(linked("link-cut", kE1, {kA1, a2, a3}),
             std::string("blocking; wakes - (none); convicted -; unresponsive E1"));
    QCOMPARE(linked("link-cut", kE1, {}),
             std::string("blocking; wakes E3 (no-signs); convicted -; unresponsive E1"));
    // There and back: a report is late by twice the delay, and settles the batch all the same
    // before the second deadline.
    QCOMPARE(linked("link-delay", kE1, {}, zz::milliseconds(249)), kQuiet);
    QCOMPARE(linked("link-delay", kE1, {}, zz::milliseconds(250)),
             std::string("blocking; wakes E3 (no-signs); convicted -; unresponsive E1"));
    QCOMPARE(linked("link-loss", kE1, {}), kQuiet);
}

void PlanTest::drills_on_a_host() {
    const PrincipalId gateway{Role::Client, 1, 0};
    // It counts in both clusters; its gateway is nobody's vote.
    const Result<Prediction> lie =
        predict_plain(PlainDrill{"host-lie", {kA1, kE1, gateway}, {}}, stage_of(Policy::Evidence));
    QVERIFY(bool(lie));
    QCOMPARE(words(*lie),
             std::string("blocking; wakes E3 (demands); convicted E1; unresponsive -"));
    QVERIFY((lie->margin == zz::drill::Margin{0, 0}));
    // A sleeper of a stopped host cannot be woken; with f = 2 the other one is.
    const PrincipalId e5{Role::Execution, 5, 0};
    const Result<Prediction> two =
        predict_plain(PlainDrill{"host-stop", {kE1, e5, kA1}, {}}, stage_of(Policy::Evidence, 2));
    QVERIFY(bool(two));
    QCOMPARE(words(*two),
             std::string("blocking; wakes E4 (no-signs); convicted -; unresponsive E1"));
}

void PlanTest::plain_drills_refuse_bad_targets() {
    const auto starts = [](const std::string& text, const char* start) {
        return text.starts_with(start);
    };
    QVERIFY(starts(plain("no-such", {kE1}, Policy::Evidence), "there is no drill 'no-such'"));
    QVERIFY(starts(plain("matrix", {kE1}, Policy::Evidence), "there is no drill 'matrix'"));
    QVERIFY(starts(plain("wrong-reply", {kA1}, Policy::Evidence), "--target A1: drill"));
    QVERIFY(starts(plain("lie-reports", {kE1}, Policy::Evidence), "--target E1"));
    QVERIFY(starts(plain("silent", {PrincipalId{Role::Client, 1, 0}}, Policy::Evidence),
                   "--target client 1"));
    QVERIFY(starts(plain("silent", {PrincipalId{Role::Execution, 4, 0}}, Policy::Evidence),
                   "--target E4"));
    QCOMPARE(plain("flood", {}, Policy::Evidence), kQuiet);
}

QTEST_APPLESS_MAIN(PlanTest)
#include "plan_test.moc"
