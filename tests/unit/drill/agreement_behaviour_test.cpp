// SPDX-License-Identifier: Apache-2.0
// ZZ-10.1, ZZ-10.2: what each behaviour of an agreement replica or a client changes, and that it
// changes nothing else.
#include <QtTest>

#include "protocol/wire/codec.h"
#include "tests/unit/drill/behaviour_support.h"

namespace zz::drill::test {
namespace {

using message::EntryState;

// A4 of the talk's blocking matrix (ZZ-6.4): E1 = P Q Q Q, E2 = P P P Q, P is true.
Order matrix_order() {
    Order order = order_of("matrix", orderer(4));
    order.claims = {{SlotId(1), Saying::lie(1)}, {SlotId(2), Saying::lie(1)}};
    order.liars = {SlotId(1)};
    return order;
}

template <class T> const T& as(const core::Send& send) {
    return std::get<T>(send.message);
}

message::ColumnEntry entry(std::uint32_t slot, const Digest& digest) {
    return {SlotId(slot), Incarnation(0), EntryState::Value, digest};
}
message::Column column_of(SequenceNumber n, std::vector<message::ColumnEntry> entries,
                          VoteKind vote = VoteKind::Reply) {
    return {Epoch(2), vote, n, 1, std::move(entries)};
}

message::Report wrong_report(const execution::Executed& done, std::uint32_t k) {
    message::Report report = report_of(done);
    report.digest = truth_of(done).wrong(k);
    report.reply_digests = wrong_replies(report.reply_digests, k);
    return report;
}

message::PrePrepare proposal_of(SequenceNumber n, Timestamp proposed) {
    message::Batch batch = batch_of(executed(n));
    batch.proposed = proposed;
    message::PrePrepare out{View(0), n, {}, wire::content_of(std::move(batch))};
    out.batch_digest = auth::batch_digest(out.batch.encoded.view());
    return out;
}

void hear(Behaviour& liar, std::uint32_t slot, const message::Message& m) {
    QVERIFY(liar.admits(kStart, from(executor(slot), m)));
}

// The batch's body and both REPORTs as A4 gets them.
void hear_all(Behaviour& liar, const execution::Executed& done) {
    liar.admits(kStart, from(orderer(1), message::BatchBody{done.n, done.batch_digest, true,
                                                            wire::content_of(batch_of(done))}));
    hear(liar, 1, wrong_report(done, 1));
    hear(liar, 2, report_of(done));
}

} // namespace

class AgreementBehaviourTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void matrix_claims_the_drawn_column_and_its_match();
    void matrix_claims_the_digest_that_lying_replicas_send();
    void matrix_waits_until_the_truth_is_known();
    void matrix_sends_no_match_for_a_column_that_matches_nothing();
    void matrix_claims_missing_and_leaves_other_rows();
    void matrix_touches_one_number_only();
    void matrix_ends_when_more_than_one_replica_is_beyond();
    void lie_reports_changes_columns_and_matches();
    void lie_reports_sends_false_columns_unasked();
    void equivocate_sends_two_batches_to_two_halves();
    void censor_keeps_one_clients_bundles_away();
    void flood_demands_repeats_false_evidence();
    void false_accuse_accuses_the_right_ones();
    void one_reporter_alone_causes_nothing();
    void clients_forge_replay_and_flood();
};

void AgreementBehaviourTest::matrix_claims_the_drawn_column_and_its_match() {
    const auto liar = play(matrix_order());
    const execution::Executed done = executed(kN);
    hear_all(*liar, done);
    const Digest wrong = truth_of(done).wrong(1);
    const message::Accuse accuse{VoteKind::Reply, kN, SlotId(1), Incarnation(0)};
    const auto out = passed(
        *liar,
        {send_of(all_agreement(), column_of(kN, {entry(1, wrong), entry(2, done.digest)}), true),
         send_of({orderer(1)}, message::Match{VoteKind::Reply, kN, done.digest}, true),
         send_of(all_agreement(), accuse, true)});
    QCOMPARE(out.size(), std::size_t(3));
    QVERIFY(as<message::Column>(out[0]) == column_of(kN, {entry(1, wrong), entry(2, wrong)}));
    QVERIFY(as<message::Match>(out[1]).digest == wrong);
    QVERIFY(out[0].frame.empty() && out[1].frame.empty());
    // Nothing else out of role.
    QVERIFY(as<message::Accuse>(out[2]) == accuse);
    QVERIFY(!out[2].frame.empty());

    // Whoever asks is told what the claimed column matches, even if the core is not settled.
    message::MatchRequest request;
    request.numbers = {kN};
    liar->admits(kStart, from(orderer(2), request));
    const auto answered = passed(*liar, {});
    QCOMPARE(answered.size(), std::size_t(1));
    QCOMPARE(answered[0].to, std::vector{orderer(2)});
    QVERIFY(as<message::Match>(answered[0]) == (message::Match{VoteKind::Reply, kN, wrong}));
    QVERIFY(passed(*liar, {}).empty());
}

// The same "Q" in E1's REPORTs and in A4's COLUMN, though A4 was not told what Q is.
void AgreementBehaviourTest::matrix_claims_the_digest_that_lying_replicas_send() {
    Order execution_order = order_of("matrix", executor(1));
    execution_order.sends.assign(4, Saying::lie(3));
    const auto liar = play(execution_order);
    const execution::Executed done = executed(kN);
    altered(*liar, done);
    const auto told = passed(*liar, {send_of(all_agreement(), report_of(done))});

    Order order = matrix_order();
    order.claims = {{SlotId(2), Saying::lie(3)}};
    const auto claimer = play(order);
    hear_all(*claimer, done);
    const auto out =
        passed(*claimer, {send_of(all_agreement(), column_of(kN, {entry(2, done.digest)}), true)});
    QVERIFY(as<message::Column>(out.at(0)).entries[0].digest ==
            as<message::Report>(told.at(0)).digest);
}

void AgreementBehaviourTest::matrix_waits_until_the_truth_is_known() {
    const auto liar = play(matrix_order());
    const execution::Executed done = executed(kN);
    hear(*liar, 1, wrong_report(done, 1));
    const auto column =
        send_of(all_agreement(),
                column_of(kN, {entry(1, truth_of(done).wrong(1)),
                               {SlotId(2), Incarnation(0), EntryState::Missing, {}}}),
                true);
    QVERIFY(passed(*liar, {column}).empty());
    hear(*liar, 2, report_of(done));
    QCOMPARE(passed(*liar, {column}).size(), std::size_t(1));
}

void AgreementBehaviourTest::matrix_sends_no_match_for_a_column_that_matches_nothing() {
    Order order = matrix_order();
    order.claims = {{SlotId(1), Saying::lie(1)}, {SlotId(2), Saying::truth()}};
    const auto liar = play(order);
    const execution::Executed done = executed(kN);
    hear_all(*liar, done);
    const auto match = [&](SequenceNumber n, VoteKind vote) {
        return send_of({orderer(1)}, message::Match{vote, n, done.digest}, true);
    };
    const auto out = passed(*liar, {match(kN, VoteKind::Reply), match(kN, VoteKind::Checkpoint),
                                    match(kN - 1, VoteKind::Reply)});
    QCOMPARE(out.size(), std::size_t(2));
    QVERIFY(as<message::Match>(out[0]).vote == VoteKind::Checkpoint);
    QVERIFY(as<message::Match>(out[1]).n == kN - 1);
    QVERIFY(!out[0].frame.empty() && !out[1].frame.empty());
}

void AgreementBehaviourTest::matrix_claims_missing_and_leaves_other_rows() {
    Order order = matrix_order();
    order.claims = {{SlotId(1), Saying::nothing()}, {SlotId(2), Saying::truth()}};
    const auto liar = play(order);
    const execution::Executed done = executed(kN);
    hear_all(*liar, done);
    const Digest odd = digest_of("odd");
    const auto out = passed(
        *liar, {send_of(all_agreement(),
                        column_of(kN, {entry(1, odd), entry(2, odd), entry(3, odd)}), true)});
    const auto& entries = as<message::Column>(out.at(0)).entries;
    QVERIFY(entries[0].state == EntryState::Missing && entries[0].digest == Digest{});
    QVERIFY(entries[1] == entry(2, done.digest));
    QVERIFY(entries[2] == entry(3, odd));
}

void AgreementBehaviourTest::matrix_touches_one_number_only() {
    const auto liar = play(matrix_order());
    hear_all(*liar, executed(kN + 1));
    message::Report empty = report_of(executed(kN));
    empty.reply_digests.clear();
    hear(*liar, 2, empty);
    hear_all(*liar, executed(kN - 1));
    QVERIFY(liar->number() == kN + 1);
    // A REPORT that was overtaken: the lowest number counts, as at those who execute.
    hear_all(*liar, executed(kN));
    QVERIFY(liar->number() == kN);
    const Digest any = digest_of("any");
    for (const auto& column : {column_of(kN + 1, {entry(1, any)}),
                               column_of(kN, {entry(1, any)}, VoteKind::Checkpoint)}) {
        const auto out = passed(*liar, {send_of(all_agreement(), column, true)});
        QVERIFY(as<message::Column>(out.at(0)) == column);
        QVERIFY(!out[0].frame.empty());
    }
}

void AgreementBehaviourTest::matrix_ends_when_more_than_one_replica_is_beyond() {
    const auto liar = play(matrix_order());
    hear_all(*liar, executed(kN));
    hear(*liar, 1, report_of(executed(kN + 9999)));
    QVERIFY(!liar->finished());
    hear(*liar, 2, report_of(executed(kN + 255)));
    QVERIFY(!liar->finished());
    hear(*liar, 2, report_of(executed(kN + 256)));
    QVERIFY(liar->finished());
}

void AgreementBehaviourTest::lie_reports_changes_columns_and_matches() {
    Order order = order_of("lie-reports", orderer(2));
    const auto liar = play(order);
    const Digest d = digest_of("d");
    const auto early = column_of(kN - 1, {entry(1, d)});
    const auto out = passed(
        *liar,
        {send_of(all_agreement(),
                 column_of(kN, {{SlotId(1), Incarnation(0), EntryState::Missing, {}}, entry(2, d)}),
                 true),
         send_of({orderer(1)}, message::Match{VoteKind::Reply, kN, d}, true),
         send_of(all_agreement(), early, true)});
    QCOMPARE(out.size(), std::size_t(3));
    const auto& told = as<message::Column>(out[0]);
    QVERIFY(told.entries[0] == entry(1, wrong_digest(d, 1)));
    QVERIFY(told.entries[1] == entry(2, wrong_digest(d, 1)));
    QVERIFY(as<message::Match>(out[1]).digest == wrong_digest(d, 1));
    QVERIFY(out[0].frame.empty() && out[1].frame.empty());
    QVERIFY(as<message::Column>(out[2]) == early && !out[2].frame.empty());
}

void AgreementBehaviourTest::lie_reports_sends_false_columns_unasked() {
    Order order = order_of("lie-reports", orderer(2));
    order.epoch = Epoch(5);
    const auto liar = play(order);
    const execution::Executed done = executed(kN);
    hear(*liar, 1, report_of(done));
    hear(*liar, 2, report_of(done));
    const auto out = passed(*liar, {});
    QCOMPARE(out.size(), std::size_t(1));
    QCOMPARE(out[0].to,
             (std::vector{orderer(1), orderer(3), orderer(4), controller_of(HostId(3))}));
    const auto& column = as<message::Column>(out[0]);
    QVERIFY(column.epoch == Epoch(5) && column.n == kN);
    QCOMPARE(column.entries.size(), std::size_t(2));
    QVERIFY(column.entries[0].digest == wrong_digest(done.digest, 1));
    QVERIFY(liar->wake_at() == kStart + order.interval);
    QVERIFY(passed(*liar, {}, kStart + order.interval).empty()); // once for each number
}

void AgreementBehaviourTest::equivocate_sends_two_batches_to_two_halves() {
    const auto liar = play(order_of("equivocate-primary", orderer(1)));
    const message::PrePrepare proposal = proposal_of(kN, Timestamp(1000));
    const std::vector backups{orderer(2), orderer(3), orderer(4)};
    const auto out = passed(*liar, {send_of(backups, proposal)});
    QCOMPARE(out.size(), std::size_t(2));
    QCOMPARE(out[0].to, std::vector{orderer(2)});
    QVERIFY(as<message::PrePrepare>(out[0]) == proposal);
    QCOMPARE(out[1].to, (std::vector{orderer(3), orderer(4)}));
    const auto& other = as<message::PrePrepare>(out[1]);
    QVERIFY(other.n == kN && other.view == View(0));
    QVERIFY(other.batch_digest != proposal.batch_digest);
    QVERIFY(other.batch_digest == auth::batch_digest(other.batch.encoded.view()));
    QVERIFY(other.batch.batch.bundles == proposal.batch.batch.bundles);
    // Asked again, it says the same to each.
    QVERIFY(as<message::PrePrepare>(passed(*liar, {send_of({orderer(2)}, proposal)}).at(0)) ==
            proposal);
    QVERIFY(as<message::PrePrepare>(passed(*liar, {send_of({orderer(4)}, proposal)}).at(0)) ==
            other);
    // Neither earlier numbers nor the null batch of a new view.
    for (const auto& left : {proposal_of(kN - 1, Timestamp(1000)), proposal_of(kN, Timestamp(0))}) {
        const auto same = passed(*liar, {send_of(backups, left)});
        QCOMPARE(same.size(), std::size_t(1));
        QVERIFY(as<message::PrePrepare>(same[0]) == left);
    }
}

void AgreementBehaviourTest::censor_keeps_one_clients_bundles_away() {
    Order order = order_of("censor-primary", orderer(1));
    order.client = ClientId(2);
    const auto liar = play(order);
    message::Bundle bundle;
    bundle.client = ClientId(2);
    QVERIFY(!liar->admits(kStart, from(principal(ClientId(2)), bundle)));
    QVERIFY(!liar->admits(kStart, from(orderer(3), bundle)));
    bundle.client = ClientId(1);
    QVERIFY(liar->admits(kStart, from(principal(ClientId(1)), bundle)));
    QVERIFY(liar->admits(kStart, from(executor(1), report_of(executed(kN)))));
}

void AgreementBehaviourTest::flood_demands_repeats_false_evidence() {
    const auto liar = play(order_of("flood-demands", orderer(3)));
    const execution::Executed done = executed(kN);
    hear(*liar, 1, report_of(done));
    hear(*liar, 2, report_of(done));
    QCOMPARE(passed(*liar, {}).size(), std::size_t(2));
    message::SignedReport root = signed_of(done);
    root.vote = VoteKind::Checkpoint;
    hear(*liar, 1, root);
    hear(*liar, 2, root);
    QVERIFY(passed(*liar, {}, kStart + milliseconds(999)).empty());
    const auto out = passed(*liar, {}, kStart + milliseconds(1000));
    QCOMPARE(out.size(), std::size_t(3));
    QVERIFY(as<message::NoSign>(out[0]).slot == SlotId(1));
    QVERIFY(as<message::NoSign>(out[1]).slot == SlotId(2));
    QVERIFY(as<message::Demand>(out[2]).vote == VoteKind::Checkpoint);
    QVERIFY(as<message::Demand>(out[2]).first.signer == executor(1));
}

void AgreementBehaviourTest::false_accuse_accuses_the_right_ones() {
    const auto liar = play(order_of("false-accuse", orderer(3)));
    hear(*liar, 1, report_of(executed(kN)));
    hear(*liar, 2, report_of(executed(kN)));
    const auto own = send_of(all_agreement(), message::Match{VoteKind::Reply, kN, {}}, true);
    const auto out = passed(*liar, {own});
    QCOMPARE(out.size(), std::size_t(3));
    QVERIFY(!out[0].frame.empty());
    QVERIFY(as<message::Accuse>(out[1]) ==
            (message::Accuse{VoteKind::Reply, kN, SlotId(1), Incarnation(0)}));
    QCOMPARE(out[1].to, (std::vector{orderer(1), orderer(2), orderer(4)}));
    QVERIFY(as<message::Accuse>(out[2]).slot == SlotId(2));
}

// A faulty execution replica's huge number neither moves a drill nor makes it grow.
void AgreementBehaviourTest::one_reporter_alone_causes_nothing() {
    const auto liar = play(order_of("false-accuse", orderer(3)));
    for (std::uint64_t n = 1; n < 1000; ++n)
        hear(*liar, 1, report_of(executed(kN + 1'000'000 * n)));
    QVERIFY(passed(*liar, {}).empty());
    hear(*liar, 2, report_of(executed(kN - 1)));
    hear(*liar, 3, report_of(executed(kN - 1)));
    QVERIFY(passed(*liar, {}, kStart + seconds(2)).empty()); // below from_n
}

void AgreementBehaviourTest::clients_forge_replay_and_flood() {
    message::Bundle bundle;
    bundle.client = ClientId(1);
    const auto send = send_of({orderer(1)}, bundle);
    const auto again = send_of({executor(1)}, message::RequestAgain{});

    const auto forger = play(order_of("bad-signature", principal(ClientId(1))));
    const auto forged = passed(*forger, {send, again});
    QVERIFY(as<message::Bundle>(forged.at(0)).signature != bundle.signature);
    QVERIFY(as<message::RequestAgain>(forged.at(1)) == message::RequestAgain{});

    const auto replayer = play(order_of("replay", principal(ClientId(1))));
    QCOMPARE(passed(*replayer, {send, again}).size(), std::size_t(2));
    QCOMPARE(passed(*replayer, {}, kStart + seconds(1)).size(), std::size_t(1));
    QVERIFY(passed(*replayer, {}, kStart + milliseconds(1500)).empty());

    Order order = order_of("flood", principal(ClientId(1)));
    order.copies = 7;
    const auto flooder = play(order);
    const auto flood = passed(*flooder, {send, again});
    QCOMPARE(flood.size(), std::size_t(8));
    QCOMPARE(flood[0].to, all_agreement());
}

} // namespace zz::drill::test

QTEST_APPLESS_MAIN(zz::drill::test::AgreementBehaviourTest)
#include "agreement_behaviour_test.moc"
