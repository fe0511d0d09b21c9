// SPDX-License-Identifier: Apache-2.0
// Aim: the checker accepts what one sequential service can have answered, and refuses everything
// else (ZZ-1.6).
#include <QtTest>

#include <algorithm>
#include <map>
#include <random>

#include "tests/support/linearizability.h"

using zz::test::check_history;
using zz::test::HistoryOperation;
using zz::test::HistoryVerdict;
using zz::test::OperationKind;
using Op = HistoryOperation;

namespace {

HistoryVerdict verdict(const std::vector<Op>& history) {
    return check_history(history).verdict;
}

// Runs random operations at random moments within their intervals on one map: linearizable by
// construction.
std::vector<Op> honest_history(std::mt19937& random, int size) {
    struct Planned {
        Op operation;
        std::uint64_t moment = 0;
    };
    std::vector<Planned> planned;
    for (int i = 0; i < size; ++i) {
        const std::uint64_t start = static_cast<std::uint64_t>(i) * 4 + random() % 4;
        const std::uint64_t length = random() % 24;
        const std::string key(1, static_cast<char>('a' + random() % 3));
        Op op = Op::get(key, {}, start, start + length);
        op.kind = static_cast<OperationKind>(random() % 4);
        op.argument = std::to_string(random() % 9);
        planned.push_back({op, start + (length == 0 ? 0 : random() % (length + 1))});
    }
    std::vector<Planned*> order;
    for (auto& one : planned) {
        order.push_back(&one);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return a->moment < b->moment; });
    std::map<std::string, std::string> state;
    for (Planned* one : order) {
        Op& op = one->operation;
        const auto it = state.find(op.key);
        switch (op.kind) {
        case OperationKind::Set:
            state[op.key] = op.argument;
            break;
        case OperationKind::Get:
            op.result = it == state.end() ? std::nullopt : std::optional(it->second);
            break;
        case OperationKind::Increment:
            op.result = std::to_string(it == state.end() ? 1 : std::stoll(it->second) + 1);
            state[op.key] = *op.result;
            break;
        case OperationKind::Delete:
            op.result = it == state.end() ? "0" : "1";
            state.erase(op.key);
            break;
        }
    }
    std::vector<Op> history;
    for (auto& one : planned) {
        history.push_back(one.operation);
    }
    return history;
}

} // namespace

class LinearizabilityTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void sequential_histories() {
        QVERIFY(verdict({}) == HistoryVerdict::Linearizable);
        QVERIFY(verdict({Op::get("a", {}, 0, 1), Op::set("a", "1", 2, 3), Op::get("a", "1", 4, 5),
                         Op::increment("a", "2", 6, 7), Op::erase("a", true, 8, 9),
                         Op::erase("a", false, 10, 11)}) == HistoryVerdict::Linearizable);
        QVERIFY(verdict({Op::set("a", "x", 0, 1), Op::increment("a", {}, 2, 3),
                         Op::get("a", "x", 4, 5)}) == HistoryVerdict::Linearizable);
    }

    void a_stale_read_is_refused() {
        const std::vector<Op> history{Op::set("a", "1", 0, 1), Op::set("a", "2", 2, 3),
                                      Op::get("a", "1", 4, 5)};
        const auto check = check_history(history);
        QVERIFY(check.verdict == HistoryVerdict::NotLinearizable);
        QVERIFY(check.text.find("key 'a': 2 of 3 operations") != std::string::npos);
        QVERIFY(check.text.find("GET -> '1' [4, 5]") != std::string::npos);
    }

    void a_read_of_what_nobody_wrote_is_refused() {
        QVERIFY(verdict({Op::get("a", "1", 0, 9)}) == HistoryVerdict::NotLinearizable);
        QVERIFY(verdict({Op::set("b", "1", 0, 9), Op::get("a", "1", 0, 9)}) ==
                HistoryVerdict::NotLinearizable);
    }

    void a_read_before_the_write_was_invoked_is_refused() {
        QVERIFY(verdict({Op::get("a", "1", 0, 1), Op::set("a", "1", 2, 3)}) ==
                HistoryVerdict::NotLinearizable);
        QVERIFY(verdict({Op::get("a", "1", 0, 2), Op::set("a", "1", 2, 3)}) ==
                HistoryVerdict::Linearizable); // they touch: concurrent
    }

    void readers_may_not_see_time_run_backwards() {
        const Op set = Op::set("a", "1", 0, 100);
        QVERIFY(verdict({set, Op::get("a", {}, 1, 2), Op::get("a", "1", 3, 4)}) ==
                HistoryVerdict::Linearizable);
        QVERIFY(verdict({set, Op::get("a", "1", 1, 2), Op::get("a", {}, 3, 4)}) ==
                HistoryVerdict::NotLinearizable);
    }

    void an_increment_counts_once() {
        QVERIFY(verdict({Op::increment("a", "1", 0, 10), Op::increment("a", "2", 0, 10)}) ==
                HistoryVerdict::Linearizable);
        QVERIFY(verdict({Op::increment("a", "1", 0, 10), Op::increment("a", "1", 0, 10)}) ==
                HistoryVerdict::NotLinearizable); // one was lost
        QVERIFY(verdict({Op::increment("a", "1", 0, 1), Op::get("a", "2", 2, 3)}) ==
                HistoryVerdict::NotLinearizable); // one ran twice
    }

    void an_unknown_outcome_may_have_happened_late_once_or_never() { // K10
        const Op lost = Op::increment("a", "1", 0, 1).without_outcome();
        QVERIFY(verdict({lost, Op::get("a", {}, 2, 3)}) == HistoryVerdict::Linearizable);
        QVERIFY(verdict({lost, Op::get("a", "1", 2, 3)}) == HistoryVerdict::Linearizable);
        QVERIFY(verdict({lost, Op::get("a", {}, 2, 3), Op::get("a", "1", 4, 5)}) ==
                HistoryVerdict::Linearizable);
        QVERIFY(verdict({lost, Op::get("a", "2", 2, 3)}) == HistoryVerdict::NotLinearizable);
        QVERIFY(verdict({lost, Op::get("a", "1", 2, 3), Op::get("a", {}, 4, 5)}) ==
                HistoryVerdict::NotLinearizable);
        const Op later = Op::set("a", "1", 5, 6).without_outcome();
        QVERIFY(verdict({later, Op::get("a", "1", 2, 3)}) == HistoryVerdict::NotLinearizable);
    }

    void an_order_must_be_found_against_appearances() {
        // The one that returned first took effect last.
        QVERIFY(verdict({Op::set("a", "1", 0, 5), Op::set("a", "2", 0, 9),
                         Op::get("a", "1", 10, 11)}) == HistoryVerdict::Linearizable);
        QVERIFY(verdict({Op::set("a", "1", 0, 5), Op::set("a", "2", 0, 9),
                         Op::get("a", "1", 10, 11), Op::get("a", "2", 12, 13)}) ==
                HistoryVerdict::NotLinearizable);
    }

    void honest_histories_pass_and_changed_replies_do_not() {
        int caught = 0, changed = 0;
        for (std::uint32_t seed = 0; seed < 60; ++seed) {
            std::mt19937 random(seed);
            auto history = honest_history(random, 90);
            const auto check = check_history(history);
            QVERIFY2(check.verdict == HistoryVerdict::Linearizable,
                     qPrintable(QString("seed %1: ").arg(seed) + check.text.c_str()));
            for (auto& op : history) { // outcomes may get lost: still fine
                if (random() % 10 == 0) {
                    op = op.without_outcome();
                }
            }
            QVERIFY(check_history(history).verdict == HistoryVerdict::Linearizable);
            const auto victim = std::find_if(history.begin(), history.end(), [](const Op& op) {
                return op.kind == OperationKind::Get && op.known;
            });
            QVERIFY(victim != history.end());
            victim->result = "never written";
            ++changed;
            caught += check_history(history).verdict == HistoryVerdict::NotLinearizable ? 1 : 0;
        }
        QCOMPARE(caught, changed);
    }

    void a_search_that_is_given_up_says_so() {
        std::vector<Op> history;
        for (int i = 0; i < 16; ++i) {
            history.push_back(Op::set("a", std::to_string(i), 0, 100));
        }
        history.push_back(Op::get("a", "none of them", 101, 102));
        const auto check = check_history(history, 500);
        QVERIFY(check.verdict == HistoryVerdict::Undecided);
        QVERIFY(check.text.find("given up") != std::string::npos);
    }

    void long_histories_are_no_burden() {
        std::mt19937 random(1);
        const auto history = honest_history(random, 6000);
        const auto check = check_history(history);
        QVERIFY(check.verdict == HistoryVerdict::Linearizable);
        QVERIFY(check.configurations < 200'000);
    }
};

QTEST_APPLESS_MAIN(LinearizabilityTest)
#include "linearizability_test.moc"
