// SPDX-License-Identifier: Apache-2.0
// Aim: an HTTP connection answers in order, bounds what it holds, and closes after what is
// malformed or ambiguous, whatever came behind it (K7, K8, K11).
#include <QtTest>

#include <random>

#include "backend/gateway/http/http_connection.h"
#include "backend/gateway/http/target.h"
#include "tests/fuzz/map_overlay.h"

namespace http = zz::gateway::http;
using zz::Bytes;
using zz::text_of;
using zz::Timestamp;
using zz::view_of;
using zz::gateway::kReadBytesMax;
using S = std::string;

namespace {

// A web service and one connection to it.
struct Session {
    zz::test::MapOverlay state;
    std::unique_ptr<zz::application::Application> web = zz::application::make_application("web");
    http::HttpConnection connection;

    S talk(std::string_view input, std::size_t piece = kReadBytesMax) {
        S out;
        for (;;) {
            std::vector<zz::gateway::Submitted> todo;
            if (connection.wants_input() && !input.empty()) {
                const auto now = input.substr(0, piece);
                input.remove_prefix(now.size());
                todo = connection.on_bytes(view_of(now));
            } else {
                todo = connection.resume();
            }
            while (!todo.empty()) {
                const auto next = std::move(todo.front());
                const auto done = web->execute(state, next.operation, Timestamp(1), next.budget);
                todo =
                    connection.on_result(next.token, std::get<zz::application::Done>(done).reply);
            }
            const Bytes bytes = connection.take_output();
            out += text_of(bytes);
            if (bytes.empty() && (input.empty() || !connection.wants_input()))
                return out;
        }
    }
};

S get(const S& path, const S& more = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

S put(const S& path, const S& body, const S& more = "") {
    return "PUT " + path +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           more + "\r\n" + body;
}

S status(const S& response) {
    return response.substr(0, response.find('\r'));
}

int count(const S& text, const S& part) {
    int n = 0;
    for (std::size_t at = text.find(part); at != S::npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

} // namespace

class HttpTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void documents() {
        Session s;
        QCOMPARE(status(s.talk(get("/a"))), S("HTTP/1.1 404 Not Found"));
        QCOMPARE(status(s.talk(put("/a", "hello", "Content-Type: text/html\r\n"))),
                 S("HTTP/1.1 201 Created"));
        const S got = s.talk(get("/a"));
        QCOMPARE(status(got), S("HTTP/1.1 200 OK"));
        QVERIFY(got.find("Content-Type: text/html\r\n") != S::npos);
        QVERIFY(got.find("ETag: \"1\"\r\n") != S::npos);
        QVERIFY(got.ends_with("\r\n\r\nhello"));
        const S head = s.talk("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
        QVERIFY(head.find("Content-Length: 5\r\n") != S::npos && head.ends_with("\r\n\r\n"));
        QCOMPARE(status(s.talk(get("/a", "If-None-Match: \"1\"\r\n"))),
                 S("HTTP/1.1 304 Not Modified"));
        QCOMPARE(status(s.talk(put("/a", "x", "If-Match: \"9\"\r\n"))),
                 S("HTTP/1.1 412 Precondition Failed"));
        QCOMPARE(status(s.talk(put("/a", "x", "If-Match: \"1\"\r\n"))),
                 S("HTTP/1.1 204 No Content"));
        QCOMPARE(status(s.talk(put("/a", "x", "If-None-Match: *\r\n"))),
                 S("HTTP/1.1 412 Precondition Failed"));
        QVERIFY(s.talk("POST /n HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n7")
                    .ends_with("\r\n\r\n7"));
        QCOMPARE(status(s.talk("DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n")),
                 S("HTTP/1.1 204 No Content"));
        QVERIFY(!s.connection.wants_close());
    }

    void folders() {
        Session s;
        s.talk(put("/f/a%20b", "1"));
        QVERIFY(s.talk(get("/f/")).ends_with("\r\n\r\na b\n"));
        s.talk(put("/f/index.html", "home", "Content-Type: text/html\r\n"));
        QVERIFY(s.talk(get("/f/")).ends_with("\r\n\r\nhome"));
        QVERIFY(s.talk(get("/f/?after=a%20b")).ends_with("\r\n\r\nindex.html\n"));
        for (int i = 0; i <= 1000; ++i)
            s.talk(put("/m/" + std::to_string(10'000 + i), ""));
        QVERIFY(s.talk(get("/m/")).find("Link: </m/?after=10999>; rel=\"next\"") != S::npos);
    }

    void refusals_keep_the_connection() {
        Session s;
        for (const S& target : {S("/../etc"), S("/a%"), S("/a%0"), S("/%00"), S("/a?b=c"), S("//"),
                                S("http://x/a"), S("/%2e%2e/a")})
            QVERIFY2(status(s.talk(get(target))) == "HTTP/1.1 400 Bad Request", target.c_str());
        QCOMPARE(status(s.talk("PATCH /a HTTP/1.1\r\nHost: x\r\n\r\n")),
                 S("HTTP/1.1 405 Method Not Allowed"));
        QVERIFY(!s.connection.wants_close());
        QCOMPARE(status(s.talk(get("/a"))), S("HTTP/1.1 404 Not Found"));
    }

    void what_is_ambiguous_or_malformed_closes_data() {
        QTest::addColumn<QByteArray>("input");
        QTest::addColumn<QByteArray>("code");
        const auto row = [](const char* name, const S& input, const char* code) {
            QTest::newRow(name) << QByteArray::fromStdString(input) << QByteArray(code);
        };
        const S start = "PUT /a HTTP/1.1\r\nHost: x\r\n";
        row("both lengths",
            start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
        row("both lengths, other order",
            start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400");
        row("two lengths", start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400");
        row("negative length", start + "Content-Length: -1\r\n\r\n", "400");
        row("length of 4 GB", start + "Content-Length: 4294967296\r\n\r\n", "413"); // K8
        row("length beyond 64 bits", start + "Content-Length: 99999999999999999999\r\n\r\n", "400");
        row("long chunk", start + "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", "413");
        row("no host", "GET /a HTTP/1.1\r\n\r\n", "400");
        row("two hosts", "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400");
        row("long header", "GET /a HTTP/1.1\r\nX: " + S(20'000, 'x') + "\r\n\r\n", "431");
        row("header without end", "GET /a HTTP/1.1\r\nX: " + S(20'000, 'x'), "431");
        row("nonsense", "hello\r\n\r\n", "400");
        row("bare line feed", "GET /a HTTP/1.1\nHost: x\n\n", "400");
        row("TLS", S("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), "400");
        row("odd expectation", start + "Expect: tea\r\nContent-Length: 1\r\n\r\n", "417");
        row("old version", "GET /a HTTP/2.7\r\nHost: x\r\n\r\n", "400");
    }
    void what_is_ambiguous_or_malformed_closes() { // K11
        QFETCH(QByteArray, input);
        QFETCH(QByteArray, code);
        for (const std::size_t piece : {kReadBytesMax, std::size_t{1}}) {
            Session s;
            const S all = get("/b") + input.toStdString() + put("/smuggled", "x") + get("/b");
            const S out = s.talk(all, piece);
            QVERIFY(out.starts_with("HTTP/1.1 404"));
            QVERIFY2(out.find("HTTP/1.1 " + code.toStdString() + " ") != S::npos, out.c_str());
            QCOMPARE(count(out, "HTTP/1.1 "), 2); // nothing behind it was read
            QVERIFY(out.find("Connection: close") != S::npos);
            QVERIFY(s.connection.wants_close());
            QVERIFY(s.state.entries.empty());
        }
    }

    void every_cut_gives_the_same_output() {
        S all = put("/a", S(3000, 'a')) + get("/a") +
                "PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
                get("/b") + "GET /b HTTP/1.0\r\n\r\n";
        Session whole;
        const S expected = whole.talk(all);
        QCOMPARE(count(expected, "HTTP/1.1 "), 5);
        QVERIFY(expected.ends_with("abcde"));
        QVERIFY(whole.connection.wants_close()); // of HTTP/1.0
        for (const std::size_t piece : {1, 2, 7, 100, 3001}) {
            Session s;
            QCOMPARE(s.talk(all, piece), expected);
        }
    }

    void one_that_waits_for_leave_gets_it() {
        Session s;
        const S out = s.talk("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                             "Content-Length: 3\r\n\r\n");
        QCOMPARE(out, S("HTTP/1.1 100 Continue\r\n\r\n"));
        QVERIFY(s.talk("abc").starts_with("HTTP/1.1 201 Created"));
    }

    void a_failure_or_a_malformed_reply_closes() { // K10
        for (const bool failure : {true, false}) {
            http::HttpConnection connection;
            const auto todo = connection.on_bytes(view_of(get("/a")));
            QCOMPARE(todo.size(), std::size_t{1});
            if (failure)
                connection.on_failure(todo[0].token, "no reply");
            else
                connection.on_result(todo[0].token, view_of("?"));
            QVERIFY(text_of(connection.take_output())
                        .starts_with(failure ? "HTTP/1.1 504" : "HTTP/1.1 502"));
            QVERIFY(connection.wants_close());
        }
    }

    void random_bytes_are_answered_within_bounds() { // K7, K8
        std::mt19937 random(1);
        for (int i = 0; i < 500; ++i) {
            S input = put("/a", "hello") + get("/a", "If-None-Match: \"1\"\r\n");
            for (int k = 0; k < 4; ++k)
                input[random() % input.size()] = static_cast<char>(random());
            Session one, two;
            const S out = one.talk(input);
            const S other = two.talk(input, 1 + random() % 9);
            QVERIFY2(other == out, (input + "\n-- whole:\n" + out + "\n-- cut:\n" + other).c_str());
        }
    }
};

QTEST_APPLESS_MAIN(HttpTest)
#include "http_test.moc"
