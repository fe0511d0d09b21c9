// SPDX-License-Identifier: Apache-2.0
// Aim: the kv application is a total, deterministic function of (state, operation, time) with
// bounded work: any bytes (A4), missing nodes (ZZ-7.2), budgets (ZZ-1.5), expiry and flush without
// walks, sequences and transactions.
#include <QtTest>

#include <random>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/operation.h"
#include "backend/application/kv/store.h"
#include "tests/unit/application/map_overlay_support.h"

namespace dialect = zz::application::kv;
using zz::Bytes;
using zz::bytes_of;
using zz::ByteView;
using zz::Digest;
using zz::view_of;
using zz::application::make_application;
using zz::application::Needs;
using zz::application::test::KvFixture;
using zz::application::test::MapOverlay;
using S = std::string;

namespace {

Bytes body(std::initializer_list<std::string_view> words) {
    const Bytes command = dialect::encode_command(words);
    return Bytes(command.begin() + 1, command.end());
}

Bytes many(dialect::OperationKind kind, const std::vector<Bytes>& bodies) {
    return dialect::encode_many(kind, std::vector<ByteView>(bodies.begin(), bodies.end()));
}

S done(std::uint8_t count) {
    return {static_cast<char>(count), '\0'};
}

} // namespace

class KvStateTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void an_operation_has_one_encoding() {
        const auto decoded = dialect::decode_operation(dialect::encode_command({"SET", "a", ""}));
        QVERIFY(bool(decoded));
        QCOMPARE(decoded.value().commands.size(), std::size_t{1});
        QCOMPARE(decoded.value().commands[0].size(), std::size_t{3});
        const Bytes two =
            many(dialect::OperationKind::Sequence, {body({"PING"}), body({"GET", "a"})});
        for (const Bytes& whole : {dialect::encode_command({"GET", "ab"}), two}) {
            QVERIFY(bool(dialect::decode_operation(whole)));
            for (std::size_t size = 0; size < whole.size(); ++size) {
                QVERIFY(!dialect::decode_operation(ByteView(whole).first(size)));
            }
            Bytes longer = whole;
            longer.push_back(0);
            QVERIFY(!dialect::decode_operation(longer));
        }
        QVERIFY(!dialect::decode_operation(Bytes{1, 0, 0}));             // no arguments
        QVERIFY(!dialect::decode_operation(Bytes{2, 0, 0}));             // no commands
        QVERIFY(!dialect::decode_operation(Bytes{4, 1, 0, 0, 0, 0, 0})); // unknown kind
        QVERIFY(!dialect::decode_operation(Bytes{1, 1, 0, 255, 255, 255, 255, 'a'}));
        QVERIFY(!dialect::decode_operation(Bytes(dialect::kOperationBytesMax + 1, 1)));
    }

    void any_bytes_get_a_deterministic_reply() { // A4
        for (std::uint32_t seed = 0; seed < 3000; ++seed) {
            std::mt19937 random(seed);
            Bytes operation = many(dialect::OperationKind::Transaction,
                                   {body({"SET", "a", "1", "EX", "5"}), body({"MGET", "a", "b"}),
                                    body({"FLUSHDB"}), body({"EXPIRE", "a", "7", "NX"})});
            if (seed % 3 == 0) {
                operation.assign(random() % 80, 0);
                for (auto& byte : operation) {
                    byte = static_cast<std::uint8_t>(random() % 5);
                }
            } else {
                for (int i = 0; i < 3; ++i) {
                    operation[random() % operation.size()] = static_cast<std::uint8_t>(random());
                }
            }
            KvFixture one, two;
            const S reply = one.run(operation);
            QVERIFY(!reply.empty());
            QCOMPARE(two.run(operation), reply);
            QVERIFY(one.state.entries == two.state.entries);
            make_application("kv")->touched_keys(operation);
        }
        KvFixture kv;
        QVERIFY(kv.run({}).starts_with("-ERR malformed operation: empty"));
    }

    void a_missed_node_leaves_no_trace_and_all_are_asked_for() { // ZZ-7.2
        KvFixture kv;
        kv({"MSET", "a", "1", "b", "2", "c", "3"});
        const auto before = kv.state.entries;
        kv.state.missing = {dialect::entry_key(view_of("a")), dialect::entry_key(view_of("c"))};
        for (const auto& operation :
             {dialect::encode_command({"MGET", "a", "b", "c"}),
              dialect::encode_command({"DEL", "a", "b", "c"}),
              dialect::encode_command({"MSET", "a", "9", "b", "9", "c", "9"}),
              many(dialect::OperationKind::Sequence,
                   {body({"SET", "b", "9"}), body({"INCR", "a"}), body({"APPEND", "c", "x"})})}) {
            const auto outcome = kv.attempt(operation);
            QVERIFY(std::holds_alternative<Needs>(outcome));
            const auto& nodes = std::get<Needs>(outcome).nodes;
            for (const char* key : {"a", "c"}) {
                const Digest node = MapOverlay::node_of(dialect::entry_key(view_of(key)));
                QVERIFY(std::find(nodes.begin(), nodes.end(), node) != nodes.end());
            }
            QVERIFY(kv.state.entries == before);
        }
        QCOMPARE(kv({"GET", "b"}), S("$1\r\n2\r\n")); // needs none of them
        kv.state.missing = {dialect::Store::meta_key()};
        QVERIFY(std::holds_alternative<Needs>(kv.attempt(dialect::encode_command({"DBSIZE"}))));
        kv.state.missing.clear();
        QCOMPARE(kv({"MGET", "a", "c"}), S("*2\r\n$1\r\n1\r\n$1\r\n3\r\n"));
    }

    void touched_keys_are_what_is_read() { // ZZ-7.2
        const auto application = make_application("kv");
        const auto touched =
            application->touched_keys(dialect::encode_command({"MSET", "a", "1", "b", "2"}));
        const std::vector<Bytes> expected{dialect::Store::meta_key(),
                                          dialect::entry_key(view_of("a")),
                                          dialect::entry_key(view_of("b"))};
        QVERIFY(touched == expected);
        QVERIFY(application->touched_keys(view_of("nonsense")).empty());
        QCOMPARE(application->touched_keys(dialect::encode_command({"GET"})).size(),
                 std::size_t{1});
    }

    void expiry_follows_agreed_time_only() {
        KvFixture kv;
        kv({"SET", "a", "1", "PX", "100"});
        kv.now_ms += 99;
        QCOMPARE(kv({"GET", "a"}), S("$1\r\n1\r\n"));
        kv.now_ms += 1;
        QCOMPARE(kv({"GET", "a"}), S("$-1\r\n"));
        QCOMPARE(kv({"PTTL", "a"}), S(":-2\r\n"));
        QCOMPARE(kv.count('k'), std::size_t{1}); // reads remove nothing
        QCOMPARE(kv({"SET", "a", "2", "NX"}), S("+OK\r\n"));
        QCOMPARE(kv({"TTL", "a"}), S(":-1\r\n"));
        QCOMPARE(kv({"DBSIZE"}), S(":1\r\n"));
        QCOMPARE(kv.count('e'), std::size_t{0});
    }

    void expired_keys_are_reclaimed_a_few_at_a_time() {
        KvFixture kv;
        for (int i = 0; i < 40; ++i) {
            kv({"SET", "t" + std::to_string(i), "x", "PX", "50"});
        }
        QCOMPARE(kv.count('e'), std::size_t{40});
        kv.now_ms += 1000;
        const std::size_t erases = kv.state.erases;
        kv({"SET", "other", "1"});
        QVERIFY(kv.state.erases - erases <= 2 * dialect::kExpiredPerWrite);
        for (int i = 0; i < 20; ++i) {
            kv({"SET", "other", "1"});
        }
        QCOMPARE(kv({"DBSIZE"}), S(":1\r\n"));
        QCOMPARE(kv.count('k'), std::size_t{1});
        QCOMPARE(kv.count('e'), std::size_t{0});
    }

    void flush_is_bounded_and_its_remains_are_swept() {
        KvFixture kv;
        for (int i = 0; i < 100; ++i) {
            kv({"SET", "f" + std::to_string(i), "x", "EX", std::to_string(1 + i % 7)});
        }
        const std::size_t calls = kv.state.gets + kv.state.nexts + kv.state.erases;
        kv({"FLUSHDB"});
        QVERIFY(kv.state.gets + kv.state.nexts + kv.state.erases - calls < 80);
        QVERIFY(kv.count('k') > 80);
        QCOMPARE(kv({"DBSIZE"}), S(":0\r\n"));
        for (int i = 0; i < 40; ++i) {
            kv({"SET", "g" + std::to_string(i), "y"});
        }
        kv({"SET", "g0", "z"});
        QCOMPARE(kv({"DBSIZE"}), S(":40\r\n"));
        QCOMPARE(kv.count('k'), std::size_t{40});
        QCOMPARE(kv.count('e'), std::size_t{0});
    }

    void a_command_beyond_its_budget_changes_nothing() { // ZZ-1.5
        KvFixture kv;
        kv({"SET", "a", S(100'000, 'v')});
        const auto before = kv.state.entries;
        kv.budget = 50;
        for (const char* name : {"DEL", "GET", "GETDEL", "INCR"}) {
            QVERIFY(kv({name, "a"})
                        .starts_with("-ERR the command needs more than its execution "
                                     "budget of 50 steps"));
        }
        QVERIFY(
            kv({"MSET", "a", "1", "b", "1", "c", "1", "d", "1"}).starts_with("-ERR the command"));
        QVERIFY(kv.state.entries == before);
        kv.budget = 0;
        QVERIFY(kv({"PING"}).starts_with("-ERR the command"));
        // What a gateway declares is enough for values of a usual size.
        kv.budget = 1000;
        kv({"SET", "a", S(20'000, 'v')});
        for (const auto& words :
             std::vector<std::vector<std::string_view>>{{"APPEND", "a", "x"},
                                                        {"SET", "a", "y", "KEEPTTL"},
                                                        {"MGET", "a", "a"},
                                                        {"DEL", "a"}}) {
            std::vector<Bytes> copies;
            for (const auto word : words) {
                copies.push_back(bytes_of(word));
            }
            kv.budget = dialect::steps_of(dialect::Arguments(copies.begin(), copies.end()));
            QVERIFY(!kv.run(dialect::encode_command(copies)).starts_with("-"));
        }
    }

    void keys_values_and_replies_are_bounded() {
        KvFixture kv;
        const S key(dialect::kKeyBytesMax, 'k'), value(dialect::kValueBytesMax, 'v');
        QCOMPARE(kv({"SET", key, value}), S("+OK\r\n"));
        QCOMPARE(kv({"STRLEN", key}), S(":524288\r\n"));
        QVERIFY(kv({"SET", key + "k", "1"}).starts_with("-ERR key of 1001 bytes is too long"));
        const S too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
        QCOMPARE(kv({"SET", "a", value + "v"}), too_long);
        QCOMPARE(kv({"APPEND", key, "v"}), too_long);
        QCOMPARE(kv({"MSET", "a", "1", "b", value + "v"}), too_long);
        QCOMPARE(kv({"EXISTS", "a"}), S(":0\r\n")); // all of MSET or nothing
        QVERIFY(kv({"MGET", key, key}).starts_with("-ERR the reply is longer than"));
    }

    void a_sequence_stops_before_what_no_longer_fits() {
        KvFixture kv;
        const Bytes reads = many(dialect::OperationKind::Sequence,
                                 {body({"SET", "a", "1"}), body({"NONE"}), body({"GET", "a"})});
        QCOMPARE(kv.run(reads), done(3) + "+OK\r\n-ERR unknown command 'NONE', with args beginning "
                                          "with: \r\n$1\r\n1\r\n");
        kv({"SET", "big", S(dialect::kValueBytesMax, 'v')});
        const Bytes big = many(dialect::OperationKind::Sequence,
                               {body({"GET", "big"}), body({"GETDEL", "big"}), body({"PING"})});
        const S reply = kv.run(big);
        QCOMPARE(reply.substr(0, 2), done(1));
        QCOMPARE(kv({"EXISTS", "big"}), S(":1\r\n")); // what was stopped left no trace
        kv.budget = 20; // enough for SET (10), not for INCR behind it (18)
        QCOMPARE(kv.run(many(dialect::OperationKind::Sequence,
                             {body({"SET", "x", "1"}), body({"INCR", "x"}), body({"INCR", "x"})})),
                 done(1) + "+OK\r\n");
        kv.budget = 1; // not even the first: it gets the error, the rest its turn
        QVERIFY(kv.run(many(dialect::OperationKind::Sequence, {body({"PING"}), body({"PING"})}))
                    .starts_with(done(1) + "-ERR the command needs more"));
    }

    void a_transaction_is_all_or_nothing() { // K12
        KvFixture kv;
        const Bytes good = many(dialect::OperationKind::Transaction,
                                {body({"SET", "a", "1"}), body({"INCR", "a"}), body({"FLUSHDB"}),
                                 body({"GET", "a"}), body({"SET", "b", "x"}), body({"INCR", "b"})});
        QCOMPARE(kv.run(good), S("*6\r\n+OK\r\n:2\r\n+OK\r\n$-1\r\n+OK\r\n"
                                 "-ERR value is not an integer or out of range\r\n"));
        QCOMPARE(kv({"MGET", "a", "b"}), S("*2\r\n$-1\r\n$1\r\nx\r\n"));
        QCOMPARE(kv({"DBSIZE"}), S(":1\r\n"));
        const auto before = kv.state.entries;
        kv.budget = 39; // each costs 10
        QVERIFY(kv.run(many(dialect::OperationKind::Transaction,
                            {body({"SET", "b", "1"}), body({"SET", "c", "1"}), body({"DEL", "b"}),
                             body({"SET", "d", "1"})}))
                    .starts_with("-EXECABORT the command needs more than"));
        QVERIFY(kv.state.entries == before);
    }

    void counts_agree_with_the_state_after_random_histories() {
        for (std::uint32_t seed = 0; seed < 40; ++seed) {
            KvFixture kv;
            std::mt19937 random(seed);
            for (int i = 0; i < 300; ++i) {
                const S key = std::to_string(random() % 12);
                switch (random() % 9) {
                case 0:
                    kv({"DEL", key});
                    break;
                case 1:
                    kv({"SET", key, "1", "PX", std::to_string(1 + random() % 60)});
                    break;
                case 2:
                    kv({"INCR", key});
                    break;
                case 3:
                    kv({"PEXPIRE", key, std::to_string(random() % 50)});
                    break;
                case 4:
                    kv({"PERSIST", key});
                    break;
                case 5:
                    if (random() % 8 == 0) {
                        kv({"FLUSHDB"});
                    }
                    break;
                case 6:
                    kv({"MSET", key, "5", std::to_string(random() % 12), "6"});
                    break;
                case 7:
                    kv({"GETDEL", key});
                    break;
                default:
                    kv({"APPEND", key, "0"});
                    break;
                }
                kv.now_ms += random() % 20;
            }
            kv.now_ms += 100; // all that expires has
            for (int i = 0; i < 30; ++i) {
                kv({"SET", "end", "1"});
            }
            QCOMPARE(kv({"DBSIZE"}), ":" + std::to_string(kv.count('k')) + "\r\n");
            QCOMPARE(kv.count('e'), std::size_t{0});
        }
    }
};

QTEST_APPLESS_MAIN(KvStateTest)
#include "kv_state_test.moc"
