// SPDX-License-Identifier: Apache-2.0
// Ordering while the first primary works: the three phases, batching, hostile proposals,
// checkpoints (ZZ-3.1, ZZ-5.2).
#include <QTest>

#include <algorithm>
#include <set>

#include "protocol/auth/digests.h"
#include "protocol/wire/codec.h"
#include "tests/transcript/agreement/replicas_support.h"

namespace zz::agreement::testing {

namespace {

const std::vector<std::uint32_t> kAll{1, 2, 3, 4};

bool is(const Letter& l, message::Kind kind) {
    return l.kind == kind;
}

std::size_t left_for(const Replicas& r, message::Kind kind, const PrincipalId& to) {
    return static_cast<std::size_t>(
        std::count_if(r.outside.begin(), r.outside.end(),
                      [&](const Letter& l) { return l.kind == kind && l.to == to; }));
}

template <class T> std::size_t sent(const Node& node) {
    return static_cast<std::size_t>(
        std::count_if(node.sent.begin(), node.sent.end(),
                      [](const message::Message& m) { return std::holds_alternative<T>(m); }));
}

message::PrePrepare proposal(Replicas& r, const message::Bundle& bundle, SequenceNumber n,
                             Timestamp time) {
    message::Batch batch;
    batch.proposed = time;
    batch.bundles.push_back(bundle);
    const message::BatchContent content = wire::content_of(std::move(batch));
    return {r.core(1).view(), n, auth::batch_digest(content.encoded.view()), content};
}

Timestamp wall(Replicas& r) {
    return r.options().wall_at_zero + static_cast<std::uint64_t>(r.now().ns);
}

} // namespace

class OrderingTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // ZZ-3.1, ZZ-4.1: a request is committed everywhere and ordered to the active execution
    // replicas only.
    void normal_case() {
        Replicas r;
        r.start();
        r.submit(3, 1, {1});
        r.run();
        QCOMPARE(r.committed_everywhere(), std::size_t(1));
        QVERIFY(r.agree());
        for (std::uint32_t i = 1; i <= 4; ++i) {
            QCOMPARE(r.node(i).committed.size(), std::size_t(1));
            const core::OrderedRequest expected{ClientId(1), LaneId(3), RequestNumber(1)};
            QVERIFY(r.node(i).committed[0].requests == std::vector{expected});
        }
        const PrincipalId e1{Role::Execution, 1, 0}, e2{Role::Execution, 2, 0},
            e3{Role::Execution, 3, 0};
        QCOMPARE(left_for(r, message::Kind::Order, e1), std::size_t(4));
        QCOMPARE(left_for(r, message::Kind::Order, e2), std::size_t(4));
        QCOMPARE(left_for(r, message::Kind::Order, e3), std::size_t(0));
        QCOMPARE(left_for(r, message::Kind::BatchBody, e1), std::size_t(1));
    }

    // ZZ-3.1: what comes while batches are in flight is gathered; never more in flight than the
    // bound.
    void batches_gather_and_pipeline() {
        Replicas r;
        r.start();
        std::size_t proposals = 0;
        r.fate = [&](const Letter& l) {
            if (is(l, message::Kind::PrePrepare) && l.to == principal(AgreementId(2)))
                ++proposals;
            return is(l, message::Kind::Prepare) ? Fate::Hold : Fate::Deliver;
        };
        for (std::uint32_t lane = 0; lane < 64; ++lane)
            r.submit(lane, 1, {1});
        r.run();
        // The first alone, then full batches of ten; the window of eight keeps two numbers for
        // system requests.
        QCOMPARE(proposals, std::size_t(6));
        r.fate = nullptr;
        r.release_held();
        r.run();
        r.pass(milliseconds(20));
        QVERIFY(r.agree());
        std::size_t requests = 0;
        for (const core::Committed& c : r.node(2).committed)
            requests += c.requests.size();
        QCOMPARE(requests, std::size_t(64));
    }

    // A5: COMMITs before PREPAREs before PRE-PREPARE: executes as soon as complete.
    void early_messages_are_kept() {
        Replicas r;
        r.start();
        r.fate = [](const Letter& l) {
            return l.to == principal(AgreementId(4)) ? Fate::Hold : Fate::Deliver;
        };
        r.submit(1, 1, {1});
        r.run();
        QCOMPARE(r.core(4).committed_mark(), SequenceNumber(0));
        QCOMPARE(r.core(1).committed_mark(), SequenceNumber(1));
        r.fate = nullptr;
        r.release_held(true);
        r.run();
        QCOMPARE(r.core(4).committed_mark(), SequenceNumber(1));
        QVERIFY(r.agree());
    }

    // A1: two batches for one number to two halves: at most one commits, and the primary is
    // replaced.
    void equivocation_is_survived() {
        Replicas r;
        r.start();
        r.node(1).up = false; // Its words come from the test.
        const auto a =
            proposal(r, r.bundle({{LaneId(1), RequestNumber(1)}}, "a"), SequenceNumber(1), wall(r));
        const auto b =
            proposal(r, r.bundle({{LaneId(1), RequestNumber(1)}}, "b"), SequenceNumber(1), wall(r));
        r.node(1).up = true;
        r.fate = [](const Letter& l) {
            const bool crafted = l.kind == message::Kind::PrePrepare;
            return l.from == principal(AgreementId(1)) && !crafted ? Fate::Drop : Fate::Deliver;
        };
        r.inject(1, a, {2, 3});
        r.inject(1, b, {4});
        r.inject(1, b, {2}); // The second word to A2 is seen as such.
        r.run();
        QVERIFY(r.agree());
        const auto& notices = r.node(2).notices;
        QVERIFY(std::any_of(notices.begin(), notices.end(), [](const core::Notice& n) {
            return n.kind == core::NoticeKind::Suspicion && n.subject == principal(AgreementId(1));
        }));
        r.submit(1, 1, {2, 3, 4});
        r.pass(seconds(8));
        QVERIFY(r.core(2).view() > View(0));
        QVERIFY(r.agree());
        for (std::uint32_t i = 2; i <= 4; ++i) {
            std::size_t times = 0;
            for (const core::Committed& c : r.node(i).committed)
                times += c.requests.size();
            QCOMPARE(times, std::size_t(1));
        }
    }

    // ZZ-3.4, ZZ-1.5, ZZ-2.4: what a backup does not PREPARE.
    void hostile_proposals_are_refused() {
        Replicas r;
        r.options().limits.request_budget_max = 100;
        r.options().limits.batch_budget_max = 150;
        r.start();
        r.node(1).up = false;
        std::vector<message::LaneRequest> eleven,
            two{{LaneId(1), RequestNumber(1)}, {LaneId(2), RequestNumber(1)}};
        for (std::uint32_t i = 0; i < 11; ++i)
            eleven.push_back({LaneId(i), RequestNumber(1)});
        const auto good = r.bundle({{LaneId(1), RequestNumber(1)}});
        const std::vector<message::PrePrepare> bad{
            proposal(r, good, SequenceNumber(1), wall(r) + 3'600'000'000'000u),
            proposal(r, good, SequenceNumber(1), Timestamp(0)),
            proposal(r, r.bundle({{LaneId(1), RequestNumber(1)}}, "x", 101), SequenceNumber(1),
                     wall(r)),
            proposal(r, r.bundle(two, "x", 80), SequenceNumber(1), wall(r)),
            proposal(r, r.bundle(eleven), SequenceNumber(1), wall(r)),
            proposal(r, r.bundle({{LaneId(64), RequestNumber(1)}}), SequenceNumber(1), wall(r)),
            proposal(r, good, SequenceNumber(9), wall(r)), // Beyond the window.
            proposal(r, good, SequenceNumber(0), wall(r)),
            proposal(r, good, SequenceNumber(UINT64_MAX), wall(r)),
        };
        r.node(1).up = true;
        r.fate = [](const Letter& l) {
            return l.from == principal(AgreementId(1)) && l.kind != message::Kind::PrePrepare
                       ? Fate::Drop
                       : Fate::Deliver;
        };
        for (const message::PrePrepare& p : bad) {
            r.inject(1, p, {2, 3, 4});
            r.run();
            QCOMPARE(sent<message::Prepare>(r.node(2)), std::size_t(0));
        }
        // A2, A11: a body that is not that of the digest never reaches the core.
        message::PrePrepare forged = proposal(r, good, SequenceNumber(1), wall(r));
        forged.batch_digest.bytes[0] ^= 1;
        r.inject(1, forged, {2});
        r.run();
        QCOMPARE(r.rejected, std::size_t(1));
        QCOMPARE(sent<message::Prepare>(r.node(2)), std::size_t(0));
        // One that is not primary proposes nothing.
        r.inject(3, proposal(r, good, SequenceNumber(1), wall(r)), {2});
        r.run();
        QCOMPARE(sent<message::Prepare>(r.node(2)), std::size_t(0));
        r.inject(1, proposal(r, good, SequenceNumber(1), wall(r)), {2, 3, 4});
        r.run();
        QCOMPARE(sent<message::Prepare>(r.node(2)), std::size_t(1));
    }

    // A14, ZZ-3.3: a full window stops the primary, and no timer runs while all of it is committed.
    void full_window_waits() {
        Replicas r;
        r.settle = false;
        r.start();
        for (std::uint64_t n = 1; n <= 20; ++n) {
            r.submit(1, n, {1, 2, 3, 4});
            r.run();
        }
        QCOMPARE(r.committed_everywhere(), std::size_t(6));
        r.pass(seconds(10));
        QCOMPARE(r.core(2).view(), View(0));
        QCOMPARE(r.committed_everywhere(), std::size_t(6));
        for (std::uint32_t i = 1; i <= 4; ++i) {
            r.input(i, core::SettledMark{SequenceNumber(6)});
            r.input(i,
                    core::CheckpointMatched{SequenceNumber(4), Replicas::root(SequenceNumber(4))});
        }
        r.run();
        QCOMPARE(r.core(1).h(), SequenceNumber(4));
        QVERIFY(r.committed_everywhere() > 6);
        QVERIFY(r.agree());
    }

    // ZZ-5.2: 2f+1 equal CHECKPOINTs move h; the journal and the log below go.
    void checkpoints_move_h() {
        Replicas r;
        r.start();
        for (std::uint64_t n = 1; n <= 30; ++n) {
            r.submit(1, n, {1});
            r.run();
        }
        QCOMPARE(r.committed_everywhere(), std::size_t(30));
        // ZZ-6.1: COMMITs tell the marks before theirs; the last one is told when detection asks
        // for it.
        QCOMPARE(r.node(1).quorum_mark, SequenceNumber(29));
        for (std::uint32_t i = 1; i <= 4; ++i)
            r.input(i, core::TellMark{});
        r.run();
        for (std::uint32_t i = 1; i <= 4; ++i) {
            QCOMPARE(r.core(i).h(), SequenceNumber(28));
            QCOMPARE(r.node(i).stable.size(), std::size_t(7));
            QVERIFY(r.node(i).stable.back().certificate.signatures.size() >= 3);
            QVERIFY2(r.node(i).journal.size() < 20, "the journal is cut at each checkpoint");
            QCOMPARE(r.node(i).quorum_mark, SequenceNumber(30));
        }
    }

    // ZZ-5.2: what is not settled is not signed, whatever matched.
    void unsettled_is_not_checkpointed() {
        Replicas r;
        r.settle = false;
        r.start();
        for (std::uint64_t n = 1; n <= 4; ++n) {
            r.submit(1, n, {1});
            r.run();
        }
        for (std::uint32_t i = 1; i <= 4; ++i)
            r.input(i,
                    core::CheckpointMatched{SequenceNumber(4), Replicas::root(SequenceNumber(4))});
        r.run();
        QCOMPARE(sent<message::Checkpoint>(r.node(1)), std::size_t(0));
        // f+1 equal agreement CHECKPOINTs stand for the executions' at a third and fourth one.
        r.input(1, core::SettledMark{SequenceNumber(4)});
        r.input(2, core::SettledMark{SequenceNumber(4)});
        r.run();
        QCOMPARE(r.core(1).h(), SequenceNumber(0));
        r.input(3, core::SettledMark{SequenceNumber(3)});
        r.run();
        QCOMPARE(sent<message::Checkpoint>(r.node(3)), std::size_t(0));
        r.input(3, core::SettledMark{SequenceNumber(4)});
        r.run();
        QCOMPARE(r.core(4).h(), SequenceNumber(4));
    }

    // K3, K4: an ordered request is told as asked again; a number out of reach is not ordered and
    // harms no other lane.
    void repeated_and_absurd_numbers() {
        Replicas r;
        r.start();
        r.submit(1, 1, {1});
        r.run();
        r.submit(1, 1, kAll);
        r.submit(2, UINT64_MAX, {1});
        r.submit(3, 1, {1});
        r.run();
        QCOMPARE(r.committed_everywhere(), std::size_t(2));
        QCOMPARE(r.node(3).asked.size(), std::size_t(1));
        QCOMPARE(r.node(3).committed.back().requests.size(), std::size_t(1));
        QCOMPARE(r.node(3).committed.back().requests[0].lane, LaneId(3));
    }

    // A15: extreme values in every field of ordering, from one faulty replica, disturb nobody.
    void extreme_fields_are_harmless() {
        Replicas r;
        r.start();
        const std::uint64_t values[] = {0, 1, 8, 9, 1ull << 40, UINT64_MAX};
        for (const std::uint64_t v : values)
            for (const std::uint64_t n : values) {
                const View view(v);
                const SequenceNumber s(n);
                r.inject(4, message::Prepare{view, s, {}}, {1, 2, 3});
                r.inject(4, message::Commit{view, s, {}, SequenceNumber(v)}, {1, 2, 3});
                r.inject(4, message::AgreementStatus{view, true, s, s, s}, {1, 2, 3});
                r.inject(4, message::AgreementStatus{view, false, SequenceNumber(v), s, s},
                         {1, 2, 3});
                r.inject(4, message::Checkpoint{s, {}, {}}, {1, 2, 3});
                for (int what = 1; what <= 5; ++what)
                    r.inject(4, message::Fetch{static_cast<message::FetchWhat>(what), s, {}},
                             {1, 2, 3});
                r.inject(4, message::AgreementState{s, Blob(bytes_of("state"))}, {1, 2, 3});
                const message::BatchContent null = wire::content_of({});
                r.inject(4,
                         message::BatchBody{s, auth::batch_digest(null.encoded.view()), true, null},
                         {1, 2, 3});
                message::ViewChange change;
                change.new_view = view;
                change.h = s;
                r.inject(4, change, {1, 2, 3});
                message::NewView nv;
                nv.view = view;
                nv.h = s;
                r.inject(4, nv, {1, 2, 3});
            }
        r.run();
        QCOMPARE(r.core(1).view(), View(0));
        r.submit(1, 1, {1});
        r.run();
        QCOMPARE(r.core(1).committed_mark(), SequenceNumber(1));
        QCOMPARE(r.core(3).committed_mark(), SequenceNumber(1));
        QVERIFY(r.agree());
    }
};

} // namespace zz::agreement::testing

QTEST_APPLESS_MAIN(zz::agreement::testing::OrderingTest)
#include "ordering_test.moc"
