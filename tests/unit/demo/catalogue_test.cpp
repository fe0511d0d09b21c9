// SPDX-License-Identifier: Apache-2.0
// The long script of the demonstration: no kind of drill is left out, every key is its own, the
// matrices come while E1 and E2 are active, and what makes a report wrong is seen.
#include <QTest>

#include <set>

#include "backend/demo/track.h"

namespace zz::demo {

class CatalogueTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void every_kind_of_drill_is_played() {
        const std::vector<std::string> names{"wrong-reply",
                                             "matrix",
                                             "silent",
                                             "slow",
                                             "crash",
                                             "wrong-checkpoint",
                                             "corrupt-state",
                                             "refuse-sign",
                                             "sign-two",
                                             "lie-reports",
                                             "equivocate-primary",
                                             "censor-primary",
                                             "flood-demands",
                                             "false-accuse",
                                             "bad-signature",
                                             "replay",
                                             "flood",
                                             "host-stop",
                                             "host-lie",
                                             "link-delay",
                                             "link-loss",
                                             "link-cut"};
        QVERIFY(left_out(names).empty());
        QCOMPARE(left_out({"no-such"}).size(), std::size_t(1));
        std::set<std::string> keys;
        for (const auto& play : whole_plays())
            QVERIFY2(keys.insert(play.key).second, play.key.c_str());
    }

    void matrices_come_first() {
        std::map<std::string, bool> others;
        for (const auto& play : whole_plays()) {
            QVERIFY(play.csv.empty() == (play.words.front() != "matrix"));
            if (play.csv.empty())
                others[play.application] = true;
            else
                QVERIFY(!others[play.application]);
        }
    }

    void differences_are_told_for_each_application() {
        const Json same{{"verdict", "agreed"}, {"wakes", Json::array()}};
        const Json other{{"verdict", "blocking"}, {"wakes", Json::array()}};
        QVERIFY(differences({{"predicted", same}, {"observed", same}}).empty());
        QCOMPARE(differences({{"predicted", same}, {"observed", other}}).size(), std::size_t(1));
        QCOMPARE(differences(Json::object()).size(), std::size_t(1)); // no report says nothing
        const Json good{{"app", "A"}, {"predicted", same}, {"observed", same}};
        const Json bad{{"app", "B"}, {"predicted", same}, {"observed", other}};
        const Json report{
            {"predicted", same}, {"observed", same}, {"applications", {{"A", good}, {"B", bad}}}};
        QCOMPARE(differences(report).size(), std::size_t(1));
    }
};

} // namespace zz::demo

QTEST_APPLESS_MAIN(zz::demo::CatalogueTest)
#include "catalogue_test.moc"
