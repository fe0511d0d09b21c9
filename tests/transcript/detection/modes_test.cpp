// SPDX-License-Identifier: Apache-2.0
// ZZ-9.1: where enough execute to mask f faults, nobody is woken, accused, named or convicted, and
// what f+1 say is settled all the same.
#include <QTest>

#include "protocol/auth/certificates.h"
#include "tests/transcript/detection/panel_support.h"

namespace zz::detection {

using core::NoticeKind;

namespace {

constexpr Faults kSep{1, Executors::Most};
constexpr Faults kBase{1, Executors::All};
constexpr Faults kUnreplicated{0, Executors::All};

bool is_left_alone(Panel& p) {
    return !p.woken && p.convicted.empty() && p.count(NoticeKind::Accused) == 0 &&
           p.count(NoticeKind::NoSigned) == 0 && p.count(NoticeKind::Demanded) == 0 &&
           p.config.number == ConfigurationNumber(0);
}

} // namespace

class ModesTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void a_liar_is_masked_data() {
        QTest::addColumn<bool>("base");
        QTest::addColumn<bool>("matrix");
        QTest::newRow("sep") << false << false;
        QTest::newRow("sep, policy matrix") << false << true;
        QTest::newRow("base") << true << false;
    }
    void a_liar_is_masked() {
        QFETCH(bool, base);
        QFETCH(bool, matrix);
        std::map<std::uint32_t, Script> scripts{
            {1, {"PPPP", "P"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q"}}};
        if (base)
            scripts[4] = {"QQQQ", "Q"};
        Panel p(base ? kBase : kSep, scripts,
                matrix ? cluster::WakeupPolicy::Matrix : cluster::WakeupPolicy::Evidence);
        p.checkpoints = true;
        for (std::uint64_t n = 1; n <= 8; ++n)
            p.commit(SequenceNumber(n));
        p.run(seconds(5));
        QVERIFY(is_left_alone(p));
        for (std::uint32_t a = 1; a <= 4; ++a) {
            QCOMPARE(p.facts(a).settled.value, 8ULL);
            // Told to people: eight replies and a checkpoint, each once.
            const auto suspicion = p.facts(a).suspicion;
            QCOMPARE(suspicion.size(), 1UL);
            QCOMPARE(suspicion[0].first, principal(ExecutionId{SlotId(1), Incarnation(0)}));
            QCOMPARE(suspicion[0].second, 9ULL);
        }
        QVERIFY(p.count(NoticeKind::Deviation) >= 4 * 9);
    }

    void a_silent_one_is_masked() {
        Panel p(kSep, {{1, {"QQQQ", "Q"}}, {2, {"----", "-"}}, {3, {"QQQQ", "Q"}}});
        for (std::uint64_t n = 1; n <= 5; ++n)
            p.commit(SequenceNumber(n));
        p.run(seconds(10));
        QVERIFY(is_left_alone(p));
        QCOMPARE(p.facts(1).settled.value, 5ULL);
        QCOMPARE(p.count(NoticeKind::EvidenceRound), 0UL);
    }

    // An agreement replica that got other reports settles by the MATCH of f+1 others.
    void a_column_that_does_not_match_is_settled_by_the_others() {
        Panel p(kSep, {{1, {"PQQQ", "Q"}}, {2, {"RQQQ", "Q"}}, {3, {"QQQQ", "Q"}}});
        p.commit(SequenceNumber(1));
        p.run(seconds(3));
        QVERIFY(is_left_alone(p));
        for (std::uint32_t a = 1; a <= 4; ++a)
            QCOMPARE(p.facts(a).settled.value, 1ULL);
    }

    // More than f lie: nothing settles, people are told, nobody acts.
    void beyond_f_is_an_alarm() {
        Panel p(kSep, {{1, {"PPPP", "P"}}, {2, {"RRRR", "R"}}, {3, {"QQQQ", "Q"}}});
        p.commit(SequenceNumber(1));
        p.run(seconds(10));
        QVERIFY(is_left_alone(p));
        QCOMPARE(p.facts(1).settled.value, 0ULL);
        QVERIFY(p.count(NoticeKind::AssumptionViolated) >= 4);
    }

    // What f+1 agreement replicas forge moves nobody either: there is nothing to prove.
    void nothing_proves_a_wake_up() {
        Panel p(kSep, {{1, {"QQQQ", "Q"}}, {2, {"----", "-"}}, {3, {"----", "-"}}});
        p.commit(SequenceNumber(1));
        const message::NoSign named{Epoch(0), VoteKind::Reply, SequenceNumber(1), SlotId(2),
                                    Incarnation(0)};
        message::WakeUpProof proof;
        message::Convict convict{SlotId(2), Incarnation(0), {}, {}};
        for (const AgreementId id : {AgreementId(1), AgreementId(2)}) {
            p.say(id, named);
            p.say(id,
                  message::Accuse{VoteKind::Reply, SequenceNumber(1), SlotId(2), Incarnation(0)});
            proof.no_signs.push_back(p.sealer(principal(id)).embed(named));
            convict.accusations.push_back(
                p.sealer(principal(id))
                    .embed(message::Accuse{VoteKind::Reply, SequenceNumber(1), SlotId(2),
                                           Incarnation(0)}));
        }
        p.say(AgreementId(1), proof);
        p.deliver_all();
        p.run(seconds(5));
        QVERIFY(is_left_alone(p));
        QVERIFY(p.facts(3).awake.empty() && p.facts(3).unresponsive.empty());
        QVERIFY(auth::proves_wake_up(proof, p.config, Faults{1}));
        QVERIFY(!auth::proves_wake_up(proof, p.config, kSep));
        QVERIFY(auth::is_valid(message::SystemRequest{{convict}}, Faults{1}));
        QVERIFY(!auth::is_valid(message::SystemRequest{{convict}}, kSep));
    }

    void one_of_one() {
        Panel p(kUnreplicated, {{1, {"Q", "Q"}}});
        p.checkpoints = true;
        for (std::uint64_t n = 1; n <= 8; ++n)
            p.commit(SequenceNumber(n));
        p.run(seconds(3));
        QVERIFY(is_left_alone(p));
        QCOMPARE(p.facts(1).settled.value, 8ULL);
        QCOMPARE(p.count(NoticeKind::EvidenceRound), 0UL);
    }
};

} // namespace zz::detection

QTEST_APPLESS_MAIN(zz::detection::ModesTest)
#include "modes_test.moc"
