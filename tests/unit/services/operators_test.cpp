// SPDX-License-Identifier: Apache-2.0
// Aim: a command counts once, on the host, in the cluster and for the operator it was signed for
// (O2, O3); two programs of one operator do not refuse each other.
#include "backend/runtime/clock.h"
#include "backend/services/operators.h"
#include "protocol/cluster/generate.h"
#include "protocol/telemetry/version.h"

#include <QTemporaryDir>
#include <QtTest>

namespace zz::services {

class OperatorsTest : public QObject {
    Q_OBJECT

  private:
    cluster::Generated made_;
    QTemporaryDir folder_;

    const crypto::KeyPair& key() const {
        const std::string file =
            cluster::key_file_name(made_.cluster, {}, principal(made_.cluster.operators[0].id));
        for (const auto& keys : made_.keys)
            if (keys.file == file)
                return keys.keys;
        qFatal("no key of the operator");
    }
    crypto::SigningKeyPair signing() const {
        return crypto::SigningKeyPair::from_seed(key().signing_seed);
    }
    telemetry::CommandBody body(std::uint64_t nonce) const {
        telemetry::CommandBody body;
        body.set_operator_(made_.cluster.operators[0].id.value);
        body.set_protocol(telemetry::kTelemetryVersion);
        body.set_nonce(nonce);
        body.set_cluster(std::string(text_of(made_.cluster.id.view())));
        body.set_environment(made_.cluster.environment);
        body.set_host(1);
        body.set_not_after_wall_ns(runtime::wall_ns() + 10'000'000'000);
        body.mutable_drill_stop_all();
        return body;
    }
    std::string refusal(Operators& operators, const telemetry::CommandBody& body) const {
        const auto checked = operators.check(telemetry::sign_command(body, signing()),
                                             made_.cluster.operators[0].id);
        return checked ? "" : checked.error().text;
    }
    Operators operators() const {
        return Operators(made_.cluster, HostId(1), folder_.path().toStdString());
    }

  private Q_SLOTS:
    void initTestCase() {
        cluster::GenerateOptions options;
        options.base_port = 20'000;
        auto made = cluster::generate(options);
        QVERIFY(bool(made));
        made_ = std::move(made).value();
    }

    void once_and_in_any_near_order() {
        Operators here = operators();
        QCOMPARE(QString::fromStdString(refusal(here, body(100))), QString());
        QCOMPARE(QString::fromStdString(refusal(here, body(90))),
                 QString()); // of another program, a little slower
        QVERIFY(refusal(here, body(100)).find("seen before") != std::string::npos);
        QVERIFY(refusal(here, body(90)).find("seen before") != std::string::npos);
    }

    // O3: also after a restart, for all that was executed before it.
    void refused_after_a_restart() {
        {
            Operators here = operators();
            QCOMPARE(QString::fromStdString(refusal(here, body(1000))), QString());
        }
        Operators again = operators();
        QVERIFY(refusal(again, body(1000)).find("seen before") != std::string::npos);
        QVERIFY(refusal(again, body(999)).find("seen before") != std::string::npos);
        QCOMPARE(QString::fromStdString(refusal(again, body(1001))), QString());
    }

    // What is kept is bounded; what fell out of it is refused.
    void many_nonces() {
        Operators here = operators();
        for (std::uint64_t nonce = 2000; nonce < 4000; ++nonce) {
            telemetry::CommandBody reads = body(nonce);
            reads.mutable_status();
            QCOMPARE(QString::fromStdString(refusal(here, reads)), QString());
        }
        QVERIFY(refusal(here, body(1999)).find("seen before") != std::string::npos);
        QVERIFY(refusal(here, body(2500)).find("seen before") != std::string::npos);
    }

    // O6: whatever the operator's program lets through, a host wants a reason for force.
    void force_wants_a_reason() {
        Operators here = operators();
        telemetry::CommandBody forced = body(200'000);
        forced.mutable_drill_start()->set_force(true);
        QVERIFY(refusal(here, forced).find("--reason") != std::string::npos);
        forced.set_reason(" ");
        QVERIFY(refusal(here, forced).find("--reason") != std::string::npos);
        forced.set_reason("exercise");
        QCOMPARE(QString::fromStdString(refusal(here, forced)), QString());
    }

    void of_another_place_time_or_hand() {
        Operators here = operators();
        telemetry::CommandBody other = body(5000);
        other.set_host(2);
        QVERIFY(!refusal(here, other).empty());
        other = body(5001);
        other.set_cluster("another");
        QVERIFY(!refusal(here, other).empty());
        other = body(5002);
        other.set_not_after_wall_ns(runtime::wall_ns() - 1);
        QVERIFY(!refusal(here, other).empty());
        other = body(5003);
        other.set_operator_(77);
        QVERIFY(!refusal(here, other).empty());
        const crypto::KeyPair stranger = crypto::generate_keys();
        QVERIFY(!here.check(telemetry::sign_command(body(5004), crypto::SigningKeyPair::from_seed(
                                                                    stranger.signing_seed)),
                            made_.cluster.operators[0].id));
        QVERIFY(!here.check(telemetry::sign_command(body(5005), signing()), OperatorId(9)));
    }
};

} // namespace zz::services

QTEST_APPLESS_MAIN(zz::services::OperatorsTest)
#include "operators_test.moc"
