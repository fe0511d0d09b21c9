// SPDX-License-Identifier: Apache-2.0
// Codec, sealing and opening of every message kind (ZZ-2.2, ZZ-2.5, ZZ-2.6; scenarios A11, A15,
// A18, A19).
#include <QtTest/QTest>
#include <fmt/format.h>

#include "protocol/auth/opener.h"
#include "tests/unit/auth/random_message_support.h"

namespace zz {

using auth::Rejected;
using auth::test::Filler;
using auth::test::identity_of;
using auth::test::kSecret;

namespace {

constexpr std::size_t kKinds = std::variant_size_v<message::Message>;

// A receiver for `m` that is not its sender.
PrincipalId receiver_of(message::Kind kind) {
    return auth::rule_of(kind)->auth == wire::AuthKind::Authenticator ? principal(AgreementId(3))
                                                                      : principal(ClientId(1));
}

struct Pair {
    explicit Pair(message::Kind kind)
        : from(auth::test::sender_of(kind)), to(receiver_of(kind)), from_keys(from, kSecret),
          to_keys(to, kSecret), sealer(identity_of(from), from_keys),
          opener(identity_of(to), to_keys) {
        for (std::uint32_t slot = 1; slot <= 3; ++slot) {
            const PrincipalId e{Role::Execution, slot, 0};
            from_keys.learn(e, auth::PlainKeyring::keys_of(e, kSecret));
            to_keys.learn(e, auth::PlainKeyring::keys_of(e, kSecret));
        }
    }
    PrincipalId from, to;
    auth::PlainKeyring from_keys, to_keys;
    auth::Sealer sealer;
    auth::Opener opener;
};

} // namespace

class FramesTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // ZZ-2.5: one canonical encoding a value.
    void every_kind_survives_the_codec() {
        for (std::uint32_t seed = 0; seed < 20; ++seed)
            for (std::size_t i = 0; i < kKinds; ++i) {
                const message::Message m = Filler(seed).message(i);
                const Bytes encoded = wire::encode_message(m);
                message::Message back;
                QVERIFY2(wire::decode_message(message::kind_of(m), encoded, back),
                         wire::print(m).c_str());
                QVERIFY(back == m);
                QCOMPARE(wire::encode_message(back), encoded);
            }
    }

    // ZZ-2.6: every truncation and every trailing byte is refused.
    void truncated_and_overlong_payloads_are_refused() {
        for (std::size_t i = 0; i < kKinds; ++i) {
            const message::Message m = Filler(3).message(i);
            Bytes encoded = wire::encode_message(m);
            message::Message back;
            for (std::size_t cut = 0; cut < encoded.size(); ++cut)
                QVERIFY(
                    !wire::decode_message(message::kind_of(m), ByteView(encoded).first(cut), back));
            encoded.push_back(0);
            QVERIFY(!wire::decode_message(message::kind_of(m), encoded, back));
        }
    }

    void sealed_frames_open_at_their_receiver() {
        for (std::uint32_t seed = 0; seed < 10; ++seed)
            for (std::size_t i = 0; i < kKinds; ++i) {
                const message::Message m = Filler(seed).message(i);
                Pair p(message::kind_of(m));
                const auto sealed = p.sealer.seal(m, {p.to});
                QCOMPARE(sealed.size(), std::size_t{1});
                const auth::Opened opened = p.opener.open(sealed[0].frame, p.from);
                QVERIFY2(std::holds_alternative<auth::Verified>(opened), wire::print(m).c_str());
                QVERIFY(std::get<auth::Verified>(opened).message() == m);
                QVERIFY(std::get<auth::Verified>(opened).sender() == p.from);
            }
    }

    // A11: any changed byte is refused before any state changes.
    void changed_bytes_are_refused() {
        for (std::size_t i = 0; i < kKinds; ++i) {
            const message::Message m = Filler(5).message(i);
            Pair p(message::kind_of(m));
            const Blob frame = p.sealer.seal(m, {p.to})[0].frame;
            const bool bundle = message::kind_of(m) == message::Kind::Bundle;
            const bool shared =
                auth::rule_of(message::kind_of(m))->auth == wire::AuthKind::Authenticator;
            const std::size_t last = shared ? frame.size() - 4 * Tag::size : frame.size();
            for (std::size_t at = 0; at < last; ++at) {
                if (bundle && at >= 17 && at < 26)
                    continue; // Who passes a bundle on is not part of its proof.
                Bytes changed(frame.view().begin(), frame.view().end());
                changed[at] ^= 0x41;
                const auth::Opened opened = p.opener.open(Blob(changed), p.from);
                QVERIFY2(std::holds_alternative<Rejected>(opened),
                         fmt::format("byte {} of {}", at, wire::print(m)).c_str());
            }
        }
    }

    // A15: random mutations never stop the process; what opens re-encodes to itself.
    void mutated_frames_are_counted_not_fatal() {
        std::mt19937 random(11);
        for (int round = 0; round < 3000; ++round) {
            const message::Message m =
                Filler(static_cast<std::uint32_t>(random())).message(random() % kKinds);
            message::Message out;
            Bytes payload = wire::encode_message(m);
            for (unsigned k = 1 + random() % 4; k > 0 && !payload.empty(); --k)
                payload[random() % payload.size()] = static_cast<std::uint8_t>(random());
            if (wire::decode_message(message::kind_of(m), payload, out))
                QCOMPARE(wire::encode_message(out), payload);
        }
    }

    // A18, A19: link, cluster, application, generation and role are bound.
    void frames_from_elsewhere_are_refused() {
        const message::Message m = message::Prepare{View(1), SequenceNumber(2), {}};
        Pair p(message::Kind::Prepare);
        const auto open = [&](const message::Message& what, auto change, const PrincipalId& link) {
            auth::Identity identity = identity_of(p.from);
            change(identity);
            const auth::Opened o = p.opener.open(
                auth::Sealer(identity, p.from_keys).seal(what, {p.to})[0].frame, link);
            return std::holds_alternative<Rejected>(o) ? auth::name(std::get<Rejected>(o))
                                                       : "opened";
        };
        QCOMPARE(open(
                     m, [](auto&) {}, p.from),
                 "opened");
        QCOMPARE(open(
                     m, [](auto&) {}, principal(AgreementId(4))),
                 "wrong sender");
        QCOMPARE(open(
                     m, [](auto& i) { i.cluster.bytes[0] = 9; }, p.from),
                 "wrong cluster");
        QCOMPARE(open(
                     m, [](auto& i) { i.application = ApplicationId(9); }, p.from),
                 "wrong application");
        QCOMPARE(open(
                     m, [](auto& i) { i.generation = Generation(1); }, p.from),
                 "wrong generation");
        QCOMPARE(open(
                     m, [](auto& i) { i.self = principal(ClientId(1)); }, principal(ClientId(1))),
                 "wrong sender");
        QCOMPARE(
            open(
                m, [](auto& i) { i.self = principal(AgreementId(9)); }, principal(AgreementId(9))),
            "wrong sender");
        QCOMPARE(open(
                     m, [&](auto& i) { i.self = p.to; }, p.to),
                 "wrong sender");
    }

    void unknown_incarnations_are_refused_until_learnt() {
        const ExecutionId e{SlotId(2), Incarnation(5)};
        auth::PlainKeyring keys(principal(e), kSecret),
            agreement_keys(principal(AgreementId(1)), kSecret);
        auth::Opener opener(identity_of(principal(AgreementId(1))), agreement_keys);
        const Blob frame =
            auth::Sealer(identity_of(principal(e)), keys).sign(message::Complete{Epoch(1)});
        QCOMPARE(std::get<Rejected>(opener.open(frame, principal(e))), Rejected::UnknownKey);
        agreement_keys.learn(principal(e), auth::PlainKeyring::keys_of(principal(e), kSecret));
        QVERIFY(std::holds_alternative<auth::Verified>(opener.open(frame, principal(e))));
    }

    // B10: a digest carried in a message is recomputed.
    void carried_digests_are_recomputed() {
        message::PrePrepare m;
        m.batch = wire::content_of({});
        m.batch_digest.bytes[0] = 1;
        Pair p(message::Kind::PrePrepare);
        const auth::Opened o = p.opener.open(p.sealer.seal(m, {p.to})[0].frame, p.from);
        QCOMPARE(std::get<Rejected>(o), Rejected::WrongDigest);
    }

    // A message inside with a wrong signature spoils the whole.
    void embedded_signatures_are_checked() {
        Filler filler(2);
        message::Demand demand;
        filler.fill(demand);
        Bytes bad(demand.second.frame.view().begin(), demand.second.frame.view().end());
        bad.back() ^= 1;
        demand.second.frame = Blob(bad);
        Pair p(message::Kind::Demand);
        const auth::Opened o = p.opener.open(p.sealer.sign(demand), p.from);
        QCOMPARE(std::get<Rejected>(o), Rejected::BadEmbedded);
    }

    // A proof about an incarnation whose key is gone: no PREPARE for it here, but what 2f+1 others
    // committed can still be fetched by its digest.
    void proofs_in_committed_bodies_are_not_judged_again() {
        Filler filler(2);
        message::Convict convict;
        convict.reports.emplace_back();
        filler.fill(convict.reports[0]);
        Bytes bad(convict.reports[0].frame.view().begin(), convict.reports[0].frame.view().end());
        bad.back() ^= 1;
        convict.reports[0].frame = Blob(bad);
        message::Batch batch;
        batch.system.push_back({convict});
        message::PrePrepare proposal;
        proposal.batch = wire::content_of(batch);
        proposal.batch_digest = auth::batch_digest(proposal.batch.encoded.view());
        Pair p(message::Kind::PrePrepare);
        const auth::Opened o = p.opener.open(p.sealer.seal(proposal, {p.to})[0].frame, p.from);
        QCOMPARE(std::get<Rejected>(o), Rejected::BadEmbedded);
        Pair q(message::Kind::BatchBody);
        const message::BatchBody body{SequenceNumber(1), proposal.batch_digest, true,
                                      proposal.batch};
        QVERIFY(std::holds_alternative<auth::Verified>(
            q.opener.open(q.sealer.seal(body, {q.to})[0].frame, q.from)));
    }

    // ZZ-8.4: an embedded frame that was right in the old generation is not in the new one, also if
    // it was seen before; a batch that the RECOVER carries over is right by its digest.
    void generation_ends_what_was_verified() {
        const PrincipalId a2 = principal(AgreementId(2)), a3 = principal(AgreementId(3));
        const PrincipalId e1 = principal(ExecutionId{SlotId(1), Incarnation(0)});
        auth::PlainKeyring keys2(a2, kSecret), keys3(a3, kSecret), keys_of_e1(e1, kSecret);
        keys2.learn(e1, auth::PlainKeyring::keys_of(e1, kSecret));
        auth::Sealer sealer(identity_of(a2), keys2);
        auth::Opener opener(identity_of(a3), keys3);
        message::NewView view;
        view.view_changes.push_back(sealer.embed(message::ViewChange{}));
        const auto verified = [&](const message::Message& m) {
            return std::holds_alternative<auth::Verified>(
                opener.open(sealer.seal(m, {a3}).front().frame, a2));
        };
        message::BatchBody body;
        Filler filler(5);
        do
            filler.fill(body);
        while (body.batch.batch.bundles.empty());
        QVERIFY(verified(view));
        QVERIFY(verified(body));
        sealer.set_generation(Generation(1));
        opener.set_generation(Generation(1), {});
        QVERIFY(!verified(view));
        QVERIFY(!verified(body));
        opener.set_generation(Generation(1), {body.batch_digest});
        QVERIFY(verified(body));
        // The clients' signatures are the agreement replicas' to check; f+1 ORDERs vouch for them.
        auth::Opener replica(identity_of(e1), keys_of_e1);
        replica.set_generation(Generation(1), {});
        QVERIFY(std::holds_alternative<auth::Verified>(
            replica.open(sealer.seal(body, {e1}).front().frame, a2)));
    }

    // ZZ-8.4: a RECOVER opens in whatever generation its receiver is; inside of it claims are of
    // the new one and certificates of an older one, and all are signed.
    void recover_opens_in_every_generation() {
        const PrincipalId self = principal(AgreementId(3)), who{Role::Operator, 2, 0};
        const auth::PlainKeyring keys(self, kSecret), operator_keys(who, kSecret);
        const auth::Sealer sealer(identity_of(who), operator_keys);
        message::Recover recover;
        Filler filler(4);
        do
            filler.fill(recover);
        while (recover.claims.empty() || recover.base.signatures.empty());
        const auto opens = [&](const message::Recover& m, Generation generation) {
            auth::Opener opener(identity_of(self), keys);
            opener.set_generation(generation, {});
            return std::holds_alternative<auth::Verified>(opener.open(sealer.sign(m), who));
        };
        for (const std::uint32_t g : {0U, 1U, 7U})
            QVERIFY(opens(recover, Generation(g)));
        message::Recover later = recover;
        later.generation = Generation(2); // its claims are not
        QVERIFY(!opens(later, Generation(0)));
        message::Recover forged = recover;
        Bytes frame(forged.claims[0].frame.view().begin(), forged.claims[0].frame.view().end());
        frame.back() ^= 1;
        forged.claims[0].frame = Blob(std::move(frame));
        QVERIFY(!opens(forged, Generation(0)));
    }

    void garbage_is_refused() {
        std::mt19937 random(1);
        Pair p(message::Kind::Prepare);
        for (int i = 0; i < 2000; ++i) {
            Bytes garbage(random() % 200);
            for (auto& b : garbage)
                b = static_cast<std::uint8_t>(random());
            if (!garbage.empty() && i % 2)
                garbage[0] = wire::kVersion;
            QVERIFY(std::holds_alternative<Rejected>(p.opener.open(Blob(garbage), p.from)));
        }
    }
};

} // namespace zz

QTEST_APPLESS_MAIN(zz::FramesTest)
#include "frames_test.moc"
