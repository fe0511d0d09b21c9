// SPDX-License-Identifier: Apache-2.0
// Fetch: order of asking, sources that are bad, late or empty-handed (ZZ-7.3), the bandwidth of the
// walk (ZZ-7.5).
#include <QTest>

#include <algorithm>

#include "backend/recovery/fetch.h"
#include "backend/recovery/supply.h"
#include "backend/state/node.h"
#include "protocol/crypto/sha256.h"

namespace zz::recovery {

namespace {

PrincipalId source(std::uint32_t slot) {
    return principal(ExecutionId{SlotId(slot), {}});
}
Blob node(int i) {
    return Blob(bytes_of("node " + std::to_string(i)));
}
Digest hash(int i) {
    return crypto::sha256(node(i).view());
}
std::vector<Digest> hashes(int from, int to) {
    std::vector<Digest> out;
    for (int i = from; i < to; ++i)
        out.push_back(hash(i));
    return out;
}
message::Nodes nodes(std::vector<int> which) {
    message::Nodes m;
    for (const int i : which)
        m.nodes.push_back(node(i));
    return m;
}

} // namespace

class FetchTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void blockingGoesFirst();
    void lateSourceLosesItsAsk();
    void badSourceIsUsedLast();
    void convictedDiskIsTheLastResort();
    void whatNobodyHoldsIsTold();
    void cutAnswersAreAskedAnew();
    void crumbsMakeASourceLate();
    void unaskedNodesAreNotTaken();
    void whatHangsBelowIsTaken();
    void walkKeepsItsBandwidth();
    void supplyServesFewAtATime();
};

void FetchTest::blockingGoesFirst() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1)}, {});
    fetch.want(Urgency::Background, hashes(0, 500));
    fetch.want(Urgency::Blocking, hashes(400, 402));
    const auto asks = fetch.asks(Instant{1});
    QCOMPARE(asks.size(), std::size_t{1});
    QCOMPARE(asks[0].fetch.hashes.size(), kHashesPerAsk);
    QVERIFY(asks[0].fetch.hashes[0] == hash(400) && asks[0].fetch.hashes[1] == hash(401));
    QVERIFY(std::count(asks[0].fetch.hashes.begin(), asks[0].fetch.hashes.end(), hash(400)) == 1);
}

// R2.
void FetchTest::lateSourceLosesItsAsk() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1), source(2)}, {});
    fetch.want(Urgency::Blocking, hashes(0, 1));
    Instant now{1};
    const auto first = fetch.asks(now);
    QCOMPARE(first.size(), std::size_t{1});
    QVERIFY(fetch.asks(now).empty());
    now = fetch.wake_at(now);
    const auto second = fetch.asks(now);
    QCOMPARE(second.size(), std::size_t{1});
    QVERIFY(second[0].to != first[0].to);
    QCOMPARE(fetch.faults_of(first[0].to), std::uint64_t{1});
    // The late answer is still welcome.
    QCOMPARE(fetch.on_nodes(now, first[0].to, nodes({0})).size(), std::size_t{1});
    QCOMPARE(fetch.wanted(), std::size_t{0});
    QVERIFY(fetch.on_nodes(now, second[0].to, nodes({0})).empty());
    QCOMPARE(fetch.faults_of(second[0].to), std::uint64_t{0}); // A second copy is no fault.
}

// R1.
void FetchTest::badSourceIsUsedLast() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1), source(2)}, {});
    fetch.want(Urgency::Blocking, hashes(0, 1));
    QVERIFY(fetch.asks(Instant{1})[0].to == source(1));
    QVERIFY(fetch.on_nodes(Instant{2}, source(1), nodes({77})).empty());
    QCOMPARE(fetch.faults_of(source(1)), std::uint64_t{1});
    const auto again = fetch.asks(Instant{3});
    QCOMPARE(again.size(), std::size_t{1});
    QVERIFY(again[0].to == source(2));
}

void FetchTest::convictedDiskIsTheLastResort() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(2)}, {source(1)});
    fetch.want(Urgency::Blocking, hashes(0, 1));
    QVERIFY(fetch.asks(Instant{1})[0].to == source(2));
    message::Nodes lacking;
    lacking.not_held = std::vector{hash(0)};
    fetch.on_nodes(Instant{2}, source(2), lacking);
    const auto asks = fetch.asks(Instant{3});
    QCOMPARE(asks.size(), std::size_t{1});
    QVERIFY(asks[0].to == source(1));
    QCOMPARE(fetch.on_nodes(Instant{4}, source(1), nodes({0})).size(), std::size_t{1});
}

// R10.
void FetchTest::whatNobodyHoldsIsTold() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1), source(2)}, {});
    fetch.want(Urgency::Blocking, hashes(0, 1));
    message::Nodes lacking;
    lacking.not_held = std::vector{hash(0)};
    for (int i = 0; i < 2; ++i) {
        const auto asks = fetch.asks(Instant{1 + i});
        QCOMPARE(asks.size(), std::size_t{1});
        QVERIFY(!fetch.take_unavailable());
        fetch.on_nodes(Instant{1 + i}, asks[0].to, lacking);
    }
    QVERIFY(fetch.asks(Instant{5}).empty());
    QVERIFY(fetch.take_unavailable());
    QVERIFY(!fetch.take_unavailable());
    QVERIFY(fetch.asks(Instant{6}).empty()); // A pause, then another round.
    QCOMPARE(fetch.asks(Instant{6} + kUnavailablePause).size(), std::size_t{1});
}

void FetchTest::cutAnswersAreAskedAnew() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1)}, {});
    fetch.want(Urgency::Blocking, hashes(0, 10));
    QCOMPARE(fetch.asks(Instant{1})[0].fetch.hashes.size(), std::size_t{10});
    QCOMPARE(fetch.on_nodes(Instant{2}, source(1), nodes({0, 1, 2})).size(), std::size_t{3});
    const auto rest = fetch.asks(Instant{3});
    QCOMPARE(rest.at(0).fetch.hashes.size(), std::size_t{7});
}

// R2: one node of each ask in time does not keep a source first.
void FetchTest::crumbsMakeASourceLate() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1), source(2)}, {});
    fetch.want(Urgency::Blocking, hashes(0, 10));
    QVERIFY(fetch.asks(Instant{1}).at(0).to == source(1));
    fetch.on_nodes(Instant{2}, source(1), nodes({0}));
    QCOMPARE(fetch.faults_of(source(1)), std::uint64_t{1});
    const auto again = fetch.asks(Instant{3});
    QVERIFY(again.at(0).to == source(2));
    QCOMPARE(again[0].fetch.hashes.size(), std::size_t{9});
    // Told not to be held is an answer, and so is what came elsewhere meanwhile.
    message::Nodes rest = nodes({1, 2, 3, 4, 5, 6, 7, 8});
    rest.not_held = std::vector{hash(9)};
    QCOMPARE(fetch.on_nodes(Instant{4}, source(2), rest).size(), std::size_t{8});
    QCOMPARE(fetch.faults_of(source(2)), std::uint64_t{0});
}

void FetchTest::unaskedNodesAreNotTaken() {
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1)}, {});
    QVERIFY(fetch.on_nodes(Instant{1}, source(1), nodes({1, 2, 3})).empty());
    QVERIFY(fetch.on_nodes(Instant{1}, source(9), nodes({1})).empty()); // No source of ours.
    QCOMPARE(fetch.nodes_fetched(), std::uint64_t{0});
}

// Parents first; the hash decides, what is too much is left, and none of it is a fault.
void FetchTest::whatHangsBelowIsTaken() {
    const auto leaf = [](int i) {
        const std::string text = "key" + std::to_string(i);
        return state::make_leaf(bytes_of(text), Bytes(500, 1))->encoded;
    };
    const auto parent_of = [](const std::vector<Blob>& children) {
        state::Inner inner;
        for (unsigned slot = 0; slot < children.size(); ++slot)
            inner.set(slot, state::Ref(crypto::sha256(children[slot].view())));
        return Blob(state::encode(inner));
    };
    const std::vector<Blob> leaves{leaf(1), leaf(2)};
    const Blob inner = parent_of(leaves), root = parent_of({inner, leaf(3)});
    const Digest wanted = crypto::sha256(root.view());
    const auto answer = [](std::vector<Blob> all) {
        message::Nodes m;
        m.nodes = std::move(all);
        return m;
    };
    Fetch fetch(1u << 30);
    fetch.set_sources({source(1), source(2)}, {});
    fetch.want(Urgency::Blocking, {&wanted, 1});
    QCOMPARE(fetch.asks(Instant{1}).size(), std::size_t{1});
    const auto whole = answer({root, inner, leaves[0], leaves[1], leaf(9), node(1)});
    QCOMPARE(fetch.on_nodes(Instant{2}, source(1), whole).size(), std::size_t{4});
    QCOMPARE(fetch.faults_of(source(1)), std::uint64_t{2}); // leaf(9) and what is no node
    // Late, from another one: nothing is wrong, and what nobody asked for is not taken.
    fetch.forget_all();
    fetch.want(Urgency::Blocking, {&wanted, 1});
    QCOMPARE(fetch.on_nodes(Instant{3}, source(1), answer({root})).size(), std::size_t{1});
    const Blob unseen = leaf(3);
    QVERIFY(fetch.on_nodes(Instant{3}, source(2), answer({root, inner, unseen})).empty());
    QCOMPARE(fetch.faults_of(source(2)), std::uint64_t{0});

    std::vector<Blob> deep{leaf(100)};
    for (int i = 0; i < 200; ++i)
        deep.push_back(parent_of({deep.back(), leaf(101 + i)}));
    for (int i = 0; i < 200; ++i)
        deep.push_back(leaf(101 + i));
    std::reverse(deep.begin() + 0, deep.begin() + 201);
    const Digest top = crypto::sha256(deep.front().view());
    fetch.want(Urgency::Blocking, {&top, 1});
    QCOMPARE(fetch.asks(Instant{4}).size(), std::size_t{1});
    std::size_t bytes = 0;
    for (const Blob& taken : fetch.on_nodes(Instant{5}, source(2), answer(std::move(deep))))
        bytes += taken.size();
    QVERIFY(bytes > kBelowBytesMax / 2 && bytes < kBelowBytesMax + 1000);
    QCOMPARE(fetch.faults_of(source(2)), std::uint64_t{0});
}

void FetchTest::walkKeepsItsBandwidth() {
    const std::uint64_t rate = 100'000; // Of nodes charged at some 600 bytes until they come.
    Fetch fetch(rate);
    fetch.set_sources({source(1), source(2)}, {});
    fetch.want(Urgency::Background, hashes(0, 5000));
    std::size_t asked = 0;
    Instant now{1};
    for (int ms = 0; ms < 4000; ++ms, now = now + milliseconds(1))
        for (const Ask& ask : fetch.asks(now)) {
            asked += ask.fetch.hashes.size();
            message::Nodes lacking; // Nothing comes: the charge stays.
            fetch.on_nodes(now, ask.to, lacking);
        }
    QVERIFY2(asked > 0 && asked < 2000, qPrintable(QString::number(asked)));
    fetch.want(Urgency::Blocking, {hashes(9000, 9001)});
    bool served = false;
    for (int ms = 0; ms < 5000 && !served; ++ms, now = now + milliseconds(1))
        for (const Ask& ask : fetch.asks(now))
            served = served || ask.fetch.hashes[0] == hash(9000);
    QVERIFY(served); // A request never waits for the walk's allowance.
}

void FetchTest::supplyServesFewAtATime() {
    Supply supply;
    for (std::uint32_t i = 0; i < kServedAtOnce; ++i)
        QVERIFY(supply.admit(source(1)));
    QVERIFY(!supply.admit(source(1)));
    QVERIFY(supply.admit(source(2)));
    supply.served(source(1));
    QVERIFY(supply.admit(source(1)));
}

} // namespace zz::recovery

QTEST_APPLESS_MAIN(zz::recovery::FetchTest)
#include "fetch_test.moc"
