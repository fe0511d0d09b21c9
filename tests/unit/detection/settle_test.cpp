// SPDX-License-Identifier: Apache-2.0
// ZZ-6.7: the choice of the f+1 active replicas of the next epoch.
#include <QTest>

#include "backend/detection/settle.h"

namespace zz::detection {
namespace {

ExecutionId e(std::uint32_t slot) {
    return {SlotId(slot), Incarnation(0)};
}
std::vector<ExecutionId> es(std::initializer_list<std::uint32_t> numbers) {
    std::vector<ExecutionId> out;
    for (const std::uint32_t s : numbers)
        out.push_back(e(s));
    return out;
}
std::set<ExecutionId> set_of(std::initializer_list<std::uint32_t> numbers) {
    std::set<ExecutionId> out;
    for (const std::uint32_t s : numbers)
        out.insert(e(s));
    return out;
}

} // namespace

class SettleTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Unnamed actives first, then woken ones.
    void named_active_is_replaced() {
        const Choice c =
            choose_set({es({1, 2}), es({3}), set_of({1}), set_of({1, 2, 3})}, Faults{1});
        QVERIFY(c.set && !c.all_named);
        QVERIFY(*c.set == es({2, 3}));
    }
    void convicted_active_is_replaced() {
        const Choice c = choose_set({es({2}), es({3}), {}, set_of({2, 3})}, Faults{1});
        QVERIFY(c.set && *c.set == es({2, 3}));
    }
    // Not complete: nobody is passed over before the completion deadline, then it is.
    void incomplete_is_waited_for_then_skipped() {
        Candidates from{es({1, 2}), es({3}), set_of({1}), set_of({1, 2})};
        QVERIFY(!choose_set(from, Faults{1}).set);
        from.past_completion_deadline = true;
        QVERIFY(choose_set(from, Faults{1}).set ==
                es({1, 2})); // The named one comes last, but it is complete.
        from.complete = set_of({2});
        QVERIFY(!choose_set(from, Faults{1}).set);
    }
    void all_named_counts_as_none() {
        const Choice c =
            choose_set({es({1, 2}), es({3}), set_of({1, 2}), set_of({1, 2, 3})}, Faults{1});
        QVERIFY(c.all_named);
        QVERIFY(c.set == es({1, 2}));
    }
    // f = 2, the order of slots inside each class; the set itself ascends.
    void order_with_two_faults() {
        const Choice c = choose_set(
            {es({5, 1, 3}), es({4, 2}), set_of({1}), set_of({1, 2, 3, 4, 5})}, Faults{2});
        QVERIFY(c.set == es({2, 3, 5}));
    }
    void no_actives_left_is_not_all_named() {
        const Choice c = choose_set({{}, es({3, 4}), {}, set_of({3, 4})}, Faults{1});
        QVERIFY(!c.all_named);
        QVERIFY(c.set == es({3, 4}));
    }
};

} // namespace zz::detection

QTEST_APPLESS_MAIN(zz::detection::SettleTest)
#include "settle_test.moc"
