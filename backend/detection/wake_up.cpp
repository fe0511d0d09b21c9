// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/wake_up.h"

#include <algorithm>

#include "backend/detection/evidence_round.h"
#include "protocol/auth/certificates.h"
#include "protocol/proof/wake_up.h"

namespace zz::detection {
namespace {

void name(Board& b, ExecutionId id) {
    if (b.epoch.named.insert(id).second)
        b.suspect(principal(id));
}

// What the proof says is kept like what came alone: it may lack here.
void absorb(Board& b, const message::WakeUpProof& proof) {
    for (const auto& d : proof.demands) {
        take_signed(b, d.value.first);
        take_signed(b, d.value.second);
    }
    for (const auto& n : proof.no_signs)
        if (Case* c = b.find(n.value.vote, n.value.n)) {
            c->no_signs[{n.value.slot, n.value.incarnation}].try_emplace(agreement_id(n.signer), n);
            b.touch(*c);
        }
    // f+1 of them name whom they are about, also where n is L below h and its case is gone: who was
    // restarted learns it from here only, and without it would never sign SETTLE (ZZ-6.7).
    if (!proof.no_signs.empty())
        name(b, {proof.no_signs[0].value.slot, proof.no_signs[0].value.incarnation});
    if (proof.columns.empty())
        return;
    b.epoch.column_proof = proof;
    if (Case* c = b.existing(proof.columns[0].value.vote, proof.columns[0].value.n))
        b.touch(*c);
}

// Under policy `matrix` the COLUMNs of the proof name once n is settled on V.
void name_by_columns(Board& b, const Case& c) {
    const auto& proof = b.epoch.column_proof;
    if (!proof || !c.value || proof->columns[0].value.vote != c.vote ||
        proof->columns[0].value.n != c.n)
        return;
    for (const ExecutionId& id : proof::named_by_columns(proof::columns_of(*proof), *c.value,
                                                         b.roster.config(), b.faults()))
        name(b, id);
}

bool is_valid_demand(const Board& b, const message::Demand& d) {
    return d.first.value.vote == d.vote && d.first.value.n == d.n &&
           auth::unequal(d.first.value, d.second.value) &&
           b.roster.is_active(execution_id(d.first.signer)) &&
           b.roster.is_active(execution_id(d.second.signer));
}

} // namespace

Instant demand_due(const Board& b, const Case& c) {
    if (!b.faults().replaces() || c.is_settled() || !c.committed || c.demands.contains(b.self) ||
        !b.contested.contains(c.key()))
        return kNever;
    if (!unequal_pair(c, b.roster.actives()).first)
        return kNever;
    if (b.settings.policy == cluster::WakeupPolicy::Evidence)
        return b.now;
    return c.due_at == kNever ? kNever : c.due_at + b.limits().grace;
}

void demand(Board& b, Case& c) {
    if (demand_due(b, c) > b.now)
        return;
    const auto [first, second] = unequal_pair(c, b.roster.actives());
    message::Demand demand{b.roster.epoch(), c.vote, c.n, *first, *second};
    c.demands.insert_or_assign(b.self, b.sign_and_send(b.peers_and_controllers(), demand));
    core::Notice notice = b.about(c, core::NoticeKind::Demanded);
    notice.frames = {first->frame, second->frame};
    b.notice(std::move(notice));
}

void no_sign(Board& b, Case& c) {
    c.no_signed = true;
    for (const ExecutionId& id : b.roster.actives()) {
        const auto held = c.held.find(id);
        if (held != c.held.end() && !held->second.signed_reports.empty())
            continue;
        const message::NoSign vote{b.roster.epoch(), c.vote, c.n, id.slot, id.incarnation};
        c.no_signs[id].insert_or_assign(b.self, b.sign_and_send(b.peers_and_controllers(), vote));
        core::Notice notice = b.about(c, core::NoticeKind::NoSigned);
        notice.subject = principal(id);
        b.notice(std::move(notice));
    }
    b.touch(c);
}

void repeat_demands(Board& b, Case& c) {
    const std::vector<PrincipalId> to = b.peers_and_controllers();
    const auto own = c.demands.find(b.self);
    if (own != c.demands.end() && (!c.is_settled() || b.contested.contains(c.key())))
        b.send(to, own->second.value, own->second.frame);
    // A NOSIGN is final, and whoever signs SETTLE must know f+1 of them: repeated until the epoch
    // ends.
    for (const auto& [id, votes] : c.no_signs) {
        const auto ours = votes.find(b.self);
        if (ours != votes.end())
            b.send(to, ours->second.value, ours->second.frame);
    }
}

void on_demand(Board& b, const auth::Verified& v) {
    const auto& d = std::get<message::Demand>(v.message());
    Case* c = d.epoch == b.roster.epoch() ? b.find(d.vote, d.n) : nullptr;
    if (!c || !is_valid_demand(b, d)) {
        ++b.counters.ignored;
        return;
    }
    c->demands.try_emplace(agreement_id(v.sender()), v.embedded<message::Demand>());
    // The reports in it are evidence for us too.
    take_signed(b, d.first);
    take_signed(b, d.second);
    b.touch(*c);
}

void on_no_sign(Board& b, const auth::Verified& v) {
    const auto& vote = std::get<message::NoSign>(v.message());
    const ExecutionId id{vote.slot, vote.incarnation};
    Case* c = vote.epoch == b.roster.epoch() && b.roster.is_active(id) ? b.find(vote.vote, vote.n)
                                                                       : nullptr;
    if (!c) {
        ++b.counters.ignored;
        return;
    }
    c->no_signs[id].try_emplace(agreement_id(v.sender()), v.embedded<message::NoSign>());
    b.touch(*c);
}

void on_wake_up_proof(Board& b, const message::WakeUpProof& proof) {
    const bool known = b.roster.proof().has_value();
    const bool news =
        !known || (!proof.columns.empty() && !b.epoch.column_proof) || !proof.no_signs.empty();
    if (!news || !proof::proves_wake_up(proof, b.roster.config(), b.faults(), b.settings.policy)) {
        ++b.counters.ignored;
        return;
    }
    absorb(b, proof);
    if (known)
        return;
    b.roster.wake_up(proof, b.now, b.committed);
    ++b.counters.wakeups;
    core::Notice notice;
    notice.kind = core::NoticeKind::WakeUpKnown;
    notice.epoch = b.roster.epoch();
    notice.text = !proof.demands.empty()    ? "two unequal signed reports"
                  : !proof.no_signs.empty() ? "f+1 NOSIGN of one replica"
                  : !proof.configs.empty()  ? "an active replica was convicted"
                                            : "a blocking matrix";
    b.notice(std::move(notice));
    b.act(core::AwakeChanged{b.roster.woken()});
    send_proof(b);
    ask_woken(b, b.roster.woken());
}

void assemble_proof(Board& b, Case& c) {
    name_by_columns(b, c);
    message::WakeUpProof proof;
    proof.epoch = b.roster.epoch();
    for (const auto& [id, votes] : c.no_signs) {
        if (votes.size() < b.faults().weak_quorum())
            continue;
        name(b, id);
        if (proof.no_signs.empty())
            for (const auto& [sender, vote] : votes)
                if (proof.no_signs.size() < b.faults().weak_quorum())
                    proof.no_signs.push_back(vote);
    }
    if (b.roster.proof())
        return;
    if (proof.no_signs.empty() && c.demands.size() >= b.faults().weak_quorum())
        for (const auto& [sender, demand] : c.demands)
            if (proof.demands.size() < b.faults().weak_quorum())
                proof.demands.push_back(demand);
    const bool none = proof.no_signs.empty() && proof.demands.empty();
    if (none && b.settings.policy == cluster::WakeupPolicy::Matrix &&
        c.columns.size() >= b.faults().quorum())
        for (const auto& [sender, column] : c.columns)
            proof.columns.push_back(column);
    if (!none || !proof.columns.empty())
        on_wake_up_proof(b, proof);
}

void on_certificate(Board& b, const std::vector<Signed<message::Config>>& certificate) {
    if (certificate.size() < b.faults().weak_quorum() || b.roster.proof() ||
        !b.roster.has_convicted())
        return;
    message::WakeUpProof proof;
    proof.epoch = b.roster.epoch();
    proof.configs = certificate;
    on_wake_up_proof(b, proof);
}

void send_proof(Board& b) {
    if (!b.roster.proof())
        return;
    std::vector<PrincipalId> to = principals(b.roster.awake());
    to.insert(to.end(), b.settings.controllers.begin(), b.settings.controllers.end());
    b.send(std::move(to), *b.roster.proof());
}

void on_started(Board& b, const PrincipalId& who) {
    if (who.role != Role::Execution || !b.roster.proof())
        return;
    const ExecutionId id = execution_id(who);
    const std::vector<ExecutionId> awake = b.roster.awake();
    if (std::ranges::count(awake, id) > 0 && b.proof_told.insert(id).second)
        b.send({who}, *b.roster.proof());
}

} // namespace zz::detection
