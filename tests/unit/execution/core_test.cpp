// SPDX-License-Identifier: Apache-2.0
// The execution core with hand-made ORDERs: what it executes, reports, signs and answers (ZZ-4,
// ZZ-6.5).
#include <QTest>

#include <algorithm>

#include "protocol/auth/digests.h"
#include "protocol/auth/merkle.h"
#include "tests/unit/execution/core_support.h"

namespace zz::execution::testing {

namespace {

message::BatchContent add(std::uint64_t number, const std::string& what = "a") {
    return batch_of({request(0, number, "add x " + what)});
}
Digest digest_of(const message::BatchContent& content) {
    return auth::batch_digest(content.encoded.view());
}

// E1, configuration learnt.
struct Active : Bench {
    explicit Active(std::uint32_t interval = 4) : Bench(1, interval) {
        learn(first_configuration());
        sends.clear();
    }
    void run_to(std::uint64_t n) {
        for (std::uint64_t i = core->facts().executed.value + 1; i <= n; ++i)
            order(i, add(i));
    }
};

} // namespace

class CoreTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void reportsAndRepliesWhatItExecuted();
    void fewerThanAWeakQuorumOfOrdersIsIgnored();
    void aLyingMinorityDoesNotStandInTheWay();
    void nothingIsExecutedBeforeTheConfigurationIsLearnt();
    void missingBodiesAreFetchedFromThoseWhoOrdered();
    void gapsAreAskedFor();
    void numbersBeyondTheWindowAreDropped();
    void designatedReplicaAlternates();
    void signsOncePerNumberAndOnlyWhatItReported();
    void signRequestsForTheFutureAreAnsweredWhenExecuted();
    void budgetEndsAnswersToOneAsker();
    void checkpointsAreSigned();
    void reportsAreSentAgainAboveTheSettledMark();
    void clientsThatAskAgainGetWholeResults();
    void convictedReplicaFallsSilent();
};

void CoreTest::reportsAndRepliesWhatItExecuted() {
    Active e;
    e.order(1, add(1));
    const auto reports = e.sent<message::Report>();
    QCOMPARE(reports.size(), std::size_t{1});
    QCOMPARE(reports[0].batch_digest, digest_of(add(1)));
    const Digest reply = auth::reply_digest(view_of("a"));
    const Digest leaf = auth::report_leaf(ClientId(1), LaneId(0), RequestNumber(1), reply);
    QCOMPARE(reports[0].digest, auth::merkle_root(std::span(&leaf, 1)));
    QCOMPARE(reports[0].reply_digests.at(0), reply);
    const auto replies = e.sent<message::Reply>();
    QCOMPARE(replies.size(), std::size_t{1});
    QCOMPARE(replies[0].entries.at(0).digest, reply);
    QCOMPARE(replies[0].n, SequenceNumber(1));
}

// E5: f faulty agreement replicas feed an uncommitted order.
void CoreTest::fewerThanAWeakQuorumOfOrdersIsIgnored() {
    Active e;
    e.order(1, add(1), {3});
    e.order(1, add(1), {3});
    QVERIFY(e.sent<message::Report>().empty());
    QCOMPARE(e.core->facts().executed, SequenceNumber(0));
    e.order_only(1, add(1), 2);
    QCOMPARE(e.sent<message::Report>().size(), std::size_t{1});
}

void CoreTest::aLyingMinorityDoesNotStandInTheWay() {
    Active e;
    e.order(1, add(1, "lie"), {4});
    e.order(1, add(1, "truth"), {1, 2});
    const auto reports = e.sent<message::Report>();
    QCOMPARE(reports.size(), std::size_t{1});
    QCOMPARE(reports[0].batch_digest, digest_of(add(1, "truth")));
    // An ORDER with another time is another ORDER (ZZ-3.4).
    e.from_agreement(4, message::Order{SequenceNumber(2), digest_of(add(2)), Timestamp(5)});
    e.order(2, add(2), {1});
    QVERIFY(e.sent<message::Report>().empty());
}

void CoreTest::nothingIsExecutedBeforeTheConfigurationIsLearnt() {
    Bench e(1);
    QVERIFY(!e.sent<message::ConfigRequest>().empty());
    e.order(1, add(1));
    QVERIFY(e.sent<message::Report>().empty());
    // Answers to another nonce, and two answers, are not enough.
    ++e.nonce;
    e.learn(first_configuration());
    --e.nonce;
    QVERIFY(!e.core->awake());
    e.learn(first_configuration());
    QVERIFY(e.core->awake());
    QCOMPARE(e.sent<message::Report>().size(), std::size_t{1});
}

// R7.
void CoreTest::missingBodiesAreFetchedFromThoseWhoOrdered() {
    Active e;
    e.order_only(1, add(1), 2);
    e.order_only(1, add(1), 3);
    e.pass(milliseconds(300));
    std::vector<PrincipalId> asked;
    for (const core::Send& s : e.sends)
        if (const auto* fetch = std::get_if<message::Fetch>(&s.message);
            fetch && fetch->what == message::FetchWhat::BatchByDigest) {
            QCOMPARE(fetch->digest, digest_of(add(1)));
            asked.insert(asked.end(), s.to.begin(), s.to.end());
        }
    QVERIFY(asked.size() >= 2);
    for (const PrincipalId& who : asked)
        QVERIFY(who.index == 2 || who.index == 3);
    QVERIFY(std::count(asked.begin(), asked.end(), asked[0]) <
            static_cast<std::ptrdiff_t>(asked.size()));
    // A body that is not the ordered one does not help; the right one does.
    e.body(1, add(1, "other"), 2);
    QVERIFY(e.sent<message::Report>().empty());
    e.body(1, add(1), 3);
    QCOMPARE(e.sent<message::Report>().size(), std::size_t{1});
}

void CoreTest::gapsAreAskedFor() {
    Active e;
    e.order(1, add(1));
    e.order(3, add(3));
    e.sends.clear();
    e.pass(milliseconds(200));
    const auto asks = e.sent<message::ExecutionStatus>();
    QCOMPARE(asks.size(), std::size_t{1});
    QCOMPARE(asks[0].mark, SequenceNumber(1));
    QVERIFY(asks[0].asks);
    e.order(2, add(2));
    QCOMPARE(e.core->facts().executed, SequenceNumber(3));
}

// K4, ZZ-2.6: numbers far above are not kept.
void CoreTest::numbersBeyondTheWindowAreDropped() {
    Active e;
    Orders orders(Faults{1}, 16);
    const message::Order far{SequenceNumber(~std::uint64_t{0}), {}, {}};
    QVERIFY(!orders.add(AgreementId(1), far));
    QVERIFY(!orders.add(AgreementId(1), message::Order{SequenceNumber(17), {}, {}}));
    QVERIFY(orders.add(AgreementId(1), message::Order{SequenceNumber(16), {}, {}}));
    orders.advance(SequenceNumber(1));
    QVERIFY(orders.add(AgreementId(1), message::Order{SequenceNumber(17), {}, {}}));
    QVERIFY(!orders.add(AgreementId(1), message::Order{SequenceNumber(1), {}, {}}));
}

// ZZ-4.2: one active replica sends the result, the other its digest.
void CoreTest::designatedReplicaAlternates() {
    Active e;
    int whole = 0;
    for (std::uint64_t n = 1; n <= 4; ++n) {
        e.order(n, batch_of({request(0, n, "add x " + std::string(100, 'a'))}));
        const auto replies = e.sent<message::Reply>();
        whole += replies.at(0).entries.at(0).whole ? 1 : 0;
        QCOMPARE(replies[0].entries[0].result.empty(), !replies[0].entries[0].whole);
    }
    QCOMPARE(whole, 2);
}

// ZZ-6.5: at most one signature for each kind, n; a false batch digest is not answered.
void CoreTest::signsOncePerNumberAndOnlyWhatItReported() {
    Active e;
    e.order(1, add(1));
    const auto reported = e.sent<message::Report>();
    e.sends.clear();
    e.from_agreement(4,
                     message::SignRequest{VoteKind::Reply, SequenceNumber(1), digest_of(add(2))});
    QVERIFY(e.sent<message::SignedReport>().empty());
    e.from_agreement(1,
                     message::SignRequest{VoteKind::Reply, SequenceNumber(1), digest_of(add(1))});
    e.from_agreement(2,
                     message::SignRequest{VoteKind::Reply, SequenceNumber(1), digest_of(add(1))});
    std::vector<Blob> frames;
    for (const core::Send& s : e.sends)
        if (std::holds_alternative<message::SignedReport>(s.message))
            frames.push_back(s.frame);
    QCOMPARE(frames.size(), std::size_t{2});
    QVERIFY(!frames[0].empty());
    QVERIFY(frames[0] == frames[1]);
    const auto signed_reports = e.sent<message::SignedReport>();
    QCOMPARE(signed_reports[0].digest, reported[0].digest);
    QVERIFY(signed_reports[0].reply_digests == reported[0].reply_digests);
    // ZZ-4.2: its REPLY goes out again with the whole result, once.
    const auto replies = e.sent<message::Reply>();
    QCOMPARE(replies.size(), std::size_t{1});
    QVERIFY(replies[0].entries.at(0).whole);
}

void CoreTest::signRequestsForTheFutureAreAnsweredWhenExecuted() {
    Active e;
    e.from_agreement(3,
                     message::SignRequest{VoteKind::Reply, SequenceNumber(1), digest_of(add(1))});
    e.from_agreement(4,
                     message::SignRequest{VoteKind::Reply, SequenceNumber(1), digest_of(add(9))});
    QVERIFY(e.sent<message::SignedReport>().empty());
    e.order(1, add(1));
    QCOMPARE(e.sent<message::SignedReport>().size(), std::size_t{1});
    // Far outside the window nothing is remembered.
    e.from_agreement(3,
                     message::SignRequest{VoteKind::Reply, SequenceNumber(~std::uint64_t{0}), {}});
    e.from_agreement(3, message::SignRequest{VoteKind::Checkpoint, SequenceNumber(3), {}});
    QVERIFY(e.sent<message::SignedReport>().empty());
}

void CoreTest::budgetEndsAnswersToOneAsker() {
    Active e;
    e.order(1, add(1));
    e.sends.clear();
    const message::SignRequest ask{VoteKind::Reply, SequenceNumber(1), digest_of(add(1))};
    for (int i = 0; i < 500; ++i)
        e.from_agreement(4, ask);
    const std::size_t answers = e.sent<message::SignedReport>().size();
    QVERIFY2(answers <= cluster::Limits().evidence_budget, qPrintable(QString::number(answers)));
    for (int i = 0; i < 500; ++i)
        e.from_agreement(1, ask); // A second asker is served, once in a heartbeat.
    QCOMPARE(e.sent<message::SignedReport>().size(), std::size_t{1});
    e.pass(cluster::Limits().heartbeat);
    e.sent<message::SignedReport>();
    e.from_agreement(1, ask);
    QCOMPARE(e.sent<message::SignedReport>().size(), std::size_t{1});
}

// ZZ-5.2: every C, to agreement and the other awake replica.
void CoreTest::checkpointsAreSigned() {
    Active e;
    e.run_to(8);
    std::vector<message::SignedReport> checkpoints;
    for (const core::Send& s : e.sends)
        if (const auto* m = std::get_if<message::SignedReport>(&s.message)) {
            checkpoints.push_back(*m);
            QCOMPARE(s.to.size(), std::size_t{5});
            QVERIFY(!s.frame.empty());
        }
    QCOMPARE(checkpoints.size(), std::size_t{2});
    QCOMPARE(checkpoints[0].n, SequenceNumber(4));
    QCOMPARE(checkpoints[0].batch_digest, digest_of(add(4)));
    QVERIFY(checkpoints[0].digest != checkpoints[1].digest);
    QVERIFY(checkpoints[0].vote == VoteKind::Checkpoint);
}

void CoreTest::reportsAreSentAgainAboveTheSettledMark() {
    Active e;
    e.run_to(3);
    e.sends.clear();
    e.from_agreement(2, message::ExecutionStatus{SequenceNumber(1), SequenceNumber(0), true});
    const auto reports = e.sent<message::Report>();
    QCOMPARE(reports.size(), std::size_t{2});
    QCOMPARE(reports[0].n, SequenceNumber(2));
    e.from_agreement(2, message::ExecutionStatus{SequenceNumber(1), SequenceNumber(0), false});
    QVERIFY(e.sent<message::Report>().empty());
    // One agreement replica cannot make it talk without end.
    for (int i = 0; i < 1000; ++i)
        e.from_agreement(2, message::ExecutionStatus{SequenceNumber(0), SequenceNumber(0), true});
    QVERIFY(e.sent<message::Report>().size() <= kReportBudget);
}

// ZZ-4.3: from the reply cache; below h with the path to the stable checkpoint.
void CoreTest::clientsThatAskAgainGetWholeResults() {
    Active e;
    e.run_to(4);
    const Digest root = e.sent<message::SignedReport>().at(0).digest;
    e.sends.clear();
    const PrincipalId client = principal(ClientId(1));
    e.from(client, message::RequestAgain{{{LaneId(0), RequestNumber(4)}}});
    const auto replies = e.sent<message::Reply>();
    QCOMPARE(text(replies.at(0).entries.at(0).result), std::string("aaaa"));
    QVERIFY(e.sent<message::ReplyProof>().empty());
    e.stable(4, root);
    e.from(client,
           message::RequestAgain{{{LaneId(0), RequestNumber(4)}, {LaneId(0), RequestNumber(3)}}});
    const auto proofs = e.sent<message::ReplyProof>();
    QCOMPARE(proofs.size(), std::size_t{1});
    const auto entry = read_reply_proof(root, proofs[0].nodes, ClientId(1), LaneId(0));
    QVERIFY(entry && text_of(entry->result) == "aaaa");
    // Another client does not get it.
    e.sends.clear();
    e.from(principal(ClientId(2)), message::RequestAgain{{{LaneId(0), RequestNumber(4)}}});
    QVERIFY(e.sent<message::Reply>().empty());
}

// ZZ-4.6: nothing by a removed incarnation counts, so it says nothing.
void CoreTest::convictedReplicaFallsSilent() {
    Active e;
    e.run_to(1);
    message::Config config = first_configuration();
    config.number = ConfigurationNumber(1);
    config.members[0].state = message::MemberState::Convicted;
    e.from_agreement(1, config); // One alone is not believed.
    QVERIFY(e.core->awake());
    e.from_agreement(2, config);
    QVERIFY(!e.core->awake());
    e.sends.clear();
    e.order(2, add(2));
    QVERIFY(e.sent<message::Report>().empty());
}

} // namespace zz::execution::testing

QTEST_APPLESS_MAIN(zz::execution::testing::CoreTest)
#include "core_test.moc"
