// SPDX-License-Identifier: Apache-2.0
// Aim: the web application is a total, deterministic function of (state, operation, time): any
// bytes (A4), missing nodes (ZZ-7.2), budgets and limits (ZZ-1.5), and answers as a map of
// documents does.
#include <QtTest>

#include <map>
#include <random>

#include "backend/application/web/web.h"
#include "tests/unit/application/map_overlay_support.h"

namespace web = zz::application::web;
using web::Condition;
using web::Method;
using zz::Bytes;
using zz::bytes_of;
using zz::text_of;
using zz::Timestamp;
using zz::application::Done;
using zz::application::make_application;
using zz::application::Needs;
using zz::application::test::MapOverlay;
using S = std::string;

namespace {

struct Fixture {
    MapOverlay state;
    std::uint32_t budget = 100'000;
    std::uint64_t bytes_max = UINT64_MAX;

    zz::application::Outcome attempt(const Bytes& operation) {
        MapOverlay copy = state;
        auto outcome = web::Web(bytes_max).execute(copy, operation, Timestamp(5'000'000), budget);
        if (std::holds_alternative<Done>(outcome))
            state = std::move(copy);
        return outcome;
    }
    web::Reply run(const web::Request& request) {
        const auto outcome = attempt(web::encode(request));
        return web::decode_reply(std::get<Done>(outcome).reply).value();
    }
    web::Reply operator()(Method method, const S& path, const S& body = "", const S& type = "") {
        web::Request request;
        request.method = method;
        request.path = path;
        request.body = bytes_of(body);
        request.type = type;
        return run(request);
    }
};

} // namespace

class WebTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void documents() {
        Fixture web;
        QCOMPARE(web(Method::Get, "/a").status, 404);
        QCOMPARE(web(Method::Put, "/a", "one", "text/html").status, 201);
        const web::Reply got = web(Method::Get, "/a");
        QCOMPARE(got.status, 200);
        QCOMPARE(S(text_of(got.body)), S("one"));
        QCOMPARE(got.type, S("text/html"));
        QCOMPARE(got.modified_ms, std::uint64_t{5});
        QCOMPARE(web(Method::Put, "/a", "two").status, 204);
        QVERIFY(web(Method::Get, "/a").version > got.version);
        QCOMPARE(web(Method::Delete, "/a").status, 204);
        QCOMPARE(web(Method::Delete, "/a").status, 404);
        QCOMPARE(web.state.entries.size(), std::size_t{1}); // the counters of all
    }

    void conditions() {
        Fixture web;
        web::Request put{Method::Put, Condition::Absent, 0, "/a", "t", bytes_of("1")};
        const web::Reply made = web.run(put);
        QCOMPARE(made.status, 201);
        QCOMPARE(web.run(put).status, 412);
        put.condition = Condition::Version;
        put.version = made.version;
        const web::Reply changed = web.run(put);
        QCOMPARE(changed.status, 204);
        QCOMPARE(web.run(put).status, 412); // lost update
        web::Request gone{Method::Delete, Condition::Version, made.version, "/a", "", {}};
        QCOMPARE(web.run(gone).status, 412);
        gone.version = changed.version;
        QCOMPARE(web.run(gone).status, 204);
    }

    void counters() {
        Fixture web;
        QCOMPARE(S(text_of(web(Method::Add, "/n").body)), S("1"));
        QCOMPARE(S(text_of(web(Method::Add, "/n", "-5").body)), S("-4"));
        QCOMPARE(S(text_of(web(Method::Get, "/n").body)), S("-4"));
        QCOMPARE(web(Method::Add, "/n", "x").status, 400);
        QCOMPARE(web(Method::Add, "/n", "9223372036854775807").status, 200);
        QCOMPARE(web(Method::Add, "/n", "9223372036854775807").status, 409);
        web(Method::Put, "/d", "text");
        QCOMPARE(web(Method::Add, "/d").status, 409);
    }

    void listings() {
        Fixture web;
        for (const char* path : {"/a/1", "/a/2/x", "/a/2/y", "/a/3", "/b", "/a.txt"})
            web(Method::Put, path, "x");
        QCOMPARE(S(text_of(web(Method::Get, "/").body)), S("a.txt\na/\nb\n"));
        QCOMPARE(S(text_of(web(Method::Get, "/a/").body)), S("1\n2/\n3\n"));
        QCOMPARE(S(text_of(web(Method::Get, "/a/", "1").body)), S("2/\n3\n"));
        QCOMPARE(S(text_of(web(Method::Get, "/a/", "2/").body)), S("3\n"));
        QCOMPARE(S(text_of(web(Method::Get, "/none/").body)), S(""));
        QCOMPARE(web(Method::Put, "/a/", "x").status, 405);
        for (std::size_t i = 0; i <= web::kListedMax; ++i)
            web(Method::Put, "/many/" + std::to_string(10'000 + i), "x");
        const web::Reply part = web(Method::Get, "/many/");
        QCOMPARE(part.status, 206);
        QCOMPARE(S(text_of(web(Method::Get, "/many/", "10999").body)), S("11000\n"));
    }

    void paths() {
        for (const char* bad : {"", "a", "//", "/a//b", "/.", "/..", "/a/../b", "/a\\b", "/a\nb"})
            QVERIFY2(!web::path_fault(bad).empty(), bad);
        for (const char* good : {"/", "/a", "/a/", "/a.b/..c", "/\xc3\xa4"})
            QVERIFY2(web::path_fault(good).empty(), good);
        QVERIFY(!web::path_fault("/" + S(web::kPathBytesMax, 'a')).empty());
        Fixture web;
        QCOMPARE(web(Method::Put, "/a/../b", "x").status, 400);
        QVERIFY(web.state.entries.empty());
    }

    void limits() { // ZZ-1.5
        Fixture web;
        web.bytes_max = 3000;
        QCOMPARE(web(Method::Put, "/a", S(2000, 'a')).status, 201);
        QCOMPARE(web(Method::Put, "/b", S(2000, 'b')).status, 507);
        QCOMPARE(web(Method::Get, "/b").status, 404);
        QCOMPARE(web(Method::Put, "/a", S(2500, 'c')).status, 204);
        QCOMPARE(web(Method::Delete, "/a").status, 204);
        QCOMPARE(web(Method::Put, "/b", S(2000, 'b')).status, 201);
        web.budget = 10;
        QCOMPARE(web(Method::Get, "/b").status, 503);
    }

    void missing_nodes_leave_no_trace() { // ZZ-7.2
        Fixture web;
        web(Method::Put, "/a", "1");
        const auto before = web.state.entries;
        const Bytes key = bytes_of("w/a");
        const Bytes operation =
            web::encode({Method::Put, Condition::None, 0, "/a", "t", bytes_of("2")});
        const auto touched = make_application("web")->touched_keys(operation);
        QVERIFY(std::find(touched.begin(), touched.end(), key) != touched.end());
        web.state.missing = {key};
        QVERIFY(std::holds_alternative<Needs>(web.attempt(operation)));
        QVERIFY(web.state.entries == before);
    }

    void any_bytes_get_a_deterministic_reply() { // A4
        std::mt19937 random(4);
        for (int i = 0; i < 3000; ++i) {
            Bytes operation = web::encode({static_cast<Method>(1 + random() % 4), Condition::None,
                                           0, "/abc/def", "text/plain", bytes_of("12")});
            for (int k = 0; k < 2; ++k)
                operation[random() % operation.size()] = static_cast<std::uint8_t>(random());
            operation.resize(random() % 3 == 0 ? random() % operation.size() : operation.size());
            Fixture one, two;
            const auto a = one.attempt(operation), b = two.attempt(operation);
            QVERIFY(std::get<Done>(a).reply == std::get<Done>(b).reply);
            QVERIFY(web::decode_reply(std::get<Done>(a).reply).has_value());
            QVERIFY(one.state.entries == two.state.entries);
            make_application("web")->touched_keys(operation);
        }
    }

    void random_histories_equal_a_map() {
        for (std::uint32_t seed = 0; seed < 20; ++seed) {
            std::mt19937 random(seed);
            Fixture web;
            std::map<S, S> model;
            for (int i = 0; i < 200; ++i) {
                const S path =
                    "/" + std::to_string(random() % 3) + "/" + std::to_string(random() % 5);
                const S body = std::to_string(random() % 100);
                const bool there = model.contains(path);
                switch (random() % 3) {
                case 0:
                    QCOMPARE(web(Method::Put, path, body).status, there ? 204 : 201);
                    model[path] = body;
                    break;
                case 1:
                    QCOMPARE(web(Method::Delete, path).status, there ? 204 : 404);
                    model.erase(path);
                    break;
                default: {
                    const web::Reply got = web(Method::Get, path);
                    QCOMPARE(got.status, there ? 200 : 404);
                    QVERIFY(!there || text_of(got.body) == model[path]);
                }
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(WebTest)
#include "web_test.moc"
