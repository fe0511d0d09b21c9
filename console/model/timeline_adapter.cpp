// SPDX-License-Identifier: GPL-3.0-or-later
// The timeline of a session: bars from what replicas and controllers told, phases of drills.
#include <algorithm>
#include <map>

#include "console/model/adapters.h"
#include "console/model/event_words.h"
#include "protocol/telemetry/fold_phases.h"

namespace zz::console {
namespace {

constexpr std::size_t kRunsMax = 50;
constexpr std::size_t kMarksMax = 300; // of a lane

QString drill_id(const telemetry::Event& event) {
    return QString::fromStdString(event.text()).section(' ', 0, 0);
}

// Most kinds are about no drill, machine or phase: they are not looked at any closer.
bool is_told_of(telemetry::EventKind kind) {
    return kind != telemetry::TEXT && kind != telemetry::OPERATOR_ACTION;
}

// Which application an event is about. A controller speaks for all of its host: it names the one,
// or it is the one that has the subject there and is in dispute. Negative: none.
int application_index(const Session& session, const telemetry::Event& event) {
    if (event.source().application() != 0)
        return static_cast<int>(event.source().application()) - 1;
    if (event.application() != 0)
        return static_cast<int>(event.application()) - 1;
    int out = -1;
    for (const auto& dispute : session.disputes().all()) {
        const auto& file =
            session.cluster()->applications[static_cast<std::size_t>(dispute.key.application)];
        const auto* slot = file.slot(SlotId(event.subject().index()));
        const std::int64_t past = event.wall_ns() - dispute.first_ns;
        if (past >= 0 && past < kAftermathNs &&
            (event.kind() == telemetry::WAKE_DECIDED ||
             (slot != nullptr && slot->host.value == event.source().host())))
            out = dispute.key.application;
    }
    return out;
}

telemetry::Phase told_phase(Phase phase) {
    switch (phase) {
    case Phase::Injected:
        return telemetry::Phase::Injected;
    case Phase::FirstDeviation:
        return telemetry::Phase::FirstDeviation;
    case Phase::Detected:
        return telemetry::Phase::Detected;
    case Phase::Evidence:
        return telemetry::Phase::Evidence;
    case Phase::Decided:
        return telemetry::Phase::Decided;
    case Phase::ResumeAsked:
        return telemetry::Phase::ResumeAsked;
    case Phase::Resumed:
        return telemetry::Phase::Resumed;
    case Phase::LogReceived:
        return telemetry::Phase::LogReceived;
    case Phase::Replayed:
        return telemetry::Phase::Replayed;
    case Phase::FirstMatch:
        return telemetry::Phase::FirstMatch;
    case Phase::Convicted:
        return telemetry::Phase::Convicted;
    case Phase::Removed:
        return telemetry::Phase::Removed;
    case Phase::SpareReady:
        return telemetry::Phase::SpareReady;
    case Phase::Complete:
        break;
    }
    return telemetry::Phase::Complete;
}

struct Lanes {
    TimelineData& out;
    std::map<std::pair<int, std::uint32_t>, std::size_t> agreement, execution; // -> lane

    TimelineLane* execution_lane(int app, std::uint32_t slot) {
        const auto it = execution.find({app, slot});
        return it == execution.end() ? nullptr : &out.lanes[it->second];
    }
    TimelineLane* agreement_lane(int app, std::uint32_t index) {
        const auto it = agreement.find({app, index});
        return it == agreement.end() ? nullptr : &out.lanes[it->second];
    }
};

// Ends the running bar and begins another one.
void change(TimelineLane* lane, BarKind kind, std::int64_t at_ns) {
    if (lane == nullptr)
        return;
    if (!lane->bars.empty()) {
        auto& last = lane->bars.back();
        if (last.kind == kind)
            return;
        at_ns = std::max(at_ns, last.from_ns);
        last.to_ns = at_ns;
        if (last.from_ns == last.to_ns)
            lane->bars.pop_back();
    }
    lane->bars.push_back({at_ns, kOpenEnd, kind, {}});
}

void mark(TimelineLane* lane, MarkKind kind, const telemetry::Event& event) {
    if (lane != nullptr && lane->marks.size() < kMarksMax)
        lane->marks.push_back({event.wall_ns(), kind, sentence(event)});
}

TimelineLane lane_of(const ApplicationNow& app, const ReplicaNow& replica, BarKind kind,
                     std::int64_t from_ns) {
    TimelineLane out;
    const bool agreement = replica.role == Role::Agreement;
    out.name = QString(agreement ? "A%1" : "E%1").arg(replica.index);
    out.group = app.name;
    out.detail = replica.host_name;
    out.bars.push_back({from_ns, kOpenEnd, kind, {}});
    out.selection.application = app.index;
    out.selection.host = replica.host;
    out.selection.part = agreement ? Part::Agreement : Part::Execution;
    out.selection.index = replica.index;
    return out;
}

Lanes make_lanes(const Session& session, int wanted, TimelineData& out) {
    Lanes lanes{out, {}, {}};
    for (const auto& app : session.now().applications) {
        if (wanted >= 0 && app.index != wanted)
            continue;
        const auto& file = session.cluster()->applications[static_cast<std::size_t>(app.index)];
        for (const auto& replica : app.execution) {
            lanes.execution[{app.index, replica.index}] = out.lanes.size();
            const bool active = file.slot(SlotId(replica.index))->active;
            out.lanes.push_back(
                lane_of(app, replica, active ? BarKind::Executing : BarKind::Asleep, out.from_ns));
            if (!active)
                out.lanes.back().detail = replica.spare + ", " + replica.host_name;
        }
        for (const auto& replica : app.agreement) {
            lanes.agreement[{app.index, replica.index}] = out.lanes.size();
            out.lanes.push_back(lane_of(app, replica, BarKind::Ordering, out.from_ns));
        }
    }
    return lanes;
}

void fold_agreement(Lanes& lanes, int app, const telemetry::Event& event) {
    const std::int64_t at = event.wall_ns();
    auto* own = lanes.agreement_lane(app, event.source().principal().index());
    const bool of_execution = event.subject().role() == static_cast<std::uint32_t>(Role::Execution);
    auto* subject = of_execution ? lanes.execution_lane(app, event.subject().index()) : nullptr;
    switch (event.kind()) {
    case telemetry::DEVIATION:
        change(own, BarKind::Detecting, at);
        mark(own, MarkKind::Deviation, event);
        break;
    case telemetry::DEMANDED:
    case telemetry::NO_SIGNED:
        mark(own, MarkKind::Blocking, event);
        break;
    case telemetry::SETTLED_BY_EVIDENCE:
        change(own, BarKind::Ordering, at);
        break;
    case telemetry::EPOCH_SETTLED:
    case telemetry::STABLE_CHECKPOINT: // Settles what nobody decides any more (ZZ-5.2).
        if (own != nullptr && own->bars.back().kind == BarKind::Detecting)
            change(own, BarKind::Ordering, at);
        break;
    case telemetry::VIEW_CHANGE_STARTED:
        change(own, BarKind::ViewChange, at);
        break;
    case telemetry::VIEW_ENTERED:
        change(own, BarKind::Ordering, at);
        break;
    case telemetry::ACCUSED: // f of them convict nobody (ZZ-6.7), so the lane goes on.
        mark(subject, MarkKind::Suspicion, event);
        break;
    case telemetry::CONVICTED:
        if (subject != nullptr && subject->bars.back().kind != BarKind::Removing)
            mark(subject, MarkKind::Conviction, event);
        change(subject, BarKind::Removing, at);
        break;
    case telemetry::SUSPICION:
        mark(subject, MarkKind::Suspicion, event);
        break;
    default:
        break;
    }
}

void fold_execution(Lanes& lanes, int app, const telemetry::Event& event) {
    const std::int64_t at = event.wall_ns();
    auto* own = lanes.execution_lane(app, event.source().principal().index());
    if (own == nullptr)
        return;
    const BarKind kind = own->bars.back().kind;
    const bool coming = kind == BarKind::Resuming || kind == BarKind::FetchingLog ||
                        kind == BarKind::Replaying || kind == BarKind::Completing;
    switch (event.kind()) {
    case telemetry::LOG_RECEIVED:
        if (coming)
            change(own, BarKind::Replaying, at);
        break;
    case telemetry::FIRST_REPORT:
        if (coming) {
            change(own, BarKind::Completing, at);
            mark(own, MarkKind::FirstReply, event);
        }
        break;
    case telemetry::COMPLETED:
        if (coming)
            change(own, BarKind::Executing, at);
        break;
    case telemetry::DRILL_STARTED:
        mark(own, MarkKind::Drill, event);
        break;
    default:
        break;
    }
}

void fold_machine(Lanes& lanes, const Session& session, const telemetry::Event& event) {
    const std::int64_t at = event.wall_ns();
    if (event.subject().role() != static_cast<std::uint32_t>(Role::Execution))
        return;
    const int app = application_index(session, event);
    auto* lane = app < 0 ? nullptr : lanes.execution_lane(app, event.subject().index());
    if (lane == nullptr)
        return;
    const bool done = event.kind() == telemetry::MACHINE_DONE;
    if (event.text() == "wake") {
        if (!done)
            mark(lane, MarkKind::Wake, event);
        change(lane, done ? BarKind::FetchingLog : BarKind::Resuming, at);
    } else if (done && (event.text() == "pause" || event.text() == "save")) {
        change(lane, BarKind::Asleep, at);
    } else if (event.text() == "start" || event.text() == "define") {
        if (lane->bars.back().kind == BarKind::Removing)
            change(lane, BarKind::Reimaging, at);
    }
}

void fold_drills(const telemetry::Event& event, TimelineData& out) {
    if (event.kind() != telemetry::DRILL_STARTED && event.kind() != telemetry::DRILL_STOPPED)
        return;
    const QString id = drill_id(event);
    const auto band = std::find_if(out.drills.begin(), out.drills.end(),
                                   [&](const DrillBand& one) { return one.id == id; });
    if (event.kind() == telemetry::DRILL_STARTED && band == out.drills.end())
        out.drills.push_back({event.wall_ns(), kOpenEnd,
                              QString::fromStdString(event.text()).section(' ', 1, 1), id});
    else if (event.kind() == telemetry::DRILL_STOPPED && band != out.drills.end())
        band->to_ns = event.wall_ns();
}

// Until when each drill's band goes if nobody told its end: until its liar was removed.
void close_bands(const Session& session, TimelineData& out) {
    for (auto& band : out.drills) {
        const auto* drill = session.now().drill(band.id);
        if (drill != nullptr && !drill->over)
            band.to_ns = kOpenEnd; // one of its targets is done, others are not
        if (band.to_ns != kOpenEnd || (drill != nullptr && !drill->over))
            continue;
        for (const auto& dispute : session.disputes().all())
            if (dispute.first_ns >= band.from_ns && dispute.removed_ns && band.to_ns == kOpenEnd)
                band.to_ns = *dispute.removed_ns;
        if (band.to_ns == kOpenEnd)
            band.to_ns = std::min(out.to_ns, band.from_ns + kNs);
    }
}

} // namespace

// Held in the past, lanes go on behind the cursor: else moving it would cut them off.
TimelineData timeline_data(const Session& session, int application) {
    const std::int64_t to = session.mode() == TimeMode::Live
                                ? session.cursor()
                                : std::max(session.cursor(), session.history().last_ns());
    return timeline_data(session, application, session.history().log(), to);
}

TimelineData timeline_data(const Session& session, int application, const EventLog& log,
                           std::int64_t to_ns) {
    TimelineData out;
    const std::size_t count = log.all().size();
    out.to_ns = to_ns;
    out.from_ns = count > 0 ? log.all().front().wall_ns : out.to_ns - 60 * kNs;
    // A recording knows how things stood from its begin on, not from its first event on.
    if (const std::int64_t begun = session.startNs(); begun > 0)
        out.from_ns = std::min(out.from_ns, begun);
    out.from_ns = std::max(out.from_ns, out.to_ns - 3600 * kNs);
    out.origin_ns = out.from_ns;
    if (const auto* dispute = shown_dispute(session, true))
        if (application < 0 || dispute->key.application == application)
            out.origin_ns = dispute->first_ns;
    out.title = application < 0
                    ? QString()
                    : session.now().applications[static_cast<std::size_t>(application)].name;
    Lanes lanes = make_lanes(session, application, out);
    for (std::size_t i = 0; i < count; ++i) {
        const EventRecord& record = log.all()[i];
        if (record.wall_ns < out.from_ns || !is_told_of(record.kind))
            continue;
        const auto& event = record.event();
        const int app = static_cast<int>(event.source().application()) - 1;
        const auto role = static_cast<Role>(event.source().principal().role());
        if (application >= 0 && app >= 0 && app != application)
            continue;
        fold_drills(event, out);
        if (role == Role::Agreement)
            fold_agreement(lanes, app, event);
        else if (role == Role::Execution)
            fold_execution(lanes, app, event);
        else if (role == Role::Controller)
            fold_machine(lanes, session, event);
    }
    for (const auto& host : session.now().hosts)
        if (host.link.gap_missing > 0)
            out.gaps.push_back(
                {host.link.gap_from_ns, host.link.gap_to_ns, host.link.gap_missing, -1});
    close_bands(session, out);
    out.runs = phase_runs(session, log);
    // What another application went through is no part of this one's span.
    std::erase_if(out.runs, [&out, from = session.startNs()](const PhaseRun& run) {
        return run.injected_ns < from || (!out.title.isEmpty() && run.application != out.title);
    });
    return out;
}

std::vector<PhaseRun> phase_runs(const Session& session, const EventLog& log) {
    std::vector<PhaseRun> out;
    std::map<std::string, std::pair<QString, std::int64_t>> drills; // id -> name, begin
    const auto& applications = session.cluster()->applications;
    std::vector<telemetry::PhaseFold> folds;
    for (const auto& app : applications)
        folds.emplace_back(app.faults().weak_quorum());
    for (const EventRecord& record : log.all()) {
        if (!is_told_of(record.kind))
            continue;
        const auto& event = record.event();
        const int about = application_index(session, event);
        if (about < 0 || about >= static_cast<int>(folds.size()))
            continue;
        folds[static_cast<std::size_t>(about)].take(telemetry::key_of(event.source()), event);
        if (event.kind() == telemetry::DRILL_STARTED)
            drills.try_emplace(drill_id(event).toStdString(),
                               QString::fromStdString(event.text()).section(' ', 1, 1),
                               event.wall_ns());
    }
    for (std::size_t a = 0; a < applications.size(); ++a) {
        const auto& app = applications[a];
        const auto& fold = folds[a];
        for (const auto& episode : fold.episodes()) {
            PhaseRun run;
            run.id = QString::fromStdString(episode.drill);
            run.application = QString::fromStdString(app.name);
            const auto drill = drills.find(episode.drill);
            run.name = drill == drills.end() ? QString() : drill->second.first;
            std::int64_t zero = episode.at(telemetry::Phase::Injected).first_ns;
            if (zero == 0)
                zero = episode.at(telemetry::Phase::FirstDeviation).first_ns;
            run.injected_ns = zero;
            for (int p = 0; p < kPhases; ++p) {
                const auto phase = told_phase(static_cast<Phase>(p));
                const std::int64_t at = episode.at(phase).first_ns;
                if (at != 0)
                    run.ms[static_cast<std::size_t>(p)] = static_cast<double>(at - zero) / 1e6;
            }
            out.push_back(std::move(run));
        }
    }
    std::sort(out.begin(), out.end(),
              [](const PhaseRun& a, const PhaseRun& b) { return a.injected_ns < b.injected_ns; });
    if (out.size() > kRunsMax)
        out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(kRunsMax));
    return out;
}

} // namespace zz::console
