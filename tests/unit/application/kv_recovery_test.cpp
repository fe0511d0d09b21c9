// SPDX-License-Identifier: Apache-2.0
// Aim: a replica that holds nothing of a state but its root, and fetches nodes as requests need
// them, gives the same replies and reaches the same root as one that held all (ZZ-7.2, ZZ-5.1); the
// keys that are declared spare it attempts; collections that were read are fetched many at once.
#include <QtTest>

#include <random>

#include "backend/application/application.h"
#include "backend/application/kv/operation.h"
#include "backend/state/tree_overlay.h"
#include "backend/state/walk.h"
#include "protocol/base/check.h"

namespace kv = zz::application::kv;
namespace state = zz::state;
using zz::Bytes;
using zz::bytes_of;
using zz::Digest;
using zz::Timestamp;
using S = std::string;

namespace {

struct Replica {
    state::MemoryNodeStore store;
    state::NodePool pool{store};
    state::Tree tree{pool};
    std::unique_ptr<zz::application::Application> application =
        zz::application::make_application("kv");
    Replica* source = nullptr; // of nodes that are not held
    int attempts = 0;

    Digest seal() {
        const state::Sealed sealed = tree.seal();
        store.apply({.put = sealed.nodes, .erase = {}, .notes = {}});
        return sealed.root;
    }
    void fetch(const std::vector<Digest>& wanted) {
        for (const Digest& digest : wanted) {
            const auto bytes = source->store.get(digest);
            ZZ_CHECK(bytes && state::accept_node(store, digest, *bytes), "no such node");
        }
    }
    // As an engine does while it recovers.
    void prefetch(const Bytes& operation) {
        for (;;) {
            state::Needs needs;
            for (const Bytes& key : application->touched_keys(operation))
                tree.get(key, needs);
            if (needs.empty())
                return;
            fetch(needs.nodes());
        }
    }
    Bytes run(const Bytes& operation, std::uint64_t ms) {
        for (;;) {
            ++attempts;
            state::TreeOverlay overlay(tree.snapshot());
            auto outcome =
                application->execute(overlay, operation, Timestamp(ms * 1'000'000), 100'000);
            if (const auto* needs = std::get_if<zz::application::Needs>(&outcome))
                fetch(needs->nodes);
            else if (overlay.merge_into(tree))
                return std::get<zz::application::Done>(outcome).reply;
            else
                fetch(overlay.wanted());
        }
    }
};

Bytes random_command(std::mt19937& random) {
    const S key = "k" + std::to_string(random() % 12), member = "m" + std::to_string(random() % 60),
            n = std::to_string(random() % 9);
    switch (random() % 16) {
    case 0:
        return kv::encode_command({"SET", key, n, "PX", "40"});
    case 1:
    case 2:
        return kv::encode_command({"HSET", key, member, n, member + "x", n});
    case 3:
        return kv::encode_command({"HGETALL", key});
    case 4:
    case 5:
        return kv::encode_command({"RPUSH", key, member, S(200, 'l'), n});
    case 6:
        return kv::encode_command({"LPOP", key});
    case 7:
        return kv::encode_command({"LREM", key, "0", member});
    case 8:
        return kv::encode_command({"SADD", key, member, n, member + "y"});
    case 9:
        return kv::encode_command({"SPOP", key});
    case 10:
        return kv::encode_command({"ZADD", key, n, member, n, member + "z"});
    case 11:
        return kv::encode_command({"ZRANGE", key, "0", n, "WITHSCORES"});
    case 12:
        return kv::encode_command({"RENAME", key, "k" + n});
    case 13:
        return kv::encode_command({"DEL", key});
    case 14:
        return kv::encode_command({"SCAN", "0", "COUNT", "5"});
    default:
        return kv::encode_command({"PEXPIRE", key, n + "0"});
    }
}

} // namespace

class KvRecoveryTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void recovering_gives_the_same_replies_and_roots() {
        for (std::uint32_t seed = 0; seed < 12; ++seed) {
            std::mt19937 random(seed);
            Replica whole;
            std::uint64_t ms = 1000;
            for (int i = 0; i < 300; ++i)
                whole.run(random_command(random), ms += random() % 5);
            Replica woken;
            woken.tree = state::Tree(woken.pool, whole.seal());
            woken.source = &whole;
            for (int i = 0; i < 80; ++i) {
                const Bytes operation = random_command(random);
                ms += random() % 5;
                QVERIFY(woken.run(operation, ms) == whole.run(operation, ms));
            }
            QVERIFY(woken.store.size() <= whole.store.size());
            QVERIFY(woken.seal() == whole.seal());
        }
    }

    void declared_elements_are_there_at_the_first_attempt() {
        Replica whole;
        for (int i = 0; i < 400; ++i) {
            const S n = std::to_string(i);
            whole.run(kv::encode_command({"HSET", "hash", "f" + n, n}), 1);
            whole.run(kv::encode_command({"SADD", "set", "f" + n}), 1);
            whole.run(kv::encode_command({"ZADD", "zset", n, "f" + n}), 1);
            whole.run(kv::encode_command({"SET", "key" + n, n}), 1);
        }
        const Digest root = whole.seal();
        for (const auto& operation : {kv::encode_command({"HGET", "hash", "f7"}),
                                      kv::encode_command({"HMGET", "hash", "f7", "f8", "f9"}),
                                      kv::encode_command({"HSET", "hash", "f7", "x", "new", "y"}),
                                      kv::encode_command({"SISMEMBER", "set", "f70"}),
                                      kv::encode_command({"SADD", "set", "f70", "new"}),
                                      kv::encode_command({"ZSCORE", "zset", "f71"}),
                                      kv::encode_command({"MGET", "key1", "key2", "key3"})}) {
            Replica woken;
            woken.tree = state::Tree(woken.pool, root);
            woken.source = &whole;
            woken.prefetch(operation);
            woken.run(operation, 1);
            QCOMPARE(woken.attempts, 1);
            QVERIFY(woken.store.size() < 60); // of more than 1600
        }
    }

    void a_whole_collection_is_fetched_by_levels() {
        Replica whole;
        for (int i = 0; i < 250; ++i)
            whole.run(kv::encode_command({"SADD", "set", "member" + std::to_string(i)}), 1);
        Replica woken;
        woken.tree = state::Tree(woken.pool, whole.seal());
        woken.source = &whole;
        const Bytes reply = woken.run(kv::encode_command({"SMEMBERS", "set"}), 1);
        QVERIFY(reply == whole.run(kv::encode_command({"SMEMBERS", "set"}), 1));
        QVERIFY2(woken.attempts < 15, "a level of the tree an attempt, not a member an attempt");
    }
};

QTEST_APPLESS_MAIN(KvRecoveryTest)
#include "kv_recovery_test.moc"
