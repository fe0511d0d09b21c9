// SPDX-License-Identifier: Apache-2.0
// What cores tell reaches telemetry whole, and within its bounds; what a process uses is read
// right.
#include "backend/runtime/convert.h"
#include "backend/runtime/process_facts.h"

#include "backend/runtime/process.h"
#include "protocol/telemetry/version.h"

#include <QTest>

#include <unistd.h>
#include <vector>

namespace zz::runtime {
namespace {

Digest digest(std::uint8_t first) {
    Digest out;
    out.bytes[0] = first;
    return out;
}

} // namespace

class ConvertTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void members_of_a_configuration() {
        core::Notice notice;
        notice.kind = core::NoticeKind::Configured;
        notice.value = 4;
        notice.members = {{SlotId(1), Incarnation(2), message::MemberState::Convicted, {}, {}},
                          {SlotId(2), Incarnation(0), message::MemberState::Active, {}, {}}};
        telemetry::Event event;
        to_proto(notice, event);
        QCOMPARE(event.kind(), telemetry::CONFIGURED);
        QCOMPARE(event.members_size(), 2);
        QCOMPARE(event.members(0).incarnation(), 2U);
        QCOMPARE(event.members(0).state(), 3U);
        QCOMPARE(event.members(1).slot(), 2U);
    }

    void requests_of_a_dispute() {
        core::Notice notice;
        notice.kind = core::NoticeKind::RequestsOf;
        notice.value = 100;
        for (std::uint32_t i = 0; i < 100; ++i)
            notice.requests.push_back(
                {ClientId(1),
                 LaneId(i),
                 RequestNumber(7),
                 {{{SlotId(1), Incarnation(0)}, digest(1)}, {{SlotId(2), {}}, digest(2)}}});
        telemetry::Event event;
        to_proto(notice, event);
        QCOMPARE(event.kind(), telemetry::REQUESTS_OF);
        QCOMPARE(std::size_t(event.requests_size()), telemetry::kRequestsMax);
        QCOMPARE(event.requests(3).lane(), 3U);
        QCOMPARE(event.requests(3).number(), 7ULL);
        QCOMPARE(event.requests(3).replies_size(), 2);
        QCOMPARE(event.requests(3).replies(1).slot(), 2U);
        QCOMPARE(event.requests(3).replies(1).digest()[0], char(2));
    }

    void history_of_configurations() {
        core::AgreementFacts facts;
        for (std::uint64_t k = 0; k < 3; ++k) {
            core::ConfigurationChange change;
            change.config.number = ConfigurationNumber(k);
            change.config.members = {{{SlotId(1), {}, message::MemberState::Active, {}, {}}}};
            change.n = SequenceNumber(10 * k);
            change.time = Timestamp(1000 * k);
            facts.history.push_back(change);
        }
        telemetry::AgreementFacts out;
        to_proto(facts, out);
        QCOMPARE(out.history_size(), 3);
        QCOMPARE(out.history(2).number(), 2ULL);
        QCOMPARE(out.history(2).n(), 20ULL);
        QCOMPARE(out.history(2).time_ns(), 2000ULL);
        QCOMPARE(out.history(2).members(0).state(), 1U);
    }

    void own_process() {
        const std::vector<char> memory(64u << 20, 'x');
        telemetry::ProcessFacts facts;
        transport::Counters counters;
        counters.bytes_sent = 5;
        fill_process(counters, 77, facts);
        QCOMPARE(std::int64_t(facts.pid()), std::int64_t(getpid()));
        QVERIFY(facts.rss_bytes() > memory.size() && facts.rss_bytes() < (4ULL << 30));
        QVERIFY(facts.threads() >= 1 && facts.threads() < 100);
        QVERIFY(facts.open_files() >= 3 && facts.open_files() < 100);
        QCOMPARE(std::int64_t(facts.started_wall_ns()), std::int64_t(77));
        QCOMPARE(facts.bytes_out(), 5ULL);
        QVERIFY(usage_of(1 << 30).rss_bytes == 0 && usage_of(1 << 30).cpu_ns == 0);
    }
};

} // namespace zz::runtime

using zz::runtime::ConvertTest;
QTEST_GUILESS_MAIN(ConvertTest)
#include "convert_test.moc"
