// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/accusation.h"

#include <algorithm>

#include "protocol/auth/certificates.h"

namespace zz::detection {
namespace {

// A replica that was restarted knows of a stable checkpoint its certificate alone: not the batch of
// its number, but the root, which is over that number too (ZZ-5.2).
template <class T> bool differs(const Case& c, const T& said) {
    return (c.committed ? value_of(c, said) : said.digest) != *c.value;
}

// What it reported, tagged or signed, that differs from the settled value.
std::optional<Digest> contradiction(const Case& c, const Held& held) {
    if (held.reported && differs(c, held))
        return held.digest;
    for (const auto& report : held.signed_reports)
        if (differs(c, report.value))
            return report.value.digest;
    return std::nullopt;
}

void order_convict(Board& b, const Case& c, ExecutionId id, message::Convict convict) {
    b.convicts_sent.insert(id);
    core::Notice notice = b.about(c, core::NoticeKind::ProofOf);
    notice.subject = principal(id);
    notice.text = convict.reports.empty() ? "f+1 accusations" : "two signed reports";
    for (const auto& report : convict.reports)
        notice.frames.push_back(report.frame);
    for (const auto& accusation : convict.accusations)
        notice.frames.push_back(accusation.frame);
    b.notice(std::move(notice));
    b.act(core::OrderSystem{{std::move(convict)}});
}

} // namespace

void accuse(Board& b, Case& c) {
    if (!c.value || (!c.committed && c.settled != Settledness::Stable))
        return;
    for (const auto& [id, held] : c.held) {
        const auto wrong = contradiction(c, held);
        if (!b.roster.live(id) || !wrong || c.accusations[id].contains(b.self))
            continue;
        core::Notice deviation = b.about(c, core::NoticeKind::Deviation);
        deviation.subject = principal(id);
        deviation.digest = *wrong;
        b.notice(std::move(deviation));
        core::Notice accused = b.about(c, core::NoticeKind::Accused);
        accused.subject = principal(id);
        b.notice(std::move(accused));
        c.deviation_told = true;
        c.accusations[id].insert_or_assign(
            b.self,
            b.sign_and_send(b.peers, message::Accuse{c.vote, c.n, id.slot, id.incarnation}));
    }
}

void convict(Board& b, Case& c) {
    for (const auto& [id, held] : c.held) {
        if (!signed_two(held) || !b.roster.live(id) || b.convicts_sent.contains(id))
            continue;
        message::Convict proof{id.slot, id.incarnation, {}, {}};
        proof.reports = {held.signed_reports[0], held.signed_reports[1]};
        order_convict(b, c, id, std::move(proof));
    }
    for (const auto& [id, accusations] : c.accusations) {
        if (accusations.size() < b.faults().weak_quorum() || !b.roster.live(id) ||
            b.convicts_sent.contains(id))
            continue;
        message::Convict proof{id.slot, id.incarnation, {}, {}};
        for (const auto& [accuser, accusation] : accusations)
            if (proof.accusations.size() < b.faults().weak_quorum())
                proof.accusations.push_back(accusation);
        order_convict(b, c, id, std::move(proof));
    }
}

void tell_masked(Board& b, Case& c) {
    if (!c.value || (!c.committed && c.settled != Settledness::Stable))
        return;
    for (const auto& [id, held] : c.held) {
        const auto wrong = contradiction(c, held);
        if (!wrong || !b.roster.live(id) || !c.masked.insert(id).second)
            continue;
        core::Notice deviation = b.about(c, core::NoticeKind::Deviation);
        deviation.subject = principal(id);
        deviation.digest = *wrong;
        b.notice(std::move(deviation));
        c.deviation_told = true;
        b.suspect(principal(id));
        b.touch(c); // People get its column.
    }
}

void repeat_accusations(Board& b, Case& c) {
    for (const auto& [id, accusations] : c.accusations) {
        const auto own = accusations.find(b.self);
        if (own != accusations.end() && b.roster.live(id))
            b.send(b.peers, own->second.value, own->second.frame);
    }
}

void on_accuse(Board& b, const auth::Verified& v) {
    const auto& accuse = std::get<message::Accuse>(v.message());
    const ExecutionId id{accuse.slot, accuse.incarnation};
    Case* c = b.roster.live(id) ? b.find(accuse.vote, accuse.n) : nullptr;
    if (!c) {
        ++b.counters.ignored;
        return;
    }
    c->accusations[id].try_emplace(agreement_id(v.sender()), v.embedded<message::Accuse>());
    b.touch(*c);
}

} // namespace zz::detection
