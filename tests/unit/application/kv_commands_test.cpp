// SPDX-License-Identifier: Apache-2.0
// Aim: every command of the kv application answers with the bytes that a Redis 7 server would send.
#include <QtTest>

#include "backend/application/kv/operation.h"
#include "tests/unit/application/map_overlay_support.h"

using zz::application::test::KvFixture;
using S = std::string;

namespace {
const S kNull = "$-1\r\n", kOk = "+OK\r\n";
S bulk(const S& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
S number(long long value) {
    return ":" + std::to_string(value) + "\r\n";
}
S error(const S& text) {
    return "-ERR " + text + "\r\n";
}
const S kSyntax = error("syntax error");
const S kNotInteger = error("value is not an integer or out of range");
} // namespace

class KvCommandsTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void ping_and_echo() {
        KvFixture kv;
        QCOMPARE(kv({"PING"}), S("+PONG\r\n"));
        QCOMPARE(kv({"ping", "hi"}), bulk("hi"));
        QCOMPARE(kv({"PING", "a", "b"}), error("wrong number of arguments for 'ping' command"));
        QCOMPARE(kv({"ECHO", ""}), bulk(""));
        QVERIFY(kv.state.entries.empty());
    }

    void get_set_del_exists() {
        KvFixture kv;
        QCOMPARE(kv({"GET", "a"}), kNull);
        QCOMPARE(kv({"SET", "a", "1"}), kOk);
        QCOMPARE(kv({"gEt", "a"}), bulk("1"));
        QCOMPARE(kv({"SET", "", ""}),
                 kOk); // the empty key and the empty value are a key and a value
        QCOMPARE(kv({"GET", ""}), bulk(""));
        QCOMPARE(kv({"EXISTS", "a", "a", "b"}), number(2));
        QCOMPARE(kv({"TYPE", "a"}), S("+string\r\n"));
        QCOMPARE(kv({"TYPE", "b"}), S("+none\r\n"));
        QCOMPARE(kv({"DBSIZE"}), number(2));
        QCOMPARE(kv({"DEL", "a", "a", "b", ""}), number(2));
        QCOMPARE(kv({"DBSIZE"}), number(0));
        QCOMPARE(kv({"TOUCH", "a"}), number(0));
        const S binary("\0\r\n\xff", 4);
        QCOMPARE(kv({"SET", binary, binary}), kOk);
        QCOMPARE(kv({"GET", binary}), bulk(binary));
    }

    void set_options() {
        KvFixture kv;
        QCOMPARE(kv({"SET", "a", "1", "XX"}), kNull);
        QCOMPARE(kv({"SET", "a", "1", "nx"}), kOk);
        QCOMPARE(kv({"SET", "a", "2", "NX"}), kNull);
        QCOMPARE(kv({"SET", "a", "2", "GET"}), bulk("1"));
        QCOMPARE(kv({"SET", "a", "3", "NX", "GET"}), bulk("2"));
        QCOMPARE(kv({"GET", "a"}), bulk("2"));
        QCOMPARE(kv({"SET", "b", "3", "GET", "NX"}), kNull);
        QCOMPARE(kv({"GET", "b"}), bulk("3"));
        QCOMPARE(kv({"SET", "a", "4", "EX", "10"}), kOk);
        QCOMPARE(kv({"TTL", "a"}), number(10));
        QCOMPARE(kv({"SET", "a", "5", "KEEPTTL"}), kOk);
        QCOMPARE(kv({"PTTL", "a"}), number(10000));
        QCOMPARE(kv({"SET", "a", "6"}), kOk);
        QCOMPARE(kv({"TTL", "a"}), number(-1));
        QCOMPARE(kv({"SET", "a", "7", "PXAT", "1000500"}), kOk);
        QCOMPARE(kv({"PTTL", "a"}), number(500));
        QCOMPARE(kv({"SET", "a", "8", "EXAT", "1001"}), kOk);
        QCOMPARE(kv({"PEXPIRETIME", "a"}), number(1001000));
    }

    void set_errors_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("reply");
        const QString expire = "-ERR invalid expire time in 'set' command\r\n";
        const QString syntax = "-ERR syntax error\r\n";
        const QString integer = "-ERR value is not an integer or out of range\r\n";
        QTest::newRow("nx xx") << QStringList{"NX", "XX"} << syntax;
        QTest::newRow("xx nx") << QStringList{"XX", "NX"} << syntax;
        QTest::newRow("no value") << QStringList{"EX"} << syntax;
        QTest::newRow("ex px") << QStringList{"EX", "1", "PX", "1"} << syntax;
        QTest::newRow("ex keepttl") << QStringList{"EX", "1", "KEEPTTL"} << syntax;
        QTest::newRow("keepttl ex") << QStringList{"KEEPTTL", "EX", "1"} << syntax;
        QTest::newRow("unknown") << QStringList{"FOO"} << syntax;
        QTest::newRow("zero") << QStringList{"EX", "0"} << expire;
        QTest::newRow("negative") << QStringList{"PX", "-1"} << expire;
        QTest::newRow("overflow") << QStringList{"EX", "9223372036854775807"} << expire;
        QTest::newRow("overflow by now") << QStringList{"PX", "9223372036854775807"} << expire;
        QTest::newRow("not a number") << QStringList{"EX", "ten"} << integer;
        QTest::newRow("leading zero") << QStringList{"EX", "010"} << integer;
        QTest::newRow("plus") << QStringList{"EX", "+10"} << integer;
        QTest::newRow("too large") << QStringList{"EX", "9223372036854775808"} << integer;
    }
    void set_errors() {
        QFETCH(QStringList, options);
        QFETCH(QString, reply);
        KvFixture kv;
        std::vector<zz::Bytes> arguments{zz::bytes_of("SET"), zz::bytes_of("a"), zz::bytes_of("1")};
        for (const QString& option : options) {
            arguments.push_back(zz::bytes_of(option.toStdString()));
        }
        QCOMPARE(kv.run(zz::application::kv::encode_command(arguments)), reply.toStdString());
        QVERIFY(kv.state.entries.empty());
    }

    void set_kin() {
        KvFixture kv;
        QCOMPARE(kv({"SETNX", "a", "1"}), number(1));
        QCOMPARE(kv({"SETNX", "a", "2"}), number(0));
        QCOMPARE(kv({"GETSET", "a", "3"}), bulk("1"));
        QCOMPARE(kv({"GETDEL", "a"}), bulk("3"));
        QCOMPARE(kv({"GETDEL", "a"}), kNull);
        QCOMPARE(kv({"SETEX", "a", "5", "x"}), kOk);
        QCOMPARE(kv({"TTL", "a"}), number(5));
        QCOMPARE(kv({"GETSET", "a", "y"}), bulk("x"));
        QCOMPARE(kv({"TTL", "a"}), number(-1));
        QCOMPARE(kv({"PSETEX", "a", "5", "x"}), kOk);
        QCOMPARE(kv({"PTTL", "a"}), number(5));
        QCOMPARE(kv({"SETEX", "a", "0", "x"}), error("invalid expire time in 'setex' command"));
        QCOMPARE(kv({"PSETEX", "a", "x", "x"}), kNotInteger);
    }

    void counters() {
        KvFixture kv;
        QCOMPARE(kv({"INCR", "a"}), number(1));
        QCOMPARE(kv({"INCRBY", "a", "41"}), number(42));
        QCOMPARE(kv({"DECR", "a"}), number(41));
        QCOMPARE(kv({"DECRBY", "a", "-1"}), number(42));
        QCOMPARE(kv({"GET", "a"}), bulk("42"));
        QCOMPARE(kv({"DECR", "b"}), number(-1));
        QCOMPARE(kv({"INCRBY", "a", "1.5"}), kNotInteger);
        QCOMPARE(kv({"SET", "a", "9223372036854775807"}), kOk);
        QCOMPARE(kv({"INCR", "a"}), error("increment or decrement would overflow"));
        QCOMPARE(kv({"DECRBY", "a", "-9223372036854775808"}), error("decrement would overflow"));
        QCOMPARE(kv({"SET", "a", "-9223372036854775808"}), kOk);
        QCOMPARE(kv({"DECR", "a"}), error("increment or decrement would overflow"));
        for (const char* bad : {"", " 1", "1 ", "01", "+1", "-0", "0x1", "1\n", "--1", "-"}) {
            QCOMPARE(kv({"SET", "a", bad}), kOk);
            QCOMPARE(kv({"INCR", "a"}), kNotInteger);
            QCOMPARE(kv({"GET", "a"}), bulk(bad));
        }
        QCOMPARE(kv({"SET", "c", "1", "EX", "9"}), kOk);
        QCOMPARE(kv({"INCR", "c"}), number(2));
        QCOMPARE(kv({"TTL", "c"}), number(9)); // a counter keeps its expiry
    }

    void append_strlen_mget_mset() {
        KvFixture kv;
        QCOMPARE(kv({"APPEND", "a", "12"}), number(2));
        QCOMPARE(kv({"APPEND", "a", "3"}), number(3));
        QCOMPARE(kv({"STRLEN", "a"}), number(3));
        QCOMPARE(kv({"STRLEN", "b"}), number(0));
        QCOMPARE(kv({"MSET", "x", "1", "y", "2", "x", "3"}), kOk);
        QCOMPARE(kv({"DBSIZE"}), number(3));
        QCOMPARE(kv({"MGET", "x", "none", "y"}), "*3\r\n" + bulk("3") + kNull + bulk("2"));
        QCOMPARE(kv({"MSET", "x", "1", "y"}),
                 error("wrong number of arguments for 'mset' command"));
    }

    void expire_family() {
        KvFixture kv;
        QCOMPARE(kv({"EXPIRE", "a", "10"}), number(0));
        QCOMPARE(kv({"TTL", "a"}), number(-2));
        QCOMPARE(kv({"PTTL", "a"}), number(-2));
        QCOMPARE(kv({"EXPIRETIME", "a"}), number(-2));
        kv({"SET", "a", "1"});
        QCOMPARE(kv({"PERSIST", "a"}), number(0));
        QCOMPARE(kv({"EXPIRETIME", "a"}), number(-1));
        QCOMPARE(kv({"EXPIRE", "a", "10"}), number(1));
        QCOMPARE(kv({"EXPIRETIME", "a"}), number(1010));
        kv.now_ms += 9'400;
        QCOMPARE(kv({"TTL", "a"}), number(1)); // 600 ms are rounded to a second
        kv.now_ms += 200;
        QCOMPARE(kv({"TTL", "a"}), number(0));
        QCOMPARE(kv({"PTTL", "a"}), number(400));
        QCOMPARE(kv({"PERSIST", "a"}), number(1));
        QCOMPARE(kv({"TTL", "a"}), number(-1));
        QCOMPARE(kv({"PEXPIRE", "a", "5", "XX"}), number(0));
        QCOMPARE(kv({"PEXPIRE", "a", "5", "GT"}), number(0));
        QCOMPARE(kv({"PEXPIRE", "a", "5", "LT"}), number(1));
        QCOMPARE(kv({"PEXPIRE", "a", "9", "NX"}), number(0));
        QCOMPARE(kv({"PEXPIRE", "a", "9", "GT"}), number(1));
        QCOMPARE(kv({"PEXPIRE", "a", "9", "GT"}), number(0));
        QCOMPARE(kv({"PEXPIRE", "a", "9", "LT"}), number(0));
        QCOMPARE(kv({"EXPIREAT", "a", "2000"}), number(1));
        QCOMPARE(kv({"PEXPIREAT", "a", "2000001"}), number(1));
        QCOMPARE(kv({"PEXPIRETIME", "a"}), number(2000001));
        QCOMPARE(kv({"EXPIRE", "a", "-1"}), number(1)); // in the past: gone
        QCOMPARE(kv({"EXISTS", "a"}), number(0));
    }

    void expire_errors() {
        KvFixture kv;
        kv({"SET", "a", "1"});
        QCOMPARE(kv({"EXPIRE", "a", "x"}), kNotInteger);
        QCOMPARE(kv({"EXPIRE", "a", "9223372036854775807"}),
                 error("invalid expire time in 'expire' command"));
        QCOMPARE(kv({"pExpire", "a", "9223372036854775807"}),
                 error("invalid expire time in 'pexpire' command"));
        QCOMPARE(kv({"EXPIRE", "a", "1", "FOO"}), error("Unsupported option FOO"));
        QCOMPARE(kv({"EXPIRE", "a", "1", "NX", "GT"}),
                 error("NX and XX, GT or LT options at the same time are not compatible"));
        QCOMPARE(kv({"EXPIRE", "a", "1", "GT", "LT"}),
                 error("GT and LT options at the same time are not compatible"));
        QCOMPARE(kv({"TTL", "a"}), number(-1));
    }

    void flush() {
        KvFixture kv;
        kv({"MSET", "a", "1", "b", "2"});
        QCOMPARE(kv({"FLUSHDB", "NOW"}), kSyntax);
        QCOMPARE(kv({"DBSIZE"}), number(2));
        QCOMPARE(kv({"FLUSHDB"}), kOk);
        QCOMPARE(kv({"DBSIZE"}), number(0));
        QCOMPARE(kv({"MGET", "a", "b"}), "*2\r\n" + kNull + kNull);
        QCOMPARE(kv({"SET", "a", "3", "NX"}), kOk);
        QCOMPARE(kv({"DBSIZE"}), number(1));
        QCOMPARE(kv({"FLUSHALL", "async"}), kOk);
        QCOMPARE(kv({"DBSIZE"}), number(0));
    }

    void unknown_commands_and_arity() {
        KvFixture kv;
        QCOMPARE(kv({"FOO"}), error("unknown command 'FOO', with args beginning with: "));
        QCOMPARE(kv({"blpop", "a", "b"}),
                 error("unknown command 'blpop', with args beginning with: 'a' 'b' "));
        QCOMPARE(kv({""}), error("unknown command '', with args beginning with: "));
        // What a client sends never breaks the framing of its reply.
        QCOMPARE(kv({"a\r\nb", "c\nd"}),
                 error("unknown command 'a  b', with args beginning with: 'c d' "));
        const S reply = kv({S(500, 'x'), S(300, 'y'), "z"});
        QCOMPARE(reply, error("unknown command '" + S(128, 'x') + "', with args beginning with: '" +
                              S(128, 'y') + "' "));
        QCOMPARE(kv({"GET"}), error("wrong number of arguments for 'get' command"));
        QCOMPARE(kv({"GET", "a", "b"}), error("wrong number of arguments for 'get' command"));
        QCOMPARE(kv({"DEL"}), error("wrong number of arguments for 'del' command"));
        QVERIFY(kv({"SELECT", "0"}).starts_with("-ERR "));
        QVERIFY(kv.state.entries.empty());
    }
};

QTEST_APPLESS_MAIN(KvCommandsTest)
#include "kv_commands_test.moc"
