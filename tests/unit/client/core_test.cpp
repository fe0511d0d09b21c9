// SPDX-License-Identifier: Apache-2.0
// The client core: bundles, retransmission, and acceptance by ZZ-4.3 (a)-(d) and by nothing else.
#include <QTest>

#include <memory>

#include "protocol/auth/bundle.h"
#include "protocol/auth/digests.h"
#include "protocol/auth/merkle.h"
#include "protocol/auth/plain_keyring.h"
#include "protocol/client/core.h"

namespace zz::client {

namespace {

inline constexpr std::uint64_t kSecret = 5;

struct Party {
    explicit Party(PrincipalId id)
        : keyring(id, kSecret),
          sealer({{}, ApplicationId(0), Generation(0), id, Faults{1}}, keyring) {}
    Party(const Party&) = delete;
    auth::PlainKeyring keyring;
    auth::Sealer sealer;
};

ExecutionId e(std::uint32_t slot, std::uint32_t incarnation = 0) {
    return {SlotId(slot), Incarnation(incarnation)};
}

message::Config configuration() {
    message::Config config;
    for (std::uint32_t slot = 1; slot <= 3; ++slot) {
        const PublicKeys keys = auth::PlainKeyring::keys_of(principal(e(slot)), kSecret);
        config.members.push_back(
            {SlotId(slot), Incarnation(0),
             slot <= 2 ? message::MemberState::Active : message::MemberState::Asleep, keys.signing,
             keys.exchange});
    }
    return config;
}

// A client with 8 lanes; f = 1. A "proof" here is one node that is the result, under the root that
// is its digest.
struct Bench {
    Party self{principal(ClientId(1))};
    std::unique_ptr<Core> core;
    Instant now{1'000'000'000};
    std::vector<core::Send> sends;
    std::vector<Accepted> accepted;

    Bench() {
        Settings settings;
        settings.faults = Faults{1};
        settings.lanes = 8;
        settings.configuration = configuration();
        settings.read_proof = [](const Digest& root, std::span<const Blob> nodes, ClientId,
                                 LaneId) -> std::optional<CachedReply> {
            if (nodes.size() != 1 || auth::reply_digest(nodes[0].view()) != root)
                return std::nullopt;
            return CachedReply{RequestNumber(1), SequenceNumber(1),
                               Bytes(nodes[0].view().begin(), nodes[0].view().end())};
        };
        core = std::make_unique<Core>(settings, self.sealer, self.keyring);
        step(core::TimePassed{});
        sends.clear();
    }
    void step(const Input& input) {
        core->step(now, input);
        Output out = core->take_output();
        for (core::Send& s : out.sends)
            sends.push_back(std::move(s));
        for (Action& action : out.actions)
            if (auto* a = std::get_if<Accepted>(&action))
                accepted.push_back(std::move(*a));
    }
    void from(const PrincipalId& who, const message::Message& m) {
        Party party(who);
        step(core::Received{party.sealer.own(m)});
    }
    void from_agreement(std::uint32_t i, const message::Message& m) {
        from(principal(AgreementId(i)), m);
    }
    void pass(Duration time) {
        const Instant end = now + time;
        for (; now < end; now = now + milliseconds(10))
            step(core::TimePassed{});
    }
    RequestNumber submit(std::uint32_t lane) {
        const RequestNumber number = core->submit(LaneId(lane), bytes_of("operation"));
        step(core::TimePassed{});
        return number;
    }
    void reply(ExecutionId who, std::uint32_t lane, std::uint64_t number, const std::string& result,
               bool whole) {
        message::Reply m;
        m.n = SequenceNumber(1);
        m.entries.push_back({LaneId(lane), RequestNumber(number),
                             auth::reply_digest(view_of(result)), whole,
                             whole ? Blob(bytes_of(result)) : Blob()});
        from(principal(who), m);
    }
    void affidavit(std::uint32_t replica, std::uint32_t lane, std::uint64_t number,
                   const std::string& result) {
        message::ReplyAffidavit m;
        m.entries.push_back(
            {LaneId(lane), RequestNumber(number), auth::reply_digest(view_of(result))});
        from_agreement(replica, m);
    }
    template <class T> std::vector<core::Send> sent() {
        std::vector<core::Send> out;
        for (const core::Send& s : sends)
            if (std::holds_alternative<T>(s.message))
                out.push_back(s);
        return out;
    }
    std::string result(std::size_t i) { return std::string(text_of(accepted.at(i).result.view())); }
};

// A reply certificate for two leaves, ours the second one.
message::ReplyCertificate certificate(const std::string& result,
                                      const std::vector<ExecutionId>& signers) {
    const Digest digest = auth::reply_digest(view_of(result));
    const std::vector<Digest> leaves{
        Digest{}, auth::report_leaf(ClientId(1), LaneId(0), RequestNumber(1), digest)};
    const std::vector<std::uint32_t> indices{1};
    message::ReplyCertificate m;
    m.n = SequenceNumber(1);
    for (const ExecutionId& id : signers) {
        Party party(principal(id));
        m.reports.push_back(
            party.sealer.embed(message::SignedReport{VoteKind::Reply,
                                                     m.n,
                                                     ConfigurationNumber(id.slot.value),
                                                     {},
                                                     auth::merkle_root(leaves),
                                                     {}}));
    }
    message::CertifiedReply entry{{LaneId(0), RequestNumber(1), digest}, 1, 2, {}};
    for (const Digest& sibling : auth::merkle_siblings(leaves, indices))
        entry.path.push_back(sibling);
    m.entries.push_back(entry);
    return m;
}

message::ReplyProof proof(const std::string& result, std::uint32_t signatures) {
    message::ReplyProof m;
    m.number = RequestNumber(1);
    m.certificate.checkpoint = {SequenceNumber(4), auth::reply_digest(view_of(result)), {}};
    for (std::uint32_t i = 1; i <= signatures; ++i) {
        Party party(principal(AgreementId(i)));
        m.certificate.signatures.push_back(party.sealer.embed(m.certificate.checkpoint));
    }
    m.nodes.push_back(Blob(bytes_of(result)));
    return m;
}

} // namespace

class ClientCoreTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void requestsOfAStepTravelInOneBundle();
    void acceptsMatchingReplies();
    void refusesLessThanThat();
    void repliesToAnotherRequestDoNotCount();
    void resultMustHashToItsDigest();
    void acceptsAffidavitsWithAResult();
    void acceptsACertificateWithAResult();
    void refusesBadCertificates();
    void acceptsAProof();
    void refusesBadProofs();
    void votesOfRemovedIncarnationsDie();
    void timeoutsGoToAllAndDouble();
    void missingResultIsAskedForEarly();
    void learnsThePrimaryFromAWeakQuorum();
};

void ClientCoreTest::requestsOfAStepTravelInOneBundle() {
    Bench b;
    for (std::uint32_t lane = 0; lane < 8; ++lane)
        b.core->submit(LaneId(lane), bytes_of("operation"));
    b.step(core::TimePassed{});
    const auto bundles = b.sent<message::Bundle>();
    QCOMPARE(bundles.size(), std::size_t{1});
    QVERIFY(bundles[0].to == std::vector{principal(AgreementId(1))});
    const auto& bundle = std::get<message::Bundle>(bundles[0].message);
    QCOMPARE(bundle.leaves.size(), std::size_t{8});
    QVERIFY(auth::verify_bundle(b.self.sealer.identity(), b.self.keyring, bundle));
    QVERIFY(b.core->busy(LaneId(3)));
}

// (a), and exactly once: late replies change nothing.
void ClientCoreTest::acceptsMatchingReplies() {
    Bench b;
    b.submit(0);
    b.reply(e(1), 0, 1, "r", true);
    QVERIFY(b.accepted.empty());
    b.reply(e(2), 0, 1, "r", false);
    QCOMPARE(b.accepted.size(), std::size_t{1});
    QCOMPARE(b.result(0), std::string("r"));
    QVERIFY(b.accepted[0].how == How::Replies);
    QVERIFY(!b.core->busy(LaneId(0)));
    b.reply(e(3), 0, 1, "r", true);
    QCOMPARE(b.accepted.size(), std::size_t{1});
    QCOMPARE(b.submit(0), RequestNumber(2));
}

void ClientCoreTest::refusesLessThanThat() {
    Bench b;
    b.submit(0);
    b.reply(e(1), 0, 1, "lie", true);
    b.reply(e(1), 0, 1, "lie", true);    // The same one again.
    b.reply(e(1, 7), 0, 1, "lie", true); // An incarnation that does not exist.
    b.reply(e(2), 0, 1, "r", true);
    QVERIFY(b.accepted.empty());
    b.reply(e(3), 0, 1, "r", true);
    QCOMPARE(b.result(0), std::string("r"));
}

// E10.
void ClientCoreTest::repliesToAnotherRequestDoNotCount() {
    Bench b;
    b.submit(0);
    for (std::uint32_t slot = 1; slot <= 3; ++slot) {
        b.reply(e(slot), 0, 2, "r", true);
        b.reply(e(slot), 1, 1, "r", true);
        b.reply(e(slot), 4'000'000'000U, 1, "r", true);
    }
    QVERIFY(b.accepted.empty());
}

void ClientCoreTest::resultMustHashToItsDigest() {
    Bench b;
    b.submit(0);
    b.reply(e(1), 0, 1, "r", false);
    message::Reply m;
    m.entries.push_back({LaneId(0), RequestNumber(1), auth::reply_digest(view_of("r")), true,
                         Blob(bytes_of("other"))});
    b.from(principal(e(2)), m);
    QVERIFY(b.accepted.empty());
    b.reply(e(2), 0, 1, "r", true);
    QCOMPARE(b.result(0), std::string("r"));
}

// (b), E4: one active lies to this client only.
void ClientCoreTest::acceptsAffidavitsWithAResult() {
    Bench b;
    b.submit(0);
    b.reply(e(1), 0, 1, "lie", true);
    b.affidavit(4, 0, 1, "lie"); // f of the agreement cluster.
    b.affidavit(4, 0, 1, "lie");
    b.affidavit(1, 0, 1, "r");
    b.affidavit(2, 0, 1, "r");
    QVERIFY(b.accepted.empty()); // The result itself lacks.
    b.reply(e(2), 0, 1, "r", true);
    QCOMPARE(b.result(0), std::string("r"));
    QVERIFY(b.accepted[0].how == How::Affidavits);
}

// (c): signed reports of different configurations are equal (ZZ-6.5).
void ClientCoreTest::acceptsACertificateWithAResult() {
    Bench b;
    b.submit(0);
    b.from_agreement(1, certificate("r", {e(1), e(2)}));
    QVERIFY(b.accepted.empty());
    b.reply(e(2), 0, 1, "r", true);
    QCOMPARE(b.result(0), std::string("r"));
    QVERIFY(b.accepted[0].how == How::Certificate);
}

void ClientCoreTest::refusesBadCertificates() {
    Bench b;
    b.submit(0);
    b.reply(e(1), 0, 1, "r", true);
    b.from_agreement(1, certificate("r", {e(1)}));
    b.from_agreement(1, certificate("r", {e(1), e(1)}));
    b.from_agreement(1, certificate("r", {e(1), e(2, 9)}));
    message::ReplyCertificate m = certificate("r", {e(1), e(2)});
    m.entries[0].index = 0; // Another leaf.
    b.from_agreement(1, m);
    m = certificate("r", {e(1), e(2)});
    m.entries[0].path[0].bytes[5] ^= 1;
    b.from_agreement(1, m);
    m = certificate("lie", {e(1), e(2)});
    m.entries[0].entry.digest = auth::reply_digest(view_of("r"));
    b.from_agreement(1, m);
    m = certificate("r", {e(1), e(2)});
    m.n = SequenceNumber(2);
    b.from_agreement(1, m);
    QVERIFY(b.accepted.empty());
    b.from_agreement(1, certificate("r", {e(1), e(2)}));
    QCOMPARE(b.accepted.size(), std::size_t{1});
}

// (d): one replica and a stable checkpoint suffice.
void ClientCoreTest::acceptsAProof() {
    Bench b;
    b.submit(0);
    b.from(principal(e(3)), proof("r", 3));
    QCOMPARE(b.result(0), std::string("r"));
    QVERIFY(b.accepted[0].how == How::Proof);
    QCOMPARE(b.core->accepted(How::Proof), std::uint64_t{1});
}

void ClientCoreTest::refusesBadProofs() {
    Bench b;
    b.submit(0);
    b.from(principal(e(3)), proof("r", 2)); // Not stable.
    message::ReplyProof m = proof("r", 3);
    m.nodes[0] = Blob(bytes_of("other"));
    b.from(principal(e(3)), m);
    m = proof("r", 3);
    m.number = RequestNumber(2);
    b.from(principal(e(3)), m);
    m = proof("r", 3);
    m.lane = LaneId(1);
    b.from(principal(e(3)), m);
    m = proof("r", 3);
    m.certificate.checkpoint.root = auth::reply_digest(view_of("lie"));
    m.nodes[0] = Blob(bytes_of("lie"));
    b.from(principal(e(3)), m);
    QVERIFY(b.accepted.empty());
    // Checkpoint 0 needs no signatures, but nothing was replied before it.
    m = proof("r", 0);
    m.certificate.checkpoint.n = SequenceNumber(0);
    b.from(principal(e(3)), m);
    QVERIFY(b.accepted.empty());
}

// ZZ-4.6: also retroactively; and a new incarnation's votes count once f+1 agreement replicas say
// that it lives.
void ClientCoreTest::votesOfRemovedIncarnationsDie() {
    Bench b;
    b.submit(0);
    b.reply(e(1), 0, 1, "lie", true);
    message::Config config = configuration();
    config.number = ConfigurationNumber(1);
    config.members[0].state = message::MemberState::Convicted;
    b.from_agreement(1, config);
    b.from_agreement(2, config);
    QCOMPARE(b.core->membership().config().number, ConfigurationNumber(1));
    b.reply(e(2), 0, 1, "lie", true);
    QVERIFY(b.accepted.empty());
    config.number = ConfigurationNumber(2);
    config.members[0] = {SlotId(1), Incarnation(1), message::MemberState::Asleep, {}, {}};
    b.reply(e(1, 1), 0, 1, "lie", true);
    QVERIFY(b.accepted.empty());
    b.from_agreement(3, config);
    b.from_agreement(4, config);
    b.reply(e(1, 1), 0, 1, "lie", true);
    QCOMPARE(b.accepted.size(), std::size_t{1});
}

void ClientCoreTest::timeoutsGoToAllAndDouble() {
    Bench b;
    b.submit(0);
    b.sends.clear();
    b.pass(milliseconds(990));
    QVERIFY(b.sent<message::Bundle>().empty());
    b.pass(milliseconds(50));
    QCOMPARE(b.sent<message::Bundle>().size(), std::size_t{1});
    QCOMPARE(b.sent<message::Bundle>()[0].to.size(), std::size_t{4});
    QCOMPARE(b.sent<message::RequestAgain>().at(0).to.size(), std::size_t{3});
    QVERIFY(!b.sent<message::ConfigRequest>().empty());
    // New requests go to all while the primary is doubted.
    b.sends.clear();
    b.submit(1);
    QCOMPARE(b.sent<message::Bundle>().at(0).to.size(), std::size_t{4});
    b.sends.clear();
    b.pass(milliseconds(900));
    QVERIFY(b.sent<message::Bundle>().empty());
    b.pass(seconds(60));
    const std::size_t repeats = b.sent<message::Bundle>().size();
    QVERIFY2(repeats >= 4 && repeats <= 14, qPrintable(QString::number(repeats)));
}

void ClientCoreTest::missingResultIsAskedForEarly() {
    Bench b;
    b.submit(0);
    b.reply(e(1), 0, 1, "r", false);
    b.reply(e(2), 0, 1, "r", false);
    b.sends.clear();
    b.pass(milliseconds(100));
    const auto asks = b.sent<message::RequestAgain>();
    QCOMPARE(asks.size(), std::size_t{2});
    QVERIFY(b.sent<message::Bundle>().empty());
    b.reply(e(2), 0, 1, "r", true);
    QCOMPARE(b.result(0), std::string("r"));
}

// One liar cannot send us after a view that does not exist (A10).
void ClientCoreTest::learnsThePrimaryFromAWeakQuorum() {
    Bench b;
    b.submit(0);
    b.pass(milliseconds(1100));
    std::uint64_t nonce = 0;
    for (const auto& s : b.sent<message::ConfigRequest>())
        nonce = std::get<message::ConfigRequest>(s.message).nonce;
    const auto answer = [&](std::uint32_t i, std::uint64_t view) {
        Party party(principal(AgreementId(i)));
        b.from_agreement(
            i, message::ConfigAnswer{nonce, party.sealer.embed(configuration()), View(view)});
    };
    answer(4, ~std::uint64_t{0});
    QCOMPARE(b.core->believed_primary(), AgreementId(1));
    answer(1, 2);
    answer(2, 2);
    QCOMPARE(b.core->believed_primary(), AgreementId(3));
}

} // namespace zz::client

QTEST_APPLESS_MAIN(zz::client::ClientCoreTest)
#include "core_test.moc"
