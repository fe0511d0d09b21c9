// SPDX-License-Identifier: Apache-2.0
// Board: what the phases of detection share inside one core: settings, roster, cases, deadlines,
// output. Each phase is a set of functions on it in a file of its own. Owned by the core; of no
// thread.
#pragma once

#include <map>
#include <set>
#include <variant>
#include <vector>

#include "backend/detection/case.h"
#include "backend/detection/deadlines.h"
#include "backend/detection/roster.h"
#include "protocol/auth/sealer.h"
#include "protocol/cluster/cluster.h"
#include "protocol/core/exchange.h"
#include "protocol/core/io.h"

namespace zz::detection {

using Action = std::variant<core::OrderSystem, core::SettledMark, core::CheckpointMatched,
                            core::AwakeChanged, core::TellMark>;
using Output = core::Output<Action>;

struct Settings {
    Faults faults;
    cluster::WakeupPolicy policy = cluster::WakeupPolicy::Evidence;
    cluster::Limits limits;
    // Controllers of the hosts of this application's execution slots.
    std::vector<PrincipalId> controllers;
};

// Of one epoch (ZZ-6.7); made anew when it ends.
struct EpochState {
    // COMPLETE: our committed mark at its first receipt.
    std::map<ExecutionId, SequenceNumber> complete;
    std::set<ExecutionId> named;                                         // f+1 NOSIGN
    bool convicted = false;                                              // a CONVICT was executed
    std::map<AgreementId, std::vector<Signed<message::Settle>>> settles; // newest last
    // COLUMNs that block, under policy `matrix`: they name once n is settled (ZZ-6.6).
    std::optional<message::WakeUpProof> column_proof;
    std::vector<message::Member> ordered; // set of the SETTLED we handed to agreement
    bool all_named_told = false;
};

// Requests of one asker answered since the last heartbeat (ZZ-6.5).
using Budget = std::map<AgreementId, std::uint32_t>;

struct Counters {
    std::uint64_t wakeups = 0, removals = 0, nonblocking = 0, blocking = 0, evidence_rounds = 0;
    std::uint64_t ignored = 0;                      // verified messages that were not relevant
    std::map<PrincipalId, std::uint64_t> suspicion; // live incarnations only
};

struct Board {
    Board(auth::Sealer own_sealer, Settings own_settings);

    Settings settings;
    auth::Sealer sealer;
    AgreementId self;
    std::vector<PrincipalId> peers; // the other agreement replicas
    Roster roster;
    EpochState epoch;
    Deadlines deadlines;
    std::map<VoteKind, Progress> progress;
    std::map<Key, Case> cases;
    std::set<Key> contested; // that hold unequal signed reports
    SequenceNumber h, committed, settled, quorum_mark;
    Digest stable_root; // of the stable checkpoint h
    Budget budget;
    std::set<ExecutionId> proof_told; // on their CONFIG-REQUEST since the last heartbeat
    std::uint32_t rounds_asked = 0;   // evidence rounds begun or repeated since the last heartbeat
    Counters counters;
    // MATCH-REQUESTs of this step, one message for each kind.
    std::map<VoteKind, std::set<SequenceNumber>> match_wanted;
    std::set<ExecutionId> reports_wanted; // asked by EXECUTION-STATUS at the end of the step
    std::set<ExecutionId> convicts_sent;
    std::set<Key> touched; // to be looked at before the step ends
    Instant now;
    Output out;

    const Faults& faults() const { return settings.faults; }
    const cluster::Limits& limits() const { return settings.limits; }
    bool in_window(VoteKind vote, SequenceNumber n) const;
    // The case, made if it is in the window; else null.
    Case* find(VoteKind vote, SequenceNumber n);
    Case* existing(VoteKind vote, SequenceNumber n);
    // When the deadline of this case starts, from what is known now (ZZ-6.1); kNever if unknown.
    Instant start_of(const Case& c) const;

    void touch(const Case& c) { touched.insert(c.key()); }
    void notice(core::Notice notice) { out.notices.push_back(std::move(notice)); }
    // A notice about a case.
    core::Notice about(const Case& c, core::NoticeKind kind) const;
    void act(Action action) { out.actions.push_back(std::move(action)); }
    void send(std::vector<PrincipalId> to, message::Message m, Blob frame = {});
    // Sends our own signed message and gives it as it can be kept and embedded.
    template <class T> Signed<T> sign_and_send(const std::vector<PrincipalId>& to, const T& value) {
        Signed<T> own = sealer.embed(value);
        send(to, value, own.frame);
        return own;
    }
    std::vector<PrincipalId> peers_and_controllers() const;
    void suspect(const PrincipalId& who);
    // False once the asker has used up its requests of this heartbeat.
    bool within_budget(AgreementId asker);
};

std::vector<PrincipalId> principals(const std::vector<ExecutionId>& ids);
message::Member member(const ExecutionId& id);

} // namespace zz::detection
