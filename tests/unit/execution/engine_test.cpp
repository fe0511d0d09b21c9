// SPDX-License-Identifier: Apache-2.0
// The engine against a plain map: exactly-once (ZZ-4.4), roots (ZZ-5.1, ZZ-5.2), on-demand nodes
// (ZZ-7.2), background walk (ZZ-7.5), restart (ZZ-8.1).
#include <QTest>

#include <map>

#include "backend/execution/engine.h"
#include "protocol/crypto/sha256.h"
#include "tests/unit/execution/engine_support.h"

namespace zz::execution::testing {

namespace {

struct Replica {
    state::MemoryNodeStore store;
    Notebook notebook;
    Engine engine{store, notebook};
    std::uint64_t n = 0;
    std::uint64_t number = 0;

    std::vector<Result> batch(std::vector<message::Request> requests) {
        return engine.run(execute_job(++n, batch_of(std::move(requests))));
    }
    // Each operation on a lane of its own.
    Executed execute(const std::vector<std::string>& operations) {
        ++number;
        std::vector<message::Request> requests;
        for (std::uint32_t i = 0; i < operations.size(); ++i)
            requests.push_back(request(i, number, operations[i]));
        return only<Executed>(batch(std::move(requests)));
    }
    Digest checkpoint() {
        return only<CheckpointTaken>(engine.run(TakeCheckpoint{SequenceNumber(n), {}})).root;
    }
};

// Fetches what `to` needs from `from` until `results` hold an Executed; counts nodes.
std::vector<Result> feed(Engine& to, Engine& from, std::vector<Result> results,
                         std::size_t& nodes) {
    for (int round = 0; round < 100; ++round) {
        std::vector<Digest> hashes;
        for (const Result& r : results)
            if (const auto* needs = std::get_if<NeedsNodes>(&r))
                hashes.insert(hashes.end(), needs->hashes.begin(), needs->hashes.end());
        if (hashes.empty())
            return results;
        const auto supplied =
            only<Supplied>(from.run(SupplyNodes{principal(ExecutionId{SlotId(3), {}}), hashes}));
        nodes += supplied.nodes.size();
        results = to.run(AddNodes{supplied.nodes});
    }
    return results;
}

} // namespace

class EngineTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void executesEachRequestOnce();
    void numbersThatJumpAreSkipped();
    void repliesAndRootsFollowTheReference();
    void equalStatesByOtherPathsHaveEqualRoots();
    void wokenReplicaFetchesOnlyWhatItTouches();
    void undeclaredKeysAreFetchedToo();
    void laterBatchesWaitForBlockedOnes();
    void anAnswerHasWhatHangsBelow();
    void damagedNodesAreRefused();
    void walkBringsTheWholeState();
    void restartContinuesFromItsCheckpoint();
    void restartGoesBackToTheStableCheckpoint();
    void installAboveReplacesOwnState();
    void dropErasesEverything();
    void cachedRepliesCarryTheirProof();
};

// K3, K12: a request that is ordered twice changes the state once.
void EngineTest::executesEachRequestOnce() {
    Replica r;
    QCOMPARE(only<Executed>(r.batch({request(0, 1, "add x a"), request(0, 1, "add x a")}))
                 .replies.size(),
             1U);
    QCOMPARE(only<Executed>(r.batch({request(0, 1, "add x a")})).replies.size(), 0U);
    const auto third = only<Executed>(r.batch({request(0, 2, "get x")}));
    QCOMPARE(text(third.replies.at(0).result), std::string("a"));
    QCOMPARE(r.notebook.attempts, 2U);
}

// K4: a lane cannot jump to the end of its numbers.
void EngineTest::numbersThatJumpAreSkipped() {
    Replica r;
    QCOMPARE(only<Executed>(r.batch({request(0, ~std::uint64_t{0}, "add x a")})).replies.size(),
             0U);
    QCOMPARE(only<Executed>(r.batch({request(0, 1, "add x a")})).replies.size(), 1U);
}

void EngineTest::repliesAndRootsFollowTheReference() {
    Replica r;
    std::map<std::string, std::string> reference;
    std::uint32_t seed = 7;
    for (int i = 0; i < 200; ++i) {
        std::vector<std::string> operations, expected;
        for (int k = 0; k < 5; ++k) {
            seed = seed * 1664525U + 1013904223U;
            const std::string key = "k" + std::to_string((seed >> 8) % 40);
            if ((seed >> 20) % 3 == 0) {
                operations.push_back("get " + key);
                expected.push_back(reference.contains(key) ? reference[key] : "none");
            } else {
                operations.push_back("add " + key + " " + std::to_string(i % 10));
                expected.push_back(reference[key] += std::to_string(i % 10));
            }
        }
        const Executed executed = r.execute(operations);
        QCOMPARE(executed.replies.size(), expected.size());
        for (std::size_t k = 0; k < expected.size(); ++k)
            QCOMPARE(text(executed.replies[k].result), expected[k]);
    }
}

// ZZ-5.1: two engines that executed the same have the same roots, with or without checkpoints in
// between.
void EngineTest::equalStatesByOtherPathsHaveEqualRoots() {
    Replica a, b;
    for (int i = 0; i < 30; ++i) {
        const std::vector<std::string> operations{"add k" + std::to_string(i % 7) + " x",
                                                  "set z" + std::to_string(i) + " y"};
        const Executed ea = a.execute(operations), eb = b.execute(operations);
        QCOMPARE(ea.digest, eb.digest);
        if (i % 5 == 0)
            a.checkpoint();
    }
    const Digest root = b.checkpoint();
    QCOMPARE(a.checkpoint(), root);
    // ZZ-5.2: n and the reply cache are under the root.
    Replica c;
    c.execute({"set only one"});
    const Digest one = c.checkpoint();
    c.batch({});
    QVERIFY(c.checkpoint() != one);
}

namespace {
// A replica with many keys and a checkpoint.
Digest fill(Replica& r, int keys) {
    for (int i = 0; i < keys; ++i)
        r.execute({"set key" + std::to_string(i) + " value" + std::to_string(i)});
    return r.checkpoint();
}
} // namespace

// ZZ-7.2, ZZ-7.4: replay moves the touched paths and nothing else; results and roots equal those of
// the source.
void EngineTest::wokenReplicaFetchesOnlyWhatItTouches() {
    Replica source, woken;
    const Digest root = fill(source, 6000);
    const SequenceNumber at(source.n);
    QVERIFY(!only<Installed>(woken.engine.run(Install{at, root})).whole);
    woken.n = source.n;
    woken.number = source.number;
    std::size_t nodes = 0;
    for (int i = 0; i < 3; ++i) {
        const auto job =
            batch_of({request(0, source.number + 1, "add key" + std::to_string(i) + " x"),
                      request(1, source.number + 1, "get key" + std::to_string(1000 + i))});
        ++source.number;
        ++source.n;
        const Executed expected = only<Executed>(source.engine.run(execute_job(source.n, job)));
        const auto results =
            feed(woken.engine, source.engine, woken.engine.run(execute_job(source.n, job)), nodes);
        const Executed got = only<Executed>(results);
        QCOMPARE(got.digest, expected.digest);
        QCOMPARE(text(got.replies.at(0).result), "value" + std::to_string(i) + "x");
    }
    QVERIFY2(nodes > 0 && nodes < source.store.size() / 10, qPrintable(QString::number(nodes)));
    woken.n = source.n;
    auto taken = woken.engine.run(TakeCheckpoint{SequenceNumber(woken.n), {}});
    taken = feed(woken.engine, source.engine, taken, nodes);
    QCOMPARE(only<CheckpointTaken>(taken).root, source.checkpoint());
}

void EngineTest::undeclaredKeysAreFetchedToo() {
    Replica source, woken;
    const Digest root = fill(source, 3000);
    woken.engine.run(Install{SequenceNumber(source.n), root});
    std::size_t nodes = 0;
    const auto job = execute_job(source.n + 1, batch_of({request(9, 1, "blind key77 !")}));
    const auto results = feed(woken.engine, source.engine, woken.engine.run(job), nodes);
    QCOMPARE(text(only<Executed>(results).replies.at(0).result), std::string("value77!"));
    QVERIFY(woken.notebook.attempts > 1);
}

// Batches and checkpoints stay in order while the first one waits (R9).
void EngineTest::laterBatchesWaitForBlockedOnes() {
    Replica source, woken;
    const Digest root = fill(source, 300);
    const std::uint64_t n = source.n;
    woken.engine.run(Install{SequenceNumber(n), root});
    auto first = woken.engine.run(execute_job(n + 1, batch_of({request(5, 1, "add key1 a")})));
    QVERIFY(has<NeedsNodes>(first));
    QVERIFY(woken.engine.run(execute_job(n + 2, batch_of({request(5, 2, "set fresh b")}))).empty());
    QVERIFY(woken.engine.run(TakeCheckpoint{SequenceNumber(n + 2), {}}).empty());
    std::vector<SequenceNumber> order;
    bool taken = false;
    for (int round = 0; round < 50 && !taken; ++round) {
        std::size_t nodes = 0;
        std::vector<Digest> hashes;
        for (const Result& r : first)
            if (const auto* needs = std::get_if<NeedsNodes>(&r))
                hashes = needs->hashes;
        const auto supplied = only<Supplied>(source.engine.run(SupplyNodes{{}, hashes}));
        nodes += supplied.nodes.size();
        first = woken.engine.run(AddNodes{supplied.nodes});
        for (const Result& r : first) {
            if (const auto* executed = std::get_if<Executed>(&r))
                order.push_back(executed->n);
            taken = taken || std::holds_alternative<CheckpointTaken>(r);
        }
    }
    QVERIFY(taken);
    QCOMPARE(order, (std::vector{SequenceNumber(n + 1), SequenceNumber(n + 2)}));
}

// A leaf is few rounds away; who asks for much at once gets just that.
void EngineTest::anAnswerHasWhatHangsBelow() {
    Replica source;
    const Digest root = fill(source, 1500);
    const auto few = only<Supplied>(source.engine.run(SupplyNodes{{}, {root}}));
    QVERIFY(crypto::sha256(few.nodes.front().view()) == root);
    QVERIFY(few.nodes.size() > 20);
    std::size_t bytes = 0;
    std::vector<Digest> many;
    for (const Blob& node : few.nodes) {
        bytes += node.size();
        many.push_back(crypto::sha256(node.view()));
    }
    QVERIFY(bytes <= few.nodes.front().size() + recovery::kBelowBytesMax);
    QCOMPARE(only<Supplied>(source.engine.run(SupplyNodes{{}, many})).nodes.size(), many.size());
    const auto unknown = only<Supplied>(source.engine.run(SupplyNodes{{}, {Digest{}}}));
    QVERIFY(unknown.nodes.empty() && unknown.not_held.size() == 1);
}

// R1: the hash decides. Changed bytes name another node and unblock nothing; bytes that are no node
// are refused.
void EngineTest::damagedNodesAreRefused() {
    Replica source, woken;
    const Digest root = fill(source, 300);
    woken.engine.run(Install{SequenceNumber(source.n), root});
    const auto results =
        woken.engine.run(execute_job(source.n + 1, batch_of({request(5, 1, "get key1")})));
    const auto needs = only<NeedsNodes>(results);
    auto supplied = only<Supplied>(source.engine.run(SupplyNodes{{}, needs.hashes}));
    std::vector<Blob> damaged;
    for (const Blob& node : supplied.nodes) {
        Bytes bytes(node.view().begin(), node.view().end());
        bytes.back() ^= 1;
        damaged.push_back(Blob(std::move(bytes)));
    }
    damaged.push_back(Blob(bytes_of("no node at all")));
    const auto after = woken.engine.run(AddNodes{damaged});
    QVERIFY(only<NodesAdded>(after).refused >= 1);
    QVERIFY(!has<Executed>(after));
    std::size_t nodes = 0;
    QVERIFY(has<Executed>(feed(woken.engine, source.engine, results, nodes)));
}

void EngineTest::walkBringsTheWholeState() {
    Replica source, woken;
    const Digest root = fill(source, 1500);
    woken.engine.run(Install{SequenceNumber(source.n), root});
    Walked walked;
    std::size_t moved = 0;
    for (int round = 0; round < 10000 && !walked.whole; ++round) {
        walked = only<Walked>(woken.engine.run(WalkMissing{}));
        if (walked.missing.empty())
            continue;
        const auto supplied = only<Supplied>(source.engine.run(SupplyNodes{{}, walked.missing}));
        moved += supplied.nodes.size();
        woken.engine.run(AddNodes{supplied.nodes});
    }
    QVERIFY(walked.whole);
    QVERIFY(woken.engine.whole());
    QVERIFY(moved > 1500);
    // Nothing lacks any more.
    source.n += 1;
    const auto job = execute_job(source.n, batch_of({request(3, 1, "blind key1234 !")}));
    QCOMPARE(only<Executed>(woken.engine.run(job)).digest,
             only<Executed>(source.engine.run(job)).digest);
}

void EngineTest::restartContinuesFromItsCheckpoint() {
    Replica r;
    const Digest root = fill(r, 100);
    r.engine.run(Stable{SequenceNumber(100)});
    r.execute({"set lost soon"}); // After the checkpoint: replayed by agreement's ORDERs.
    Engine again(r.store, r.notebook);
    const auto opened = only<Opened>(again.run(Open{}));
    QCOMPARE(opened.n, SequenceNumber(100));
    QCOMPARE(opened.root, root);
    QVERIFY(opened.whole);
    const auto job = execute_job(
        101, batch_of({request(0, 100, "set key1 twice"), request(0, 101, "get key5")}));
    const auto executed = only<Executed>(again.run(job));
    QCOMPARE(executed.replies.size(),
             1U); // Number 100 of the lane was executed before the checkpoint.
    QCOMPARE(text(executed.replies[0].result), std::string("value5"));
}

// ZZ-8.1: what was reported above the stable checkpoint is reported again, from the same state; and
// the store ends as that of a replica that was never restarted.
void EngineTest::restartGoesBackToTheStableCheckpoint() {
    const auto operation = [](std::uint64_t n) {
        // Some keys come back to a value they had.
        return "set key" + std::to_string(n % 7) + " " + std::to_string(n % 3);
    };
    const auto run = [&](Engine& engine, std::uint64_t n) {
        return only<Executed>(engine.run(execute_job(n, batch_of({request(0, n, operation(n))}))))
            .digest;
    };
    const auto checkpoint = [](Engine& engine, std::uint64_t n) {
        return only<CheckpointTaken>(engine.run(TakeCheckpoint{SequenceNumber(n), {}})).root;
    };
    for (const std::uint64_t stable : {0ULL, 10ULL, 20ULL}) {
        state::MemoryNodeStore calm_store, store;
        Notebook notebook;
        Engine calm(calm_store, notebook);
        auto engine = std::make_unique<Engine>(store, notebook);
        std::vector<Digest> digests, roots;
        for (std::uint64_t n = 1; n <= 35; ++n) {
            digests.push_back(run(calm, n));
            QCOMPARE(run(*engine, n), digests.back());
            if (n % 10 != 0)
                continue;
            roots.push_back(checkpoint(calm, n));
            QCOMPARE(checkpoint(*engine, n), roots.back());
            if (n <= stable) {
                calm.run(Stable{SequenceNumber(n)});
                engine->run(Stable{SequenceNumber(n)});
            }
        }
        for (int restarts = 0; restarts < 2; ++restarts) {
            engine = std::make_unique<Engine>(store, notebook);
            const auto opened = only<Opened>(engine->run(Open{}));
            QCOMPARE(opened.n, SequenceNumber(stable));
            QVERIFY(opened.whole);
            for (std::uint64_t n = stable + 1; n <= 35; ++n) {
                QCOMPARE(run(*engine, n), digests[n - 1]);
                if (n % 10 == 0)
                    QCOMPARE(checkpoint(*engine, n), roots[n / 10 - 1]);
            }
        }
        calm.run(Stable{SequenceNumber(30)});
        engine->run(Stable{SequenceNumber(30)});
        QCOMPARE(store.size(), calm_store.size());
    }
}

// A replica whose own state is not what the cluster agreed on takes the stable one.
void EngineTest::installAboveReplacesOwnState() {
    Replica source, wrong;
    const Digest root = fill(source, 50);
    for (int i = 0; i < 50; ++i)
        wrong.execute({"set wrong" + std::to_string(i) + " x"});
    QVERIFY(wrong.checkpoint() != root);
    QVERIFY(!only<Installed>(wrong.engine.run(Install{SequenceNumber(50), root})).whole);
    std::size_t nodes = 0;
    const auto job = execute_job(51, batch_of({request(7, 1, "get key1")}));
    const auto results = feed(wrong.engine, source.engine, wrong.engine.run(job), nodes);
    QCOMPARE(text(only<Executed>(results).replies.at(0).result), std::string("value1"));
}

// ZZ-6.8: a woken replica sent back to sleep drops its state.
void EngineTest::dropErasesEverything() {
    Replica r;
    fill(r, 200);
    QVERIFY(r.store.size() > 0);
    QVERIFY(has<Dropped>(r.engine.run(DropState{})));
    QCOMPARE(r.store.size(), std::size_t{0});
    QCOMPARE(r.engine.executed(), SequenceNumber(0));
    QCOMPARE(only<Opened>(Engine(r.store, r.notebook).run(Open{})).n, SequenceNumber(0));
}

// ZZ-4.3 (d), ZZ-4.4.
void EngineTest::cachedRepliesCarryTheirProof() {
    Replica r;
    r.execute({"set a 1", "set b 2"});
    const Digest root = r.checkpoint();
    r.engine.run(Stable{SequenceNumber(1)});
    const auto found = only<RepliesFound>(
        r.engine.run(LookupReplies{ClientId(1),
                                   {{LaneId(1), RequestNumber(1)}, {LaneId(1), RequestNumber(2)}},
                                   SequenceNumber(1),
                                   false}));
    QCOMPARE(found.replies.size(), 1U); // Number 2 was never executed.
    const CachedReply& reply = found.replies[0];
    QCOMPARE(reply.proved_at, SequenceNumber(1));
    const auto entry = read_reply_proof(root, reply.proof, ClientId(1), LaneId(1));
    QVERIFY(entry.has_value());
    QCOMPARE(entry->number, RequestNumber(1));
    QCOMPARE(std::string(text_of(entry->result)), std::string("ok"));
    // The same nodes prove nothing about another lane, client or root, nor when cut.
    QVERIFY(!read_reply_proof(root, reply.proof, ClientId(2), LaneId(1)));
    QVERIFY(!read_reply_proof(root, reply.proof, ClientId(1), LaneId(0)));
    QVERIFY(!read_reply_proof(Digest{}, reply.proof, ClientId(1), LaneId(1)));
    const std::vector<Blob> cut(reply.proof.begin(), reply.proof.end() - 1);
    QVERIFY(!read_reply_proof(root, cut, ClientId(1), LaneId(1)));
}

} // namespace zz::execution::testing

QTEST_APPLESS_MAIN(zz::execution::testing::EngineTest)
#include "engine_test.moc"
