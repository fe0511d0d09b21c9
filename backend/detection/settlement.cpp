// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/settlement.h"

#include <algorithm>

#include "backend/detection/affidavits.h"
#include "backend/detection/column.h"
#include "backend/detection/evidence_round.h"

namespace zz::detection {
namespace {

std::string_view text_of(Settledness how) {
    switch (how) {
    case Settledness::Column:
        return "its column matched";
    case Settledness::Matches:
        return "f+1 MATCH";
    case Settledness::Certificate:
        return "f+1 equal signed reports";
    case Settledness::Stable:
        return "a stable checkpoint";
    case Settledness::Open:
        break;
    }
    return "open";
}

std::optional<Digest> value_of_matches(const Board& b, const Case& c) {
    std::map<Digest, std::uint32_t> votes;
    for (const auto& [sender, value] : c.matches)
        if (++votes[value] >= b.faults().weak_quorum())
            return value;
    return std::nullopt;
}

std::optional<Digest> value_of_certificate(const Board& b, const Case& c) {
    for (const auto& [id, held] : c.held)
        for (const Signed<message::SignedReport>& report : held.signed_reports) {
            const Digest value = value_of(c, report.value);
            if (signed_for(c, value).size() >= b.faults().weak_quorum())
                return value;
        }
    return std::nullopt;
}

void answer_with_match(Board& b, Case& c, const std::vector<PrincipalId>& to) {
    const message::Match match{c.vote, c.n, *c.value};
    if (c.match_frame.empty())
        c.match_frame = b.sealer.sign(match); // A value never changes: one signature serves all.
    b.send(to, match, c.match_frame);
}

void on_settled(Board& b, Case& c, Settledness how) {
    const bool fresh = c.settled == Settledness::Open;
    if (fresh)
        c.settled = how;
    // A match before the start counts as no delay at all.
    if (fresh && how == Settledness::Column)
        b.deadlines.sample(c.vote, b.now - std::min(b.now, b.start_of(c)));
    if (how != Settledness::Column || c.due_at != kNever) {
        core::Notice notice = b.about(c, core::NoticeKind::SettledByEvidence);
        notice.digest = *c.value;
        notice.text = text_of(how);
        b.notice(std::move(notice));
    }
    if (how != Settledness::Column) {
        // Suspicion only (ZZ-6.10): the round ended in evidence without the help of these.
        for (const ExecutionId& id : b.roster.actives())
            if (!entry_of(b, c, id).equals(*c.value) && c.asked_at != kNever)
                b.suspect(principal(id));
    }
    if (c.vote == VoteKind::Checkpoint)
        b.act(core::CheckpointMatched{c.n, *c.value});
}

// Who asked before n was settled is answered as soon as it is.
void answer_askers(Board& b, Case& c) {
    if (!c.value || c.askers.empty())
        return;
    std::vector<PrincipalId> to;
    for (const AgreementId& asker : c.askers)
        to.push_back(principal(asker));
    answer_with_match(b, c, to);
    c.askers.clear();
}

} // namespace

void take_report(Board& b, Case& c, ExecutionId id, const Digest& batch_digest,
                 const Digest& digest, const std::vector<Digest>& reply_digests) {
    Held& held = c.held[id];
    b.roster.reported(id, c.n);
    b.touch(c);
    if (held.reported)
        return;
    held.reported = true;
    held.batch_digest = batch_digest;
    held.digest = digest;
    if (c.reply_digests.empty() && c.vote == VoteKind::Reply)
        held.reply_digests = reply_digests;
    std::uint32_t reported = 0;
    for (const auto& [other, h] : c.held)
        reported += h.reported ? 1U : 0U;
    if (!c.enough_reported && reported >= b.faults().weak_quorum()) {
        c.enough_reported = true;
        b.progress[c.vote].reported(c.n, b.now);
    }
}

void on_report(Board& b, const auth::Verified& v) {
    const auto& report = std::get<message::Report>(v.message());
    const ExecutionId id = execution_id(v.sender());
    // Nothing by a removed incarnation counts (ZZ-2.1, ZZ-4.6).
    Case* c = b.roster.live(id) ? b.find(VoteKind::Reply, report.n) : nullptr;
    if (!c) {
        ++b.counters.ignored;
        return;
    }
    take_report(b, *c, id, report.batch_digest, report.digest, report.reply_digests);
}

void settle(Board& b, Case& c) {
    if (!c.committed)
        return answer_askers(b, c);
    if (!c.value) {
        Settledness how = Settledness::Column;
        std::optional<Digest> value = matching_value(b, c);
        if (!value && (value = value_of_certificate(b, c)))
            how = Settledness::Certificate;
        if (!value && (value = value_of_matches(b, c)))
            how = Settledness::Matches;
        if (!value)
            return;
        c.value = value;
        on_settled(b, c, how);
    }
    answer_askers(b, c);
    find_reply_digests(b, c);
    serve_clients(b, c);
}

void advance_settled_mark(Board& b) {
    const SequenceNumber before = b.settled;
    b.settled = std::max(b.settled, b.h);
    while (b.settled < b.committed) {
        const Case* c = b.existing(VoteKind::Reply, b.settled + 1);
        if (!c || !c->is_settled() || !c->committed)
            break;
        ++b.settled;
    }
    if (b.settled > before)
        b.act(core::SettledMark{b.settled});
}

void on_stable(Board& b, const message::StableCertificate& certificate) {
    const SequenceNumber n = certificate.checkpoint.n;
    if (n <= b.h)
        return;
    b.h = n;
    b.stable_root = certificate.checkpoint.root;
    b.committed = std::max(b.committed, n);
    for (auto& [key, c] : b.cases) {
        if (c.n > n)
            break;
        if (!c.is_settled()) {
            c.settled = Settledness::Stable;
            b.touch(c);
        }
        if (c.vote == VoteKind::Checkpoint && c.n == n && !c.value) {
            c.value = certificate.checkpoint.root;
            b.touch(c);
        }
    }
    // What is L below h is dropped, with its proofs (ZZ-5.2, ZZ-6.5, ZZ-6.7).
    while (!b.cases.empty() && !b.in_window(VoteKind::Reply, b.cases.begin()->first.first)) {
        b.contested.erase(b.cases.begin()->first);
        b.cases.erase(b.cases.begin());
    }
    for (auto& [vote, progress] : b.progress)
        progress.forget_below(n);
    advance_settled_mark(b);
}

void on_match(Board& b, const auth::Verified& v) {
    const auto& match = std::get<message::Match>(v.message());
    Case* c = b.find(match.vote, match.n);
    if (!c || c->value) {
        ++b.counters.ignored;
        return;
    }
    c->matches.insert_or_assign(agreement_id(v.sender()), match.digest);
    b.touch(*c);
}

void on_match_request(Board& b, const auth::Verified& v) {
    const auto& request = std::get<message::MatchRequest>(v.message());
    const AgreementId asker = agreement_id(v.sender());
    for (const SequenceNumber& n : request.numbers) {
        Case* c = b.find(request.vote, n);
        // Once in a heartbeat for each asker, however often it repeats itself.
        if (!c || c->heard.contains(asker))
            continue;
        c->asked_by.insert(asker);
        // A second asker or a client complaint overrides the budget of one asker (ZZ-6.5).
        const bool within = b.within_budget(asker);
        if (!within && c->asked_by.size() < 2 && !c->complained)
            continue;
        c->heard.insert(asker);
        c->serve_clients = true;
        if (c->value)
            answer_with_match(b, *c, {v.sender()});
        else
            c->askers.insert(asker);
        pass_on_all(b, *c, v.sender());
        b.touch(*c);
    }
}

} // namespace zz::detection
