// SPDX-License-Identifier: Apache-2.0
// ZZ-10.1, ZZ-10.2: what each behaviour of an execution replica changes, and that it changes
// nothing else.
#include <QtTest>

#include "protocol/auth/opener.h"
#include "tests/unit/drill/behaviour_support.h"

namespace zz::drill::test {

namespace {

Order matrix_order() {
    Order order = order_of("matrix", executor(1));
    order.sends = {Saying::truth(), Saying::lie(1), Saying::nothing(), Saying::lie(1)};
    order.reply = Saying::lie(1);
    order.signs = Saying::lie(2);
    return order;
}

template <class T> const T& as(const core::Send& send) {
    return std::get<T>(send.message);
}

// A wrong REPORT hashes to its digest like a right one: whoever checks sees nothing.
bool consistent(const execution::Executed& truth, const std::vector<Digest>& replies,
                const Digest& digest) {
    return report_root(truth_of(truth).requests, replies) == digest;
}

} // namespace

class ExecutionBehaviourTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void matrix_tells_each_receiver_what_was_drawn();
    void matrix_tells_one_asker_the_same_again();
    void matrix_touches_one_number_with_replies();
    void matrix_signs_what_was_ordered();
    void matrix_replies_what_it_sent_to_most();
    void matrix_ends_a_window_later_or_when_it_missed_its_number();
    void wrong_reply_is_one_lie_everywhere();
    void wrong_checkpoint_changes_checkpoints_only();
    void corrupt_state_lasts_until_the_state_is_installed();
    void refuse_sign_drops_signed_replies_only();
    void sign_two_sends_two_unequal_signatures();
    void silent_crash_and_slow();
    void what_is_changed_can_be_sealed_and_verified();
};

void ExecutionBehaviourTest::matrix_tells_each_receiver_what_was_drawn() {
    const auto liar = play(matrix_order());
    const execution::Executed done = executed(kN);
    altered(*liar, done);
    const auto out = passed(*liar, {send_of(all_agreement(), report_of(done))});
    QCOMPARE(out.size(), std::size_t(2));
    QCOMPARE(out[0].to, std::vector{orderer(1)});
    QVERIFY(as<message::Report>(out[0]) == report_of(done));
    QCOMPARE(out[1].to, (std::vector{orderer(2), orderer(4)}));
    const auto& wrong = as<message::Report>(out[1]);
    QVERIFY(wrong.digest != done.digest);
    QVERIFY(wrong.digest == truth_of(done).wrong(1));
    QVERIFY(consistent(done, wrong.reply_digests, wrong.digest));
    QVERIFY(wrong.n == kN && wrong.batch_digest == done.batch_digest);
    QVERIFY(out[0].after == RecordIndex(3) && out[1].after == RecordIndex(3));
}

void ExecutionBehaviourTest::matrix_tells_one_asker_the_same_again() {
    const auto liar = play(matrix_order());
    const execution::Executed done = executed(kN);
    altered(*liar, done);
    for (int again = 0; again < 2; ++again) {
        const auto to_a4 = passed(*liar, {send_of({orderer(4)}, report_of(done))});
        QCOMPARE(to_a4.size(), std::size_t(1));
        QVERIFY(as<message::Report>(to_a4[0]).digest == truth_of(done).wrong(1));
        QVERIFY(passed(*liar, {send_of({orderer(3)}, report_of(done))}).empty());
    }
}

// Liars of one drill take the first number from from_n on that has replies, whatever they saw
// before.
void ExecutionBehaviourTest::matrix_touches_one_number_with_replies() {
    const auto liar = play(matrix_order());
    altered(*liar, executed(kN - 1));
    execution::Executed empty{kN, digest_of("empty"), digest_of("none"), {}};
    altered(*liar, empty);
    QVERIFY(!liar->number());
    const execution::Executed done = executed(kN + 1);
    altered(*liar, done);
    QVERIFY(liar->number() == kN + 1);
    altered(*liar, executed(kN + 2));
    for (const SequenceNumber other : {kN - 1, kN, kN + 2}) {
        const auto out = passed(*liar, {send_of(all_agreement(), report_of(executed(other)))});
        QCOMPARE(out.size(), std::size_t(1));
        QVERIFY(as<message::Report>(out[0]) == report_of(executed(other)));
        QCOMPARE(out[0].to, all_agreement());
    }
    QCOMPARE(passed(*liar, {send_of(all_agreement(), report_of(done))}).size(), std::size_t(2));
}

void ExecutionBehaviourTest::matrix_signs_what_was_ordered() {
    const execution::Executed done = executed(kN);
    auto liar = play(matrix_order());
    altered(*liar, done);
    message::SignedReport root = signed_of(done);
    root.vote = VoteKind::Checkpoint;
    const auto out = passed(
        *liar, {send_of({orderer(2)}, signed_of(done), true), send_of({orderer(2)}, root, true)});
    QCOMPARE(out.size(), std::size_t(2));
    QVERIFY(as<message::SignedReport>(out[0]).digest == truth_of(done).wrong(2));
    QVERIFY(consistent(done, as<message::SignedReport>(out[0]).reply_digests,
                       as<message::SignedReport>(out[0]).digest));
    QVERIFY(out[0].frame.empty());
    // Checkpoints are left alone, with the core's own signature.
    QVERIFY(as<message::SignedReport>(out[1]) == root);
    QVERIFY(!out[1].frame.empty());

    Order refuses = matrix_order();
    refuses.signs = Saying::nothing();
    liar = play(refuses);
    altered(*liar, done);
    QVERIFY(passed(*liar, {send_of({orderer(2)}, signed_of(done), true)}).empty());
    Order honest = matrix_order();
    honest.signs = Saying::truth();
    liar = play(honest);
    altered(*liar, done);
    const auto right = passed(*liar, {send_of({orderer(2)}, signed_of(done), true)});
    QVERIFY(as<message::SignedReport>(right.at(0)) == signed_of(done));
    QVERIFY(!right[0].frame.empty());
}

void ExecutionBehaviourTest::matrix_replies_what_it_sent_to_most() {
    const auto liar = play(matrix_order());
    const execution::Executed done = executed(kN);
    altered(*liar, done);
    message::Reply reply = reply_of(done, ClientId(1));
    reply.entries[1].whole = false;
    reply.entries[1].result = Blob();
    const auto out =
        passed(*liar, {send_of({principal(ClientId(1))}, reply),
                       send_of({principal(ClientId(1))},
                               message::ReplyProof{LaneId(5), RequestNumber(9), {}, {}}),
                       send_of({principal(ClientId(1))},
                               message::ReplyProof{LaneId(5), RequestNumber(8), {}, {}})});
    // The path of that very reply would show the truth; another one's does not.
    QCOMPARE(out.size(), std::size_t(2));
    QVERIFY(as<message::ReplyProof>(out[1]).number == RequestNumber(8));
    const auto& told = as<message::Reply>(out[0]);
    QVERIFY(told.entries[0].digest != reply.entries[0].digest);
    QVERIFY(auth::reply_digest(told.entries[0].result.view()) == told.entries[0].digest);
    QVERIFY(told.entries[1].digest == wrong_reply(reply.entries[1].digest, 1));
    QVERIFY(!told.entries[1].whole && told.entries[1].result.empty());
    QVERIFY(told.entries[1].lane == LaneId(5));
}

void ExecutionBehaviourTest::matrix_ends_a_window_later_or_when_it_missed_its_number() {
    auto liar = play(matrix_order());
    altered(*liar, executed(kN));
    altered(*liar, executed(kN + 255));
    QVERIFY(!liar->finished());
    altered(*liar, executed(kN + 256));
    QVERIFY(liar->finished());
    liar = play(matrix_order());
    altered(*liar, execution::Installed{kN - 1, {}, true});
    QVERIFY(!liar->finished());
    altered(*liar, execution::Installed{kN + 5, {}, true});
    QVERIFY(liar->finished());
}

void ExecutionBehaviourTest::wrong_reply_is_one_lie_everywhere() {
    const auto liar = play(order_of("wrong-reply", executor(1)));
    const execution::Executed before = executed(kN - 1);
    QVERIFY(std::get<execution::Executed>(altered(*liar, before)).digest == before.digest);
    const execution::Executed done = executed(kN);
    const auto told = std::get<execution::Executed>(altered(*liar, done));
    QVERIFY(told.digest == truth_of(done).wrong(1));
    QVERIFY(consistent(done, truth_of(told).replies, told.digest));
    for (const execution::ExecutedReply& reply : told.replies)
        QVERIFY(auth::reply_digest(reply.result.view()) == reply.digest);
    QVERIFY(told.batch_digest == done.batch_digest);

    const auto& true_reply = done.replies[1];
    execution::CachedReply cached{true_reply.lane,         true_reply.number, kN,
                                  true_reply.digest,       true_reply.result, SequenceNumber(128),
                                  {Blob(bytes_of("node"))}};
    execution::CachedReply old = cached;
    old.n = kN - 1;
    const auto found = std::get<execution::RepliesFound>(
        altered(*liar, execution::RepliesFound{true_reply.client, {cached, old}}));
    QVERIFY(found.replies[0].digest == told.replies[1].digest);
    QVERIFY(found.replies[0].result == told.replies[1].result);
    QVERIFY(found.replies[0].proof.empty());
    QVERIFY(found.replies[1].digest == true_reply.digest);
    QCOMPARE(found.replies[1].proof.size(), std::size_t(1));
    const auto root = std::get<execution::CheckpointTaken>(
        altered(*liar, execution::CheckpointTaken{kN, {}, digest_of("root")}));
    QVERIFY(root.root == digest_of("root"));
}

void ExecutionBehaviourTest::wrong_checkpoint_changes_checkpoints_only() {
    const auto liar = play(order_of("wrong-checkpoint", executor(2)));
    const execution::Executed done = executed(kN);
    message::SignedReport root{VoteKind::Checkpoint, kN, ConfigurationNumber(0), digest_of("b"),
                               digest_of("root"),    {}};
    message::SignedReport early = root;
    early.n = kN - 1;
    const auto out = passed(*liar, {send_of(all_agreement(), root, true),
                                    send_of(all_agreement(), signed_of(done), true),
                                    send_of(all_agreement(), early, true)});
    QVERIFY(as<message::SignedReport>(out[0]).digest == wrong_digest(digest_of("root"), 1));
    QVERIFY(out[0].frame.empty());
    QVERIFY(as<message::SignedReport>(out[1]) == signed_of(done));
    QVERIFY(as<message::SignedReport>(out[2]) == early);
    QVERIFY(!out[1].frame.empty() && !out[2].frame.empty());
}

void ExecutionBehaviourTest::corrupt_state_lasts_until_the_state_is_installed() {
    const auto liar = play(order_of("corrupt-state", executor(2)));
    const execution::CheckpointTaken taken{kN, digest_of("b"), digest_of("root")};
    const auto root = [&] {
        return std::get<execution::CheckpointTaken>(altered(*liar, taken)).root;
    };
    QVERIFY(root() == wrong_digest(digest_of("root"), 1));
    QVERIFY(std::get<execution::Executed>(altered(*liar, executed(kN))).digest ==
            executed(kN).digest);
    QVERIFY(!liar->finished());
    altered(*liar, execution::Installed{kN, {}, true});
    QVERIFY(liar->finished());
    QVERIFY(root() == digest_of("root"));
}

void ExecutionBehaviourTest::refuse_sign_drops_signed_replies_only() {
    const auto liar = play(order_of("refuse-sign", executor(1)));
    const execution::Executed done = executed(kN);
    message::SignedReport root = signed_of(done);
    root.vote = VoteKind::Checkpoint;
    const auto out = passed(*liar, {send_of(all_agreement(), signed_of(done), true),
                                    send_of(all_agreement(), root, true),
                                    send_of(all_agreement(), report_of(done)),
                                    send_of(all_agreement(), signed_of(executed(kN - 1)), true)});
    QCOMPARE(out.size(), std::size_t(3));
    QVERIFY(as<message::SignedReport>(out[0]) == root);
    QVERIFY(as<message::Report>(out[1]) == report_of(done));
    QVERIFY(as<message::SignedReport>(out[2]).n == kN - 1);
}

void ExecutionBehaviourTest::sign_two_sends_two_unequal_signatures() {
    const auto liar = play(order_of("sign-two", executor(1)));
    const execution::Executed done = executed(kN);
    altered(*liar, done);
    const auto out = passed(*liar, {send_of(all_agreement(), report_of(done))});
    QCOMPARE(out.size(), std::size_t(3));
    QVERIFY(as<message::Report>(out[0]) == report_of(done));
    QVERIFY(as<message::SignedReport>(out[1]) == signed_of(done));
    QVERIFY(as<message::SignedReport>(out[2]).digest == truth_of(done).wrong(1));
    QCOMPARE(out[2].to, all_agreement());
    // Once unasked; when asked, both again; other numbers honestly.
    QCOMPARE(passed(*liar, {send_of({orderer(2)}, report_of(done))}).size(), std::size_t(1));
    QCOMPARE(passed(*liar, {send_of({orderer(2)}, signed_of(done), true)}).size(), std::size_t(2));
    altered(*liar, executed(kN + 1));
    QCOMPARE(passed(*liar, {send_of(all_agreement(), report_of(executed(kN + 1)))}).size(),
             std::size_t(1));
}

void ExecutionBehaviourTest::silent_crash_and_slow() {
    const core::Send send = send_of(all_agreement(), report_of(executed(kN)));
    const auto silent = play(order_of("silent", executor(1)));
    QVERIFY(passed(*silent, {send, send}).empty());
    QVERIFY(!silent->crashes());
    QVERIFY(play(order_of("crash", orderer(2)))->crashes());

    Order order = order_of("slow", executor(1));
    order.delay = milliseconds(300);
    const auto slow = play(order);
    QVERIFY(slow->wake_at() == kNever);
    QVERIFY(passed(*slow, {send}).empty());
    QVERIFY(slow->wake_at() == kStart + milliseconds(300));
    QVERIFY(passed(*slow, {send_of({orderer(1)}, report_of(executed(kN + 1)))},
                   kStart + milliseconds(299))
                .empty());
    const auto late = passed(*slow, {}, kStart + milliseconds(300));
    QCOMPARE(late.size(), std::size_t(1));
    QVERIFY(as<message::Report>(late[0]).n == kN);
    std::vector<core::Send> rest;
    slow->release(rest);
    QCOMPARE(rest.size(), std::size_t(1));
    QVERIFY(as<message::Report>(rest[0]).n == kN + 1);
}

// ZZ-2.2: a changed signed message is signed anew by the liar, and verifies as its own.
void ExecutionBehaviourTest::what_is_changed_can_be_sealed_and_verified() {
    const auto liar = play(matrix_order());
    const execution::Executed done = executed(kN);
    altered(*liar, done);
    const auto out = passed(*liar, {send_of({orderer(2)}, signed_of(done), true)});
    auth::PlainKeyring own(executor(1), kSecret), theirs(orderer(2), kSecret);
    theirs.learn(executor(1), auth::PlainKeyring::keys_of(executor(1), kSecret));
    const auto sealed =
        auth::Sealer(identity_of(executor(1)), own).seal(out.at(0).message, out[0].to);
    auth::Opener opener(identity_of(orderer(2)), theirs);
    const auth::Opened opened = opener.open(sealed.at(0).frame, executor(1));
    QVERIFY(std::holds_alternative<auth::Verified>(opened));
    QVERIFY(std::get<auth::Verified>(opened).message() == out[0].message);
}

} // namespace zz::drill::test

QTEST_APPLESS_MAIN(zz::drill::test::ExecutionBehaviourTest)
#include "execution_behaviour_test.moc"
