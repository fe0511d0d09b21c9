// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/evidence_round.h"

#include <algorithm>

#include "backend/detection/settlement.h"
#include "protocol/auth/certificates.h"

namespace zz::detection {
namespace {

std::vector<ExecutionId> unsigned_ones(const Case& c, const std::vector<ExecutionId>& of) {
    std::vector<ExecutionId> out;
    for (const ExecutionId& id : of) {
        const auto held = c.held.find(id);
        if (held == c.held.end() || held->second.signed_reports.empty())
            out.push_back(id);
    }
    return out;
}

void tell_deviation(Board& b, Case& c) {
    if (c.deviation_told)
        return;
    c.deviation_told = true;
    core::Notice notice = b.about(c, core::NoticeKind::Deviation);
    // Whose reply is missing. Where replies differ it is not known yet who deviates.
    for (const ExecutionId& id : b.roster.actives()) {
        const auto held = c.held.find(id);
        if (held == c.held.end() || !held->second.reported) {
            notice.subject = principal(id);
            break;
        }
    }
    b.notice(std::move(notice));
}

bool contradicts(const Case& c, const Signed<message::SignedReport>& report) {
    if (c.committed && c.value && value_of(c, report.value) != *c.value)
        return true;
    return std::ranges::any_of(c.held, [&](const auto& h) {
        return std::ranges::any_of(h.second.signed_reports, [&](const auto& other) {
            return auth::unequal(other.value, report.value);
        });
    });
}

} // namespace

void become_due(Board& b, Case& c) {
    if (c.due_at != kNever || c.is_settled())
        return;
    c.due_at = b.now;
    c.length = b.deadlines.length(c.vote);
    tell_deviation(b, c);
    for (const ExecutionId& id : b.roster.actives())
        if ((!c.held.contains(id) || !c.held[id].reported) && c.missing_counted.insert(id).second)
            b.suspect(principal(id));
    // More than others answer in a heartbeat is not asked for; the rest follows with the
    // heartbeats.
    if (++b.rounds_asked <= b.limits().evidence_budget)
        ask(b, c);
}

void ask(Board& b, Case& c) {
    if (!c.committed || (c.is_settled() && c.value && !c.complained))
        return;
    if (c.asked_at == kNever) {
        c.asked_at = b.now;
        ++b.counters.evidence_rounds;
        b.notice(b.about(c, core::NoticeKind::EvidenceRound));
    }
    c.serve_clients = true;
    if (!c.value)
        b.match_wanted[c.vote].insert(c.n);
    b.send(principals(unsigned_ones(c, b.roster.awake())),
           message::SignRequest{c.vote, c.n, c.batch_digest});
}

void complain(Board& b, Case& c) {
    c.complained = true;
    if (c.complaint_at != kNever && b.now - c.complaint_at < b.limits().heartbeat)
        return;
    c.complaint_at = b.now;
    ask(b, c);
    b.touch(c);
}

Instant second_deadline(const Board& b, const Case& c) {
    if (!b.faults().replaces())
        return kNever;
    // Nobody is named who was not asked in time, nor before the first deadline whoever complained.
    if (c.is_settled() || c.no_signed || c.due_at == kNever || c.asked_at == kNever)
        return kNever;
    const Instant second = std::max(c.due_at, c.asked_at) + c.length;
    if (b.settings.policy == cluster::WakeupPolicy::Evidence)
        return second;
    return std::max(second, c.due_at + b.limits().grace);
}

void ask_woken(Board& b, const std::vector<ExecutionId>& woken) {
    for (auto& [key, c] : b.cases)
        if (c.asked_at != kNever && !c.value && c.committed)
            b.send(principals(unsigned_ones(c, woken)),
                   message::SignRequest{c.vote, c.n, c.batch_digest});
}

void ask_for_reports(Board& b, Case& c) {
    if (c.reports_asked)
        return;
    c.reports_asked = true;
    for (const ExecutionId& id : b.roster.awake()) {
        const auto held = c.held.find(id);
        if (held == c.held.end() || !held->second.reported)
            b.reports_wanted.insert(id);
    }
}

void on_signed_report(Board& b, const auth::Verified& v) {
    if (!take_signed(b, v.embedded<message::SignedReport>()))
        ++b.counters.ignored;
}

bool take_signed(Board& b, const Signed<message::SignedReport>& report) {
    const ExecutionId id = execution_id(report.signer);
    if (report.signer.role != Role::Execution || !b.roster.live(id))
        return false;
    Case* c = b.find(report.value.vote, report.value.n);
    if (!c)
        return false;
    Held& held = c->held[id];
    const bool known = std::ranges::any_of(held.signed_reports, [&](const auto& other) {
        return auth::equal_reports(other.value, report.value);
    });
    if (known || signed_two(held))
        return true;
    const bool contradiction = contradicts(*c, report);
    held.signed_reports.push_back(report);
    if (contradiction)
        b.contested.insert(c->key());
    // Whoever holds one passes it on to all agreement replicas. Checkpoints are signed unasked and
    // sent to all: of those only what is in doubt is passed on.
    if (report.value.vote == VoteKind::Reply || contradiction || c->asked_at != kNever ||
        c->serve_clients)
        b.send(b.peers, report.value, report.frame);
    take_report(b, *c, id, report.value.batch_digest, report.value.digest,
                report.value.reply_digests);
    if (held.reply_digests.empty() && c->reply_digests.empty() && c->vote == VoteKind::Reply &&
        held.digest == report.value.digest && held.batch_digest == report.value.batch_digest)
        held.reply_digests = report.value.reply_digests;
    return true;
}

void pass_on_all(Board& b, const Case& c, const PrincipalId& to) {
    for (const auto& [id, held] : c.held)
        for (const Signed<message::SignedReport>& report : held.signed_reports)
            b.send({to}, report.value, report.frame);
}

void flush_requests(Board& b) {
    for (auto& [vote, numbers] : b.match_wanted) {
        if (numbers.empty())
            continue;
        message::MatchRequest request;
        request.vote = vote;
        for (const SequenceNumber& n : numbers)
            if (request.numbers.size() < message::kMaxWindow)
                request.numbers.push_back(n);
        b.send(b.peers, std::move(request));
        numbers.clear();
    }
    if (b.reports_wanted.empty())
        return;
    const std::vector<ExecutionId> ids(b.reports_wanted.begin(), b.reports_wanted.end());
    b.send(principals(ids), message::ExecutionStatus{b.settled, b.h, true});
    b.reports_wanted.clear();
}

} // namespace zz::detection
