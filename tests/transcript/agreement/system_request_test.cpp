// SPDX-License-Identifier: Apache-2.0
// System requests: configurations, their proofs, and what a woken replica is told (ZZ-2.1, ZZ-3.5,
// ZZ-6.7, ZZ-7.1).
#include <QTest>

#include <algorithm>

#include "protocol/auth/certificates.h"
#include "tests/transcript/agreement/replicas_support.h"

namespace zz::agreement::testing {
namespace {

message::Convict convict(Replicas& r, std::uint32_t slot) {
    message::Convict c;
    c.slot = SlotId(slot);
    for (std::uint32_t i = 1; i <= 2; ++i)
        c.accusations.push_back(r.node(i).sealer->embed(
            message::Accuse{VoteKind::Reply, SequenceNumber(1), SlotId(slot), Incarnation(0)}));
    return c;
}

message::Settled settled(Replicas& r, std::uint64_t epoch, std::vector<message::Member> set) {
    message::Settled s;
    s.epoch = Epoch(epoch);
    s.set = set;
    for (std::uint32_t i = 1; i <= 2; ++i)
        s.settles.push_back(r.node(i).sealer->embed(message::Settle{Epoch(epoch), set}));
    return s;
}

} // namespace

class SystemRequestTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // ZZ-3.5, ZZ-2.1: system requests are ordered without client requests; the certificate is f+1
    // equal CONFIGs.
    void configuration_is_executed_and_certified() {
        Replicas r;
        r.start();
        r.input(3, core::OrderSystem{{convict(r, 1)}});
        r.run();
        for (std::uint32_t i = 1; i <= 4; ++i) {
            const message::Config& c = r.core(i).state().members().config();
            QCOMPARE(c.number, ConfigurationNumber(1));
            QCOMPARE(c.members[0].state, message::MemberState::Convicted);
            const auto& told = r.node(i).configured;
            const bool named = std::any_of(told.begin(), told.end(), [](const core::Configured& t) {
                return t.convictions.size() == 1 &&
                       t.convictions[0].id == ExecutionId{SlotId(1), Incarnation(0)};
            });
            QVERIFY(named);
            QVERIFY(auth::certified_configuration(told.back().certificate, Faults{1}) == c);
        }
        r.input(2, core::OrderSystem{{settled(r, 0, {{SlotId(2), {}}, {SlotId(3), {}}})}});
        r.run();
        QCOMPARE(r.core(4).state().members().config().epoch, Epoch(1));
        // The controller of another host may not enrol; that of the slot's host may.
        const PublicKeys keys =
            auth::PlainKeyring::keys_of({Role::Execution, 1, 1}, Replicas::kSecret);
        const message::Enrol enrol{SlotId(1), Incarnation(1), keys.signing, keys.exchange};
        r.inject_from(controller_of(HostId(2)), enrol, 1);
        r.run();
        QCOMPARE(r.core(4).state().members().config().number, ConfigurationNumber(2));
        r.inject_from(controller_of(HostId(1)), enrol, 3);
        r.run();
        QCOMPARE(r.core(4).state().members().config().number, ConfigurationNumber(3));
        const auto heard = [&](const PrincipalId& who) {
            return std::count_if(r.outside.begin(), r.outside.end(), [&](const Letter& l) {
                return l.kind == message::Kind::Config && l.to == who;
            });
        };
        QCOMPARE(heard(controller_of(HostId(1))), 12);
        QCOMPARE(heard(principal(ClientId(1))), 12);
        QVERIFY(r.agree());
    }

    // What people see of configurations: the same at all who executed them, whole, with the agreed
    // time; one that begins anew does not claim to know when.
    void configurations_are_told() {
        Replicas r;
        r.start();
        r.input(3, core::OrderSystem{{convict(r, 1)}});
        r.run();
        r.input(2, core::OrderSystem{{settled(r, 0, {{SlotId(2), {}}, {SlotId(3), {}}})}});
        r.run();
        const auto history_of = [&](std::uint32_t i) {
            core::AgreementFacts facts;
            r.core(i).facts(facts);
            return facts.history;
        };
        const auto first = history_of(1);
        QCOMPARE(first.size(), std::size_t(3));
        for (std::size_t k = 0; k < first.size(); ++k) {
            QCOMPARE(first[k].config.number, ConfigurationNumber(k));
            QCOMPARE(first[k].n.value > 0 && first[k].time.value > 0, k > 0);
            for (std::uint32_t i = 2; i <= 4; ++i) {
                const auto other = history_of(i)[k];
                QVERIFY(other.config == first[k].config && other.n == first[k].n &&
                        other.time == first[k].time);
            }
        }
        QVERIFY(first[1].n < first[2].n && first[1].time < first[2].time);
        const auto& notices = r.node(2).notices;
        const auto told = std::ranges::find_if(notices, [](const core::Notice& notice) {
            return notice.kind == core::NoticeKind::Configured && notice.value == 1;
        });
        QVERIFY(told != notices.end());
        QVERIFY(std::ranges::equal(told->members, first[1].config.members));
    }

    // Clients fill the window while a checkpoint is in dispute; what decides it is still ordered.
    void ordered_in_a_window_that_clients_filled() {
        Replicas r;
        r.settle = false;
        r.start();
        for (std::uint64_t n = 1; n <= 20; ++n) {
            r.submit(1, n, {1, 2, 3, 4});
            r.run();
        }
        const std::size_t filled = r.committed_everywhere();
        r.input(3, core::OrderSystem{{convict(r, 1)}});
        r.run();
        QCOMPARE(r.committed_everywhere(), filled + 1);
        QCOMPARE(r.core(1).state().members().config().number, ConfigurationNumber(1));
    }

    // ZZ-6.7: a CONVICT or SETTLED without its proof is not even forwarded.
    void unproven_system_requests_are_dropped() {
        Replicas r;
        r.start();
        message::Convict alone = convict(r, 1);
        alone.accusations.pop_back();
        r.inject(4, alone, {1});
        message::Settled twice = settled(r, 0, {{SlotId(2), {}}, {SlotId(3), {}}});
        twice.settles[1] = twice.settles[0];
        r.inject(4, twice, {1});
        r.run();
        QCOMPARE(r.committed_everywhere(), std::size_t(0));
    }

    // ZZ-4.1, ZZ-7.1: a woken replica gets the configuration, the stable certificate and the ORDERs
    // above it.
    void woken_replica_is_supplied() {
        Replicas r;
        r.start();
        for (std::uint64_t n = 1; n <= 6; ++n) {
            r.submit(1, n, {1});
            r.run();
        }
        r.outside.clear();
        const ExecutionId e3{SlotId(3), Incarnation(0)};
        r.input(1, core::AwakeChanged{{e3}});
        std::vector<message::Kind> kinds;
        for (const Letter& l : r.outside)
            if (l.to == principal(e3))
                kinds.push_back(l.kind);
        QVERIFY(!kinds.empty());
        QCOMPARE(kinds.front(), message::Kind::Config);
        QCOMPARE(std::count(kinds.begin(), kinds.end(), message::Kind::StableProof), 1);
        QCOMPARE(std::count(kinds.begin(), kinds.end(), message::Kind::Order), 2);
        r.outside.clear();
        r.submit(1, 7, {1});
        r.run();
        QCOMPARE(std::count_if(r.outside.begin(), r.outside.end(),
                               [&](const Letter& l) {
                                   return l.kind == message::Kind::Order && l.to == principal(e3);
                               }),
                 1);
    }
};

} // namespace zz::agreement::testing

QTEST_APPLESS_MAIN(zz::agreement::testing::SystemRequestTest)
#include "system_request_test.moc"
