// SPDX-License-Identifier: Apache-2.0
// Case: all that one agreement replica holds about one number of one kind: what execution replicas
// reported, what other agreement replicas said of it, when it is due, whether it is settled. Plain
// data; the phases of ZZ-6 work on it (column, settlement, evidence_round, accusation, wake_up,
// affidavits). Owned by the Board.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/core/exchange.h"

namespace zz::detection {

template <class T> using Signed = message::Embedded<T>;
// By number; the replies of a number before its checkpoint.
using Key = std::pair<SequenceNumber, VoteKind>;

// What one incarnation said.
struct Held {
    // The first one, tagged or signed, is its entry and never changes (ZZ-6.1).
    bool reported = false;
    Digest batch_digest;
    Digest digest;
    // Of that entry; given up once a digest's were found to hash to it. Empty for checkpoints.
    std::vector<Digest> reply_digests;
    std::vector<Signed<message::SignedReport>> signed_reports; // at most two, unequal
};

// Why n is settled (ZZ-5.2).
enum class Settledness : std::uint8_t { Open, Column, Matches, Certificate, Stable };

struct Case {
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;

    // --- ours
    bool committed = false;
    Digest batch_digest;                        // once committed
    std::vector<core::OrderedRequest> requests; // once committed
    std::map<ExecutionId, Held> held;           // of live incarnations
    bool enough_reported = false;               // f+1 reports were in

    Settledness settled = Settledness::Open;
    std::optional<Digest>
        value; // of a settled one; unknown where only a stable checkpoint settled it
    std::vector<Digest> reply_digests; // hash to `value`; empty until known

    // --- deadlines (ZZ-6.1), anew in each epoch
    Instant quorum_at = kNever; // 2f+1 have committed n
    bool deadline_passed = false;
    Instant due_at = kNever;    // deadline passed, or every active reported and no match
    Duration length{0};         // of the deadline as it was then
    bool reports_asked = false; // missing REPORTs were asked for

    // --- evidence round (ZZ-6.5)
    bool complained = false;        // a client still waits
    Instant asked_at = kNever;      // first requests of the round were sent
    Instant complaint_at = kNever;  // last round on a complaint for a settled one
    std::set<AgreementId> askers;   // of MATCH, not answered yet
    std::set<AgreementId> heard;    // asked since the last heartbeat: nobody twice
    Blob match_frame;               // our MATCH as signed, once asked for
    std::set<AgreementId> asked_by; // of MATCH, ever: the second one overrides budgets
    std::map<AgreementId, Digest> matches;
    bool serve_clients = false; // affidavits are due without being asked for
    bool served_clients = false;
    std::set<ExecutionId> missing_counted; // for suspicion, once each

    // --- of the current epoch
    std::map<AgreementId, Signed<message::Column>> columns; // ours among them, once signed
    std::uint32_t revision = 0;
    bool column_wanted = false;                             // somebody waits for ours
    std::map<AgreementId, Instant> column_told;             // when we last sent ours
    std::map<AgreementId, Signed<message::Demand>> demands; // ours among them
    std::map<ExecutionId, std::map<AgreementId, Signed<message::NoSign>>> no_signs;
    bool no_signed = false;
    bool verdict_counted = false;
    bool violation_told = false;
    bool deviation_told = false;
    std::vector<message::ColumnEntry> told_entries; // of our column, as people saw it last
    std::size_t replies_told = 0;                   // replicas whose replies people saw

    std::map<ExecutionId, std::map<AgreementId, Signed<message::Accuse>>> accusations;
    std::set<ExecutionId> masked; // told as deviating, where nobody is accused

    Key key() const { return {n, vote}; }
    bool is_settled() const { return settled != Settledness::Open; }
};

// The value that `held` stands for at n: its digest; a report of another batch is a value of its
// own, whatever its digest. Precondition: c.committed.
Digest value_of(const Case& c, const Held& held);
Digest value_of(const Case& c, const message::SignedReport& report);

// Two unequal ones among what `held` signed: absolute proof (ZZ-6.5).
bool signed_two(const Held& held);
// Two unequal signed reports among all that is held, by whomever; null if there are none.
std::pair<const Signed<message::SignedReport>*, const Signed<message::SignedReport>*>
unequal_pair(const Case& c, const std::vector<ExecutionId>& of);
// Incarnations of f+1 equal signed reports for `value`, or fewer.
std::vector<const Signed<message::SignedReport>*> signed_for(const Case& c, const Digest& value);

// What begins anew in each epoch.
void enter_epoch(Case& c);

} // namespace zz::detection
