// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/column.h"

#include <algorithm>

#include "protocol/proof/wake_up.h"

namespace zz::detection {
namespace {

message::ColumnEntry to_message(ExecutionId id, const matrix::Entry& entry) {
    message::ColumnEntry out{id.slot, id.incarnation, message::EntryState::Pending, {}};
    if (entry.is_missing())
        out.state = message::EntryState::Missing;
    if (entry.is_value()) {
        out.state = message::EntryState::Value;
        out.digest = entry.value();
    }
    return out;
}

void tell_people(Board& b, Case& c, AgreementId of,
                 const std::vector<message::ColumnEntry>& entries) {
    core::Notice notice = b.about(c, core::NoticeKind::ColumnOf);
    notice.subject = principal(of);
    notice.columns = entries;
    const auto held = c.columns.find(of);
    notice.value = held == c.columns.end() ? 0 : held->second.value.revision;
    b.notice(std::move(notice));
}

// Reply digests of the requests of n, by who told them.
std::vector<std::pair<ExecutionId, const std::vector<Digest>*>> replies_of(const Case& c) {
    std::vector<std::pair<ExecutionId, const std::vector<Digest>*>> out;
    for (const auto& [id, held] : c.held) {
        if (!held.reported || held.batch_digest != c.batch_digest)
            continue;
        const bool settled_so = !c.reply_digests.empty() && c.value && held.digest == *c.value;
        const auto& digests = settled_so ? c.reply_digests : held.reply_digests;
        if (digests.size() == c.requests.size())
            out.emplace_back(id, &digests);
    }
    return out;
}

// Which requests the dispute over n is about, as far as their replies are known here.
void tell_requests(Board& b, Case& c) {
    if (c.vote != VoteKind::Reply)
        return;
    const auto replies = replies_of(c);
    if (replies.size() < 2 || replies.size() <= c.replies_told)
        return;
    core::Notice notice = b.about(c, core::NoticeKind::RequestsOf);
    for (std::size_t i = 0; i < c.requests.size(); ++i) {
        const Digest& first = (*replies.front().second)[i];
        if (std::ranges::all_of(replies, [&](const auto& r) { return (*r.second)[i] == first; }))
            continue;
        ++notice.value;
        if (notice.requests.size() >= core::kRequestsToldMax)
            continue;
        core::RepliesOf of{c.requests[i].client, c.requests[i].lane, c.requests[i].number, {}};
        for (const auto& [id, digests] : replies)
            of.replies.emplace_back(id, (*digests)[i]);
        notice.requests.push_back(std::move(of));
    }
    if (notice.requests.empty())
        return;
    c.replies_told = replies.size();
    b.notice(std::move(notice));
}

// An entry that is neither pending nor the value: of the settled value, or of the first digest
// while there is none.
bool disagrees(const Case& c, const std::vector<message::ColumnEntry>& entries) {
    std::optional<Digest> value = c.value;
    for (const message::ColumnEntry& e : entries) {
        if (e.state == message::EntryState::Missing)
            return true;
        if (e.state == message::EntryState::Value && value && *value != e.digest)
            return true;
        if (e.state == message::EntryState::Value && !value)
            value = e.digest;
    }
    return false;
}

void send_own(Board& b, Case& c, const std::vector<PrincipalId>& to) {
    const Signed<message::Column>& own = c.columns.at(b.self);
    b.send(to, own.value, own.frame);
    for (const PrincipalId& p : to)
        if (p.role == Role::Agreement)
            c.column_told[agreement_id(p)] = b.now;
}

// Counts the verdict once for each case and epoch; alarms on violated assumptions, and does nothing
// else (ZZ-6.2.1).
void judge_all(Board& b, Case& c) {
    const std::vector<ExecutionId> rows = b.roster.awake();
    if (b.faults().f == 0 || rows.empty() || rows.size() > b.faults().execution_slots())
        return;
    proof::Columns columns;
    for (const auto& [sender, column] : c.columns)
        columns.emplace(sender, column.value);
    std::vector<Digest> values;
    for (const ExecutionId& id : rows) {
        const auto held = c.held.find(id);
        if (held != c.held.end() && !held->second.signed_reports.empty())
            values.push_back(value_of(c, held->second.signed_reports.front().value));
    }
    const matrix::Verdict verdict =
        matrix::judge(proof::matrix_of(columns, rows, b.faults()), values);
    if (verdict.kind == matrix::Kind::AssumptionViolated && !c.violation_told) {
        c.violation_told = true;
        core::Notice notice = b.about(c, core::NoticeKind::AssumptionViolated);
        notice.text = verdict.no_certificate_possible
                          ? "2f+1 execution replicas signed and no f+1 reports are equal: more "
                            "than f are faulty, or the application is not deterministic"
                          : "two values have f+1 matching columns each: more than f replicas of a "
                            "cluster are faulty";
        b.notice(std::move(notice));
    }
    if (c.verdict_counted)
        return;
    c.verdict_counted =
        verdict.kind == matrix::Kind::Blocking || verdict.kind == matrix::Kind::NonBlocking;
    b.counters.blocking += verdict.kind == matrix::Kind::Blocking ? 1U : 0U;
    b.counters.nonblocking += verdict.kind == matrix::Kind::NonBlocking ? 1U : 0U;
}

bool is_well_formed(const message::Column& column) {
    for (std::size_t i = 1; i < column.entries.size(); ++i)
        if (column.entries[i - 1].slot >= column.entries[i].slot)
            return false;
    return true;
}

} // namespace

matrix::Entry entry_of(const Board& b, const Case& c, ExecutionId id) {
    const auto held = c.held.find(id);
    if (held != c.held.end() && held->second.reported)
        return matrix::Entry::of(value_of(c, held->second));
    // An active one is never excused.
    const bool late = c.deadline_passed && !b.roster.is_excused(id, b.now, b.deadlines.recovery());
    return late ? matrix::Entry::missing() : matrix::Entry::pending();
}

std::vector<message::ColumnEntry> entries_of(const Board& b, const Case& c) {
    std::vector<message::ColumnEntry> out;
    for (const ExecutionId& id : b.roster.awake())
        out.push_back(to_message(id, entry_of(b, c, id)));
    return out;
}

bool every_active_in(const Board& b, const Case& c) {
    const std::vector<ExecutionId> actives = b.roster.actives();
    return !actives.empty() && std::ranges::none_of(actives, [&](const ExecutionId& id) {
        return entry_of(b, c, id).is_pending();
    });
}

bool every_active_reported(const Board& b, const Case& c) {
    const auto reported = [&](const ExecutionId& id) { return entry_of(b, c, id).is_value(); };
    // While one is convicted the others alone can never match: that is no sign of a fault.
    const std::vector<ExecutionId> awake = b.roster.awake();
    return std::ranges::all_of(b.roster.actives(), reported) &&
           std::ranges::count_if(awake, reported) >= std::ptrdiff_t{b.faults().weak_quorum()};
}

std::optional<Digest> matching_value(const Board& b, const Case& c) {
    std::map<Digest, std::uint32_t> votes;
    // Votes of any live incarnation count when they arrive, awake or not (ZZ-3.5).
    for (const auto& [id, held] : c.held)
        if (held.reported && b.roster.live(id) &&
            ++votes[value_of(c, held)] >= b.faults().weak_quorum())
            return value_of(c, held);
    return std::nullopt;
}

void update_column(Board& b, Case& c) {
    if (!c.committed)
        return;
    const bool due = (!c.is_settled() && c.due_at != kNever) || c.column_wanted;
    const auto own = c.columns.find(b.self);
    // In the normal case nothing disagrees and nobody asked: no column is built.
    if (!due && own == c.columns.end() && !c.deviation_told)
        return;
    std::vector<message::ColumnEntry> entries = entries_of(b, c);
    if (entries != c.told_entries && disagrees(c, entries)) {
        tell_people(b, c, b.self, entries);
        tell_requests(b, c);
        c.told_entries = entries;
    }
    const bool changed = own != c.columns.end() && own->second.value.entries != entries;
    if (!every_active_in(b, c) || (own == c.columns.end() ? !due : !changed)) {
        // Signatures may have come since, and no f+1 of them may be equal (ZZ-6.2.1).
        if (own != c.columns.end() && !c.is_settled() && !c.violation_told)
            judge_all(b, c);
        return;
    }
    c.column_wanted = false;
    message::Column column{b.roster.epoch(), c.vote, c.n, ++c.revision, {}};
    column.entries = std::move(entries);
    c.columns.insert_or_assign(b.self, b.sealer.embed(column));
    send_own(b, c, b.peers_and_controllers());
    judge_all(b, c);
}

void repeat_column(Board& b, Case& c) {
    if (c.columns.contains(b.self))
        send_own(b, c, b.peers_and_controllers());
}

void on_column(Board& b, const auth::Verified& v) {
    const auto& column = std::get<message::Column>(v.message());
    const AgreementId sender = agreement_id(v.sender());
    if (column.epoch != b.roster.epoch() || !is_well_formed(column)) {
        ++b.counters.ignored;
        return;
    }
    Case* c = b.find(column.vote, column.n);
    if (!c || sender == b.self) {
        ++b.counters.ignored;
        return;
    }
    const auto held = c->columns.find(sender);
    if (held == c->columns.end() || held->second.value.revision < column.revision) {
        c->columns.insert_or_assign(sender, v.embedded<message::Column>());
        tell_people(b, *c, sender, column.entries);
        judge_all(b, *c);
        b.touch(*c);
    }
    // Answered with ours: whoever has none, and then at most once a heartbeat, so that two answers
    // never chase each other.
    const auto told = c->column_told.find(sender);
    if (told != c->column_told.end() && b.now - told->second < b.limits().heartbeat)
        return;
    const bool second_asker = c->columns.size() > (c->columns.contains(b.self) ? 2U : 1U);
    if (!b.within_budget(sender) && !second_asker && !c->complained)
        return;
    if (c->columns.contains(b.self)) {
        std::vector<PrincipalId> to = b.settings.controllers;
        to.push_back(v.sender());
        send_own(b, *c, to);
    } else {
        c->column_wanted = true;
        b.touch(*c);
    }
}

} // namespace zz::detection
