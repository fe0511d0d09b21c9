// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/core.h"

#include <algorithm>

#include "backend/detection/accusation.h"
#include "backend/detection/affidavits.h"
#include "backend/detection/bounds.h"
#include "backend/detection/column.h"
#include "backend/detection/evidence_round.h"
#include "backend/detection/settle.h"
#include "backend/detection/settlement.h"
#include "backend/detection/wake_up.h"
#include "protocol/auth/certificates.h"
#include "protocol/base/check.h"

namespace zz::detection {

namespace {

bool is_about_replacement(message::Kind kind) {
    switch (kind) {
    case message::Kind::Demand:
    case message::Kind::NoSign:
    case message::Kind::Accuse:
    case message::Kind::Complete:
    case message::Kind::Settle:
    case message::Kind::WakeUpProof:
        return true;
    default:
        return false;
    }
}

} // namespace

Core::Core(auth::Sealer sealer, Settings settings)
    : board_(std::move(sealer), std::move(settings)) {}

void Core::step(Instant now, const Input& input) {
    Board& b = board_;
    ZZ_CHECK(now >= b.now, "time went back from {} to {} ns", b.now.ns, now.ns);
    b.now = now;
    if (!started_) {
        started_ = true;
        next_heartbeat_ = now + b.limits().heartbeat;
    }
    std::visit([this](const auto& event) { on(event); }, input);
    evaluate_touched();
    if (now >= next_scan_)
        scan();
    if (now >= next_heartbeat_)
        heartbeat();
    if (now >= tell_mark_at_)
        tell_mark();
    evaluate_touched();
    advance_settled_mark(b);
    settle_epoch(b);
    flush_requests(b);
    b.out.wake_at = std::min({next_heartbeat_, next_scan_, tell_mark_at_});
}

Output Core::take_output() {
    Output out = std::move(board_.out);
    board_.out = {};
    board_.out.wake_at = out.wake_at;
    return out;
}

void Core::on(const core::Received& input) {
    Board& b = board_;
    const auth::Verified& v = input.message;
    const message::Message& m = v.message();
    if (!b.faults().replaces() && is_about_replacement(message::kind_of(m))) {
        ++b.counters.ignored;
        return;
    }
    switch (message::kind_of(m)) {
    case message::Kind::Report:
        return on_report(b, v);
    case message::Kind::SignedReport:
        return on_signed_report(b, v);
    case message::Kind::Column:
        return on_column(b, v);
    case message::Kind::MatchRequest:
        return on_match_request(b, v);
    case message::Kind::Match:
        return on_match(b, v);
    case message::Kind::Demand:
        return on_demand(b, v);
    case message::Kind::NoSign:
        return on_no_sign(b, v);
    case message::Kind::Accuse:
        return on_accuse(b, v);
    case message::Kind::Complete:
        return on_complete(b, v);
    case message::Kind::Settle:
        return on_settle(b, v);
    case message::Kind::WakeUpProof:
        return on_wake_up_proof(b, std::get<message::WakeUpProof>(m));
    case message::Kind::ConfigRequest:
        return on_started(b, v.sender());
    case message::Kind::ControllerStatus: {
        const bool known = std::ranges::count(b.settings.controllers, v.sender()) > 0;
        if (known)
            ready_[HostId(v.sender().index)] = std::get<message::ControllerStatus>(m).ready;
        return;
    }
    default:
        ++b.counters.ignored; // Not for this room.
    }
}

void Core::commit(Case& c, const core::Committed& input) {
    if (c.committed)
        return;
    c.committed = true;
    c.batch_digest = input.batch_digest;
    if (c.vote == VoteKind::Reply)
        c.requests = input.requests;
    if (c.quorum_at == kNever && c.n <= board_.quorum_mark)
        c.quorum_at = board_.now;
    board_.touch(c);
}

void Core::on(const core::Committed& input) {
    Board& b = board_;
    Case* c = b.find(VoteKind::Reply, input.n);
    if (!c)
        return; // Below what is kept: told again after a restart.
    commit(*c, input);
    for (const core::OrderedRequest& request : input.requests)
        lanes_[{request.client, request.lane}] = {request.number, input.n};
    if (Case* checkpoint = b.find(VoteKind::Checkpoint, input.n))
        commit(*checkpoint, input);
    if (input.n > b.committed) {
        b.committed = input.n;
        tell_mark_at_ = std::min(tell_mark_at_, b.now + kTellMarkAfter);
    }
}

void Core::on(const core::CommittedByQuorum& input) {
    Board& b = board_;
    if (input.mark <= b.quorum_mark)
        return;
    for (auto at = b.cases.upper_bound({b.quorum_mark, VoteKind::Checkpoint});
         at != b.cases.end() && at->first.first <= input.mark; ++at)
        if (at->second.quorum_at == kNever) {
            at->second.quorum_at = b.now;
            b.touch(at->second);
        }
    b.quorum_mark = input.mark;
}

void Core::on(const core::Configured& input) {
    Board& b = board_;
    if (!b.roster.configured() || input.config.number > b.roster.config().number)
        enter_configuration(input);
    const auto certified = auth::certified_configuration(input.certificate, b.faults());
    if (certified && certified->epoch == b.roster.epoch())
        on_certificate(b, input.certificate);
}

void Core::enter_configuration(const core::Configured& input) {
    Board& b = board_;
    const message::Config before = b.roster.config();
    const bool first = !b.roster.configured();
    const bool new_epoch = !first && input.config.epoch != before.epoch;
    const std::vector<ExecutionId> woken = b.roster.woken();
    if (new_epoch) {
        if (b.roster.proof() && !b.epoch.convicted)
            b.deadlines.wake_up_without_conviction();
        b.epoch = {};
    }
    b.roster.configure(input.config, b.now, b.committed);
    b.epoch.convicted = b.epoch.convicted || !input.convictions.empty() || b.roster.has_convicted();
    for (const message::SlotEntry& slot : before.members)
        if (slot.state != message::MemberState::Empty &&
            !auth::state_of(input.config, {slot.slot, slot.incarnation}))
            ++b.counters.removals;
    for (auto& [key, c] : b.cases) {
        if (new_epoch) {
            enter_epoch(c);
            // The actives of the new epoch get a whole deadline for what is still open.
            if (c.quorum_at != kNever && !c.is_settled())
                c.quorum_at = b.now;
        }
        if (!c.is_settled() || new_epoch)
            b.touch(c);
    }
    forget_removed();
    if (b.roster.woken() != woken)
        b.act(core::AwakeChanged{b.roster.woken()});
    for (const ExecutionId& id : b.roster.awake())
        if (first)
            b.reports_wanted.insert(
                id); // ZZ-12: at start, what is above the settled mark is asked for.
}

// Votes of removed incarnations are discarded, also retroactively (ZZ-4.6).
void Core::forget_removed() {
    Board& b = board_;
    const auto removed = [&](const auto& entry) { return !b.roster.live(entry.first); };
    for (auto& [key, c] : b.cases) {
        std::erase_if(c.held, removed);
        std::erase_if(c.accusations, removed);
        std::erase_if(c.no_signs, removed);
    }
    std::erase_if(b.epoch.complete, removed);
    std::erase_if(b.convicts_sent, [&](const ExecutionId& id) { return !b.roster.live(id); });
    std::erase_if(b.counters.suspicion, [&](const auto& entry) {
        return entry.first.role == Role::Execution && !b.roster.live(execution_id(entry.first));
    });
}

void Core::on(const core::StableMoved& input) {
    on_stable(board_, input.certificate);
    std::erase_if(
        lanes_, [&](const auto& lane) { return !board_.existing(VoteKind::Reply, lane.second.n); });
}

void Core::on(const core::AskedAgain& input) {
    Board& b = board_;
    const auto lane = lanes_.find({input.request.client, input.request.lane});
    // An older number was answered before the lane went on; one below the window is answered by
    // execution (ZZ-4.3 (d)).
    if (lane == lanes_.end() || lane->second.number != input.request.number)
        return;
    Case* c = b.existing(VoteKind::Reply, lane->second.n);
    if (c && !serve_client(b, *c, input.request))
        complain(b, *c);
}

void Core::evaluate_touched() {
    Board& b = board_;
    while (!b.touched.empty()) {
        const Key key = *b.touched.begin();
        b.touched.erase(b.touched.begin());
        Case* c = b.existing(key.second, key.first);
        if (!c)
            continue;
        settle(b, *c);
        if (c->committed && !c->is_settled() && every_active_reported(b, *c))
            become_due(b, *c);
        update_column(b, *c);
        if (b.faults().replaces()) {
            demand(b, *c);
            accuse(b, *c);
            convict(b, *c);
            assemble_proof(b, *c);
        } else {
            tell_masked(b, *c);
        }
        next_scan_ = std::min(next_scan_, next_of(*c));
    }
}

Instant Core::next_of(const Case& c) const {
    const Board& b = board_;
    if (!c.committed)
        return kNever;
    Instant next = std::min(second_deadline(b, c), demand_due(b, c));
    const Instant start = b.start_of(c);
    if (!c.deadline_passed && start != kNever && (!c.is_settled() || c.column_wanted)) {
        const Duration length = b.deadlines.length(c.vote);
        next = std::min(next, c.reports_asked ? start + length : start + length / 2);
    }
    return next;
}

void Core::scan() {
    Board& b = board_;
    next_scan_ = kNever;
    for (auto& [key, c] : b.cases) {
        if (!c.committed || (c.is_settled() && !c.column_wanted))
            continue;
        const Instant start = b.start_of(c);
        const Duration length = b.deadlines.length(c.vote);
        if (!c.deadline_passed && start != kNever) {
            if (b.now >= start + length / 2)
                ask_for_reports(b, c);
            if (b.now >= start + length) {
                c.deadline_passed = true;
                become_due(b, c);
            }
        }
        if (b.now >= second_deadline(b, c))
            no_sign(b, c);
        // Also for entries that turned missing by a recovery deadline.
        b.touch(c);
        next_scan_ = std::min(next_scan_, next_of(c));
    }
    next_scan_ =
        std::min(next_scan_, b.roster.next_recovery_deadline(b.now, b.deadlines.recovery()));
    if (b.roster.proof() && b.now < b.roster.woken_at() + b.deadlines.completion())
        next_scan_ = std::min(next_scan_, b.roster.woken_at() + b.deadlines.completion());
}

void Core::heartbeat() {
    Board& b = board_;
    next_heartbeat_ = b.now + b.limits().heartbeat;
    b.budget.clear();
    b.rounds_asked = 0;
    b.proof_told.clear();
    for (auto& [key, c] : b.cases) {
        c.heard.clear();
        if (c.committed && !c.is_settled()) {
            c.reports_asked = false;
            if (c.quorum_at != kNever)
                ask_for_reports(b, c);
            // The lowest numbers first.
            const bool open = c.asked_at != kNever || c.due_at != kNever;
            if (open && ++b.rounds_asked <= b.limits().evidence_budget) {
                ask(b, c);
                repeat_column(b, c);
            }
        }
        repeat_demands(b, c);
        repeat_accusations(b, c);
    }
    repeat_settle(b);
    send_proof(b);
    if (++heartbeats_ % kOrderAgainHeartbeats == 0) {
        b.convicts_sent.clear();
        b.epoch.ordered.clear();
        for (auto& [key, c] : b.cases)
            b.touch(c);
    }
    const bool rest = b.roster.configured() && !b.roster.proof() && !b.roster.has_convicted() &&
                      b.roster.actives().size() == b.faults().active_replicas();
    b.deadlines.rest(b.now, rest);
    // Recovery and completion deadlines end within a heartbeat even when no case is open.
    next_scan_ = std::min(next_scan_, next_heartbeat_);
}

void Core::tell_mark() {
    tell_mark_at_ = kNever;
    const Case* c = board_.existing(VoteKind::Reply, board_.committed);
    if (c && !c->is_settled())
        board_.act(core::TellMark{});
}

void Core::add_facts(core::AgreementFacts& facts) const {
    const Board& b = board_;
    facts.settled = b.settled;
    facts.awake = b.roster.woken();
    facts.complete.clear();
    for (const auto& [id, mark] : b.epoch.complete)
        facts.complete.push_back(id);
    facts.unresponsive.assign(b.epoch.named.begin(), b.epoch.named.end());
    facts.wakeups = b.counters.wakeups;
    facts.removals = b.counters.removals;
    facts.nonblocking = b.counters.nonblocking;
    facts.blocking = b.counters.blocking;
    facts.evidence_rounds = b.counters.evidence_rounds;
    facts.suspicion.assign(b.counters.suspicion.begin(), b.counters.suspicion.end());
}

void Core::invariants() const {
    const Board& b = board_;
    ZZ_CHECK(b.settled <= b.committed, "settled mark {} above committed mark {}", b.settled.value,
             b.committed.value);
    ZZ_CHECK(b.settled >= b.h, "settled mark {} below h {}", b.settled.value, b.h.value);
    ZZ_CHECK(b.cases.size() <= 6ULL * b.limits().window() + 2, "{} cases", b.cases.size());
    ZZ_CHECK(b.touched.empty(), "{} cases were not looked at", b.touched.size());
    for (const auto& [key, c] : b.cases) {
        ZZ_CHECK(b.in_window(c.vote, c.n), "a case at {} outside the window of h {}", c.n.value,
                 b.h.value);
        ZZ_CHECK(!c.value || c.is_settled(), "a value at {} that is not settled", c.n.value);
        ZZ_CHECK(c.n > b.h || c.is_settled(), "{} is open at or below h {}", c.n.value, b.h.value);
        ZZ_CHECK(c.held.size() <= b.roster.config().members.size(), "{} replicas reported {}",
                 c.held.size(), c.n.value);
        for (const auto& [id, held] : c.held) {
            ZZ_CHECK(b.roster.live(id), "{} is held and not live", to_string(id));
            ZZ_CHECK(held.signed_reports.size() <= kSignedPerHeld, "{} signed reports of {}",
                     held.signed_reports.size(), to_string(id));
        }
        ZZ_CHECK(c.columns.size() <= b.faults().agreement_replicas(), "{} columns",
                 c.columns.size());
    }
    for (const auto& [sender, settles] : b.epoch.settles)
        ZZ_CHECK(settles.size() <= kSettlesPerSender, "{} SETTLEs of one sender", settles.size());
}

} // namespace zz::detection
