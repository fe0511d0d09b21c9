// SPDX-License-Identifier: Apache-2.0
// Aim: a piece of evidence proves what its signatures prove, by public keys alone, and nothing else
// does: not one changed byte, not one signature fewer, not another cluster (ZZ-6.5, ZZ-6.7).
#include "backend/runtime/convert.h"
#include "backend/services/evidence_file.h"
#include "backend/services/placement_view.h"
#include "protocol/auth/crypto_keyring.h"
#include "protocol/auth/digests.h"
#include "protocol/auth/sealer.h"
#include "protocol/cluster/generate.h"
#include "protocol/telemetry/version.h"

#include <QtTest>

#include <random>

namespace zz::services {
namespace {

using message::Accuse;
using message::SignedReport;

Digest value_of(char letter) {
    return auth::reply_digest(view_of(std::string(1, letter)));
}

SignedReport report(char letter, std::uint64_t n = 7) {
    return {VoteKind::Reply, SequenceNumber(n), ConfigurationNumber(0),
            value_of('b'),   value_of(letter),  {}};
}

constexpr ExecutionId kE1{SlotId(1), Incarnation(0)};
constexpr ExecutionId kE2{SlotId(2), Incarnation(0)};
constexpr ExecutionId kLater{SlotId(1), Incarnation(3)};

} // namespace

class EvidenceTest : public QObject {
    Q_OBJECT

  private:
    cluster::Generated made_;
    crypto::KeyPair later_ = crypto::generate_keys();

    const cluster::Application& app() const { return made_.cluster.applications[1]; }
    crypto::KeyPair keys_of(const PrincipalId& who) const {
        const std::string file = cluster::key_file_name(made_.cluster, app().id, who);
        for (const auto& entry : made_.keys)
            if (entry.file == file)
                return entry.keys;
        return later_;
    }
    std::string frame(const PrincipalId& who, const message::Message& m) const {
        const auth::CryptoKeyring keyring(keys_of(who));
        const auth::Sealer sealer({made_.cluster.id, app().id, Generation(0), who, app().faults()},
                                  keyring);
        return std::string(text_of(sealer.sign(m).view()));
    }
    std::string accusation(std::uint32_t by, const ExecutionId& of = kE1) const {
        return frame(principal(AgreementId(by)),
                     Accuse{VoteKind::Reply, SequenceNumber(7), of.slot, of.incarnation});
    }
    telemetry::EvidenceFile file(const std::vector<std::string>& frames,
                                 const ExecutionId& subject = kE1) const {
        telemetry::EvidenceFile out;
        out.set_protocol(telemetry::kTelemetryVersion);
        out.set_cluster(std::string(text_of(made_.cluster.id.view())));
        auto& item = *out.mutable_item();
        item.set_application(app().id.value);
        runtime::to_proto(principal(subject), *item.mutable_subject());
        item.set_n(7);
        item.set_vote(1);
        item.set_text("as told");
        for (const auto& frame : frames)
            item.add_frames(frame);
        item.set_id(evidence_id(item));
        return out;
    }
    std::string config(std::uint32_t by) const {
        message::Config config;
        config.number = ConfigurationNumber(4);
        config.members.push_back({kLater.slot, kLater.incarnation, message::MemberState::Active,
                                  later_.publics.signing, later_.publics.exchange});
        return frame(principal(AgreementId(by)), config);
    }
    QString kind(const telemetry::EvidenceFile& file) const {
        const auto proven = verify_evidence(made_.cluster, file);
        return proven ? QString::fromUtf8(proof::to_string(proven->kind).data())
                      : "nothing: " + QString::fromStdString(proven.error().text);
    }

  private Q_SLOTS:
    void initTestCase() {
        auto made = cluster::generate({});
        QVERIFY(bool(made));
        made_ = std::move(made).value();
    }

    void two_signatures() {
        const auto good =
            file({frame(principal(kE1), report('P')), frame(principal(kE1), report('Q'))});
        QCOMPARE(kind(good), QString("two-signatures"));
        // The same twice, or of two numbers: no contradiction.
        QVERIFY(kind(file({good.item().frames(0), good.item().frames(0)})).startsWith("nothing"));
        QVERIFY(kind(file({good.item().frames(0), frame(principal(kE1), report('Q', 8))}))
                    .startsWith("nothing"));
        QVERIFY(kind(file({good.item().frames(0)})).startsWith("nothing"));
        QVERIFY(kind(file({})).startsWith("nothing"));
        // Said to be about somebody else.
        QVERIFY(
            kind(file({good.item().frames(0), good.item().frames(1)}, kE2)).startsWith("nothing"));
    }

    void two_replicas_that_disagree() {
        const auto both =
            file({frame(principal(kE1), report('P')), frame(principal(kE2), report('Q'))});
        QCOMPARE(kind(both), QString("disagreement"));
        const auto proven = verify_evidence(made_.cluster, both);
        QCOMPARE(proven->subjects.size(), std::size_t{2});
        QVERIFY(proven->text.find("does not say which") != std::string::npos);
    }

    void accusations() {
        QCOMPARE(kind(file({accusation(1), accusation(4)})), QString("accusations"));
        // One, one twice, of two replicas, or signed by who is no agreement replica.
        QVERIFY(kind(file({accusation(1)})).contains("f+1"));
        QVERIFY(kind(file({accusation(2), accusation(2)})).contains("f+1"));
        QVERIFY(kind(file({accusation(1), accusation(2, kE2)})).startsWith("nothing"));
        QVERIFY(
            kind(file({accusation(1), frame(principal(kE2), report('P'))})).startsWith("nothing"));
    }

    // ZZ-2.1: keys of a later incarnation are those of a configuration certificate, f+1 equal.
    void later_incarnation() {
        auto late = file(
            {frame(principal(kLater), report('P')), frame(principal(kLater), report('Q'))}, kLater);
        QVERIFY(kind(late).contains("configuration certificate"));
        late.add_configurations(config(2));
        late.add_configurations(config(2));
        QVERIFY(kind(late).contains("configuration certificate"));
        late.add_configurations("no frame at all");
        late.add_configurations(config(3));
        QCOMPARE(kind(late), QString("two-signatures"));
        std::vector<Blob> all;
        for (const auto& text : late.configurations()) {
            const ByteView bytes = view_of(text);
            all.emplace_back(Bytes(bytes.begin(), bytes.end()));
        }
        QCOMPARE(proof::certificate_for(made_.cluster, app(), kLater, all).size(), std::size_t{2});
        QVERIFY(proof::certificate_for(made_.cluster, app(), kE1, all).empty());
    }

    void of_another_cluster() {
        const auto good = file({accusation(1), accusation(2)});
        auto other = cluster::generate({});
        QVERIFY(bool(other));
        QVERIFY(!verify_evidence(other->cluster, good));
        auto claimed = good;
        claimed.set_cluster(std::string(text_of(other->cluster.id.view())));
        QVERIFY(!verify_evidence(other->cluster, claimed));
        auto elsewhere = good;
        elsewhere.mutable_item()->set_application(0);
        QVERIFY(!verify_evidence(made_.cluster, elsewhere));
        elsewhere.mutable_item()->set_application(1'000'000);
        QVERIFY(!verify_evidence(made_.cluster, elsewhere));
    }

    // Every single byte, and every length.
    void any_changed_byte_proves_nothing() {
        const std::string bytes = evidence_bytes(file({accusation(1), accusation(3)}));
        QVERIFY(bool(read_evidence(bytes)));
        std::mt19937 random(11);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            std::string bad = bytes;
            bad[at] = static_cast<char>(bad[at] ^ static_cast<char>(1 + random() % 255));
            QVERIFY2(!read_evidence(bad), qPrintable(QString::number(at)));
            QVERIFY(!read_evidence(bytes.substr(0, at)));
        }
        QVERIFY(!read_evidence(bytes + "x"));
    }

    // Somebody who makes the outer digest right again: the signatures decide. Never a crash.
    void forged_contents() {
        const auto good =
            file({frame(principal(kE1), report('P')), frame(principal(kE1), report('Q'))});
        const std::string body = good.SerializeAsString();
        std::mt19937 random(5);
        int parsed = 0;
        for (int round = 0; round < 3000; ++round) {
            std::string bad = body;
            for (std::uint32_t k = 0; k <= random() % 3; ++k)
                bad[random() % bad.size()] = static_cast<char>(random());
            if (random() % 4 == 0)
                bad.resize(random() % bad.size());
            telemetry::EvidenceFile forged;
            if (!forged.ParseFromString(bad))
                continue;
            ++parsed;
            if (round % 2 == 0)
                forged.mutable_item()->set_id(evidence_id(forged.item()));
            const auto read = read_evidence(evidence_bytes(forged));
            if (!read)
                continue;
            const auto proven = verify_evidence(made_.cluster, *read);
            if (!proven)
                continue;
            // What still proves it has the same frames: only words about it were changed.
            QCOMPARE(read->item().frames_size(), 2);
            QCOMPARE(read->item().frames(0), good.item().frames(0));
            QCOMPARE(read->item().frames(1), good.item().frames(1));
            QVERIFY(proven->subjects[0] == kE1);
        }
        QVERIFY(parsed > 100);
    }

    // The shape of the cost, and of the placement (part of placement_view).
    void cost_and_placement() {
        const auto cost = cost_json(made_.cluster, nullptr);
        const auto& sum = cost["data_center"];
        QCOMPARE(sum["crash"].get<int>(), 8);
        QCOMPARE(sum["bft"].get<int>(), 16);
        QCOMPARE(sum["separated"].get<int>(), 12);
        QCOMPARE(sum["zz"]["awake"].get<int>(), 8);
        QCOMPARE(sum["zz"]["asleep"].get<int>(), 4);
        QCOMPARE(sum["placed"]["awake"].get<int>(), 8);
        QCOMPARE(sum["placed"]["asleep"].get<int>(), 4);
        // Even, whatever the numbers of hosts and applications.
        for (const std::uint32_t hosts : {4U, 5U, 7U})
            for (const std::uint32_t apps : {1U, 3U, 4U, 9U}) {
                cluster::GenerateOptions options;
                options.hosts = hosts;
                options.base_port = 20'000;
                options.applications = cluster::default_applications(apps);
                auto made = cluster::generate(options);
                QVERIFY(bool(made));
                const std::string text = placement_text(made->cluster);
                QVERIFY2(text.find("uneven") == std::string::npos, text.c_str());
            }
    }
};

} // namespace zz::services

QTEST_APPLESS_MAIN(zz::services::EvidenceTest)
#include "evidence_test.moc"
