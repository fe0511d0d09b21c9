// SPDX-License-Identifier: Apache-2.0
// Aim: a connection answers in the order of its requests whatever the order of the results, keeps
// the order of a pipeline, bounds what it holds, and closes after a protocol error (K7, K8, K12).
#include <QtTest>

#include <map>
#include <random>

#include "backend/application/application.h"
#include "backend/application/kv/operation.h"
#include "backend/gateway/resp/connection.h"
#include "tests/fuzz/map_overlay.h"

namespace application = zz::application;
using zz::Bytes;
using zz::ByteView;
using zz::text_of;
using zz::Timestamp;
using zz::view_of;
using zz::gateway::resp::Connection;
using zz::gateway::resp::kOutputBytesMax;
using zz::gateway::resp::kReadBytesMax;
using zz::gateway::resp::Submitted;
namespace kv = zz::application::kv;
using S = std::string;

namespace {

// One service, any number of connections.
struct Service {
    zz::test::MapOverlay state;
    std::unique_ptr<application::Application> kv = application::make_application("kv");
    std::size_t operations = 0;

    Bytes run(const Submitted& submitted) {
        ++operations;
        auto outcome = kv->execute(state, submitted.operation, Timestamp(1), submitted.budget);
        return std::get<application::Done>(std::move(outcome)).reply;
    }
    // Sends `input` in pieces, runs every operation at once, returns all output.
    S talk(Connection& connection, std::string_view input, std::size_t piece = kReadBytesMax) {
        S out;
        while (true) {
            std::vector<Submitted> todo;
            if (connection.wants_input() && !input.empty()) {
                const auto now = input.substr(0, piece);
                input.remove_prefix(now.size());
                todo = connection.on_bytes(view_of(now));
            } else {
                todo = connection.resume();
            }
            while (!todo.empty()) {
                const Submitted next = std::move(todo.front());
                todo.erase(todo.begin());
                for (auto& more : connection.on_result(next.token, run(next))) {
                    todo.push_back(std::move(more));
                }
            }
            const Bytes bytes = connection.take_output();
            out += text_of(bytes);
            if (bytes.empty() && (input.empty() || !connection.wants_input())) {
                return out;
            }
        }
    }
};

Connection plain(std::size_t lanes = 1) {
    return Connection({7, "127.0.0.1:5", "A", "zz_view:3\r\n"}, lanes);
}
S array(std::initializer_list<std::string_view> words) {
    S out = "*" + std::to_string(words.size()) + "\r\n";
    for (const auto word : words) {
        out += "$" + std::to_string(word.size()) + "\r\n" + S(word) + "\r\n";
    }
    return out;
}
S taken(Connection& connection) {
    const Bytes bytes = connection.take_output();
    return S(text_of(bytes));
}

} // namespace

class ConnectionTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_command_becomes_an_operation() {
        auto c = plain();
        const auto submitted = c.on_bytes(view_of(array({"SET", "a", "1"})));
        QCOMPARE(submitted.size(), std::size_t{1});
        QVERIFY(submitted[0].operation == kv::encode_command({"SET", "a", "1"}));
        QVERIFY(submitted[0].budget > 0);
        QVERIFY(!c.has_output());
        QVERIFY(c.on_result(submitted[0].token, view_of("+OK\r\n")).empty());
        QCOMPARE(taken(c), S("+OK\r\n"));
        QVERIFY(c.on_result(submitted[0].token, view_of("+OK\r\n")).empty()); // twice: ignored
        QVERIFY(!c.has_output());
    }

    void a_pipeline_keeps_its_order() {
        auto c = plain();
        S input;
        for (int i = 0; i < 10; ++i) {
            input += "INCR a\r\n";
        }
        const auto first = c.on_bytes(view_of(input));
        QCOMPARE(first.size(), std::size_t{1}); // one operation in flight
        QVERIFY(c.on_bytes(view_of("GET a\r\nSET a 5\r\nGET a\r\n")).empty());
        Service service;
        auto next = c.on_result(first[0].token, service.run(first[0]));
        while (!next.empty()) {
            QCOMPARE(next.size(), std::size_t{1});
            next = c.on_result(next[0].token, service.run(next[0]));
        }
        QVERIFY(service.operations < 13); // what waited travelled together
        QCOMPARE(taken(c), S(":1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n:10\r\n"
                             "$2\r\n10\r\n+OK\r\n$1\r\n5\r\n"));
    }

    void replies_leave_in_order_of_requests_from_any_lane() {
        for (std::uint32_t seed = 0; seed < 50; ++seed) {
            auto c = plain(4);
            std::mt19937 random(seed);
            S input, expected;
            for (int i = 0; i < 30; ++i) {
                const S word = std::to_string(i);
                const bool local = random() % 4 == 0;
                input += local ? "SELECT 0\r\n" : "ECHO " + word + "\r\n";
                expected +=
                    local ? "+OK\r\n" : "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
            }
            Service service;
            auto open = c.on_bytes(view_of(input));
            S out = taken(c);
            while (!open.empty()) {
                QVERIFY(c.in_flight() <= 4);
                const auto at = static_cast<std::ptrdiff_t>(random() % open.size());
                const Submitted one = open[static_cast<std::size_t>(at)];
                open.erase(open.begin() + at);
                for (auto& more : c.on_result(one.token, service.run(one))) {
                    open.push_back(std::move(more));
                }
                out += taken(c);
                QVERIFY(expected.starts_with(out));
            }
            QCOMPARE(out, expected);
        }
    }

    void every_cut_gives_the_same_output() {
        const S input = array({"SET", "a", "x\r\ny"}) + "GET a\r\n" + array({"HELLO", "2"}) +
                        array({"MULTI"}) + array({"INCR", "n"}) + "EXEC\r\nDBSIZE\r\nNO such\r\n";
        Service whole;
        auto c = plain();
        const S expected = whole.talk(c, input);
        QVERIFY(expected.ends_with(":2\r\n-ERR unknown command 'NO', with args beginning with: "
                                   "'such' \r\n"));
        for (std::size_t piece = 1; piece < input.size(); ++piece) {
            Service service;
            auto other = plain();
            QCOMPARE(service.talk(other, input, piece), expected);
        }
    }

    void local_commands() {
        Service service;
        auto c = plain();
        QCOMPARE(service.talk(c, "SELECT 0\r\n"), S("+OK\r\n"));
        QCOMPARE(service.talk(c, "SELECT 1\r\n"), S("-ERR DB index is out of range\r\n"));
        QCOMPARE(service.talk(c, "SELECT x\r\n"),
                 S("-ERR value is not an integer or out of range\r\n"));
        QCOMPARE(service.talk(c, "CLIENT ID\r\n"), S(":7\r\n"));
        QCOMPARE(service.talk(c, "CLIENT GETNAME\r\n"), S("$-1\r\n"));
        QCOMPARE(service.talk(c, "CLIENT SETNAME bob\r\nCLIENT GETNAME\r\n"),
                 S("+OK\r\n$3\r\nbob\r\n"));
        QVERIFY(service.talk(c, "CLIENT SETNAME 'a b'\r\n").starts_with("-ERR Client names"));
        QVERIFY(service.talk(c, "CLIENT SETINFO lib-name x\r\n") == "+OK\r\n");
        QVERIFY(service.talk(c, "CLIENT NONE\r\n").starts_with("-ERR Unknown subcommand"));
        QVERIFY(service.talk(c, "HELLO\r\n").starts_with("*14\r\n$6\r\nserver\r\n"));
        QCOMPARE(service.talk(c, "HELLO 3\r\n"), S("-NOPROTO unsupported protocol version\r\n"));
        QVERIFY(service.talk(c, "HELLO x\r\n").starts_with("-ERR Protocol version is not"));
        QVERIFY(service.talk(c, "HELLO 2 AUTH a b\r\n").starts_with("-ERR Syntax error in HELLO"));
        QVERIFY(service.talk(c, "INFO\r\n").find("zz_view:3\r\n") != S::npos);
        QVERIFY(service.talk(c, "COMMAND COUNT\r\n").starts_with(":"));
        QVERIFY(service.talk(c, "COMMAND\r\n").find("$3\r\nget\r\n:2\r\n") != S::npos);
        QVERIFY(service.talk(c, "COMMAND INFO get none\r\n").ends_with("$-1\r\n"));
        QCOMPARE(service.talk(c, "COMMAND DOCS\r\nCONFIG GET none\r\n"), S("*0\r\n*0\r\n"));
        QCOMPARE(service.talk(c, "CONFIG GET s*\r\n"), S("*2\r\n$4\r\nsave\r\n$0\r\n\r\n"));
        QVERIFY(service.talk(c, "AUTH x\r\n").starts_with("-ERR AUTH <password> called without"));
        QCOMPARE(service.talk(c, "UNWATCH\r\n"), S("+OK\r\n"));
        QCOMPARE(service.talk(c, "RESET\r\nCLIENT GETNAME\r\n"), S("+RESET\r\n$-1\r\n"));
        QCOMPARE(service.talk(c, "SELECT\r\n"),
                 S("-ERR wrong number of arguments for 'select' command\r\n"));
        QCOMPARE(service.operations, std::size_t{0}); // none of these needs the service
    }

    void transactions() { // K12
        Service service;
        auto c = plain();
        QCOMPARE(service.talk(c, "MULTI\r\nSET a 1\r\nINCR a\r\nGET a\r\nEXEC\r\n"),
                 S("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n:2\r\n$1\r\n2\r\n"));
        QCOMPARE(service.operations, std::size_t{1});
        QCOMPARE(service.talk(c, "MULTI\r\nEXEC\r\n"), S("+OK\r\n*0\r\n"));
        QCOMPARE(service.talk(c, "MULTI\r\nSET a 9\r\nDISCARD\r\nGET a\r\n"),
                 S("+OK\r\n+QUEUED\r\n+OK\r\n$1\r\n2\r\n"));
        QCOMPARE(service.talk(c, "MULTI\r\nSET a 9\r\nNOSUCH\r\nEXEC\r\nGET a\r\n"),
                 S("+OK\r\n+QUEUED\r\n-ERR unknown command 'NOSUCH', with args beginning with: \r\n"
                   "-EXECABORT Transaction discarded because of previous errors.\r\n$1\r\n2\r\n"));
        QCOMPARE(service.talk(c, "EXEC\r\nDISCARD\r\nMULTI\r\nMULTI\r\nDISCARD\r\n"),
                 S("-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n+OK\r\n"
                   "-ERR MULTI calls can not be nested\r\n+OK\r\n"));
        S many = "MULTI\r\n";
        for (std::size_t i = 0; i <= kv::kCommandsMax; ++i) {
            many += "INCR b\r\n";
        }
        QVERIFY(service.talk(c, many + "EXEC\r\nEXISTS b\r\n")
                    .ends_with("-EXECABORT Transaction discarded because of previous errors.\r\n"
                               ":0\r\n"));
    }

    void watched_keys_guard_a_transaction() { // K12
        Service service;
        auto c = plain(), other = plain();
        const S cas = "MULTI\r\nSET done 1\r\nEXEC\r\n";
        const S ran = "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n", refused = "+OK\r\n+QUEUED\r\n*-1\r\n";
        QCOMPARE(service.talk(c, "WATCH a b\r\n" + cas), "+OK\r\n" + ran);
        const std::vector<std::pair<S, S>> changes{{"SET a 1", "a"},          {"APPEND a 2", "a"},
                                                   {"EXPIRE a 100", "a"},     {"DEL a", "a"},
                                                   {"HSET h f 1", "h"},       {"HSET h f 2", "h"},
                                                   {"RPUSH l 1 2", "l"},      {"LSET l 0 2", "l"},
                                                   {"ZADD z 1 m", "z"},       {"ZADD z 2 m", "z"},
                                                   {"SADD s m", "s"},         {"RENAME s t", "t"},
                                                   {"MSET other 1 t 2", "t"}, {"FLUSHALL", "t"}};
        for (const auto& [change, key] : changes) {
            QCOMPARE(service.talk(c, "WATCH x " + key + "\r\n"), S("+OK\r\n"));
            QVERIFY(!service.talk(other, change + "\r\n").starts_with("-"));
            QCOMPARE(service.talk(c, cas), refused);
            QCOMPARE(service.talk(c, cas), ran); // EXEC ends what was watched
        }
        // Deleted and made again, with as many elements as before: another one.
        service.talk(other, "SADD s a\r\n");
        service.talk(c, "WATCH s\r\n");
        service.talk(other, "DEL s\r\nSADD s b\r\n");
        QCOMPARE(service.talk(c, cas), refused);
        for (const S end : {"UNWATCH", "DISCARD", "RESET"}) {
            service.talk(c, "WATCH a\r\n" + S(end == "DISCARD" ? "MULTI\r\n" : ""));
            service.talk(other, "INCR a\r\n");
            service.talk(c, end + "\r\n");
            QCOMPARE(service.talk(c, cas), ran);
        }
        // In one pipeline, and of a key that the transaction itself changes.
        QCOMPARE(service.talk(c, "WATCH done\r\nGET a\r\n" + cas + cas),
                 "+OK\r\n$1\r\n3\r\n" + ran + ran);
        QCOMPARE(service.talk(c, "MULTI\r\nWATCH a\r\nEXEC\r\n"),
                 S("+OK\r\n-ERR WATCH inside MULTI is not allowed\r\n*0\r\n"));
        S many = "WATCH";
        for (std::size_t i = 0; i <= kv::kGuardsMax; ++i) {
            many += " k" + std::to_string(i);
        }
        QVERIFY(service.talk(c, many + "\r\n").starts_with("-ERR too many watched keys"));
    }

    void a_transaction_whose_watch_failed_does_not_run() { // K10
        Service service;
        auto c = plain();
        const auto todo = c.on_bytes(view_of("WATCH a\r\nMULTI\r\nSET a 1\r\nEXEC\r\n"));
        QCOMPARE(todo.size(), std::size_t{1});
        QVERIFY(c.on_failure(todo[0].token, "ERR no reply").empty());
        const Bytes out = c.take_output();
        QVERIFY(text_of(out).starts_with("-ERR no reply\r\n+OK\r\n+QUEUED\r\n-EXECABORT "));
        QCOMPARE(service.talk(c, "EXISTS a\r\n"), S(":0\r\n"));
    }

    void what_needs_more_than_it_declared_is_sent_again() { // ZZ-1.5
        Service service;
        auto c = plain();
        const S value(300'000, 'v');
        service.talk(c, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$300000\r\n" + value + "\r\n");
        const std::size_t before = service.operations;
        QCOMPARE(service.talk(c, "PING\r\nSTRLEN a\r\nPING\r\n"),
                 S("+PONG\r\n:300000\r\n+PONG\r\n"));
        QVERIFY(service.operations > before + 1);
        QCOMPARE(service.talk(c, "MULTI\r\nSTRLEN a\r\nAPPEND a x\r\nEXEC\r\n"),
                 S("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:300000\r\n:300001\r\n"));
    }

    void a_protocol_error_answers_what_came_before_and_closes() { // K7, K8
        auto c = plain();
        const auto submitted = c.on_bytes(view_of("GET a\r\n*1\r\n$4294967296\r\nPING\r\n"));
        QCOMPARE(submitted.size(), std::size_t{1});
        QVERIFY(!c.wants_input());
        QVERIFY(!c.wants_close()); // GET has no reply yet
        c.on_result(submitted[0].token, view_of("$-1\r\n"));
        QVERIFY(!c.wants_close());
        QCOMPARE(taken(c), S("$-1\r\n-ERR Protocol error: invalid bulk length\r\n"));
        QVERIFY(c.wants_close());
        QVERIFY(c.on_bytes(view_of("PING\r\n")).empty());
        QVERIFY(!c.has_output());
    }

    void quit_closes_after_its_reply() {
        Service service;
        auto c = plain();
        QCOMPARE(service.talk(c, "ECHO a\r\nQUIT\r\nECHO b\r\n"), S("$1\r\na\r\n+OK\r\n"));
        QVERIFY(c.wants_close());
    }

    void a_failure_answers_every_command_of_the_operation() { // K10
        auto c = plain();
        const auto first = c.on_bytes(view_of("GET a\r\nGET b\r\nGET c\r\n"));
        auto next = c.on_failure(first[0].token, "ERR no reply in time");
        std::size_t failures = 1;
        while (!next.empty()) {
            next = c.on_failure(next[0].token, "ERR no reply in time");
            ++failures;
        }
        QVERIFY(failures <= 3);
        const S one = "-ERR no reply in time\r\n";
        QCOMPARE(taken(c), one + one + one);
        QVERIFY(c.on_failure(99, "ERR x").empty());
    }

    void malformed_results_answer_with_errors() {
        for (const S& bad : {S(), S("\x09", 1), S("\0\0", 2), S("\xff\xff+OK\r\n", 7)}) {
            auto c = plain();
            const auto first = c.on_bytes(view_of("GET z\r\n"));
            QVERIFY(c.on_bytes(view_of("GET a\r\nGET b\r\n")).empty());
            const auto both = c.on_result(first[0].token, view_of("$-1\r\n"));
            QCOMPARE(both.size(), std::size_t{1});
            QVERIFY(c.on_result(both[0].token, view_of(bad)).empty());
            const S text = "-ERR the service sent a malformed reply\r\n";
            QCOMPARE(taken(c), "$-1\r\n" + text + text);
        }
        auto c = plain();
        const auto first = c.on_bytes(view_of("GET a\r\nGET b\r\n"));
        c.on_result(first[0].token, view_of("-ERR refused\r\n"));
        QVERIFY(taken(c).starts_with("-ERR refused\r\n"));
    }

    void long_replies_of_a_pipeline_all_arrive() {
        // Together they are longer than a reply may be: the sequence stops, the rest travels again.
        Service service;
        auto c = plain();
        const S big(kv::kValueBytesMax, 'v');
        const S one = "$" + std::to_string(big.size()) + "\r\n" + big + "\r\n";
        QCOMPARE(service.talk(c, array({"SET", "a", big})), S("+OK\r\n"));
        S input, expected;
        for (int i = 0; i < 7; ++i) {
            input += "GET a\r\n";
            expected += one;
        }
        QVERIFY(service.talk(c, input) == expected);
    }

    void what_it_holds_is_bounded() { // K6, K8
        auto c = plain();
        S input;
        for (int i = 0; i < 5000; ++i) {
            input += "PING\r\n";
        }
        auto open = c.on_bytes(view_of(input));
        QVERIFY(!c.wants_input()); // the backlog waits: nobody answers
        Service service;
        const S rest = [&] {
            S out;
            while (!open.empty() || c.has_output()) {
                std::vector<Submitted> next;
                for (const auto& one : open) {
                    for (auto& more : c.on_result(one.token, service.run(one))) {
                        next.push_back(std::move(more));
                    }
                }
                out += taken(c);
                for (auto& more : c.resume()) {
                    next.push_back(std::move(more));
                }
                open = std::move(next);
            }
            return out;
        }();
        QCOMPARE(rest.size(), std::size_t{5000 * 7});
        QVERIFY(c.wants_input());
        // Local answers that nobody reads stop the input as well.
        S commands;
        for (int i = 0; i < 5000; ++i) {
            commands += "COMMAND\r\n";
        }
        QVERIFY(c.on_bytes(view_of(commands)).empty());
        QVERIFY(!c.wants_input());
        QVERIFY(c.take_output().size() < kOutputBytesMax + 64 * 1024);
        c.resume();
        QVERIFY(c.has_output());
    }

    void random_sessions_answer_every_request_once() {
        for (std::uint32_t seed = 0; seed < 60; ++seed) {
            std::mt19937 random(seed);
            S input, expected;
            std::map<S, S> model;
            for (int i = 0; i < 120; ++i) {
                const S key = std::to_string(random() % 5), value = std::to_string(random() % 100);
                if (random() % 2 == 0) {
                    input += array({"SET", key, value});
                    model[key] = value;
                    expected += "+OK\r\n";
                } else {
                    input += "GET " + key + "\r\n";
                    const S& held = model[key];
                    expected += held.empty()
                                    ? "$-1\r\n"
                                    : "$" + std::to_string(held.size()) + "\r\n" + held + "\r\n";
                }
            }
            Service service;
            auto c = plain();
            QCOMPARE(service.talk(c, input, 1 + random() % 700), expected);
        }
    }
};

QTEST_APPLESS_MAIN(ConnectionTest)
#include "connection_test.moc"
