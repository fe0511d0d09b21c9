// SPDX-License-Identifier: Apache-2.0
// ZZ-6.6, policy `matrix`: which COLUMNs of one number prove a wake-up, and whom they name.
#include <QTest>

#include "protocol/auth/digests.h"
#include "protocol/proof/wake_up.h"

namespace zz::proof {
namespace {

message::Config config_of(const Faults& faults) {
    message::Config config;
    for (std::uint32_t s = 1; s <= faults.execution_slots(); ++s)
        config.members.push_back({SlotId(s),
                                  Incarnation(0),
                                  s <= faults.active_replicas() ? message::MemberState::Active
                                                                : message::MemberState::Asleep,
                                  {},
                                  {}});
    return config;
}

Digest value_of(char letter) {
    return auth::reply_digest(view_of(std::string(1, letter)));
}

// One letter an entry, '-' missing, '?' pending; columns in the order of A1, A2, ...
message::WakeUpProof proof_of(std::initializer_list<std::string_view> columns) {
    message::WakeUpProof proof;
    std::uint32_t sender = 0;
    for (const std::string_view text : columns) {
        message::Column column{Epoch(0), VoteKind::Reply, SequenceNumber(3), 1, {}};
        for (std::uint32_t s = 1; s <= text.size(); ++s) {
            const char letter = text[s - 1];
            const auto state = letter == '-'   ? message::EntryState::Missing
                               : letter == '?' ? message::EntryState::Pending
                                               : message::EntryState::Value;
            const bool value = state == message::EntryState::Value;
            column.entries.push_back(
                {SlotId(s), Incarnation(0), state, value ? value_of(letter) : Digest{}});
        }
        proof.columns.push_back({Blob(), column, principal(AgreementId(++sender))});
    }
    return proof;
}

bool proves(const message::WakeUpProof& proof,
            cluster::WakeupPolicy policy = cluster::WakeupPolicy::Matrix) {
    return proves_wake_up(proof, config_of(Faults{1}), Faults{1}, policy);
}

} // namespace

class WakeUpTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // ZZ-6.4: blocking with four columns, also with three of which none matches.
    void blocking_columns_prove() {
        QVERIFY(proves(proof_of({"PP", "QP", "QP", "QQ"})));
        QVERIFY(proves(proof_of({"PQ", "QP", "Q-"})));
        QVERIFY(!proves(proof_of({"PP", "QP", "QP", "QQ"}), cluster::WakeupPolicy::Evidence));
    }
    void others_do_not() {
        QVERIFY(!proves(proof_of({"QP", "QQ", "QQ", "QQ"}))); // Non-blocking.
        QVERIFY(!proves(proof_of({"PQ", "QP"})));             // Fewer than 2f+1.
        QVERIFY(!proves(proof_of({"PQ", "QP", "Q?"})));       // One is not in.
        QVERIFY(!proves(proof_of({"PP", "QP", "QP"})));       // A4 may still match on P.
    }
    // A row of a woken replica does not undo what the actives show.
    void woken_rows_are_left_out() { QVERIFY(proves(proof_of({"PQ?", "QPP", "QP?"}))); }
    void one_thing_one_sender_one_epoch() {
        message::WakeUpProof proof = proof_of({"PQ", "QP", "Q-"});
        proof.columns[2].signer = proof.columns[1].signer;
        QVERIFY(!proves(proof));
        proof = proof_of({"PQ", "QP", "Q-"});
        proof.columns[1].value.n = SequenceNumber(4);
        QVERIFY(!proves(proof));
        proof = proof_of({"PQ", "QP", "Q-"});
        proof.columns[1].value.vote = VoteKind::Checkpoint;
        QVERIFY(!proves(proof));
        proof = proof_of({"PQ", "QP", "Q-"});
        proof.columns[0].value.epoch = Epoch(1);
        QVERIFY(!proves(proof));
        proof = proof_of({"PQ", "QP", "Q-"});
        proof.epoch = Epoch(1);
        QVERIFY(!proves(proof));
        proof = proof_of({"PQ", "QP", "Q-"});
        proof.no_signs.emplace_back();
        QVERIFY(!proves(proof)); // Exactly one list is used.
    }
    // An active with f+1 entries other than V is named; a woken replica never is.
    void columns_name() {
        const Columns columns = columns_of(proof_of({"PPQ", "QPQ", "-PQ", "PQ-"}));
        const auto named =
            named_by_columns(columns, value_of('P'), config_of(Faults{1}), Faults{1});
        QCOMPARE(named.size(), 1UL);
        QCOMPARE(named[0].slot.value, 1U);
        QCOMPARE(named_by_columns(columns, value_of('X'), config_of(Faults{1}), Faults{1}).size(),
                 2UL);
    }
    // Rows beyond 2f+1 (mode `base`) or f = 0 have no matrix: nothing is proved, nothing stops.
    void shapes_without_a_matrix() {
        message::Config config = config_of(Faults{1});
        for (auto& member : config.members)
            member.state = message::MemberState::Active;
        config.members.push_back({SlotId(4), Incarnation(0), message::MemberState::Active, {}, {}});
        const Columns columns = columns_of(proof_of({"PQPQ", "PQPQ", "PQPQ", "PQPQ"}));
        QVERIFY(!columns_block(columns, config, Faults{1}));
        QVERIFY(named_by_columns(columns, value_of('P'), config, Faults{1}).empty());
        QVERIFY(!columns_block(columns, config_of(Faults{0}), Faults{0}));
    }
};

} // namespace zz::proof

QTEST_APPLESS_MAIN(zz::proof::WakeUpTest)
#include "wake_up_test.moc"
