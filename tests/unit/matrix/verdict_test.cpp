// SPDX-License-Identifier: Apache-2.0
// ZZ-6.2 and ZZ-6.3: the verdict and blame of every small matrix, and of many larger ones, agree
// with a second reading of the rules; the talk's matrices (ZZ-6.4) by name.
#include <QtTest>

#include <numeric>
#include <random>

#include "protocol/matrix/names.h"
#include "protocol/matrix/verdict.h"
#include "tests/unit/matrix/reference_support.h"

using reference::Answer;
using reference::Table;
using zz::Digest;
using zz::Faults;
using zz::matrix::certified;
using zz::matrix::column_is_in;
using zz::matrix::column_match;
using zz::matrix::Entry;
using zz::matrix::Matrix;
using zz::matrix::Verdict;

namespace {

Digest digest_of(char letter) {
    Digest digest;
    digest.bytes[31] = static_cast<std::uint8_t>(letter);
    return digest;
}

Entry entry_of(char letter) {
    if (letter == '?')
        return Entry::pending();
    return letter == '-' ? Entry::missing() : Entry::of(digest_of(letter));
}

Matrix matrix_of(const Table& table, std::uint32_t f) {
    Matrix matrix(Faults{f}, table.size());
    for (std::size_t r = 0; r < table.size(); ++r) {
        for (std::size_t c = 0; c < table[r].size(); ++c)
            matrix.set(r, c, entry_of(table[r][c]));
    }
    return matrix;
}

Answer answer_of(const Verdict& verdict) {
    Answer answer;
    answer.verdict = to_string(verdict.kind);
    answer.rule = verdict.rule;
    if (verdict.value)
        answer.value = static_cast<char>(verdict.value->bytes[31]);
    for (const auto& [value, support] : verdict.support)
        answer.support[static_cast<char>(value.bytes[31])] = static_cast<int>(support);
    for (const std::size_t row : verdict.blame.convicted)
        answer.convicted.insert(static_cast<int>(row));
    for (const std::size_t row : verdict.blame.unresponsive)
        answer.unresponsive.insert(static_cast<int>(row));
    return answer;
}

Verdict judged(const Table& table, std::uint32_t f = 1, const std::string& reports = "") {
    std::vector<Digest> values;
    for (const char report : reports)
        values.push_back(digest_of(report));
    return judge(matrix_of(table, f), values);
}

std::string joined(const Table& table) {
    std::string text;
    for (const std::string& row : table)
        text += row + " / ";
    return text;
}

bool agrees(const Table& table, std::uint32_t f, const std::string& reports = "") {
    const Answer ours = answer_of(judged(table, f, reports));
    const Answer theirs = reference::answer(table, static_cast<int>(f), reports);
    if (ours == theirs)
        return true;
    qWarning("%s reports '%s'\n  judge:     %s\n  reference: %s", joined(table).c_str(),
             reports.c_str(), describe(ours).c_str(), describe(theirs).c_str());
    return false;
}

// Next table in counting order over `alphabet`; false after the last one.
bool advance(Table& table, const std::string& alphabet) {
    for (std::string& row : table) {
        for (char& letter : row) {
            const std::size_t at = alphabet.find(letter);
            if (at + 1 < alphabet.size()) {
                letter = alphabet[at + 1];
                return true;
            }
            letter = alphabet[0];
        }
    }
    return false;
}

std::size_t check_all(std::size_t rows, const std::string& alphabet) {
    Table table(rows, std::string(4, alphabet[0]));
    std::size_t count = 0;
    do {
        ++count;
        if (!agrees(table, 1))
            return 0;
    } while (advance(table, alphabet));
    return count;
}

// A plausible table: every column leans to one value, some entries are anything.
Table drawn(std::mt19937& random, std::uint32_t f, std::size_t rows) {
    const std::string alphabet = "PQRS-?";
    const auto upto = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n)(random);
    };
    const std::size_t noise = upto(4);
    const std::size_t split = upto(4); // how often a column leans to another value than P
    Table table(rows, std::string(3 * f + 1, '?'));
    for (std::size_t c = 0; c < 3 * f + 1; ++c) {
        const char lean = alphabet[upto(7) >= split ? 0 : upto(3) > 0 ? 1 : upto(5)];
        for (std::size_t r = 0; r < rows; ++r)
            table[r][c] = upto(7) < noise ? alphabet[upto(5)] : lean;
    }
    return table;
}

} // namespace

class VerdictTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void every_two_row_matrix_of_f1();
    void every_three_row_matrix_of_f1_over_three_letters();
    void one_row_never_matches();
    void sampled_matrices_of_larger_f();
    void sampled_signed_reports();
    void verdict_survives_renaming_and_reordering();
    void more_entries_never_undo_a_support();
    void talk_nonblocking();
    void talk_blocking_and_wake_up();
    void conviction_without_a_blocking_fault();
    void columns_not_received_are_pending();
    void missing_is_no_value();
    void too_many_faults();
    void blame_from_a_certificate();
    void column_questions();
    void preconditions_hold_at_the_edges();
};

void VerdictTest::every_two_row_matrix_of_f1() {
    QCOMPARE(check_all(2, "PQR-?"), 390625U);
}

void VerdictTest::every_three_row_matrix_of_f1_over_three_letters() {
    // 5^12 tables are too many for each run: three letters in full, all five sampled.
    QCOMPARE(check_all(3, "PQ?"), 531441U);
    QCOMPARE(check_all(3, "PQ-"), 531441U);
    std::mt19937 random(61);
    for (int i = 0; i < 200000; ++i) {
        Table table(3, std::string(4, '?'));
        for (std::string& row : table) {
            for (char& letter : row)
                letter = "PQR-?"[std::uniform_int_distribution<int>(0, 4)(random)];
        }
        QVERIFY(agrees(table, 1));
    }
}

void VerdictTest::one_row_never_matches() {
    QCOMPARE(check_all(1, "PQR-?"), 625U);
    QVERIFY(judged({"PPPP"}).support.empty());
    const Verdict nothing = judge(Matrix(Faults{1}, 0));
    QCOMPARE(nothing.rule, std::string_view("ZZ-6.2.4"));
    QCOMPARE(nothing.columns_in, 0U);
}

void VerdictTest::sampled_matrices_of_larger_f() {
    std::mt19937 random(62);
    std::map<std::string, int> seen;
    for (int i = 0; i < 60000; ++i) {
        const std::uint32_t f = 2 + static_cast<std::uint32_t>(i % 3);
        const std::size_t rows = f + 1 + std::uniform_int_distribution<std::size_t>(0, f)(random);
        const Table table = drawn(random, f, rows);
        QVERIFY(agrees(table, f));
        ++seen[reference::answer(table, static_cast<int>(f)).verdict];
    }
    // The draw is worth something only if every verdict came up.
    for (const char* verdict :
         {"agreed", "undecided", "non-blocking", "blocking", "assumption-violated"})
        QVERIFY2(seen[verdict] > 50, verdict);
}

void VerdictTest::sampled_signed_reports() {
    std::mt19937 random(63);
    for (int i = 0; i < 60000; ++i) {
        const std::uint32_t f = 1 + static_cast<std::uint32_t>(i % 4);
        std::string reports(std::uniform_int_distribution<std::size_t>(0, 2 * f + 1)(random), 'P');
        for (char& report : reports)
            report = "PQRST"[std::uniform_int_distribution<int>(0, 4)(random)];
        QVERIFY(agrees(drawn(random, f, f + 1), f, reports));
    }
}

void VerdictTest::verdict_survives_renaming_and_reordering() {
    // The verdict knows neither names nor positions: shuffled columns and swapped values change
    // nothing but the names in it.
    std::mt19937 random(64);
    for (int i = 0; i < 20000; ++i) {
        const Table table = drawn(random, 2, 4);
        Table other = table;
        std::vector<std::size_t> order(7);
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), random);
        for (std::size_t r = 0; r < table.size(); ++r) {
            for (std::size_t c = 0; c < 7; ++c) {
                const char letter = table[r][order[c]];
                other[r][c] = letter == 'P' ? 'Q' : letter == 'Q' ? 'P' : letter;
            }
        }
        const Verdict one = judged(table, 2);
        const Verdict two = judged(other, 2);
        QCOMPARE(one.kind, two.kind);
        QCOMPARE(one.rule, two.rule);
        QVERIFY(one.blame == two.blame);
        QCOMPARE(one.columns_in, two.columns_in);
    }
}

void VerdictTest::more_entries_never_undo_a_support() {
    // ZZ-6.1: pending entries become entries. What was blocking stays blocking unless a row is
    // added, and a value that has support keeps it.
    std::mt19937 random(65);
    for (int i = 0; i < 20000; ++i) {
        const Table before = drawn(random, 1, 2);
        Table after = before;
        for (std::string& row : after) {
            for (char& letter : row)
                letter = letter == '?' ? "PQ-?"[std::uniform_int_distribution<int>(0, 3)(random)]
                                       : letter;
        }
        const Verdict one = judged(before);
        const Verdict two = judged(after);
        if (one.kind == zz::matrix::Kind::Blocking)
            QCOMPARE(two.kind, zz::matrix::Kind::Blocking);
        for (const auto& [value, support] : one.support)
            QVERIFY(two.support.contains(value) && two.support.at(value) >= support);
    }
}

void VerdictTest::talk_nonblocking() {
    const Verdict verdict = judged({"QQQQ", "PQQQ"}); // ZZ-6.4
    QCOMPARE(describe(answer_of(verdict)), std::string("non-blocking ZZ-6.2.2 value Q Q:3"));
    QCOMPARE(verdict.columns_in, 4U);
}

void VerdictTest::talk_blocking_and_wake_up() {
    const Verdict before = judged({"PQQQ", "PPPQ"}); // ZZ-6.4
    QCOMPARE(describe(answer_of(before)), std::string("blocking ZZ-6.2.3 value / P:1 Q:1"));
    const Verdict waking = judged({"PQQQ", "PPPQ", "????"});
    QCOMPARE(describe(answer_of(waking)), std::string("undecided ZZ-6.2.4 value / P:1 Q:1"));
    const Verdict after = judged({"PQQQ", "PPPQ", "PPPQ"});
    QCOMPARE(describe(answer_of(after)),
             std::string("non-blocking ZZ-6.2.2 value P P:3 Q:1 convicted 0"));
}

void VerdictTest::conviction_without_a_blocking_fault() {
    QCOMPARE(describe(answer_of(judged({"PPQQ", "QQQQ"}))), // ZZ-6.3
             std::string("non-blocking ZZ-6.2.2 value Q Q:2 convicted 0"));
}

void VerdictTest::columns_not_received_are_pending() {
    Matrix matrix(Faults{1}, 2);
    QCOMPARE(judge(matrix).rule, std::string_view("ZZ-6.2.4"));
    const std::vector<Entry> good{entry_of('P'), entry_of('P')};
    matrix.set_column(0, good);
    matrix.set_column(3, good);
    // Two columns match: V is known, but one may not call it agreed before 2f+1 are in.
    QCOMPARE(describe(answer_of(judge(matrix))), std::string("undecided ZZ-6.2.2 value P P:2"));
    matrix.set_column(1, good);
    QCOMPARE(describe(answer_of(judge(matrix))), std::string("agreed ZZ-6.2.2 value P P:3"));
    // Three columns that do not match decide: the fourth could only be one.
    QCOMPARE(answer_of(judged({"PPP?", "QQQ?"})).rule, std::string("ZZ-6.2.3"));
    QCOMPARE(answer_of(judged({"PP??", "QQ??"})).rule, std::string("ZZ-6.2.4"));
    // A column may match before it is in; it then needs no further entry to count.
    QCOMPARE(describe(answer_of(judged({"PPQP", "PPQP", "?P--"}))),
             std::string("non-blocking ZZ-6.2.2 value P P:3 Q:1 unresponsive 2"));
}

void VerdictTest::missing_is_no_value() {
    // f+1 missing marks do not match each other, and they never convict.
    QCOMPARE(describe(answer_of(judged({"----", "----"}))),
             std::string("blocking ZZ-6.2.3 value /"));
    QCOMPARE(describe(answer_of(judged({"--PP", "PPPP"}))),
             std::string("non-blocking ZZ-6.2.2 value P P:2 unresponsive 0"));
    QCOMPARE(describe(answer_of(judged({"-QPP", "PPPP"}))),
             std::string("non-blocking ZZ-6.2.2 value P P:2 unresponsive 0"));
    QCOMPARE(describe(answer_of(judged({"-PPP", "PPPP"}))),
             std::string("non-blocking ZZ-6.2.2 value P P:3"));
}

void VerdictTest::too_many_faults() {
    const std::string violated = "assumption-violated ZZ-6.2.1 value /";
    QCOMPARE(describe(answer_of(judged({"PPQQ", "PPQQ"}))), violated + " P:2 Q:2");
    // The second half of clause 1: all signed, no f+1 equal; it acts on nothing, not even on V.
    QCOMPARE(describe(answer_of(judged({"PPPP", "PPPP"}, 1, "PQR"))), violated + " P:4");
    QCOMPARE(answer_of(judged({"PPPP", "PPPP"}, 1, "PQ")).verdict, std::string("agreed"));
    QCOMPARE(answer_of(judged({"PPPP", "PPPP"}, 1, "PQP")).verdict, std::string("agreed"));
}

void VerdictTest::blame_from_a_certificate() {
    // ZZ-6.3: V may come from a reply certificate while the verdict is still blocking.
    const Matrix matrix = matrix_of({"PQQQ", "PPPQ"}, 1);
    const std::vector<Digest> reports{digest_of('Q'), digest_of('P'), digest_of('P')};
    QVERIFY(certified(Faults{1}, reports) == digest_of('P'));
    QVERIFY(!certified(Faults{2}, reports));
    QVERIFY(!certified(Faults{1}, {}));
    const zz::matrix::Blame blamed = blame(matrix, digest_of('P'));
    QVERIFY(blamed.convicted == std::vector<std::size_t>{0});
    QVERIFY(blamed.unresponsive.empty());
    QVERIFY(judge(matrix).blame == zz::matrix::Blame{});
}

void VerdictTest::column_questions() {
    const Faults f1{1};
    const std::vector<Entry> half{entry_of('P'), entry_of('?'), entry_of('P')};
    QVERIFY(!column_is_in(half));
    QVERIFY(column_match(f1, half) == digest_of('P'));
    QVERIFY(!column_match(Faults{2}, half));
    QVERIFY(!column_differs(half, digest_of('P')));
    QVERIFY(column_differs(half, digest_of('Q')));
    const std::vector<Entry> gone{entry_of('-'), entry_of('-')};
    QVERIFY(column_is_in(gone));
    QVERIFY(!column_match(f1, gone));
    QVERIFY(column_differs(gone, Digest{}));
    QVERIFY(!column_is_in({}));
    QVERIFY(!column_match(f1, {}));
    // The zero digest is a digest like any other, and is neither missing nor pending.
    QVERIFY(Entry::of(Digest{}) != Entry::missing() && Entry::of(Digest{}) != Entry::pending());
}

void VerdictTest::preconditions_hold_at_the_edges() {
    const Matrix widest(Faults{4}, 9);
    QCOMPARE(widest.columns(), std::size_t{13});
    QVERIFY(widest.at(8, 12).is_pending());
    QVERIFY(matrix_of({"PQ-?"}, 1) == matrix_of({"PQ-?"}, 1));
    QVERIFY(!(matrix_of({"PQ-?"}, 1) == matrix_of({"PQ--"}, 1)));
}

QTEST_APPLESS_MAIN(VerdictTest)
#include "verdict_test.moc"
