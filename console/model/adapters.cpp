// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/adapters.h"

#include <algorithm>

#include "console/model/event_words.h"
#include "console/model/words.h"

namespace zz::console {
namespace {

QString slot_name(const Dispute::Member& member) {
    return member.second == 0 ? QString("E%1").arg(member.first)
                              : QString("E%1.%2").arg(member.first).arg(member.second);
}

QString joined(const std::set<Dispute::Member>& members) {
    QStringList out;
    for (const auto& member : members)
        out << slot_name(member);
    return out.join(", ");
}

std::set<Dispute::Member> told_by(const std::map<Dispute::Member, std::set<std::uint32_t>>& by,
                                  Faults faults) {
    std::set<Dispute::Member> out;
    for (const auto& [member, tellers] : by)
        if (tellers.size() >= faults.weak_quorum())
            out.insert(member);
    return out;
}

MarkKind mark_of(telemetry::EventKind kind) {
    switch (kind) {
    case telemetry::WAKE_DECIDED:
        return MarkKind::Wake;
    case telemetry::DRILL_STARTED:
        return MarkKind::Drill;
    case telemetry::FIRST_REPORT:
        return MarkKind::FirstReply;
    default:
        return MarkKind::Deviation;
    }
}

bool is_marked(telemetry::EventKind kind) {
    return kind == telemetry::WAKE_DECIDED || kind == telemetry::DRILL_STARTED ||
           kind == telemetry::FIRST_REPORT;
}

} // namespace

namespace {

// Whether what is left of f (ApplicationNow) has this replica as a fault, or as one it may be.
bool is_counted(const ReplicaNow& replica) {
    if (replica.role == Role::Agreement)
        return !replica.heard;
    return replica.state == ReplicaState::Convicted || replica.state == ReplicaState::Stopped ||
           replica.state == ReplicaState::Unresponsive || replica.state == ReplicaState::Unknown ||
           (replica.state == ReplicaState::Reimaging && !replica.ready);
}

} // namespace

PlacementData placement_data(const Session& session) {
    PlacementData out;
    const ClusterNow& now = session.now();
    std::map<std::uint32_t, std::uint32_t> at; // host id -> index
    for (const auto& host : now.hosts) {
        PlacementHost one;
        one.name = host.name;
        one.id = host.id;
        if (const auto cores = session.state().host_cores(host.id, now.now_ns))
            one.cpu = std::min(1.0, *cores);
        one.memory_bytes = session.state().host_memory(host.id, now.now_ns);
        one.stale = host.contact == Contact::Stale;
        one.lost = host.contact != Contact::Live && host.contact != Contact::Stale;
        if (host.age_ns >= 0)
            one.age_ms = host.age_ns / 1'000'000;
        at[host.id] = static_cast<std::uint32_t>(out.hosts.size());
        out.hosts.push_back(std::move(one));
    }
    for (const auto& app : now.applications) {
        const auto index = static_cast<std::uint32_t>(out.applications.size());
        PlacementApplication entry;
        entry.name = app.name;
        entry.kind = app.kind;
        entry.mode = app.mode;
        entry.faults = app.faults;
        entry.agreement_left = app.agreement_left;
        entry.execution_left = app.execution_left;
        entry.position = app.index;
        out.applications.push_back(std::move(entry));
        for (const auto* list : {&app.agreement, &app.execution})
            for (const auto& replica : *list) {
                PlacedReplica one;
                one.role = replica.role;
                one.index = replica.index;
                one.incarnation = replica.incarnation;
                one.state = replica.state;
                one.badges = replica.badges;
                one.primary = replica.primary;
                one.stale = replica.stale;
                one.counted = is_counted(replica);
                out.placed.push_back({at[replica.host], index, one});
            }
    }
    return out;
}

namespace {

// Seconds of which clients may still tell are left out: half of them would be a fall.
void add_latencies(const Session& session, int application, std::int64_t from_ns,
                   std::int64_t to_ns, ThroughputSeries& out) {
    for (const auto& second : session.history().series().seconds_of(
             static_cast<std::uint32_t>(application), from_ns, to_ns, session.knownNs())) {
        const std::int64_t begin = second.wall_s * kNs;
        if (begin + kSecondSettledNs > to_ns || second.replies == 0)
            continue;
        const auto x = static_cast<double>((begin + kNs / 2) / 1'000'000);
        out.p50.append({x, static_cast<double>(second.p50_us) / 1e3});
        out.p99.append({x, static_cast<double>(second.p99_us) / 1e3});
    }
}

} // namespace

ThroughputData throughput_data(const Session& session, std::int64_t from_ns, std::int64_t to_ns,
                               int columns, int application) {
    ThroughputData out;
    out.raw = columns <= 0;
    out.from_ms = from_ns / 1'000'000;
    out.to_ms = to_ns / 1'000'000;
    for (const auto& app : session.now().applications) {
        if (application >= 0 && app.index != application)
            continue;
        ThroughputSeries one;
        one.application = app.name;
        one.mode = app.mode;
        const auto* samples = session.history().series().of(static_cast<std::uint32_t>(app.index));
        if (samples != nullptr)
            for (const auto& sample : *samples) {
                if (sample.at_ns > session.knownNs())
                    break;
                if (sample.wall_ns < from_ns || sample.wall_ns > to_ns)
                    continue;
                const double x = static_cast<double>(sample.wall_ns / 1'000'000);
                if (sample.served)
                    one.rate.append({x, sample.rate});
                one.active.append({x, static_cast<double>(sample.active)});
                one.wakeups.append({x, static_cast<double>(sample.wakeups)});
                one.bytes.append({x, static_cast<double>(sample.bytes_fetched)});
            }
        add_latencies(session, app.index, from_ns, to_ns, one);
        for (auto* points : {&one.rate, &one.p50, &one.p99, &one.active, &one.wakeups, &one.bytes})
            if (columns > 0)
                *points = bucketed(*points, static_cast<double>(out.from_ms),
                                   static_cast<double>(out.to_ms), std::max(columns, 50));
        out.series.push_back(std::move(one));
    }
    // A mark is told by every replica that saw it: the first word counts.
    std::set<std::pair<int, QString>> seen;
    const auto& all = session.log().all();
    for (std::size_t i = session.log().count_until(from_ns - 1); i < all.size(); ++i) {
        if (all[i].wall_ns > to_ns || !is_marked(all[i].kind))
            continue;
        const auto& event = all[i].event();
        const QString name = application_of(event, *session.cluster());
        const QString what = event.kind() == telemetry::DRILL_STARTED  ? tr("drill")
                             : event.kind() == telemetry::WAKE_DECIDED ? tr("wake-up")
                                                                       : tr("first reply");
        const auto second = static_cast<int>(event.wall_ns() / (2 * kNs));
        if (seen.insert({second, what}).second && seen.size() < 200)
            out.marks.push_back({event.wall_ns() / 1'000'000, mark_of(event.kind()), name, what});
    }
    // f+1 have told of these.
    for (const auto& dispute : session.disputes().all()) {
        const std::int64_t at = dispute.convicted_ns.value_or(0);
        const auto& app =
            session.cluster()->applications[static_cast<std::size_t>(dispute.key.application)];
        if (at < from_ns || at > to_ns)
            continue;
        for (const auto& [member, tellers] : dispute.convicted)
            if (tellers.size() >= app.faults().weak_quorum())
                out.marks.push_back({at / 1'000'000, MarkKind::Conviction,
                                     QString::fromStdString(app.name),
                                     tr("%1 convicted").arg(slot_name(member))});
    }
    std::stable_sort(out.marks.begin(), out.marks.end(),
                     [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
    return out;
}

std::vector<const Dispute*> disagreements(const Session& session) {
    std::vector<const Dispute*> out;
    const int wanted = session.selection().application;
    for (const auto& dispute : session.disputes().all()) {
        if (wanted >= 0 && dispute.key.application != wanted)
            continue;
        if (!dispute.columns.empty())
            out.push_back(&dispute);
    }
    return out;
}

const Dispute* shown_dispute(const Session& session, bool follow_latest) {
    const Selection& chosen = session.selection();
    if (!follow_latest && chosen.n != 0 && chosen.application >= 0)
        if (const auto* one =
                session.disputes().find({chosen.application, std::max(1U, chosen.vote), chosen.n}))
            return one;
    const auto all = disagreements(session);
    const auto blocks = [&](const Dispute& one, bool open) {
        const Faults faults =
            session.cluster()->applications[static_cast<std::size_t>(one.key.application)].faults();
        return !(open && one.is_settled(faults)) &&
               one.first_verdict(faults).kind == matrix::Kind::Blocking;
    };
    // What has consequences, or may yet have some, before what late replies settled.
    for (auto it = all.rbegin(); it != all.rend(); ++it)
        if (!(*it)->convicted.empty() || !(*it)->woken.empty() || blocks(**it, true))
            return *it;
    for (auto it = all.rbegin(); it != all.rend(); ++it)
        if (blocks(**it, false))
            return *it;
    return all.empty() ? nullptr : all.back();
}

namespace {

// By evidence, or because f+1 replicas settled everything up to there.
bool is_settled(const Dispute& dispute, const ApplicationNow& app) {
    const auto& mark = dispute.key.vote == 2 ? app.stable : app.settled;
    return dispute.is_settled(app.faults) || mark.value_or(0) >= dispute.key.n;
}

} // namespace

QString aftermath(const Dispute& dispute, const ApplicationNow& app) {
    const Faults faults = app.faults;
    QStringList out;
    if (!dispute.woken.empty())
        out << tr("%1 was woken").arg(joined(dispute.woken));
    if (const auto members = told_by(dispute.convicted, faults); !members.empty())
        out << tr("%1 was convicted").arg(joined(members));
    if (const auto members = told_by(dispute.unsigned_by, faults); !members.empty())
        out << tr("%1 did not sign").arg(joined(members));
    if (dispute.removed_ns)
        out << tr("removed and replaced after %1 ms")
                   .arg(static_cast<double>(*dispute.removed_ns - dispute.first_ns) / 1e6, 0, 'f',
                        0);
    // What was late or came again can settle what blocked before.
    if (out.isEmpty())
        out << (!is_settled(dispute, app) ? tr("not settled yet")
                : dispute.first_verdict(faults).kind == matrix::Kind::Blocking
                    ? tr("settled later, nobody was woken")
                    : tr("settled, nobody was woken"));
    return out.join("; ");
}

namespace {

void fill_rows(const Dispute& dispute, const ApplicationNow& app, MatrixData& out) {
    for (const auto& member : dispute.rows()) {
        MatrixRow row;
        row.name = slot_name(member);
        row.woken = dispute.woken.contains(member);
        const auto* replica = app.replica(Role::Execution, member.first);
        if (replica != nullptr) {
            row.host = replica->host_name;
            row.removed = replica->incarnation > member.second;
            row.state = row.removed ? ReplicaState::Convicted : replica->state;
            row.badges = replica->badges;
            row.stale = replica->stale;
        }
        if (told_by(dispute.convicted, app.faults).contains(member)) {
            row.badges |= Badge::Convicted;
            row.state = ReplicaState::Convicted;
        }
        row.stale = row.stale && row.state != ReplicaState::Convicted; // what is proven stays
        out.rows.push_back(std::move(row));
        if (out.rows.size() == out.matrix.rows())
            break;
    }
}

void fill_chain(const Dispute& dispute, MatrixData& out) {
    for (const auto& update : dispute.chain) {
        const auto& event = update->event();
        if (event.kind() == telemetry::COLUMN_OF &&
            event.source().principal().index() != event.subject().index())
            continue; // heard from others: the replica's own word is in the chain
        BlameStep step;
        step.wall_ns = event.wall_ns();
        step.who = name_of(event.source().principal());
        step.what = sentence(event);
        step.is_signed =
            event.kind() == telemetry::DEMANDED || event.kind() == telemetry::ACCUSED ||
            event.kind() == telemetry::PROOF_OF || event.kind() == telemetry::COLUMN_OF ||
            event.kind() == telemetry::NO_SIGNED;
        step.rule = event.kind() == telemetry::DEVIATION        ? "ZZ-6.1"
                    : event.kind() == telemetry::EVIDENCE_ROUND ? "ZZ-6.5"
                    : event.kind() == telemetry::DEMANDED       ? "ZZ-6.6"
                    : event.kind() == telemetry::NO_SIGNED      ? "ZZ-6.6"
                    : event.kind() == telemetry::ACCUSED        ? "ZZ-6.7"
                    : event.kind() == telemetry::CONVICTED      ? "ZZ-6.8"
                                                                : "";
        step.evidence = QString::fromStdString(event.evidence());
        out.chain.push_back(std::move(step));
    }
    std::stable_sort(out.chain.begin(), out.chain.end(),
                     [](const auto& a, const auto& b) { return a.wall_ns < b.wall_ns; });
}

} // namespace

QStringList slots_now(const ApplicationNow& app) {
    QStringList active, others;
    for (const auto& replica : app.execution)
        (replica.state == ReplicaState::Active && !replica.awake ? active : others)
            << QString("E%1").arg(replica.index);
    return active + others;
}

MatrixData matrix_data(const Session& session, const Dispute& dispute) {
    MatrixData out;
    const auto& app = session.now().applications[static_cast<std::size_t>(dispute.key.application)];
    out.application = app.name;
    out.application_position = app.index;
    out.n = dispute.key.n;
    out.kind = dispute.key.vote == 2 ? VoteKind::Checkpoint : VoteKind::Reply;
    out.epoch = dispute.epoch;
    out.policy = app.policy;
    out.wall_ns = dispute.first_ns;
    if (dispute.settled_ns)
        out.resolved_ms = static_cast<double>(*dispute.settled_ns - dispute.first_ns) / 1e6;
    for (const auto& [digest, tellers] : dispute.settled)
        if (tellers.size() >= app.faults.weak_quorum())
            out.settled = digest_of(digest);
    out.matrix = dispute.matrix(app.faults);
    out.slots_now = slots_now(app);
    fill_rows(dispute, app, out);
    for (const auto& replica : app.agreement) {
        MatrixColumn column;
        column.name = replica.name();
        column.primary = replica.primary;
        column.suspicion = replica.suspicion.value_or(0);
        column.stale = replica.stale || !replica.heard;
        if (const auto told = dispute.columns.find(replica.index); told != dispute.columns.end())
            column.in_ms = static_cast<double>(told->second.wall_ns - dispute.first_ns) / 1e6;
        out.columns.push_back(std::move(column));
    }
    fill_chain(dispute, out);
    out.observed = aftermath(dispute, app);
    const auto all = disagreements(session);
    out.disagreements = static_cast<int>(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] == &dispute)
            out.position = static_cast<int>(i) + 1;
    return out;
}

} // namespace zz::console
