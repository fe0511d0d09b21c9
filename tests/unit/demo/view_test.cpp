// SPDX-License-Identifier: Apache-2.0
// What is read from the command line's documents, and how it is drawn.
#include <QTest>

#include "backend/demo/view.h"

namespace zz::demo {
namespace {

Json column(const char* subject, std::uint64_t n, const char* e1, const char* e2) {
    return {{"kind", "column-of"},
            {"app", "B"},
            {"subject", subject},
            {"n", n},
            {"columns", {{{"id", "E1.0"}, {"entry", e1}}, {{"id", "E2.0"}, {"entry", e2}}}}};
}

} // namespace

class ViewTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void columns_become_a_matrix() {
        MatrixBook book;
        QVERIFY(book.take(column("A2", 7, "aaaaaaaa", "bbbbbbbb")));
        QVERIFY(book.take(column("A1", 7, "-", "bbbbbbbb")));
        // A column that was never seen is pending in every row (classify).
        QCOMPARE(book.newest()->csv(1),
                 std::string(",A1,A2,A3,A4\nE1,-,aaaa,?,?\nE2,bbbb,bbbb,?,?\n"));
        QVERIFY(!book.take(column("A1", 7, "-", "bbbbbbbb"))); // the same again
        QVERIFY(!book.take(column("A1", 6, "-", "-")));        // an older number
        QVERIFY(book.take(column("A1", 8, "-", "-")));
        QCOMPARE(book.newest()->columns.size(), std::size_t{1});
    }

    void other_events_are_left_alone() {
        MatrixBook book;
        QVERIFY(!book.take(Json()));
        QVERIFY(!book.take({{"kind", "deviation"}, {"app", "B"}}));
        QVERIFY(!book.take({{"kind", "column-of"}}));
        QVERIFY(!book.take({{"kind", 3}, {"app", "B"}, {"columns", "no list"}}));
        QVERIFY(!book.newest());
    }

    void unknown_facts_stay_unknown() {
        const auto facts = read_facts(Json::parse(R"({"hosts":[{"name":"h1","state":"up"}],
            "applications":[{"name":"A","f":1,"view":null,
              "agreement":[{"id":"A1","host":"h1","state":"unknown","primary":null}],
              "execution":[{"id":"E1","incarnation":null,"host":"h1","state":"unknown",
                            "complete":null}],
              "counters":{"wakeups":null,"requests":5}}]})"));
        const auto* app = facts.application("A");
        QVERIFY(app != nullptr);
        QVERIFY(!app->wakeups && !app->view);
        QCOMPARE(app->requests, std::optional<std::uint64_t>(5));
        QVERIFY(!app->slot("E1")->incarnation);
        QVERIFY(!app->at_rest());
        QVERIFY(facts.application("B") == nullptr);
        QVERIFY(read_facts(Json::array()).applications.empty());
    }

    void cells_line_up_whatever_the_signs() {
        Picture picture;
        picture.facts = read_facts(Json::parse(R"({"hosts":[{"name":"h1","state":"up"}],
            "applications":[{"name":"A",
              "agreement":[{"id":"A1","host":"h1","state":"up","primary":true}],
              "execution":[{"id":"E1","host":"h1","state":"active"}]},
             {"name":"B","agreement":[{"id":"A1","host":"h1","state":"up","primary":true}],
              "execution":[]}]})"));
        const std::string plain = render(picture, {false, false});
        QVERIFY(plain.find("h1       ^A1p *E1 active     ^A1p") != std::string::npos);
        const std::string rich = render(picture, {true, false});
        QVERIFY(rich.find("h1       ▲A1p ●E1 active     ▲A1p") != std::string::npos);
        QVERIFY(render(picture, {false, true}).find("\x1b[32m*\x1b[0mE1") != std::string::npos);
    }

    void phases_come_by_time() {
        QCOMPARE(phases_line({{"resume_asked", 30}, {"detected", 12.4}, {"removed", nullptr}}),
                 std::string("detected 12 ms, resume asked 30 ms"));
        QCOMPARE(phases_line(Json()), std::string("no phases reported"));
    }
};

} // namespace zz::demo

QTEST_APPLESS_MAIN(zz::demo::ViewTest)
#include "view_test.moc"
