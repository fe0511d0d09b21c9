// SPDX-License-Identifier: Apache-2.0
// Merkle trees, bundles and certificates (ZZ-2.4, ZZ-4.2, ZZ-6.5 .. ZZ-6.7), and the keyring of
// services.
#include <QtTest/QTest>

#include "protocol/auth/certificates.h"
#include "protocol/auth/crypto_keyring.h"
#include "protocol/auth/merkle.h"
#include "tests/unit/auth/random_message_support.h"

namespace zz {

using auth::test::identity_of;
using auth::test::kSecret;
using message::Embedded;

namespace {

template <class T> Embedded<T> signed_by(const PrincipalId& who, const T& value) {
    const auth::PlainKeyring keys(who, kSecret);
    return auth::Sealer(identity_of(who), keys).embed(value);
}

std::vector<Digest> leaves_of(std::uint32_t count) {
    std::vector<Digest> leaves(count);
    for (std::uint32_t i = 0; i < count; ++i)
        leaves[i].bytes[0] = static_cast<std::uint8_t>(i + 1);
    return leaves;
}

message::Config configuration() {
    message::Config config;
    for (std::uint32_t slot = 1; slot <= 3; ++slot)
        config.members.push_back(
            {SlotId(slot),
             Incarnation(0),
             slot < 3 ? message::MemberState::Active : message::MemberState::Asleep,
             {},
             {}});
    return config;
}

} // namespace

class ProofsTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void any_subset_of_leaves_leads_to_the_root() {
        for (std::uint32_t count = 1; count <= 9; ++count) {
            const auto leaves = leaves_of(count);
            const Digest root = auth::merkle_root(leaves);
            for (std::uint32_t mask = 1; mask < (1u << count); ++mask) {
                std::vector<std::uint32_t> indices;
                std::vector<auth::Leaf> part;
                for (std::uint32_t i = 0; i < count; ++i)
                    if (mask >> i & 1) {
                        indices.push_back(i);
                        part.emplace_back(i, leaves[i]);
                    }
                auto siblings = auth::merkle_siblings(leaves, indices);
                QVERIFY(auth::merkle_root_from(part, count, siblings) == root);
                part[0].second.bytes[5] ^= 1;
                QVERIFY(auth::merkle_root_from(part, count, siblings) != root);
                part[0].second.bytes[5] ^= 1;
                QVERIFY(auth::merkle_root_from(part, count + 1, siblings) != root);
                siblings.push_back({});
                QVERIFY(!auth::merkle_root_from(part, count, siblings));
            }
        }
        QVERIFY(auth::merkle_root(leaves_of(1)) != auth::merkle_root(leaves_of(2)));
        QVERIFY(!auth::merkle_root_from(std::vector<auth::Leaf>{{3, {}}}, 3, {}));
    }

    // ZZ-2.4: valid everywhere or nowhere; requests can be ordered apart.
    void a_part_of_a_bundle_is_as_good_as_the_whole() {
        const auth::Identity identity = identity_of(principal(ClientId(2)));
        const auth::PlainKeyring keys(identity.self, kSecret);
        std::vector<message::Request> requests;
        for (std::uint32_t i = 0; i < 7; ++i)
            requests.push_back({LaneId(i), RequestNumber(1), 5, Blob(bytes_of("op"))});
        const message::Bundle whole = auth::make_bundle(identity, keys, requests);
        QVERIFY(auth::verify_bundle(identity, keys, whole));
        const std::vector<std::uint32_t> positions = {1, 4, 6};
        message::Bundle part = auth::part_of(whole, positions);
        QCOMPARE(part.leaves.size(), std::size_t{3});
        QVERIFY(auth::verify_bundle(identity, keys, part));
        part.leaves[1].request.number = RequestNumber(2);
        QVERIFY(!auth::verify_bundle(identity, keys, part));
        message::Bundle other = whole;
        other.client = ClientId(3);
        QVERIFY(!auth::verify_bundle(identity, keys, other));
        other = whole;
        other.leaves.pop_back();
        QVERIFY(!auth::verify_bundle(identity, keys, other));
    }

    void stable_certificates_need_a_quorum_of_distinct_signers() {
        message::StableCertificate certificate;
        QVERIFY(auth::is_stable(certificate, Faults{1}));
        certificate.checkpoint.n = SequenceNumber(128);
        QVERIFY(!auth::is_stable(certificate, Faults{1}));
        for (std::uint32_t i = 1; i <= 2; ++i)
            certificate.signatures.push_back(
                signed_by(principal(AgreementId(i)), certificate.checkpoint));
        QVERIFY(!auth::is_stable(certificate, Faults{1}));
        certificate.signatures.push_back(certificate.signatures[0]);
        QVERIFY(!auth::is_stable(certificate, Faults{1}));
        certificate.signatures[2] = signed_by(principal(AgreementId(3)), certificate.checkpoint);
        QVERIFY(auth::is_stable(certificate, Faults{1}));
        certificate.checkpoint.root.bytes[0] = 1;
        QVERIFY(!auth::is_stable(certificate, Faults{1}));
    }

    // ZZ-6.7: two signed reports convict only their one signer; f accusations convict nobody.
    void convictions_need_their_proof() {
        const ExecutionId e1{SlotId(1), Incarnation(0)}, e2{SlotId(2), Incarnation(0)};
        message::SignedReport p{VoteKind::Reply, SequenceNumber(9), {}, {}, {}, {}}, q = p;
        q.digest.bytes[0] = 1;
        message::Convict convict{SlotId(1), Incarnation(0), {}, {}};
        QVERIFY(!auth::is_valid(convict, Faults{1}));
        convict.reports = {signed_by(principal(e1), p), signed_by(principal(e2), q)};
        QVERIFY(!auth::is_valid(convict, Faults{1}));
        convict.reports[1] = signed_by(principal(e1), p);
        QVERIFY(!auth::is_valid(convict, Faults{1}));
        convict.reports[1] = signed_by(principal(e1), q);
        QVERIFY(auth::is_valid(convict, Faults{1}));
        message::SignedReport same = p;
        same.configuration = ConfigurationNumber(7); // never compared
        convict.reports[1] = signed_by(principal(e1), same);
        QVERIFY(!auth::is_valid(convict, Faults{1}));
        convict.reports.clear();
        const message::Accuse accuse{VoteKind::Reply, SequenceNumber(9), SlotId(1), Incarnation(0)};
        convict.accusations = {signed_by(principal(AgreementId(1)), accuse)};
        QVERIFY(!auth::is_valid(convict, Faults{1}));
        convict.accusations.push_back(signed_by(principal(AgreementId(1)), accuse));
        QVERIFY(!auth::is_valid(convict, Faults{1}));
        convict.accusations[1] = signed_by(principal(AgreementId(2)), accuse);
        QVERIFY(auth::is_valid(convict, Faults{1}));
        message::Accuse other = accuse;
        other.n = SequenceNumber(10);
        convict.accusations[1] = signed_by(principal(AgreementId(2)), other);
        QVERIFY(!auth::is_valid(convict, Faults{1}));
    }

    // ZZ-6.6, C1: f demands, demands of another epoch, or NOSIGNs that name different replicas wake
    // nobody.
    void wake_up_proofs() {
        const message::Config config = configuration();
        const ExecutionId e1{SlotId(1), Incarnation(0)}, e2{SlotId(2), Incarnation(0)},
            e3{SlotId(3), Incarnation(0)};
        const auto no_sign = [](std::uint32_t a, const ExecutionId& e, std::uint64_t epoch) {
            return signed_by(principal(AgreementId(a)),
                             message::NoSign{Epoch(epoch), VoteKind::Reply, SequenceNumber(4),
                                             e.slot, e.incarnation});
        };
        message::WakeUpProof proof;
        proof.no_signs = {no_sign(1, e1, 0)};
        QVERIFY(!auth::proves_wake_up(proof, config, Faults{1}));
        proof.no_signs = {no_sign(1, e1, 0), no_sign(2, e2, 0)};
        QVERIFY(!auth::proves_wake_up(proof, config, Faults{1}));
        proof.no_signs = {no_sign(1, e3, 0), no_sign(2, e3, 0)};
        QVERIFY(!auth::proves_wake_up(proof, config, Faults{1}));
        proof.no_signs = {no_sign(1, e1, 0), no_sign(2, e1, 0)};
        QVERIFY(auth::proves_wake_up(proof, config, Faults{1}));
        proof.no_signs = {no_sign(1, e1, 1), no_sign(2, e1, 1)};
        QVERIFY(!auth::proves_wake_up(proof, config, Faults{1}));

        message::SignedReport p{VoteKind::Reply, SequenceNumber(4), {}, {}, {}, {}}, q = p;
        q.digest.bytes[3] = 3;
        message::Demand demand{Epoch(0), VoteKind::Reply, SequenceNumber(4),
                               signed_by(principal(e1), p), signed_by(principal(e2), q)};
        message::WakeUpProof by_demand;
        by_demand.demands = {signed_by(principal(AgreementId(1)), demand),
                             signed_by(principal(AgreementId(4)), demand)};
        QVERIFY(auth::proves_wake_up(by_demand, config, Faults{1}));
        by_demand.no_signs = proof.no_signs;
        QVERIFY(!auth::proves_wake_up(by_demand, config, Faults{1}));
        by_demand.no_signs.clear();
        demand.second = signed_by(principal(e2), p);
        by_demand.demands[1] = signed_by(principal(AgreementId(4)), demand);
        QVERIFY(!auth::proves_wake_up(by_demand, config, Faults{1}));
    }

    void settled_needs_equal_settles() {
        message::Settle settle{Epoch(0),
                               {{SlotId(2), Incarnation(0)}, {SlotId(3), Incarnation(0)}}};
        message::Settled settled{
            Epoch(0), settle.set, {signed_by(principal(AgreementId(1)), settle)}};
        QVERIFY(!auth::is_valid(settled, Faults{1}));
        settled.settles.push_back(signed_by(principal(AgreementId(3)), settle));
        QVERIFY(auth::is_valid(settled, Faults{1}));
        std::swap(settled.set[0], settled.set[1]);
        QVERIFY(!auth::is_valid(settled, Faults{1}));
    }

    // ZZ-2.2 with real cryptography: both sides compute the same tag, others another one.
    void service_keyrings_agree_on_tags() {
        const crypto::KeyPair a = crypto::generate_keys(), b = crypto::generate_keys(),
                              c = crypto::generate_keys();
        const PrincipalId pa = principal(AgreementId(1)), pb = principal(AgreementId(2)),
                          pc = principal(ClientId(1));
        auth::CryptoKeyring ka(a), kb(b), kc(c);
        for (auth::CryptoKeyring* k : {&ka, &kb, &kc}) {
            k->learn(pa, a.publics);
            k->learn(pb, b.publics);
            k->learn(pc, c.publics);
        }
        Digest d;
        d.bytes[0] = 1;
        QVERIFY(ka.tag(pb, d) == kb.tag(pa, d));
        QVERIFY(ka.tag(pc, d) == kc.tag(pa, d));
        QVERIFY(ka.tag(pb, d) != ka.tag(pc, d));
        const Signature s = ka.sign(d);
        QVERIFY(kb.verify(pa, d, s));
        QVERIFY(!kb.verify(pb, d, s));
        d.bytes[0] = 2;
        QVERIFY(!kb.verify(pa, d, s));
        QVERIFY(!kb.verify(principal(OperatorId(1)), d, s));
    }
};

} // namespace zz

QTEST_APPLESS_MAIN(zz::ProofsTest)
#include "proofs_test.moc"
