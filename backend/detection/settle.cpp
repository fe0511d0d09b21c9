// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/settle.h"

#include <algorithm>

#include "backend/detection/bounds.h"
#include "protocol/auth/certificates.h"

namespace zz::detection {
namespace {

bool past_completion_deadline(const Board& b) {
    return b.roster.woken_at() != kNever && b.now >= b.roster.woken_at() + b.deadlines.completion();
}

// Someone must be replaced, or there is nothing to settle.
bool has_cause(const Board& b) {
    return !b.epoch.named.empty() || b.epoch.convicted ||
           (b.epoch.column_proof && past_completion_deadline(b));
}

// Unequal signed reports of live incarnations without their CONVICT forbid SETTLE.
bool is_contested(Board& b) {
    for (auto key = b.contested.begin(); key != b.contested.end();) {
        const Case* c = b.existing(key->second, key->first);
        std::vector<ExecutionId> live;
        if (c)
            for (const auto& [id, held] : c->held)
                if (b.roster.live(id))
                    live.push_back(id);
        if (c && unequal_pair(*c, live).first)
            return true;
        key = b.contested.erase(key);
    }
    return false;
}

// Every number up to `mark` is settled, of both kinds.
bool is_settled_up_to(const Board& b, SequenceNumber mark) {
    if (b.settled < mark)
        return false;
    return std::ranges::none_of(b.cases, [&](const auto& at) {
        const Case& c = at.second;
        return c.vote == VoteKind::Checkpoint && c.n <= mark && c.committed && !c.is_settled();
    });
}

std::vector<message::Member> members(const std::vector<ExecutionId>& set) {
    std::vector<message::Member> out;
    for (const ExecutionId& id : set)
        out.push_back(member(id));
    return out;
}

void keep(Board& b, AgreementId sender, const Signed<message::Settle>& settle) {
    auto& kept = b.epoch.settles[sender];
    if (std::ranges::any_of(kept, [&](const auto& s) { return s.value == settle.value; }))
        return;
    if (kept.size() >= kSettlesPerSender)
        kept.erase(kept.begin());
    kept.push_back(settle);
}

void order_settled(Board& b) {
    for (const auto& [sender, settles] : b.epoch.settles)
        for (const auto& candidate : settles) {
            if (candidate.value.set == b.epoch.ordered)
                continue;
            message::Settled settled{b.roster.epoch(), candidate.value.set, {}};
            for (const auto& [other, theirs] : b.epoch.settles)
                for (const auto& s : theirs)
                    if (s.value == candidate.value &&
                        settled.settles.size() < b.faults().weak_quorum())
                        settled.settles.push_back(s);
            const bool all_live = std::ranges::all_of(settled.set, [&](const message::Member& m) {
                return b.roster.live({m.slot, m.incarnation});
            });
            if (settled.settles.size() < b.faults().weak_quorum() || !all_live)
                continue;
            b.epoch.ordered = settled.set;
            b.act(core::OrderSystem{{std::move(settled)}});
            return;
        }
}

void alarm_if_all_named(Board& b, const Choice& choice) {
    if (!choice.all_named || b.epoch.all_named_told)
        return;
    b.epoch.all_named_told = true;
    core::Notice notice;
    notice.kind = core::NoticeKind::AllNamed;
    notice.epoch = b.roster.epoch();
    notice.text = "every active execution replica is unresponsive: overload or partition";
    b.notice(std::move(notice));
}

} // namespace

Choice choose_set(const Candidates& from, const Faults& faults) {
    Choice choice;
    choice.all_named = !from.actives.empty() && std::ranges::all_of(from.actives, [&](auto id) {
        return from.named.contains(id);
    });
    std::vector<ExecutionId> order;
    const auto append = [&](const std::vector<ExecutionId>& ids, auto wanted) {
        std::vector<ExecutionId> sorted;
        std::ranges::copy_if(ids, std::back_inserter(sorted), wanted);
        std::ranges::sort(sorted);
        order.insert(order.end(), sorted.begin(), sorted.end());
    };
    const auto named = [&](const ExecutionId& id) {
        return !choice.all_named && from.named.contains(id);
    };
    append(from.actives, [&](const ExecutionId& id) { return !named(id); });
    append(from.woken, [](const ExecutionId&) { return true; });
    append(from.actives, named);

    std::vector<ExecutionId> set;
    for (const ExecutionId& id : order) {
        const bool complete = from.complete.contains(id);
        if (!complete && from.past_completion_deadline)
            continue;
        if (!complete)
            return choice; // Nobody is passed over before the deadline.
        set.push_back(id);
        if (set.size() == faults.active_replicas()) {
            std::ranges::sort(set);
            choice.set = std::move(set);
            return choice;
        }
    }
    return choice;
}

void on_complete(Board& b, const auth::Verified& v) {
    const auto& complete = std::get<message::Complete>(v.message());
    const ExecutionId id = execution_id(v.sender());
    if (complete.epoch != b.roster.epoch() || !b.roster.is_awake(id)) {
        ++b.counters.ignored;
        return;
    }
    // Repeats do not move the mark.
    b.epoch.complete.try_emplace(id, b.committed);
}

void on_settle(Board& b, const auth::Verified& v) {
    const auto& settle = std::get<message::Settle>(v.message());
    if (settle.epoch != b.roster.epoch() || !auth::is_active_set(settle.set, b.faults())) {
        ++b.counters.ignored;
        return;
    }
    keep(b, agreement_id(v.sender()), v.embedded<message::Settle>());
}

void settle_epoch(Board& b) {
    if (!b.epoch.settles.empty())
        order_settled(b);
    if (!b.roster.proof() || !has_cause(b) || is_contested(b))
        return;
    Candidates from{
        b.roster.actives(), b.roster.woken(), b.epoch.named, {}, past_completion_deadline(b)};
    for (const auto& [id, mark] : b.epoch.complete)
        if (b.roster.is_awake(id))
            from.complete.insert(id);
    const Choice choice = choose_set(from, b.faults());
    alarm_if_all_named(b, choice);
    if (!choice.set)
        return;
    SequenceNumber mark;
    for (const ExecutionId& id : *choice.set)
        mark = std::max(mark, b.epoch.complete.at(id));
    if (!is_settled_up_to(b, mark))
        return;
    const message::Settle settle{b.roster.epoch(), members(*choice.set)};
    auto& own = b.epoch.settles[b.self];
    const auto signed_before =
        std::ranges::find_if(own, [&](const auto& s) { return s.value == settle; });
    if (signed_before != own.end()) {
        std::rotate(signed_before, signed_before + 1, own.end()); // The newest is what is repeated.
        return;
    }
    keep(b, b.self, b.sign_and_send(b.peers, settle));
    order_settled(b);
}

void repeat_settle(Board& b) {
    const auto own = b.epoch.settles.find(b.self);
    if (own != b.epoch.settles.end() && !own->second.empty())
        b.send(b.peers, own->second.back().value, own->second.back().frame);
}

} // namespace zz::detection
