// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/disputes.h"

#include <algorithm>

namespace zz::console {
namespace {

matrix::Entry entry_of(const telemetry::ColumnEntry& from) {
    if (from.state() == 1)
        return matrix::Entry::missing();
    if (from.state() != 2)
        return matrix::Entry::pending();
    return matrix::Entry::of(digest_of(from.digest()));
}

bool is_of(const telemetry::Event& event, Role role) {
    return event.source().principal().role() == static_cast<std::uint32_t>(role);
}

// Whose word it is: others that tell it are not believed.
bool fits_source(const telemetry::Event& event) {
    switch (event.kind()) {
    case telemetry::LOG_RECEIVED:
    case telemetry::REPLAYED:
    case telemetry::FIRST_REPORT:
    case telemetry::COMPLETED:
        return is_of(event, Role::Execution);
    case telemetry::WAKE_UP_KNOWN:
        return is_of(event, Role::Execution) || is_of(event, Role::Agreement);
    default:
        return is_of(event, Role::Agreement);
    }
}

matrix::Matrix matrix_of(const Dispute& dispute, Faults faults,
                         const std::vector<Dispute::Member>& rows) {
    const std::size_t most = std::min<std::size_t>(rows.size(), faults.execution_slots());
    matrix::Matrix out(faults, most);
    for (const auto& [whose, column] : dispute.columns) {
        if (whose < 1 || whose > out.columns())
            continue;
        for (std::size_t row = 0; row < most; ++row)
            if (const auto entry = column.entries.find(rows[row]); entry != column.entries.end())
                out.set(row, whose - 1, entry->second);
    }
    return out;
}

} // namespace

Digest digest_of(const std::string& bytes) {
    Digest out;
    std::copy_n(bytes.begin(), std::min(out.bytes.size(), bytes.size()), out.bytes.begin());
    return out;
}

std::vector<Dispute::Member> Dispute::rows() const {
    std::map<Member, int> named; // by how many columns
    for (const auto& [whose, column] : columns)
        for (const auto& [member, entry] : column.entries)
            ++named[member];
    // Of a slot the incarnation that most name: one column can invent others.
    std::map<std::uint32_t, Member> of_slot;
    for (const auto& [member, times] : named)
        if (const auto [it, fresh] = of_slot.try_emplace(member.first, member);
            !fresh && times >= named[it->second])
            it->second = member;
    std::vector<Member> out;
    for (const auto& [slot, member] : of_slot)
        out.push_back(member);
    // Those that were active first, then the woken ones.
    std::stable_partition(out.begin(), out.end(),
                          [this](const Member& member) { return !woken.contains(member); });
    return out;
}

matrix::Matrix Dispute::matrix(Faults faults) const {
    return matrix_of(*this, faults, rows());
}

matrix::Verdict Dispute::verdict(Faults faults) const {
    return matrix::judge(matrix(faults));
}

matrix::Verdict Dispute::first_verdict(Faults faults) const {
    auto actives = rows();
    std::erase_if(actives, [this](const Member& member) { return woken.contains(member); });
    return matrix::judge(matrix_of(*this, faults, actives));
}

bool Dispute::is_settled(Faults faults) const {
    return std::any_of(settled.begin(), settled.end(), [&](const auto& entry) {
        return entry.second.size() >= faults.weak_quorum();
    });
}

const Dispute* DisputeBook::find(const DisputeKey& key) const {
    const auto it = std::find_if(disputes_.rbegin(), disputes_.rend(),
                                 [&](const Dispute& dispute) { return dispute.key == key; });
    return it == disputes_.rend() ? nullptr : &*it;
}

Dispute& DisputeBook::open(const DisputeKey& key, std::int64_t wall_ns) {
    if (const auto* known = find(key))
        return const_cast<Dispute&>(*known);
    if (disputes_.size() >= kDisputesMax)
        disputes_.erase(disputes_.begin());
    Dispute fresh;
    fresh.key = key;
    fresh.first_ns = wall_ns;
    disputes_.push_back(std::move(fresh));
    return disputes_.back();
}

Dispute* DisputeBook::newest_of(int application, std::int64_t wall_ns) {
    for (auto it = disputes_.rbegin(); it != disputes_.rend(); ++it)
        if (it->key.application == application && wall_ns - it->first_ns <= kAftermathNs)
            return &*it;
    return nullptr;
}

// Controllers speak for all applications of their host: what they do belongs to the newest dispute
// of an application that has the subject on that host.
Dispute* DisputeBook::concerned(const telemetry::Event& event) {
    const auto& who = event.subject();
    for (auto it = disputes_.rbegin(); it != disputes_.rend(); ++it) {
        if (event.wall_ns() - it->first_ns > kAftermathNs)
            return nullptr;
        if (event.kind() == telemetry::WAKE_DECIDED)
            return &*it;
        const auto& app = cluster_->applications[static_cast<std::size_t>(it->key.application)];
        const auto* slot = app.slot(SlotId(who.index()));
        if (who.role() == static_cast<std::uint32_t>(Role::Execution) && slot != nullptr &&
            slot->host.value == event.source().host())
            return &*it;
    }
    return nullptr;
}

void DisputeBook::take(const EventRecord& record) {
    if (cluster_ == nullptr || record.kind == telemetry::TEXT)
        return;
    const auto& event = record.event();
    // A controller names the application that it speaks of.
    const bool machine =
        event.kind() == telemetry::WAKE_DECIDED || event.kind() == telemetry::MACHINE_DONE ||
        event.kind() == telemetry::MACHINE_ASKED || event.kind() == telemetry::MACHINE_FAILED;
    const std::uint32_t number = event.source().application();
    Dispute* dispute = nullptr;
    if (number == 0 && is_of(event, Role::Controller)) {
        if (machine && event.application() != 0)
            dispute = newest_of(static_cast<int>(event.application()) - 1, event.wall_ns());
        else if (machine)
            dispute = concerned(event);
    } else if (number != 0 && number <= cluster_->applications.size() && fits_source(event) &&
               cluster_->applications[number - 1].faults().f > 0) {
        const int application = static_cast<int>(number) - 1;
        switch (event.kind()) {
        case telemetry::DEVIATION:
        case telemetry::COLUMN_OF:
            dispute = &open({application, std::max(1U, event.vote()), event.n()}, event.wall_ns());
            break;
        case telemetry::SETTLED_BY_EVIDENCE:
        case telemetry::EVIDENCE_ROUND:
        case telemetry::DEMANDED:
        case telemetry::NO_SIGNED:
        case telemetry::ACCUSED:
        case telemetry::CONVICTED:
        case telemetry::PROOF_OF: {
            const auto* known = find({application, std::max(1U, event.vote()), event.n()});
            dispute = known != nullptr ? const_cast<Dispute*>(known)
                                       : newest_of(application, event.wall_ns());
            break;
        }
        case telemetry::WAKE_UP_KNOWN:
        case telemetry::EPOCH_SETTLED:
        case telemetry::LOG_RECEIVED:
        case telemetry::REPLAYED:
        case telemetry::FIRST_REPORT:
        case telemetry::COMPLETED:
            dispute = newest_of(application, event.wall_ns());
            break;
        default:
            break;
        }
    }
    if (dispute == nullptr)
        return;
    ++version_;
    fold(*dispute, event);
    if (dispute->chain.size() < kChainMax)
        dispute->chain.push_back(record.update);
}

void DisputeBook::fold_column(Dispute& dispute, const telemetry::Event& event) {
    const std::uint32_t whose = event.subject().index();
    const auto& app = cluster_->applications[static_cast<std::size_t>(dispute.key.application)];
    if (whose < 1 || whose > app.agreement.size())
        return;
    const bool own = event.source().principal().index() == whose;
    auto& column = dispute.columns[whose];
    // What a replica says of itself counts before what others heard from it, and in its place.
    if (column.own && !own)
        return;
    if (own && !column.own)
        column.entries.clear();
    column.own = own;
    column.wall_ns = column.wall_ns == 0 ? event.wall_ns() : column.wall_ns;
    for (const auto& from : event.columns()) {
        const Dispute::Member member{from.slot(), from.incarnation()};
        if (app.slot(SlotId(member.first)) == nullptr || column.entries.size() >= kEntriesMax)
            continue;
        const auto entry = entry_of(from);
        auto [place, fresh] = column.entries.try_emplace(member, entry);
        if (!fresh && !entry.is_pending())
            place->second = entry;
    }
}

void DisputeBook::fold(Dispute& dispute, const telemetry::Event& event) {
    const Dispute::Member subject{event.subject().index(), event.subject().incarnation()};
    const std::uint32_t teller = event.source().principal().index();
    const auto first = [&](std::optional<std::int64_t>& at) {
        if (!at)
            at = event.wall_ns();
    };
    // By f+1 agreement replicas.
    const auto& app = cluster_->applications[static_cast<std::size_t>(dispute.key.application)];
    const auto told = [&](std::set<std::uint32_t>& tellers) {
        tellers.insert(teller);
        return tellers.size() >= app.faults().weak_quorum();
    };
    dispute.epoch = std::max(dispute.epoch, event.epoch());
    switch (event.kind()) {
    case telemetry::COLUMN_OF:
        fold_column(dispute, event);
        break;
    case telemetry::SETTLED_BY_EVIDENCE:
        if (told(dispute.settled[event.digest()]))
            first(dispute.settled_ns);
        break;
    case telemetry::ACCUSED:
        dispute.accused[subject].insert(teller);
        break;
    case telemetry::NO_SIGNED:
        dispute.unsigned_by[subject].insert(teller);
        break;
    case telemetry::CONVICTED:
        if (told(dispute.convicted[subject]))
            first(dispute.convicted_ns);
        break;
    case telemetry::EPOCH_SETTLED:
        if (told(dispute.removed_by))
            first(dispute.removed_ns);
        break;
    case telemetry::MACHINE_DONE:
        // A controller speaks for its own host's slot.
        if (const auto* slot = app.slot(SlotId(subject.first));
            event.text() == "wake" && slot != nullptr &&
            slot->host.value == event.source().host()) {
            first(dispute.woken_ns);
            dispute.woken.insert(subject);
        }
        break;
    default:
        break;
    }
}

} // namespace zz::console
