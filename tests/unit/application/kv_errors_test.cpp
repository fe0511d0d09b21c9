// SPDX-License-Identifier: Apache-2.0
// Aim: every command refuses a wrong number of arguments, a key of another type, and malformed
// options with the words of Redis 7, and changes nothing then; limits of members and of the state
// are kept (K7).
#include <QtTest>

#include <map>
#include <sstream>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/glob.h"
#include "backend/application/kv/kv.h"
#include "backend/application/kv/numbers.h"
#include "backend/application/kv/operation.h"
#include "tests/unit/application/map_overlay_support.h"

namespace kv = zz::application::kv;
using zz::Bytes;
using zz::bytes_of;
using zz::text_of;
using zz::Timestamp;
using zz::view_of;
using zz::application::test::KvFixture;
using zz::application::test::MapOverlay;
using S = std::string;
using Words = std::vector<S>;

namespace {

const S kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
const S kSyntax = "-ERR syntax error\r\n";
const S kNotInteger = "-ERR value is not an integer or out of range\r\n";
const S kNotFloat = "-ERR value is not a valid float\r\n";

Bytes encode(const Words& words) {
    std::vector<Bytes> copies;
    for (const S& word : words)
        copies.push_back(bytes_of(word));
    return kv::encode_command(copies);
}

// One well-formed call of each command that wants a type; "K" stands for the key.
const std::map<S, std::vector<S>>& typed() {
    static const std::map<S, std::vector<S>> all{
        {"string",
         {"GET K", "GETSET K 1", "GETDEL K", "GETEX K", "APPEND K 1", "STRLEN K", "GETRANGE K 0 1",
          "SETRANGE K 0 5", "INCR K", "DECR K", "INCRBY K 1", "DECRBY K 1", "INCRBYFLOAT K 1",
          "SET K 1 GET"}},
        {"hash",
         {"HSET K f 1", "HMSET K f 1", "HSETNX K f 1", "HGET K f", "HMGET K f", "HGETALL K",
          "HKEYS K", "HVALS K", "HDEL K f", "HEXISTS K f", "HLEN K", "HSTRLEN K f", "HINCRBY K f 1",
          "HINCRBYFLOAT K f 1", "HSCAN K 0"}},
        {"list",
         {"LPUSH K 1", "RPUSH K 1", "LPUSHX K 1", "RPUSHX K 1", "LPOP K", "RPOP K", "LRANGE K 0 1",
          "LLEN K", "LINDEX K 0", "LSET K 0 1", "LTRIM K 0 1", "LREM K 0 1", "LINSERT K BEFORE 1 2",
          "RPOPLPUSH K x"}},
        {"set",
         {"SADD K m", "SREM K m", "SMOVE K x m", "SISMEMBER K m", "SMISMEMBER K m", "SMEMBERS K",
          "SCARD K", "SPOP K", "SRANDMEMBER K", "SINTER K x", "SUNION x K", "SDIFF K",
          "SINTERSTORE x K", "SUNIONSTORE x K", "SDIFFSTORE x K", "SSCAN K 0"}},
        {"zset",
         {"ZADD K 1 m", "ZINCRBY K 1 m", "ZREM K m", "ZSCORE K m", "ZMSCORE K m", "ZCARD K",
          "ZRANK K m", "ZREVRANK K m", "ZPOPMIN K", "ZPOPMAX K", "ZRANGE K 0 1", "ZREVRANGE K 0 1",
          "ZRANGEBYSCORE K 0 1", "ZREVRANGEBYSCORE K 1 0", "ZREMRANGEBYRANK K 0 1",
          "ZREMRANGEBYSCORE K 0 1", "ZCOUNT K 0 1", "ZSCAN K 0"}}};
    return all;
}

// The words of a call, with `key` for K.
Words words_of(const S& call, const S& key) {
    std::istringstream text(call);
    Words words;
    for (S word; text >> word;)
        words.push_back(word == "K" ? key : word);
    return words;
}

void make_all(KvFixture& kv) {
    kv({"SET", "string", "text"});
    kv({"HSET", "hash", "f", "1"});
    kv({"RPUSH", "list", "1"});
    kv({"SADD", "set", "m"});
    kv({"ZADD", "zset", "1", "m"});
}

} // namespace

class KvErrorsTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void every_command_counts_its_arguments() {
        KvFixture kv;
        make_all(kv);
        const auto before = kv.state.entries;
        for (const kv::Command& command : kv::commands()) {
            const S name(command.name);
            const S wrong = "-ERR wrong number of arguments for '" + name + "' command\r\n";
            const auto wanted = static_cast<std::size_t>(std::abs(command.arity));
            for (std::size_t count = 1; count < wanted; ++count)
                QCOMPARE(kv.run(encode(Words(count, name))), wrong);
            if (command.arity > 0)
                QCOMPARE(kv.run(encode(Words(wanted + 1, name))), wrong);
        }
        QCOMPARE(kv({"HSET", "hash", "f"}),
                 S("-ERR wrong number of arguments for 'hset' command\r\n"));
        QCOMPARE(kv({"HSET", "hash", "f", "1", "g"}),
                 S("-ERR wrong number of arguments for 'hset' command\r\n"));
        QCOMPARE(kv({"LPOP", "list", "1", "2"}),
                 S("-ERR wrong number of arguments for 'lpop' command\r\n"));
        QVERIFY(kv.state.entries == before);
    }

    void every_command_wants_its_type() {
        KvFixture kv;
        make_all(kv);
        const auto before = kv.state.entries;
        std::size_t checked = 0;
        for (const auto& [type, calls] : typed())
            for (const auto& [other, unused] : typed())
                for (const S& call : calls)
                    if (other != type) {
                        const Words words = words_of(call, other);
                        QVERIFY2(kv.run(encode(words)) == kWrongType, call.c_str());
                        ++checked;
                    }
        QVERIFY(checked > 300);
        QVERIFY(kv.state.entries == before);
        for (const auto& [type, calls] : typed())
            for (const S& call : calls) {
                const S reply = kv.run(encode(words_of(call, type == "string" ? "n" : type)));
                QVERIFY2(!reply.starts_with("-") || call.starts_with("LSET"),
                         (call + ": " + reply).c_str());
            }
        QCOMPARE(kv({"MGET", "hash", "list"}), S("*2\r\n$-1\r\n$-1\r\n"));
        QCOMPARE(kv({"SET", "hash", "1"}), S("+OK\r\n")); // any type is overwritten
    }

    void malformed_options_and_numbers() {
        KvFixture kv;
        make_all(kv);
        kv({"HSET", "hash", "t", "text"});
        const auto before = kv.state.entries;
        const std::vector<std::pair<Words, S>> cases{
            {{"LRANGE", "list", "a", "1"}, kNotInteger},
            {{"LINDEX", "list", "01"}, kNotInteger},
            {{"LSET", "list", "9", "x"}, "-ERR index out of range\r\n"},
            {{"LSET", "none", "0", "x"}, "-ERR no such key\r\n"},
            {{"LPOP", "list", "-1"}, "-ERR value is out of range, must be positive\r\n"},
            {{"LINSERT", "list", "NEAR", "1", "2"}, kSyntax},
            {{"SPOP", "set", "-1"}, "-ERR value is out of range, must be positive\r\n"},
            {{"SPOP", "set", "1", "2"}, kSyntax},
            {{"HINCRBY", "hash", "f", "x"}, kNotInteger},
            {{"HINCRBY", "hash", "t", "1"}, "-ERR hash value is not an integer\r\n"},
            {{"HINCRBY", "hash", "f", "9223372036854775807"},
             "-ERR increment or decrement would overflow\r\n"},
            {{"HINCRBYFLOAT", "hash", "t", "1"}, "-ERR hash value is not a float\r\n"},
            {{"INCRBYFLOAT", "string", "1"}, kNotFloat},
            {{"INCRBYFLOAT", "n", "1e"}, kNotFloat},
            {{"ZADD", "zset", "x", "m"}, kNotFloat},
            {{"ZADD", "zset", "nan", "m"}, kNotFloat},
            {{"ZADD", "zset", "1", "m", "2"}, kSyntax},
            {{"ZADD", "zset", "NX", "XX", "1", "m"},
             "-ERR XX and NX options at the same time are not compatible\r\n"},
            {{"ZADD", "zset", "GT", "LT", "1", "m"},
             "-ERR GT, LT, and/or NX options at the same time are not compatible\r\n"},
            {{"ZADD", "zset", "INCR", "1", "a", "2", "b"},
             "-ERR INCR option supports a single increment-element pair\r\n"},
            {{"ZRANGE", "zset", "a", "1"}, kNotInteger},
            {{"ZRANGE", "zset", "0", "1", "LIMIT", "0", "1"},
             "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
             "BYLEX\r\n"},
            {{"ZRANGE", "zset", "0", "1", "BYLEX"}, kSyntax},
            {{"ZRANGEBYSCORE", "zset", "a", "1"}, "-ERR min or max is not a float\r\n"},
            {{"ZREVRANGE", "zset", "0", "1", "REV"}, kSyntax},
            {{"SCAN", "x"}, "-ERR invalid cursor\r\n"},
            {{"SCAN", "0", "COUNT", "0"}, kSyntax},
            {{"SCAN", "0", "MATCH"}, kSyntax},
            {{"HSCAN", "hash", "0", "TYPE", "x"}, kSyntax},
            {{"RENAME", "none", "x"}, "-ERR no such key\r\n"},
            {{"SETRANGE", "string", "-1", "x"}, "-ERR offset is out of range\r\n"},
            {{"SETRANGE", "string", "600000", "x"},
             "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"},
            {{"GETEX", "string", "EX", "0"}, "-ERR invalid expire time in 'getex' command\r\n"},
            {{"GETEX", "string", "EX", "1", "PERSIST"}, kSyntax}};
        for (const auto& [words, expected] : cases)
            QVERIFY2(kv.run(encode(words)) == expected,
                     (words[0] + ": " + kv.run(encode(words))).c_str());
        kv({"ZADD", "zset", "inf", "m"});
        QCOMPARE(kv({"ZINCRBY", "zset", "-inf", "m"}),
                 S("-ERR resulting score is not a number (NaN)\r\n"));
        kv({"ZADD", "zset", "1", "m"});
        kv.state.entries.erase(kv::Store::meta_key());
        auto expected = before;
        expected.erase(kv::Store::meta_key());
        QCOMPARE(kv.state.entries.size(), expected.size());
    }

    void members_are_bounded() {
        KvFixture kv;
        const S name(kv::kMemberBytesMax, 'm'), longer = name + "m";
        const S error = "-ERR field or member of 901 bytes is too long, 900 bytes are allowed\r\n";
        const S key(kv::kKeyBytesMax, 'k');
        QCOMPARE(kv({"HSET", key, name, "1"}), S(":1\r\n"));
        QCOMPARE(kv({"ZADD", "z", "1", name}), S(":1\r\n"));
        QCOMPARE(kv({"SADD", "s", "a", longer}), error);
        QCOMPARE(kv({"HSET", "h", "a", "1", longer, "2"}), error);
        QCOMPARE(kv({"ZADD", "z", "NX", "1", "a", "2", longer}), error);
        QCOMPARE(kv({"SMOVE", "s", "t", longer}), error);
        QCOMPARE(kv({"EXISTS", "s", "h"}), S(":0\r\n"));
    }

    // Above the limit what makes the state larger is refused, and nothing else.
    void the_state_is_bounded() {
        MapOverlay state;
        kv::KeyValue application(20'000);
        const auto call = [&](const Words& words) {
            const auto done = application.execute(state, encode(words), Timestamp(1), 100'000);
            return S(text_of(std::get<zz::application::Done>(done).reply));
        };
        const S oom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
        S reply;
        int held = 0;
        for (; held < 100 &&
               (reply = call({"SET", "k" + std::to_string(held), S(1000, 'v')})) != oom;)
            ++held;
        QCOMPARE(reply, oom);
        QVERIFY(held > 10 && held < 20);
        QCOMPARE(call({"DBSIZE"}), ":" + std::to_string(held) + "\r\n");
        QCOMPARE(call({"RPUSH", "l", S(3000, 'v')}), oom);
        QCOMPARE(call({"GET", "k0"}).size(), std::size_t{1009});
        QCOMPARE(call({"SET", "k0", "small"}), S("+OK\r\n"));
        QCOMPARE(call({"DEL", "k1", "k2"}), S(":2\r\n"));
        QCOMPARE(call({"HSET", "h", "f", S(1000, 'v')}), S(":1\r\n"));
        std::size_t bytes = 0;
        for (const auto& [key, value] : state.entries)
            bytes += key == kv::Store::meta_key() ? 0 : key.size() + value.size();
        QVERIFY(bytes <= 20'000);
    }

    void decimals_are_exact() {
        KvFixture kv;
        for (const auto& [increment, expected] :
             std::vector<std::pair<S, S>>{{"0.1", "0.1"},
                                          {"0.2", "0.3"},
                                          {"3.0e3", "3000.3"},
                                          {"-3000.3", "0"},
                                          {"-1e-17", "-0.00000000000000001"},
                                          {"1E-17", "0"},
                                          {"99999999999999999999", "99999999999999999999"},
                                          {"+.5", "99999999999999999999.5"}})
            QCOMPARE(kv({"INCRBYFLOAT", "n", increment}),
                     "$" + std::to_string(expected.size()) + "\r\n" + expected + "\r\n");
        QCOMPARE(kv({"INCRBYFLOAT", "n", "1e19"}),
                 S("-ERR increment or decrement would overflow\r\n"));
        for (const char* bad : {"", "-", ".", "e1", "1e", "1e99", "0x1", "1 ", "inf", "1.2.3"})
            QVERIFY2(!kv::Decimal::parse(view_of(bad)), bad);
    }

    void scores_are_written_as_redis_does() {
        KvFixture kv;
        for (const auto& [score, expected] : std::vector<std::pair<S, S>>{{"1", "1"},
                                                                          {"1.50", "1.5"},
                                                                          {"-0", "0"},
                                                                          {"inf", "inf"},
                                                                          {"-inf", "-inf"},
                                                                          {"1e300", "1e+300"},
                                                                          {"0.1", "0.1"},
                                                                          {"3.0", "3"},
                                                                          {"+2", "2"}}) {
            kv({"ZADD", "z", score, "m"});
            QCOMPARE(kv({"ZSCORE", "z", "m"}),
                     "$" + std::to_string(expected.size()) + "\r\n" + expected + "\r\n");
        }
        const double ordered[] = {-1e308, -2, -1, -1e-300, 0, 1e-300, 1, 2, 1e308};
        for (std::size_t i = 1; i < std::size(ordered); ++i) {
            QVERIFY(kv::ordered_bits(ordered[i - 1]) < kv::ordered_bits(ordered[i]));
            QCOMPARE(kv::score_of(kv::ordered_bits(ordered[i])), ordered[i]);
        }
    }

    void patterns() {
        const auto matches = [](const char* pattern, const char* text) {
            return kv::matches(view_of(pattern), view_of(text));
        };
        for (const auto& [pattern, text] :
             std::vector<std::pair<const char*, const char*>>{{"*", ""},
                                                              {"*", "abc"},
                                                              {"a?c", "abc"},
                                                              {"a*c*e", "abcde"},
                                                              {"h[ae]llo", "hello"},
                                                              {"h[^x]llo", "hello"},
                                                              {"[a-c]*", "beta"},
                                                              {"\\*", "*"},
                                                              {"[\\]]", "]"},
                                                              {"a**b", "axb"},
                                                              {"[c-a]", "b"}})
            QVERIFY2(matches(pattern, text), pattern);
        for (const auto& [pattern, text] :
             std::vector<std::pair<const char*, const char*>>{{"", "a"},
                                                              {"a", ""},
                                                              {"a?", "a"},
                                                              {"[^e]", "e"},
                                                              {"[a-c]", "d"},
                                                              {"\\*", "a"},
                                                              {"a*d", "abc"},
                                                              {"[a", "b"}})
            QVERIFY2(!matches(pattern, text), pattern);
        S stars(200, '*'); // no exponential work
        stars += 'b';
        const S text(2000, 'a');
        QVERIFY(!kv::matches(view_of(stars), view_of(text)));
    }
};

QTEST_APPLESS_MAIN(KvErrorsTest)
#include "kv_errors_test.moc"
