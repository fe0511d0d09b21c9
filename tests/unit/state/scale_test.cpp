// SPDX-License-Identifier: Apache-2.0
// A large state: what a load, a checkpoint and reads cost. ZZ_STATE_KEYS sets the number of keys;
// 1000000 is the figure to quote, the default is for every run. Judged are counts and ratios only.
#include <QElapsedTimer>
#include <QFile>
#include <QTest>

#include "tests/unit/state/model_support.h"

namespace zz::state::test {
namespace {

Bytes key_of(std::size_t i) {
    return bytes_of(fmt::format("account:{:09}", i));
}

std::size_t resident_mib() {
    QFile file("/proc/self/statm");
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').at(1).toULongLong() * 4096U >> 20U;
}

} // namespace

class ScaleTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void load_checkpoint_change_read();
};

void ScaleTest::load_checkpoint_change_read() {
    bool given = false;
    const std::size_t asked =
        static_cast<std::size_t>(qEnvironmentVariableIntValue("ZZ_STATE_KEYS", &given));
    const std::size_t keys = given ? asked : 100000;
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Retention retention(pool);
    Random random(1);
    QElapsedTimer timer;
    timer.start();
    const Bytes value(100, 0x76);
    for (std::size_t i = 0; i < keys;) {
        Writes writes;
        for (int j = 0; j < 100 && i < keys; ++j, ++i)
            writes[key_of(i)] = value;
        must_apply(tree, writes);
    }
    qInfo("%zu keys written in %lld ms, resident %zu MiB", keys, timer.restart(), resident_mib());
    retention.add(SequenceNumber(1), tree.seal(), {});
    qInfo("first checkpoint in %lld ms: %zu nodes, %zu MiB encoded, resident %zu MiB",
          timer.restart(), store.size(), store.bytes() >> 20U, resident_mib());
    const std::uint64_t first = pool.counters().sealed;
    const std::size_t nodes = store.size();
    constexpr std::size_t changes = 1000;
    for (std::size_t i = 0; i < changes; ++i)
        must_apply(tree, {{key_of(random.below(keys)), random.bytes(100)}});
    const qint64 changed = timer.nsecsElapsed();
    const std::uint64_t loads = pool.counters().loads;
    retention.add(SequenceNumber(2), tree.seal(), {});
    retention.stable(SequenceNumber(2));
    qInfo("%zu changes in %lld us each (%llu loads), their checkpoint in %lld ms: %llu nodes",
          changes, changed / 1000 / qint64{changes}, static_cast<unsigned long long>(loads),
          (timer.nsecsElapsed() - changed) / 1000000,
          static_cast<unsigned long long>(pool.counters().sealed - first));
    QVERIFY(pool.counters().sealed - first <= 12 * changes);
    QCOMPARE(store.size(), nodes);
    QVERIFY(pool.bytes() <= pool.bytes_max());
    timer.restart();
    for (std::size_t i = 0; i < 10 * changes; ++i) {
        Needs needs;
        QCOMPARE(tree.get(key_of(random.below(keys)), needs).value.size(), std::size_t{100});
    }
    qInfo("reads in %lld ns each", timer.nsecsElapsed() / qint64{10 * changes});
}

} // namespace zz::state::test

QTEST_APPLESS_MAIN(zz::state::test::ScaleTest)
#include "scale_test.moc"
