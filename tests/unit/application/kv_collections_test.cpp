// SPDX-License-Identifier: Apache-2.0
// Aim: hashes, lists, sets and sorted sets answer as plain containers do, over random histories
// with types mixed under the same keys, deletes, renames, expiry and flush; nothing of them remains
// in the state afterwards; and a state is a function of its history alone.
#include <QtTest>

#include <random>

#include "backend/application/kv/operation.h"
#include "backend/application/kv/store.h"
#include "tests/unit/application/kv_model_support.h"
#include "tests/unit/application/map_overlay_support.h"

namespace dialect = zz::application::kv;
using zz::Bytes;
using zz::bytes_of;
using zz::application::test::array;
using zz::application::test::bulk;
using zz::application::test::KvFixture;
using zz::application::test::KvModel;
using zz::application::test::number;
using zz::application::test::sorted_parts;
using zz::application::test::Words;
using S = std::string;

namespace {

const S kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

S call(KvFixture& kv, const Words& words) {
    std::vector<Bytes> copies;
    for (const S& word : words)
        copies.push_back(bytes_of(word));
    return kv.run(dialect::encode_command(copies));
}

// Draws commands; sizes are such that chunks of lists, long elements and pages all occur.
class Draw {
  public:
    explicit Draw(std::uint32_t seed) : random_(seed) {}
    std::size_t below(std::size_t n) { return random_() % n; }
    S key() { return "k" + std::to_string(below(4)); }
    S name() { return "m" + std::to_string(below(40)); }
    S value() {
        return below(12) == 0 ? S(150 + below(200), static_cast<char>('a' + below(3)))
                              : "v" + std::to_string(below(5));
    }
    S small() { return std::to_string(static_cast<int>(below(90)) - 45); }

    Words hash() {
        switch (below(9)) {
        case 0:
        case 1:
            return {"HSET", key(), name(), small(), name(), small()};
        case 2:
            return {"HSETNX", key(), name(), small()};
        case 3:
            return {"HGET", key(), name()};
        case 4:
            return {"HMGET", key(), name(), name(), name()};
        case 5:
            return {"HDEL", key(), name(), name()};
        case 6:
            return {"HINCRBY", key(), name(), small()};
        case 7:
            return {below(2) == 0 ? "HEXISTS" : "HGET", key(), name()};
        default: {
            const char* all[] = {"HGETALL", "HKEYS", "HVALS", "HLEN"};
            return {all[below(4)], key()};
        }
        }
    }
    Words list() {
        switch (below(10)) {
        case 0:
        case 1:
        case 2: {
            Words words{below(2) == 0 ? "LPUSH" : "RPUSH", key()};
            for (std::size_t i = 1 + below(20); i > 0; --i)
                words.push_back(value());
            return words;
        }
        case 3:
            return {below(2) == 0 ? "LPOP" : "RPOP", key()};
        case 4:
            return {"LRANGE", key(), small(), small()};
        case 5:
            return {below(4) == 0 ? "LTRIM" : "LRANGE", key(), small(), small()};
        case 6:
            return {"LINDEX", key(), small()};
        case 7:
            return {"LSET", key(), small(), value()};
        case 8:
            return {"LREM", key(), std::to_string(static_cast<int>(below(5)) - 2), value()};
        default:
            return {"LLEN", key()};
        }
    }
    Words set() {
        const char* many[] = {"SINTER", "SUNION", "SDIFF"};
        switch (below(7)) {
        case 0:
        case 1:
            return {"SADD", key(), name(), name(), name()};
        case 2:
            return {"SREM", key(), name(), name()};
        case 3:
            return {"SISMEMBER", key(), name()};
        case 4:
            return {below(2) == 0 ? "SMEMBERS" : "SCARD", key()};
        default:
            return {many[below(3)], key(), key(), key()};
        }
    }
    Words sorted_set() {
        const char* options[] = {"NX", "XX", "GT", "LT"};
        switch (below(9)) {
        case 0:
        case 1:
            return {"ZADD", key(), small(), name()};
        case 2:
            return {"ZADD", key(), options[below(4)], small(), name()};
        case 3:
            return {"ZINCRBY", key(), small(), name()};
        case 4:
            return {below(2) == 0 ? "ZREM" : "ZSCORE", key(), name()};
        case 5:
            return {below(2) == 0 ? "ZRANK" : "ZREVRANK", key(), name()};
        case 6:
            return {below(2) == 0 ? "ZPOPMIN" : "ZPOPMAX", key()};
        case 7:
            return {"ZRANGEBYSCORE",
                    key(),
                    (below(2) == 0 ? "(" : "") + small(),
                    small(),
                    "LIMIT",
                    std::to_string(below(3)),
                    std::to_string(below(20))};
        default:
            if (below(2) == 0)
                return {"ZRANGE", key(), small(), small(), "WITHSCORES", "REV"};
            return {"ZRANGE", key(), small(), small(), "WITHSCORES"};
        }
    }

  private:
    std::mt19937 random_;
};

using Command = Words (Draw::*)();
using Model = S (KvModel::*)(const Words&);
struct Kind {
    const char* name;
    Command draw;
    Model expect;
};
const Kind kKinds[] = {{"hash", &Draw::hash, &KvModel::hash},
                       {"list", &Draw::list, &KvModel::list},
                       {"set", &Draw::set, &KvModel::set},
                       {"zset", &Draw::sorted_set, &KvModel::sorted_set}};

bool holds_other(const KvModel& model, const Words& words, const S& kind) {
    const bool many = words[0] == "SINTER" || words[0] == "SUNION" || words[0] == "SDIFF";
    for (std::size_t i = 1; i < (many ? words.size() : 2); ++i)
        if (const S type = model.type(words[i]); type != "none" && type != kind)
            return true;
    return false;
}

bool unordered(const S& name) {
    return name == "HGETALL" || name == "HKEYS" || name == "HVALS" || name[0] == 'S';
}

// Writes until nothing is left to reclaim.
void settle(KvFixture& kv) {
    for (int i = 0; i < 400; ++i)
        kv({"SET", "settle", "1"});
    kv({"DEL", "settle"});
}

} // namespace

class KvCollectionsTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void random_histories_equal_the_model() {
        for (std::uint32_t seed = 0; seed < 32; ++seed) {
            KvFixture kv;
            KvModel model;
            Draw draw(seed);
            for (int i = 0; i < 400; ++i) {
                const Kind& kind = kKinds[draw.below(10) == 0 ? draw.below(4) : seed % 4];
                const Words words = (draw.*kind.draw)();
                if (draw.below(40) == 0) {
                    const S victim = draw.key();
                    QCOMPARE(call(kv, {"DEL", victim}),
                             number(model.type(victim) == "none" ? 0 : 1));
                    model.erase(victim);
                }
                const S got = call(kv, words);
                const S expected =
                    holds_other(model, words, kind.name) ? kWrongType : (model.*kind.expect)(words);
                const bool same = unordered(words[0]) ? sorted_parts(got) == sorted_parts(expected)
                                                      : got == expected;
                if (!same)
                    qWarning("seed %u, step %d, %s %s", seed, i, words[0].c_str(),
                             words[1].c_str());
                QVERIFY2(same, (got + " instead of " + expected).c_str());
                QCOMPARE(call(kv, {"TYPE", words[1]}), "+" + model.type(words[1]) + "\r\n");
            }
            QCOMPARE(kv({"DBSIZE"}), number(static_cast<long long>(model.keys())));
            for (int k = 0; k < 4; ++k)
                kv({"UNLINK", "k" + std::to_string(k)});
            settle(kv);
            QCOMPARE(kv.state.entries.size(), std::size_t{1}); // the counters
        }
    }

    void nothing_remains_after_deletes_renames_expiry_and_flush() {
        for (std::uint32_t seed = 0; seed < 16; ++seed) {
            KvFixture kv;
            Draw draw(seed);
            for (int i = 0; i < 150; ++i) {
                const S key = draw.key();
                switch (draw.below(9)) {
                case 0:
                    kv({"RENAME", key, draw.key()});
                    break;
                case 1:
                    kv({"PEXPIRE", key, std::to_string(draw.below(50))});
                    break;
                case 2:
                    draw.below(5) == 0 ? kv({"FLUSHALL"}) : kv({"DEL", key});
                    break;
                case 3:
                    kv({"SET", key, "string"});
                    break;
                default: { // more elements than go at once
                    Words words{draw.below(2) == 0 ? "SADD" : "RPUSH", key};
                    for (int m = 0; m < 100; ++m)
                        words.push_back("m" + std::to_string(draw.below(1000)));
                    call(kv, words);
                    break;
                }
                }
                kv.now_ms += draw.below(20);
                const S type = kv({"TYPE", key}); // what is there is whole
                if (type == "+set\r\n") {
                    const auto members = sorted_parts(call(kv, {"SMEMBERS", key}));
                    QCOMPARE(call(kv, {"SCARD", key}),
                             number(static_cast<long long>(members.size())));
                } else if (type == "+list\r\n") {
                    const auto all = sorted_parts(call(kv, {"LRANGE", key, "0", "-1"}));
                    QCOMPARE(call(kv, {"LLEN", key}), number(static_cast<long long>(all.size())));
                    QVERIFY(std::find(all.begin(), all.end(), bulk("")) == all.end());
                }
            }
            for (int k = 0; k < 4; ++k)
                kv({"DEL", "k" + std::to_string(k)});
            settle(kv);
            QCOMPARE(kv.count('c') + kv.count('d') + kv.count('o') + kv.count('k'), std::size_t{0});
        }
    }

    // Two replicas, one of which ran every request twice because of missing nodes, are equal.
    void a_state_is_a_function_of_its_history() { // ZZ-1.5, ZZ-7.2
        for (std::uint32_t seed = 0; seed < 12; ++seed) {
            KvFixture one, two;
            Draw draw(seed);
            for (int i = 0; i < 300; ++i) {
                const Words words = draw.below(8) == 0
                                        ? Words{"SPOP", draw.key(), std::to_string(draw.below(3))}
                                        : (draw.*kKinds[draw.below(4)].draw)();
                std::vector<Bytes> copies;
                for (const S& word : words)
                    copies.push_back(bytes_of(word));
                const Bytes operation = dialect::encode_command(copies);
                std::size_t at = 0;
                for (const auto& [key, value] : two.state.entries)
                    if (at++ % 3 == static_cast<std::size_t>(i) % 3)
                        two.state.missing.insert(key);
                const auto before = two.state.entries;
                const auto attempt = two.attempt(operation);
                if (!std::holds_alternative<zz::application::Done>(attempt)) {
                    QVERIFY(two.state.entries == before);
                    two.state.missing.clear();
                    QCOMPARE(two.run(operation), one.run(operation));
                } else {
                    two.state.missing.clear();
                    QCOMPARE(S(zz::text_of(std::get<zz::application::Done>(attempt).reply)),
                             one.run(operation));
                }
                QVERIFY(one.state.entries == two.state.entries);
                one.now_ms = two.now_ms += draw.below(3);
            }
        }
    }

    void one_element_touches_few_entries_whatever_the_size() {
        KvFixture kv;
        for (int i = 0; i < 40; ++i) {
            Words set{"SADD", "set"}, list{"RPUSH", "list"}, sorted{"ZADD", "zset"},
                hash{"HSET", "hash"};
            for (int k = 0; k < 100; ++k) {
                const S name = "m" + std::to_string(i * 100 + k);
                set.push_back(name);
                list.push_back(name);
                sorted.insert(sorted.end(), {std::to_string(k), name});
                hash.insert(hash.end(), {name, "v"});
            }
            for (const Words& words : {set, list, sorted, hash})
                QVERIFY(call(kv, words).starts_with(":"));
        }
        for (const Words& words : std::vector<Words>{{"HSET", "hash", "m7", "w"},
                                                     {"HDEL", "hash", "m9"},
                                                     {"LPUSH", "list", "x"},
                                                     {"RPOP", "list"},
                                                     {"LSET", "list", "1900", "y"},
                                                     {"SADD", "set", "new"},
                                                     {"SPOP", "set"},
                                                     {"ZADD", "zset", "1.5", "m8"},
                                                     {"ZPOPMIN", "zset"},
                                                     {"DEL", "set"},
                                                     {"RENAME", "list", "other"},
                                                     {"SET", "hash", "now a string"}}) {
            const auto& s = kv.state;
            const std::size_t before = s.puts + s.erases, reads = s.gets + s.nexts + s.ranged;
            QVERIFY(!call(kv, words).starts_with("-"));
            QVERIFY2(s.puts + s.erases - before < 40, words[0].c_str());
            QVERIFY2(s.gets + s.nexts + s.ranged - reads < 200, words[0].c_str());
        }
    }

    void cursors_give_every_element_once() {
        KvFixture kv;
        Words set{"SADD", "set"}, hash{"HSET", "hash"}, sorted{"ZADD", "zset"};
        std::set<S> keys{"set", "hash", "zset"};
        for (int i = 0; i < 300; ++i) {
            const S name = "n" + std::to_string(i);
            set.push_back(name);
            hash.insert(hash.end(), {name, "v"});
            sorted.insert(sorted.end(), {"1", name});
            if (i < 150) {
                kv({"SET", name, "x"});
                keys.insert(name);
            }
        }
        for (const Words& words : {set, hash, sorted})
            call(kv, words);
        const auto walk = [&kv](Words words, std::size_t at) {
            std::vector<S> out;
            do {
                const S reply = call(kv, words);
                words[at] = sorted_parts(reply.substr(0, reply.find("*", 1)))[0];
                words[at] = words[at].substr(words[at].find('\n') + 1);
                words[at].resize(words[at].size() - 2);
                for (const S& part : sorted_parts(reply.substr(reply.find("*", 1))))
                    out.push_back(part);
            } while (words[at] != "0");
            std::sort(out.begin(), out.end());
            return out;
        };
        QCOMPARE(walk({"SSCAN", "set", "0", "COUNT", "7"}, 2).size(), std::size_t{300});
        QCOMPARE(walk({"HSCAN", "hash", "0"}, 2).size(), std::size_t{600});
        QCOMPARE(walk({"ZSCAN", "zset", "0", "COUNT", "1000"}, 2).size(), std::size_t{600});
        QCOMPARE(walk({"SSCAN", "set", "0", "MATCH", "n1?"}, 2).size(), std::size_t{10});
        std::vector<S> expected;
        for (const S& key : keys)
            expected.push_back(bulk(key));
        std::sort(expected.begin(), expected.end());
        QVERIFY(walk({"SCAN", "0", "COUNT", "11"}, 1) == expected);
        QVERIFY(sorted_parts(kv({"KEYS", "*"})) == expected);
        QCOMPARE(walk({"SCAN", "0", "TYPE", "zset"}, 1), std::vector<S>{bulk("zset")});
        QCOMPARE(kv({"KEYS", "[hs]e*"}), array({"set"}));
        QVERIFY(keys.contains(kv({"RANDOMKEY"}).substr(4, 2)) || kv({"RANDOMKEY"}).size() > 4);
    }

    void spop_takes_any_but_each_once() {
        KvFixture kv;
        kv({"SADD", "s", "a", "b", "c", "d", "e", "f", "g", "h"});
        std::set<S> taken;
        std::vector<S> order;
        for (int i = 0; i < 8; ++i) {
            order.push_back(kv({"SPOP", "s"}));
            QVERIFY(taken.insert(order.back()).second);
        }
        QCOMPARE(kv({"SPOP", "s"}), S("$-1\r\n"));
        QCOMPARE(kv({"EXISTS", "s"}), number(0));
        QVERIFY(!std::is_sorted(order.begin(), order.end())); // not simply the first one
    }
};

QTEST_APPLESS_MAIN(KvCollectionsTest)
#include "kv_collections_test.moc"
