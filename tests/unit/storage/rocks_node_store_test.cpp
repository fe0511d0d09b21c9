// SPDX-License-Identifier: Apache-2.0
// The node store on disk: a tree lives through restarts, damage and a failing disk (ZZ-5.5, ZZ-8.1,
// S2, S4, S7).
#include <QTemporaryDir>
#include <QTest>

#include "backend/state/retention.h"
#include "backend/storage/rocks_node_store.h"
#include "tests/unit/storage/fault_file_system_support.h"

namespace zz::storage::test {
namespace {

using state::Found;
using state::Needs;
using state::NodePool;
using state::Retention;
using state::Tree;

Bytes key_of(int i) {
    return bytes_of("key " + std::to_string(i));
}

} // namespace

class RocksNodeStoreTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init() { path_ = folder_.filePath(QString("nodes%1").arg(++count_)).toStdString(); }
    void state_lives_through_restarts();
    void synced_checkpoint_survives_power_loss();
    void s2_error_stays();
    void damaged_node_reads_as_absent();
    void s7_second_opener_is_refused();

  private:
    QTemporaryDir folder_;
    std::string path_;
    int count_ = 0;
};

void RocksNodeStoreTest::state_lives_through_restarts() {
    for (int run = 0; run < 3; ++run) {
        auto store = RocksNodeStore::open({.folder = path_});
        QVERIFY(store);
        NodePool pool(**store);
        Retention retention(pool);
        QCOMPARE(retention.newest() == nullptr, run == 0);
        Tree tree(pool, run == 0 ? state::empty_root() : retention.newest()->root);
        for (int i = 0; i < 300; ++i) {
            Needs needs;
            const auto read = tree.get(key_of(i), needs);
            QCOMPARE(read.found == Found::Yes, i < 100 * run);
            QVERIFY(i >= 100 * run || read.value == bytes_of("value"));
        }
        state::Writes writes;
        for (int i = 100 * run; i < 100 * (run + 1); ++i)
            writes[key_of(i)] = bytes_of("value");
        Needs needs;
        QVERIFY(tree.apply(writes, needs));
        const SequenceNumber n(static_cast<std::uint64_t>(run + 1));
        retention.add(n, tree.seal(), bytes_of("certificate"));
        retention.stable(n);
        QVERIFY((*store)->sync());
        QCOMPARE((*store)->note_names("checkpoint/").size(), std::size_t{1});
    }
}

void RocksNodeStoreTest::synced_checkpoint_survives_power_loss() {
    auto disk = std::make_shared<Disk>();
    const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(disk));
    Digest durable;
    {
        auto store = RocksNodeStore::open({.folder = path_, .env = env.get()});
        QVERIFY(store);
        NodePool pool(**store);
        Retention retention(pool);
        Tree tree(pool);
        for (std::uint64_t n = 1; n <= 2; ++n) {
            Needs needs;
            QVERIFY(
                tree.apply({{bytes_of("k"), Bytes(20000, static_cast<std::uint8_t>(n))}}, needs));
            retention.add(SequenceNumber(n), tree.seal(), {});
            if (n == 1) {
                durable = retention.newest()->root;
                QVERIFY((*store)->sync());
            }
        }
        disk->set(Failure::Error, 0);
    }
    disk->set(Failure::None, 0);
    disk->lose_power();
    auto store = RocksNodeStore::open({.folder = path_, .env = env.get()});
    QVERIFY2(store, store ? "" : store.error().text.c_str());
    NodePool pool(**store);
    Retention retention(pool);
    QCOMPARE(retention.held().size(), std::size_t{1});
    QVERIFY(retention.newest()->root == durable);
    Needs needs;
    QVERIFY(Tree(pool, durable).get(bytes_of("k"), needs).value == Bytes(20000, 1));
}

void RocksNodeStoreTest::s2_error_stays() {
    auto disk = std::make_shared<Disk>();
    const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(disk));
    auto store = RocksNodeStore::open({.folder = path_, .env = env.get()});
    QVERIFY(store && (*store)->status());
    disk->set(Failure::Error, 0);
    (*store)->apply({.put = {}, .erase = {}, .notes = {{"a", bytes_of("1")}}});
    disk->set(Failure::None, 0);
    QVERIFY(!(*store)->status());
    QVERIFY((*store)->status().error().text.find(path_) != std::string::npos);
    (*store)->apply({.put = {}, .erase = {}, .notes = {{"b", bytes_of("1")}}});
    QVERIFY(!(*store)->note("b"));
    QVERIFY(!(*store)->sync());
}

void RocksNodeStoreTest::damaged_node_reads_as_absent() {
    auto store = RocksNodeStore::open({.folder = path_});
    NodePool pool(**store);
    Tree tree(pool);
    Needs needs;
    QVERIFY(tree.apply({{bytes_of("k"), bytes_of("v")}}, needs));
    state::Sealed sealed = tree.seal();
    (*store)->apply({.put = {{sealed.root, Blob(bytes_of("other"))}}, .erase = {}, .notes = {}});
    pool.forget_all();
    QVERIFY(tree.get(bytes_of("k"), needs).found == Found::NeedsNodes);
    QVERIFY(needs.nodes() == std::vector<Digest>{sealed.root});
    QVERIFY(!(*store)->has(sealed.root));
    (*store)->apply({.put = sealed.nodes, .erase = {}, .notes = {}});
    QVERIFY(tree.get(bytes_of("k"), needs).value == bytes_of("v"));
}

void RocksNodeStoreTest::s7_second_opener_is_refused() {
    auto store = RocksNodeStore::open({.folder = path_});
    QVERIFY(store);
    const auto second = RocksNodeStore::open({.folder = path_});
    QVERIFY(!second);
    QVERIFY(second.error().text.find("another process uses this folder") != std::string::npos);
}

} // namespace zz::storage::test

QTEST_APPLESS_MAIN(zz::storage::test::RocksNodeStoreTest)
#include "rocks_node_store_test.moc"
