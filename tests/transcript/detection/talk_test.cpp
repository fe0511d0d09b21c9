// SPDX-License-Identifier: Apache-2.0
// The scenarios of ZZ-6.4 and ZZ-6.5 to ZZ-6.9, four detection cores of f = 1: who wakes, who is
// convicted, what a client gets.
#include <QTest>

#include "tests/transcript/detection/panel_support.h"

namespace zz::detection {

using core::NoticeKind;

class TalkTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Nothing wrong: every number settles by its column, nothing is signed, nobody is disturbed.
    void agreed_matrix_is_silent() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"QQQQ", "Q"}}});
        p.checkpoints = true;
        for (std::uint64_t n = 1; n <= 20; ++n)
            p.commit(SequenceNumber(n));
        p.run(seconds(3));
        QCOMPARE(p.facts(1).settled.value, 20ULL);
        QCOMPARE(p.count(NoticeKind::EvidenceRound), 0UL);
        QCOMPARE(p.count(NoticeKind::ColumnOf), 0UL);
        QVERIFY(p.affidavits.empty());
    }

    // ZZ-6.4, first example: E1 = Q Q Q Q, E2 = P Q Q Q. A1's column does not match; the others
    // settle it.
    void non_blocking_matrix_wakes_nobody() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"PQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        p.run(seconds(3));
        QVERIFY(!p.woken);
        QVERIFY(p.convicted.empty());
        for (std::uint32_t a = 1; a <= 4; ++a)
            QCOMPARE(p.facts(a).settled.value, 1ULL);
        QVERIFY(p.saw(NoticeKind::EvidenceRound, 1));
        QCOMPARE(p.count(NoticeKind::EvidenceRound), 1UL);
        QCOMPARE(p.count(NoticeKind::Demanded), 0UL);
        // A1 holds P from E2 and accuses; one accusation convicts nobody (ZZ-6.7).
        QCOMPARE(p.accusers(SlotId(2)), 1UL);
        // The client is served: by the affidavits of those that were asked for MATCH and settled
        // (ZZ-5.2, E4).
        QVERIFY(p.affidavits.size() + p.certificates.size() >= 2);
    }

    // ZZ-6.4, second example, E1 signs Q: DEMANDs, E3 wakes and says P, E1 is convicted by
    // accusations and replaced.
    void blocking_matrix_wakes_convicts_and_settles() {
        Panel p(1, {{1, {"PQQQ", "Q"}}, {2, {"PPPQ", "P"}}, {3, {"PPPP", "P", false}}});
        p.commit(SequenceNumber(1));
        QVERIFY(p.count(NoticeKind::Demanded) >= 2);
        p.run(seconds(5));
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        QVERIFY(p.accusers(SlotId(1)) >= 2);
        QCOMPARE(p.config.epoch.value, 1ULL);
        QCOMPARE(p.config.members[0].state, message::MemberState::Empty);
        QCOMPARE(p.config.members[1].state, message::MemberState::Active);
        QCOMPARE(p.config.members[2].state, message::MemberState::Active);
        for (std::uint32_t a = 1; a <= 4; ++a) {
            QCOMPARE(p.facts(a).settled.value, 1ULL);
            QCOMPARE(p.facts(a).wakeups, 1ULL);
        }
    }

    // What people see of a dispute: columns of others with the revision that was signed, and of the
    // requests those to which the replies differ, by those who see them differ.
    void a_dispute_is_told() {
        Panel p(1, {{1, {"PQQQ", "Q"}}, {2, {"PPPQ", "P"}}, {3, {"PPPP", "P", false}}});
        p.commit(SequenceNumber(1));
        p.run(seconds(5));
        std::set<std::uint32_t> tellers;
        for (const auto& [from, notice] : p.notices) {
            if (notice.kind == NoticeKind::ColumnOf && notice.subject != principal(from))
                QVERIFY(notice.value > 0);
            if (notice.kind != NoticeKind::RequestsOf)
                continue;
            tellers.insert(from.value);
            QCOMPARE(notice.n, SequenceNumber(1));
            QCOMPARE(notice.value, 1ULL);
            QCOMPARE(notice.requests.size(), 1UL);
            QCOMPARE(notice.requests[0].client, ClientId(1));
            const auto& replies = notice.requests[0].replies;
            QVERIFY(replies.size() >= 2);
            QVERIFY(replies[0].first.slot == SlotId(1) && replies[1].first.slot == SlotId(2));
        }
        QVERIFY(tellers.contains(2) && tellers.contains(3) && !tellers.contains(1));
    }

    // The same matrix, E1 signs P: a reply certificate serves the client before anybody wakes; A2
    // and A3 accuse E1 all the same, and E3 wakes only as the replacement of a convicted replica
    // (iii).
    void signature_against_the_report_convicts_before_waking() {
        Panel p(1, {{1, {"PQQQ", "P"}}, {2, {"PPPQ", "P"}}, {3, {"PPPP", "P", false}}});
        p.commit(SequenceNumber(1));
        QVERIFY(!p.certificates.empty());
        p.run(seconds(5));
        QCOMPARE(p.count(NoticeKind::Demanded), 0UL);
        QCOMPARE(p.count(NoticeKind::NoSigned), 0UL);
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        QCOMPARE(p.cause, std::string("configuration"));
        QCOMPARE(p.config.epoch.value, 1ULL);
    }

    // E2: a silent active is named by NOSIGN, a spare wakes, SETTLED replaces it without
    // conviction.
    void silent_active_is_named_and_replaced() {
        Panel p(1, {{1, {"----", "-"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        p.run(milliseconds(400));
        QVERIFY(!p.woken); // Not before the second deadline (ZZ-6.5).
        p.run(seconds(5));
        QVERIFY(p.convicted.empty());
        QCOMPARE(p.config.epoch.value, 1ULL);
        QCOMPARE(p.config.members[0].state, message::MemberState::Empty);
        QCOMPARE(p.config.members[2].state, message::MemberState::Active);
        QCOMPARE(p.facts(1).removals, 1ULL);
        QCOMPARE(p.facts(1).settled.value, 1ULL);
    }

    // E8 at its edge: slow to report, but it signs when asked: nobody wakes, nobody is convicted
    // (ZZ-6.9).
    void slow_but_signing_replica_is_left_alone() {
        Panel p(1, {{1, {"----", "Q"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        for (std::uint64_t n = 1; n <= 5; ++n)
            p.commit(SequenceNumber(n));
        p.run(seconds(5));
        QVERIFY(!p.woken);
        QVERIFY(p.convicted.empty());
        QCOMPARE(p.facts(3).settled.value, 5ULL);
        QVERIFY(p.count(NoticeKind::Suspicion) >
                0); // Seen by operators, never convicted (ZZ-6.10).
    }

    // C1: DEMANDs, NOSIGNs and ACCUSEs of one agreement replica alone start nothing and convict
    // nobody.
    void claims_of_f_agreement_replicas_do_nothing() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        const auto e1 = principal(ExecutionId{SlotId(1), Incarnation(0)});
        message::Demand demand{Epoch(0), VoteKind::Reply, SequenceNumber(1), {}, {}};
        demand.first = p.sealer(e1).embed(p.signed_report(VoteKind::Reply, SequenceNumber(1), 'Q'));
        demand.second = demand.first;
        for (std::uint64_t n = 1; n <= 40; ++n) {
            p.say(AgreementId(4), demand);
            p.say(AgreementId(4), message::NoSign{Epoch(0), VoteKind::Reply, SequenceNumber(n),
                                                  SlotId(1), Incarnation(0)});
            p.say(AgreementId(4),
                  message::Accuse{VoteKind::Reply, SequenceNumber(n), SlotId(2), Incarnation(0)});
            p.say(AgreementId(4),
                  message::Settle{Epoch(0),
                                  {{SlotId(2), Incarnation(0)}, {SlotId(3), Incarnation(0)}}});
        }
        p.run(seconds(3));
        QVERIFY(!p.woken);
        QVERIFY(p.convicted.empty());
        QCOMPARE(p.config.epoch.value, 0ULL);
    }

    // K-bounds of ZZ-6.5: what overrides the budget is answered once for each asker in a heartbeat.
    void repeated_match_requests_are_answered_once() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        p.run(milliseconds(20));
        const message::MatchRequest ask{VoteKind::Reply, std::vector(200, SequenceNumber(1))};
        p.say(AgreementId(1), ask);
        p.deliver_all();
        for (int i = 0; i < 10; ++i)
            p.say(AgreementId(4), ask);
        p.deliver_all();
        // Three receivers answered A1, three A4.
        QCOMPARE(p.sent[message::Kind::Match], 6UL);
    }

    // A replica that starts after the proof went out learns it with its configuration (ZZ-6.6).
    void who_starts_late_learns_the_proof_at_once() {
        Panel p(1, {{1, {"PQQQ", "Q"}}, {2, {"PPPQ", "P"}}});
        p.commit(SequenceNumber(1));
        p.run(milliseconds(500));
        QVERIFY(p.woken);
        const std::size_t before = p.sent[message::Kind::WakeUpProof];
        for (int i = 0; i < 5; ++i)
            p.signed_by(SlotId(3), message::ConfigRequest{7}, AgreementId(1));
        p.deliver_all();
        QCOMPARE(p.sent[message::Kind::WakeUpProof], before + 1);
    }

    // A proof of another epoch, or with one signer twice, wakes nobody.
    void stale_and_thin_proofs_are_ignored() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        const message::NoSign vote{Epoch(0), VoteKind::Reply, SequenceNumber(1), SlotId(1),
                                   Incarnation(0)};
        message::WakeUpProof twice;
        for (int i = 0; i < 2; ++i)
            twice.no_signs.push_back(p.sealer(principal(AgreementId(4))).embed(vote));
        message::WakeUpProof stale;
        stale.epoch = Epoch(7);
        for (std::uint32_t a = 3; a <= 4; ++a)
            stale.no_signs.push_back(p.sealer(principal(AgreementId(a))).embed(vote));
        p.say(AgreementId(4), twice);
        p.say(AgreementId(4), stale);
        p.deliver_all();
        QCOMPARE(p.facts(1).wakeups, 0ULL);
        QVERIFY(p.core(1).ignored() >= 2);
    }

    // Simulator, seed 20 at f = 1: three agreement replicas were restarted after the wake-up, and
    // its number was L below h before they heard of it again. The proof names all the same: without
    // a name they never signed SETTLE, and the epoch never ended (ZZ-6.7).
    void proof_about_a_number_that_is_gone_names_too() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        const message::NoSign vote{Epoch(0), VoteKind::Reply, SequenceNumber(1'000'000), SlotId(1),
                                   Incarnation(0)};
        message::WakeUpProof proof;
        for (std::uint32_t a = 3; a <= 4; ++a)
            proof.no_signs.push_back(p.sealer(principal(AgreementId(a))).embed(vote));
        p.say(AgreementId(4), proof);
        p.deliver_all();
        const auto named = p.facts(1).unresponsive;
        QCOMPARE(named.size(), std::size_t{1});
        QCOMPARE(named[0].slot, SlotId(1));
        p.run(seconds(5));
        QCOMPARE(p.config.epoch.value, 1ULL);
        QCOMPARE(p.config.members[0].state, message::MemberState::Empty);
    }

    // ZZ-6.5: two unequal signed reports of one incarnation are absolute proof, whatever else is
    // held.
    void two_signed_reports_convict() {
        Panel p(1, {{1, {"QQQQ", "PPQQ"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        QCOMPARE(p.facts(1).settled.value, 1ULL);
        const auto report = [&](char letter) {
            return p.signed_report(VoteKind::Reply, SequenceNumber(1), letter);
        };
        p.signed_by(SlotId(1), report('P'), AgreementId(1));
        p.signed_by(SlotId(1), report('Q'), AgreementId(4));
        p.deliver_all();
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        p.run(seconds(3)); // Replaced by the spare, woken by (iii).
        QCOMPARE(p.config.epoch.value, 1ULL);
    }

    // E3, ZZ-5.3: right replies, another checkpoint. The same rules with kind = checkpoint.
    void checkpoints_disagree() {
        Panel p(1, {{1, {"QQQQ", "P"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        p.checkpoints = true;
        for (std::uint64_t n = 1; n <= 8; ++n)
            p.commit(SequenceNumber(n));
        QCOMPARE(p.facts(1).settled.value, 8ULL); // Replies all match.
        QVERIFY(p.count(NoticeKind::Demanded) >= 2);
        p.run(seconds(5));
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        QCOMPARE(p.config.epoch.value, 1ULL);
        QCOMPARE(p.config.members[0].state, message::MemberState::Empty);
    }

    // Simulator, seed 6 at f = 1: agreement replicas that were restarted know of a stable
    // checkpoint its certificate alone, not the batch. Its root is what they accuse by; without
    // that nobody was ever convicted and the epoch did not end.
    void a_certificate_accuses_after_a_restart() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        const SequenceNumber n(8);
        const auto right = p.signed_report(VoteKind::Checkpoint, n, 'Q');
        const auto wrong = p.signed_report(VoteKind::Checkpoint, n, 'P');
        message::StableCertificate stable;
        stable.checkpoint.n = n;
        stable.checkpoint.root = right.digest;
        for (std::uint32_t a = 1; a <= 4; ++a) {
            p.step(AgreementId(a), core::StableMoved{stable});
            p.signed_by(SlotId(2), right, AgreementId(a));
            p.signed_by(SlotId(1), wrong, AgreementId(a));
        }
        p.deliver_all();
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        QCOMPARE(p.accusers(SlotId(2)), 0UL);
    }

    // Policy `matrix`: the COLUMNs alone wake, and E1 is convicted once E3 has told.
    void matrix_policy_wakes_on_columns() {
        Panel p(1, {{1, {"PQQQ", "Q"}}, {2, {"PPPQ", "P"}}, {3, {"PPPP", "P", false}}},
                cluster::WakeupPolicy::Matrix);
        p.commit(SequenceNumber(1));
        QVERIFY(p.woken);
        QCOMPARE(p.cause, std::string("columns"));
        QCOMPARE(p.count(NoticeKind::Demanded), 0UL); // Not before the grace period.
        p.run(seconds(5));
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        QCOMPARE(p.config.epoch.value, 1ULL);
    }

    // Under `evidence` the same columns alone prove nothing: f liars among the agreement replicas
    // cannot wake anybody.
    void evidence_policy_does_not_wake_on_columns() {
        Panel p(1, {{1, {"PQQQ", "P"}}, {2, {"PPPP", "P"}}, {3, {"PPPP", "P", false}}});
        p.commit(SequenceNumber(1));
        p.run(milliseconds(200));
        QVERIFY(p.cause != "columns" && p.cause != "demands" && p.cause != "no_signs");
    }

    // All actives named: alarm, and none counts as named: the same ones stay active (ZZ-6.7).
    void all_named_is_an_alarm() {
        Panel p(1, {{1, {"----", "-"}}, {2, {"----", "-"}}, {3, {"QQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        p.run(seconds(2));
        QVERIFY(p.woken);
        p.scripts[1] = {"QQQQ", "Q"};
        p.scripts[2] = {"QQQQ", "Q"};
        p.run(seconds(4));
        QVERIFY(p.count(NoticeKind::AllNamed) >= 2);
        QVERIFY(p.convicted.empty());
        QCOMPARE(p.config.epoch.value, 1ULL);
        QCOMPARE(p.config.members[0].state, message::MemberState::Active);
        QCOMPARE(p.config.members[1].state, message::MemberState::Active);
    }

    // f = 2: two liars among three actives agree on a lie that cannot reach f+1 (E7); both are
    // convicted and replaced.
    void two_colluding_liars() {
        Panel p(2, {{1, {"PPPPPPP", "P"}},
                    {2, {"PPPPPPP", "P"}},
                    {3, {"QQQQQQQ", "Q"}},
                    {4, {"QQQQQQQ", "Q", false}},
                    {5, {"QQQQQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        p.run(seconds(5));
        QCOMPARE(p.convicted.size(), 2UL);
        QCOMPARE(p.config.epoch.value, 1ULL);
        for (std::uint32_t s = 1; s <= 5; ++s)
            QCOMPARE(p.config.members[s - 1].state,
                     s <= 2 ? message::MemberState::Empty : message::MemberState::Active);
    }

    // f = 2: one liar and one silent: the liar is convicted, the silent one named and replaced.
    void a_liar_and_a_silent_one() {
        Panel p(2, {{1, {"PPPPPPP", "P"}},
                    {2, {"-------", "-"}},
                    {3, {"QQQQQQQ", "Q"}},
                    {4, {"QQQQQQQ", "Q", false}},
                    {5, {"QQQQQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        p.run(seconds(6));
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        QVERIFY(p.config.epoch.value >= 1ULL);
        QCOMPARE(p.config.members[0].state, message::MemberState::Empty);
        QCOMPARE(p.facts(1).settled.value, 1ULL);
    }

    // One agreement replica is deaf and mute to the rest: three still demand, wake, convict and
    // settle.
    void f_agreement_replicas_silent() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"PPPP", "P"}}, {3, {"PPPP", "P", false}}});
        p.mute = {4};
        p.commit(SequenceNumber(1));
        p.run(seconds(5));
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.convicted[0].slot.value, 1U);
        QCOMPARE(p.config.epoch.value, 1ULL);
    }

    // A client that asks again: of a settled request it gets an affidavit, of an open one an
    // evidence round starts at once; before the deadline nobody can be named by it (ZZ-6.5,
    // ZZ-6.6).
    void client_asks_again() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"QQQQ", "Q"}}, {3, {"QQQQ", "Q", false}}});
        p.commit(SequenceNumber(1));
        QVERIFY(p.affidavits.empty());
        p.step(AgreementId(2), core::AskedAgain{{ClientId(1), LaneId(0), RequestNumber(1)}});
        QCOMPARE(p.affidavits[2], 1U);
        p.scripts[1] = {"----", "-"};
        p.commit(SequenceNumber(2));
        p.step(AgreementId(2), core::AskedAgain{{ClientId(1), LaneId(0), RequestNumber(2)}});
        QVERIFY(p.saw(NoticeKind::EvidenceRound, 2));
        p.run(milliseconds(240));
        QCOMPARE(p.count(NoticeKind::NoSigned), 0UL);
        // Of an unknown lane, or an old number: nothing.
        const auto before = p.affidavits;
        p.step(AgreementId(2), core::AskedAgain{{ClientId(1), LaneId(9), RequestNumber(1)}});
        p.step(AgreementId(2), core::AskedAgain{{ClientId(1), LaneId(0), RequestNumber(1)}});
        QCOMPARE(p.affidavits, before);
    }

    // The woken replica never holds the whole state: no SETTLE before its completion deadline, and
    // the epoch stays.
    void incomplete_spare_does_not_settle() {
        Panel p(1, {{1, {"QQQQ", "Q"}}, {2, {"PPPP", "P"}}, {3, {"PPPP", "P", false}}});
        p.refuse_complete = {3};
        p.commit(SequenceNumber(1));
        p.run(seconds(5));
        QCOMPARE(p.convicted.size(), 1UL);
        QCOMPARE(p.config.epoch.value, 0ULL);
        p.refuse_complete.clear();
        p.run(seconds(2));
        QCOMPARE(p.config.epoch.value, 1ULL);
    }
};

} // namespace zz::detection

QTEST_APPLESS_MAIN(zz::detection::TalkTest)
#include "talk_test.moc"
