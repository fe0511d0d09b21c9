// SPDX-License-Identifier: Apache-2.0
// Aim: compute is deterministic, asks for all its keys before it works, and refuses what is beyond
// its bounds.
#include <QtTest>

#include <random>

#include "backend/application/compute/compute.h"
#include "tests/unit/application/map_overlay_support.h"

namespace compute = zz::application::compute;
using compute::Request;
using zz::Bytes;
using zz::Timestamp;
using zz::application::Done;
using zz::application::make_application;
using zz::application::Needs;
using zz::application::Outcome;
using zz::application::test::MapOverlay;

namespace {

Outcome attempt(MapOverlay& state, const Bytes& operation, std::uint32_t budget = 100'000) {
    return make_application("compute")->execute(state, operation, Timestamp(1), budget);
}

Bytes run(MapOverlay& state, const Request& request) {
    auto outcome = attempt(state, compute::encode(request));
    return std::get<Done>(std::move(outcome)).reply;
}

Request sample() {
    return {7, 20, 100, 0xfffffffe, 4, 2, 32};
}

} // namespace

class ComputeTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void the_reply_can_be_told_beforehand() {
        MapOverlay state;
        const Request request = sample();
        QVERIFY(compute::decode(compute::encode(request)) == request);
        const std::uint64_t result = compute::burn(request.seed, request.cost);
        QVERIFY(run(state, request) == compute::reply_of(request, result, 2));
        QVERIFY(run(state, request) == compute::reply_of(request, result, 4)); // counters count
        QCOMPARE(run(state, request).size(), std::size_t{100});
        QCOMPARE(state.entries.size(), std::size_t{2});
        QCOMPARE(state.entries.begin()->second.size(), std::size_t{32});
        QVERIFY(compute::burn(7, 20) != compute::burn(7, 21));
        QVERIFY(compute::burn(7, 20) != compute::burn(8, 20));
    }

    void touched_keys_and_missing_nodes() { // ZZ-7.2
        MapOverlay state;
        const auto keys = make_application("compute")->touched_keys(compute::encode(sample()));
        QCOMPARE(keys.size(), std::size_t{4});
        state.missing.insert(keys.begin(), keys.end());
        const auto outcome = attempt(state, compute::encode(sample()));
        QCOMPARE(std::get<Needs>(outcome).nodes.size(), std::size_t{4}); // all at once
        QVERIFY(state.entries.empty());
    }

    void refusals() { // ZZ-1.5, A4
        const auto refused = [](Request request) {
            MapOverlay state;
            const Bytes reply = run(state, request);
            return reply[0] == 1 && reply.size() > 1 && state.entries.empty();
        };
        QVERIFY(!refused(sample()));
        Request r = sample();
        r.cost = 100'000;
        QVERIFY(refused(r));
        r.cost = UINT32_MAX;
        QVERIFY(refused(r));
        r = sample();
        r.dirtied = 5;
        QVERIFY(refused(r));
        r = sample();
        r.touched = compute::kKeysMax + 1;
        QVERIFY(refused(r));
        r = sample();
        r.reply_bytes = compute::kReplyBytesMax + 1;
        QVERIFY(refused(r));
        r.reply_bytes = compute::kReplyHeadBytes - 1;
        QVERIFY(refused(r));
        r = sample();
        r.value_bytes = 7;
        QVERIFY(refused(r));
    }

    void any_bytes_get_a_reply() { // A4
        for (std::uint32_t seed = 0; seed < 500; ++seed) {
            std::mt19937 random(seed);
            Bytes operation = compute::encode(sample());
            operation.resize(seed % 2 == 0 ? operation.size() : random() % 40);
            for (int i = 0; i < 3 && !operation.empty(); ++i) {
                operation[random() % operation.size()] = static_cast<std::uint8_t>(random());
            }
            MapOverlay one, two;
            auto first = attempt(one, operation, 2000), second = attempt(two, operation, 2000);
            QVERIFY(std::get<Done>(first).reply == std::get<Done>(second).reply);
            QVERIFY(one.entries == two.entries);
        }
    }

    void kinds() {
        QVERIFY(make_application("kv") != nullptr);
        QVERIFY(make_application("compute") != nullptr);
        QVERIFY(make_application("KV") == nullptr);
        QVERIFY(make_application("") == nullptr);
    }
};

QTEST_APPLESS_MAIN(ComputeTest)
#include "compute_test.moc"
