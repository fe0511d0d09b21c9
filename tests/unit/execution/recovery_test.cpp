// SPDX-License-Identifier: Apache-2.0
// Recovery on demand with the whole core (ZZ-7), restart (ZZ-8.1), waking and sleeping (ZZ-6.8): a
// source E1 and a replica that lacks state, agreement's part made by hand.
#include <QTest>

#include <algorithm>

#include "protocol/auth/digests.h"
#include "tests/unit/execution/core_support.h"

namespace zz::execution::testing {

namespace {

message::BatchContent set(std::uint64_t n) {
    return batch_of({request(0, n, "set key" + std::to_string(n) + " value" + std::to_string(n))});
}

// The root of the source's newest checkpoint.
Digest last_root(Bench& source) {
    const auto checkpoints = source.sent<message::SignedReport>();
    return checkpoints.empty() ? Digest{} : checkpoints.back().digest;
}

// Carries node fetches from `to` to `from` and back until there are none.
std::size_t carry(Bench& to, Bench& from) {
    std::size_t nodes = 0;
    for (int round = 0; round < 1000; ++round) {
        std::vector<message::NodeFetch> asks;
        for (auto at = to.sends.begin(); at != to.sends.end();) {
            const auto* ask = std::get_if<message::NodeFetch>(&at->message);
            if (ask && at->to == std::vector{from.self.sealer.identity().self}) {
                asks.push_back(*ask);
                at = to.sends.erase(at);
            } else {
                ++at;
            }
        }
        if (asks.empty())
            return nodes;
        for (const message::NodeFetch& ask : asks)
            from.from(to.self.sealer.identity().self, ask);
        for (const message::Nodes& answer : from.sent<message::Nodes>()) {
            nodes += answer.nodes.size();
            to.from(from.self.sealer.identity().self, answer);
        }
        to.pass(milliseconds(5));
    }
    return nodes;
}

// E1 with `n` batches executed, the last of them a stable checkpoint.
struct Source : Bench {
    Digest root;
    explicit Source(std::uint64_t n, std::uint32_t interval = 20) : Bench(1, interval) {
        learn(first_configuration());
        for (std::uint64_t i = 1; i <= n; ++i)
            order(i, set(i));
        root = last_root(*this);
        stable(n, root);
        sends.clear();
    }
};

} // namespace

class RecoveryTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void wokenReplicaReplaysReportsAndCompletes();
    void sleepsWithoutAProof();
    void proofOfAnotherEpochWakesNobody();
    void completeIsToldUntilTheEpochEnds();
    void aLogThatComesIsNotAskedForAgain();
    void aWithheldBodyOfTheLogIsFetched();
    void wokenTwiceInARowWithNothingToDropCompletes();
    void backToSleepDropsTheState();
    void stoppedReplicaTakesTheConfigurationFirst();
    void restartedReplicaGoesOnFromItsDisk();
    void restartedReplicaReportsAndSignsAllAboveTheStableCheckpoint();
    void oneThatFellBehindInstallsTheStableCheckpoint();
    void newerCheckpointDuringAnInstallIsTakenAtOnce();
    void installedCheckpointIsNotSignedAfterARestart();
    void unprovedCheckpointsAreNotInstalled();
    void wrongOwnStateIsReplaced();
    void badSourceIsLeft();
    void crashesDuringRecoveryAreHarmless();
};

void RecoveryTest::wokenReplicaReplaysReportsAndCompletes() {
    Source source(400);
    Bench woken(3, 20);
    woken.learn(first_configuration());
    QVERIFY(!woken.core->awake());
    woken.wake_up(0, 401);
    QVERIFY(woken.core->awake());
    QVERIFY(!woken.sent<message::ExecutionStatus>().empty());
    // It holds all of nothing, and says nothing about it.
    woken.pass(seconds(2));
    QVERIFY(woken.sent<message::Complete>().empty());
    woken.stable(400, source.root);
    QCOMPARE(woken.installs, std::uint64_t{1});
    const auto job = batch_of({request(1, 1, "add key7 x"), request(2, 1, "blind key300 y")});
    source.order(401, job);
    woken.order(401, job);
    carry(woken, source);
    const auto expected = source.sent<message::Report>(), got = woken.sent<message::Report>();
    QCOMPARE(got.size(), std::size_t{1});
    QVERIFY(got[0].digest == expected.at(0).digest);
    for (int i = 0; i < 50 && woken.sent<message::Complete>().empty(); ++i) {
        woken.pass(milliseconds(100));
        carry(woken, source);
    }
    QVERIFY(woken.core->facts().complete);
    QVERIFY(woken.noticed(core::NoticeKind::LogReceived));
    QVERIFY(woken.noticed(core::NoticeKind::Replayed));
    QVERIFY(woken.noticed(core::NoticeKind::FirstReport));
    QVERIFY(woken.noticed(core::NoticeKind::Completed));
    QVERIFY(woken.core->facts().bytes_fetched > 0);
}

void RecoveryTest::sleepsWithoutAProof() {
    Bench sleeper(3);
    sleeper.learn(first_configuration());
    sleeper.sends.clear();
    sleeper.order(1, set(1));
    sleeper.pass(seconds(3));
    QVERIFY(sleeper.sent<message::Report>().empty());
    QVERIFY(sleeper.sent<message::ExecutionStatus>().empty());
    QCOMPARE(sleeper.core->facts().executed, SequenceNumber(0));
}

void RecoveryTest::proofOfAnotherEpochWakesNobody() {
    Bench sleeper(3);
    sleeper.learn(first_configuration());
    sleeper.wake_up(1);
    QVERIFY(!sleeper.core->awake());
    // One NOSIGN, or two of one signer, prove nothing.
    Party a1(principal(AgreementId(1)));
    const auto no_sign =
        a1.sealer.embed(message::NoSign{{}, VoteKind::Reply, SequenceNumber(1), SlotId(1), {}});
    message::WakeUpProof proof;
    proof.no_signs = std::vector{no_sign, no_sign};
    sleeper.from_agreement(1, proof);
    QVERIFY(!sleeper.core->awake());
    // The proof of a later epoch is kept until the configuration says that it is that epoch.
    message::Config config = first_configuration();
    config.number = ConfigurationNumber(1);
    config.epoch = Epoch(1);
    sleeper.from_agreement(1, config);
    sleeper.from_agreement(2, config);
    QVERIFY(sleeper.core->awake());
}

void RecoveryTest::completeIsToldUntilTheEpochEnds() {
    Source source(20);
    source.wake_up(0, 20);
    QVERIFY(
        !source.sent<message::Complete>().empty()); // An active one holds the whole state already.
    source.pass(seconds(3));
    const auto again = source.sent<message::Complete>();
    QVERIFY(again.size() >= 2);
    QCOMPARE(again[0].epoch, Epoch(0));
    message::Config config = first_configuration();
    config.number = ConfigurationNumber(1);
    config.epoch = Epoch(1);
    source.from_agreement(1, config);
    source.from_agreement(2, config);
    source.sends.clear();
    source.pass(seconds(3));
    QVERIFY(source.sent<message::Complete>().empty());
}

// The agreement replicas send it unasked (ZZ-7.1): asked for once nothing comes any more, and after
// a while whoever goes on sending. What is not taken is no news.
void RecoveryTest::aLogThatComesIsNotAskedForAgain() {
    for (const bool endless : {false, true}) {
        Bench woken(3);
        woken.learn(first_configuration());
        woken.sends.clear();
        woken.wake_up(0, 1000); // so that the log is not whole before
        const Duration step = kNewsPatience / 2;
        std::uint64_t n = 0;
        for (Duration passed{}; passed + step < kNewsPatienceMax; passed += step) {
            ++n;
            woken.order(n, set(n));
            woken.pass(step);
            QVERIFY(woken.sent<message::ExecutionStatus>().empty());
            QVERIFY(woken.sent<message::Fetch>().empty());
        }
        for (int i = 0; i < 3; ++i) {
            ++n;
            woken.order(endless ? n : 100'000, set(n));
            woken.pass(step);
        }
        const auto asked = woken.sent<message::ExecutionStatus>();
        QCOMPARE(asked.size(), std::size_t{1});
        QVERIFY(asked.front().asks);
        QVERIFY(woken.sent<message::Fetch>().front().what == message::FetchWhat::StableProof);
    }
}

// Four streams come unequally fast; but the first body that is withheld ends the patience.
void RecoveryTest::aWithheldBodyOfTheLogIsFetched() {
    Bench woken(3);
    woken.learn(first_configuration());
    woken.wake_up(0, 4); // so that the log is received with number 4 only
    const auto orders = [&woken](std::uint64_t n) {
        for (const std::uint32_t replica : {1U, 2U, 3U, 4U})
            woken.order_only(n, set(n), replica);
    };
    const auto asked_for = [&woken](std::uint64_t n) {
        const PrincipalId server = principal(AgreementId(static_cast<std::uint32_t>(n % 4 + 1)));
        return std::any_of(woken.sends.begin(), woken.sends.end(), [&](const core::Send& send) {
            const auto* fetch = std::get_if<message::Fetch>(&send.message);
            return fetch && fetch->what == message::FetchWhat::BatchByDigest &&
                   fetch->n.value == n && send.to != std::vector{server};
        });
    };
    orders(1);
    woken.pass(kLogPatience - milliseconds(1));
    QVERIFY(!asked_for(1));
    woken.pass(milliseconds(2));
    QVERIFY(asked_for(1));
    woken.body(1, set(1), 1);
    orders(2);
    woken.pass(kBodyPatience + milliseconds(1));
    QVERIFY(asked_for(2));
}

// The second proof is here before the configuration that begins its epoch: never asleep between.
void RecoveryTest::wokenTwiceInARowWithNothingToDropCompletes() {
    Bench woken(3, 4);
    woken.learn(first_configuration());
    woken.wake_up(0);
    QVERIFY(woken.core->awake());
    woken.wake_up(1);
    message::Config config = first_configuration();
    config.number = ConfigurationNumber(1);
    config.epoch = Epoch(1);
    woken.sends.clear();
    woken.from_agreement(1, config);
    woken.from_agreement(2, config);
    QVERIFY(woken.core->awake());
    woken.pass(kNewsPatience);
    QVERIFY(!woken.sent<message::ExecutionStatus>().empty());
    woken.order(1, set(1));
    woken.pass(seconds(3));
    const auto complete = woken.sent<message::Complete>();
    QVERIFY(!complete.empty());
    QCOMPARE(complete.back().epoch, Epoch(1));
}

void RecoveryTest::backToSleepDropsTheState() {
    Bench woken(3, 4);
    woken.learn(first_configuration());
    woken.wake_up(0);
    for (std::uint64_t n = 1; n <= 9; ++n)
        woken.order(n, set(n));
    QCOMPARE(woken.core->facts().executed, SequenceNumber(9));
    QVERIFY(woken.store.size() > 0);
    message::Config config = first_configuration();
    config.number = ConfigurationNumber(1);
    config.epoch = Epoch(1);
    woken.from_agreement(1, config);
    woken.from_agreement(2, config);
    QVERIFY(!woken.core->awake());
    QCOMPARE(woken.jobs_dropped, std::uint64_t{1});
    QCOMPARE(woken.store.size(), std::size_t{0});
    QCOMPARE(woken.core->facts().executed, SequenceNumber(0));
}

// ZZ-6.8, C8: paused before it heard of the end of its epoch, resumed in a later one.
void RecoveryTest::stoppedReplicaTakesTheConfigurationFirst() {
    Bench woken(3, 4);
    woken.learn(first_configuration());
    woken.wake_up(0);
    for (std::uint64_t n = 1; n <= 5; ++n)
        woken.order(n, set(n));
    woken.sends.clear();
    woken.jump(seconds(3600));
    QVERIFY(!woken.sent<message::ConfigRequest>().empty());
    QVERIFY(!woken.core->awake());
    woken.order(6, set(6));
    QVERIFY(woken.sent<message::Report>().empty());
    message::Config config = first_configuration();
    config.number = ConfigurationNumber(2);
    config.epoch = Epoch(2);
    woken.wake_up(2);
    woken.learn(config);
    QVERIFY(woken.core->awake());
    QCOMPARE(woken.jobs_dropped, std::uint64_t{1});
    QCOMPARE(woken.core->facts().executed, SequenceNumber(0));
    // An active one that merely stalled keeps what it has.
    Source active(20);
    active.jump(seconds(60));
    active.learn(first_configuration());
    QVERIFY(active.core->awake());
    QCOMPARE(active.core->facts().executed, SequenceNumber(20));
    active.order(21, set(21));
    QCOMPARE(active.core->facts().executed, SequenceNumber(21));
}

void RecoveryTest::restartedReplicaGoesOnFromItsDisk() {
    Source source(20);
    source.order(21, set(21));
    source.sends.clear();
    source.restart();
    source.learn(first_configuration());
    QCOMPARE(source.core->facts().executed, SequenceNumber(20));
    const auto status = source.sent<message::ExecutionStatus>();
    QVERIFY(std::any_of(status.begin(), status.end(), [](const message::ExecutionStatus& s) {
        return s.asks && s.mark == SequenceNumber(20);
    }));
    source.order(21, set(21));
    QCOMPARE(source.sent<message::Report>().size(), std::size_t{1});
    QCOMPARE(source.installs, std::uint64_t{0});
}

// Simulator, seeds 14 and 39 at f = 1: replicas of both clusters were killed in turn while a number
// above h was not settled everywhere. The execution replicas began at a checkpoint above it, which
// was not stable, and could neither report nor sign that number again: it was never settled, h
// never moved, and the window stayed full.
void RecoveryTest::restartedReplicaReportsAndSignsAllAboveTheStableCheckpoint() {
    Source source(20);
    for (std::uint64_t n = 21; n <= 45; ++n)
        source.order(n, set(n));
    const auto before = source.sent<message::Report>();
    source.restart();
    source.learn(first_configuration());
    QCOMPARE(source.core->facts().executed, SequenceNumber(20));
    for (std::uint64_t n = 21; n <= 45; ++n)
        source.order(n, set(n));
    const auto again = source.sent<message::Report>();
    QCOMPARE(again.size(), std::size_t{25});
    for (const message::Report& report : again)
        QVERIFY(std::any_of(before.begin(), before.end(), [&](const message::Report& r) {
            return r.n == report.n && r.digest == report.digest;
        }));
    source.sends.clear();
    source.from_agreement(
        1, message::SignRequest{VoteKind::Reply, SequenceNumber(21), again.front().batch_digest});
    QCOMPARE(source.sent<message::SignedReport>().size(), std::size_t{1});
    QCOMPARE(source.installs, std::uint64_t{0});
}

// ZZ-7.1, R5.
void RecoveryTest::oneThatFellBehindInstallsTheStableCheckpoint() {
    Source source(40);
    Bench behind(2, 20);
    behind.learn(first_configuration());
    for (std::uint64_t n = 1; n <= 25; ++n)
        behind.order(n, set(n));
    QCOMPARE(behind.core->facts().executed, SequenceNumber(25));
    behind.stable(40, source.root);
    QCOMPARE(behind.core->facts().executed, SequenceNumber(40));
    source.order(41, set(41));
    behind.order(41, set(41));
    behind.sends.clear();
    for (int i = 0; i < 20; ++i) {
        behind.pass(milliseconds(100));
        carry(behind, source);
    }
    QVERIFY(behind.core->facts().complete);
    QCOMPARE(behind.core->facts().executed, SequenceNumber(41));
}

// A spare remembers the checkpoint of the time it went to sleep; the newer one comes while that is
// being installed, and nothing waits for a heartbeat.
void RecoveryTest::newerCheckpointDuringAnInstallIsTakenAtOnce() {
    Source source(40);
    Bench behind(2, 20);
    behind.learn(first_configuration());
    behind.during_install = [&] { behind.stable(40, source.root); };
    behind.stable(20, Digest{});
    QVERIFY(!behind.during_install);
    QCOMPARE(behind.core->facts().executed, SequenceNumber(40));
}

// A liar asks for a signature over no batch at all: with it, a correct replica would be convicted.
void RecoveryTest::installedCheckpointIsNotSignedAfterARestart() {
    Source source(40);
    Bench behind(2, 20);
    behind.learn(first_configuration());
    behind.stable(40, source.root);
    behind.restart();
    behind.learn(first_configuration());
    QCOMPARE(behind.core->facts().executed, SequenceNumber(40));
    behind.sends.clear();
    behind.from_agreement(4, message::SignRequest{VoteKind::Checkpoint, SequenceNumber(40), {}});
    QVERIFY(behind.sent<message::SignedReport>().empty());
}

// R3.
void RecoveryTest::unprovedCheckpointsAreNotInstalled() {
    Bench behind(2, 20);
    behind.learn(first_configuration());
    for (std::uint32_t i = 1; i <= 2; ++i)
        behind.from_agreement(i, message::Checkpoint{SequenceNumber(40), Digest{}, Digest{}});
    Digest other;
    other.bytes[0] = 1;
    behind.from_agreement(3, message::Checkpoint{SequenceNumber(40), other, Digest{}});
    Party a1(principal(AgreementId(1)));
    message::StableProof proof;
    proof.certificate.checkpoint = {SequenceNumber(40), Digest{}, Digest{}};
    for (int i = 0; i < 3; ++i)
        proof.certificate.signatures.push_back(a1.sealer.embed(proof.certificate.checkpoint));
    behind.from_agreement(1, proof);
    QCOMPARE(behind.installs, std::uint64_t{0});
}

// E3: whose checkpoint is not the agreed one takes the agreed one.
void RecoveryTest::wrongOwnStateIsReplaced() {
    Source source(20);
    Bench wrong(2, 20);
    wrong.learn(first_configuration());
    for (std::uint64_t n = 1; n <= 20; ++n)
        wrong.order(n, n == 7 ? batch_of({request(0, n, "set key7 other")}) : set(n));
    QVERIFY(last_root(wrong) != source.root);
    wrong.stable(20, source.root);
    QCOMPARE(wrong.installs, std::uint64_t{1});
    source.order(21, batch_of({request(4, 1, "get key7")}));
    wrong.order(21, batch_of({request(4, 1, "get key7")}));
    carry(wrong, source);
    QVERIFY(wrong.sent<message::Report>().back().digest ==
            source.sent<message::Report>().back().digest);
}

// R1, R2: one source sends wrong bytes or nothing; the other one serves.
void RecoveryTest::badSourceIsLeft() {
    Source source(100);
    Bench woken(3, 20);
    woken.learn(first_configuration());
    woken.wake_up(0);
    woken.stable(100, source.root);
    source.order(101, set(101));
    woken.order(101, set(101));
    const PrincipalId bad = principal(ExecutionId{SlotId(2), {}});
    for (int i = 0; i < 100 && woken.sent<message::Report>().empty(); ++i) {
        if (!woken.sent<message::NodeFetch>().empty() && i == 0)
            woken.from(bad, message::Nodes{{Blob(bytes_of("wrong"))}, {}});
        woken.pass(milliseconds(300));
        carry(woken, source);
    }
    QCOMPARE(woken.core->facts().executed, SequenceNumber(101));
}

// R11: killed at many points of a recovery, it always ends with the right state.
void RecoveryTest::crashesDuringRecoveryAreHarmless() {
    Source source(100);
    source.order(101, set(101));
    source.sends.clear();
    for (int point = 0; point < 12; ++point) {
        Bench woken(3, 20);
        woken.learn(first_configuration());
        woken.wake_up(0);
        woken.stable(100, source.root);
        for (int i = 0; i < point; ++i) {
            woken.pass(milliseconds(20));
            carry(woken, source);
        }
        woken.sends.clear();
        woken.restart();
        woken.wake_up(0);
        woken.learn(first_configuration());
        woken.stable(100, source.root);
        woken.order(101, set(101));
        for (int i = 0; i < 60 && !woken.core->facts().complete; ++i) {
            woken.pass(milliseconds(100));
            carry(woken, source);
        }
        QVERIFY2(woken.core->facts().complete, qPrintable(QString::number(point)));
        QCOMPARE(woken.core->facts().executed, SequenceNumber(101));
    }
}

} // namespace zz::execution::testing

QTEST_APPLESS_MAIN(zz::execution::testing::RecoveryTest)
#include "recovery_test.moc"
