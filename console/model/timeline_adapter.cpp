// SPDX-License-Identifier: GPL-3.0-or-later
// The timeline of a session: bars from what replicas and controllers told, phases of drills.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "console/model/adapters.h"
#include "console/model/event_words.h"
#include "console/model/timeline_end.h"
#include "protocol/telemetry/fold_phases.h"

namespace zz::console {
namespace {

constexpr std::size_t kRunsMax = 50;
constexpr std::size_t kMarksMax = 300; // of a lane

QString first_word(const telemetry::Event& event) {
    return QString::fromStdString(event.text()).section(' ', 0, 0);
}

// Most kinds are about no drill, machine or phase: they are not looked at any closer.
bool is_told_of(telemetry::EventKind kind) {
    return kind != telemetry::TEXT && kind != telemetry::OPERATOR_ACTION;
}

// Which application an event is about. A controller speaks for all of its host: it names the one,
// or it is the one that has the subject there and is in dispute. Negative: none.
int application_index(const Session& session, const telemetry::Event& event) {
    if (event.kind() == telemetry::MACHINE_CRASHED) { // by the machine's name: "0-E1.2 vanished 0"
        bool number = false;
        const int out = first_word(event).section('-', 0, 0).toInt(&number);
        return number ? out : -1;
    }
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
    const Session& session;
    std::map<std::pair<int, std::uint32_t>, std::size_t> agreement{}, execution{}; // -> lane
    // Application, slot, incarnation -> the agreement replicas that told its conviction.
    std::map<std::tuple<int, std::uint32_t, std::uint32_t>, std::set<std::uint32_t>> convicted{};

    TimelineLane* lane(int app, const telemetry::Principal& who) {
        return who.role() == static_cast<std::uint32_t>(Role::Agreement)
                   ? agreement_lane(app, who.index())
               : who.role() == static_cast<std::uint32_t>(Role::Execution)
                   ? execution_lane(app, who.index())
                   : nullptr;
    }
    TimelineLane* execution_lane(int app, std::uint32_t slot) {
        const auto it = execution.find({app, slot});
        return it == execution.end() ? nullptr : &out.lanes[it->second];
    }
    TimelineLane* agreement_lane(int app, std::uint32_t index) {
        const auto it = agreement.find({app, index});
        return it == agreement.end() ? nullptr : &out.lanes[it->second];
    }
};

void change(TimelineLane* lane, BarKind kind, std::int64_t at_ns) {
    if (lane != nullptr)
        change(*lane, kind, at_ns);
}

BarKind last_kind(const TimelineLane* lane) {
    return lane == nullptr ? BarKind::Unknown : lane->bars.back().kind;
}

bool is_gone(BarKind kind) {
    return kind == BarKind::Silent || kind == BarKind::Stopped;
}

// It tells nothing any more. Of one that is removed the removal says more.
void end_of(TimelineLane* lane, BarKind how, std::int64_t at_ns) {
    const BarKind kind = last_kind(lane);
    if (kind != BarKind::Removing && kind != BarKind::Reimaging)
        change(lane, how, at_ns);
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
    Lanes lanes{out, session};
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

// What one replica says convicts nobody: f+1 different ones do.
void fold_conviction(Lanes& lanes, int app, const telemetry::Event& event) {
    const auto& who = event.subject();
    auto* subject = who.role() == static_cast<std::uint32_t>(Role::Execution)
                        ? lanes.execution_lane(app, who.index())
                        : nullptr;
    if (subject == nullptr)
        return;
    auto& tellers = lanes.convicted[{app, who.index(), who.incarnation()}];
    const auto needed =
        lanes.session.cluster()->applications[static_cast<std::size_t>(app)].faults().weak_quorum();
    if (!tellers.insert(event.source().principal().index()).second || tellers.size() != needed)
        return;
    mark(subject, MarkKind::Conviction, event);
    change(subject, BarKind::Removing, event.wall_ns());
}

void fold_agreement(Lanes& lanes, int app, const telemetry::Event& event) {
    const std::int64_t at = event.wall_ns();
    auto* own = lanes.agreement_lane(app, event.source().principal().index());
    const bool of_execution = event.subject().role() == static_cast<std::uint32_t>(Role::Execution);
    auto* subject = of_execution ? lanes.execution_lane(app, event.subject().index()) : nullptr;
    if (is_gone(last_kind(own)))
        change(own, BarKind::Ordering, at);
    const BarKind kind = last_kind(own);
    const bool decides = kind == BarKind::Deciding || kind == BarKind::Convicting;
    switch (event.kind()) {
    case telemetry::SERVICE_STOPPED:
        change(own, BarKind::Stopped, at);
        break;
    case telemetry::DEVIATION:
        if (!decides)
            change(own, BarKind::Detecting, at);
        mark(own, MarkKind::Deviation, event);
        break;
    case telemetry::DEMANDED:
        change(own, BarKind::Deciding, at);
        mark(own, MarkKind::Blocking, event);
        break;
    case telemetry::NO_SIGNED:
        mark(own, MarkKind::Blocking, event);
        break;
    case telemetry::WAKE_UP_KNOWN:
        if (kind == BarKind::Deciding)
            change(own, BarKind::Ordering, at);
        break;
    case telemetry::SETTLED_BY_EVIDENCE:
        change(own, BarKind::Ordering, at);
        break;
    case telemetry::EPOCH_SETTLED:
    case telemetry::STABLE_CHECKPOINT: // Settles what nobody decides any more (ZZ-5.2).
        if (kind == BarKind::Detecting || decides)
            change(own, BarKind::Ordering, at);
        break;
    case telemetry::VIEW_CHANGE_STARTED:
        change(own, BarKind::ViewChange, at);
        break;
    case telemetry::VIEW_ENTERED:
        change(own, BarKind::Ordering, at);
        break;
    case telemetry::ACCUSED: // f of them convict nobody (ZZ-6.7), so its own lane goes on.
        change(own, BarKind::Convicting, at);
        mark(subject, MarkKind::Suspicion, event);
        break;
    case telemetry::CONVICTED:
        if (kind == BarKind::Convicting)
            change(own, BarKind::Ordering, at);
        fold_conviction(lanes, app, event);
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
    if (is_gone(last_kind(own)) && event.kind() != telemetry::SERVICE_STOPPED)
        change(own,
               event.kind() == telemetry::SERVICE_STARTED ? BarKind::Resuming : BarKind::Executing,
               at);
    const BarKind kind = last_kind(own);
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
    case telemetry::SERVICE_STOPPED:
        end_of(own, BarKind::Stopped, at);
        break;
    default:
        break;
    }
}

// What a controller did to an execution replica's machine.
void fold_machine(Lanes& lanes, int app, const telemetry::Event& event) {
    const std::int64_t at = event.wall_ns();
    auto* lane = lanes.execution_lane(app, event.subject().index());
    if (lane == nullptr || event.subject().role() != static_cast<std::uint32_t>(Role::Execution))
        return;
    const bool done = event.kind() == telemetry::MACHINE_DONE;
    const BarKind kind = last_kind(lane);
    const std::string& what = event.text();
    if (what == "wake") {
        if (!done)
            mark(lane, MarkKind::Wake, event);
        change(lane, done ? BarKind::FetchingLog : BarKind::Resuming, at);
    } else if (done && (what == "pause" || what == "save" || what == "enrolled cold")) {
        change(lane, BarKind::Asleep, at);
    } else if (done && what == "stop") {
        const auto& now = lanes.session.now().applications[static_cast<std::size_t>(app)];
        const auto* replica = now.replica(Role::Execution, event.subject().index());
        const bool cold = replica != nullptr && replica->spare == "cold"; // so it goes to sleep
        end_of(lane, cold ? BarKind::Asleep : BarKind::Stopped, at);
    } else if (what == "start" || what == "make image") {
        if (kind == BarKind::Removing || (what == "make image" && kind == BarKind::Stopped))
            change(lane, BarKind::Reimaging, at);
        else if (is_gone(kind))
            change(lane, BarKind::Resuming, at);
    }
}

// What those who watch over a host tell of its processes.
void fold_watch(Lanes& lanes, const telemetry::Event& event) {
    const int app = application_index(lanes.session, event);
    if (app < 0)
        return;
    if (event.kind() == telemetry::MACHINE_CRASHED)
        end_of(lanes.lane(app, event.subject()), BarKind::Stopped, event.wall_ns());
    else if (event.kind() == telemetry::SERVICE_LOST)
        end_of(lanes.lane(app, event.subject()), BarKind::Silent, event.wall_ns());
    else if (event.kind() == telemetry::MACHINE_ASKED || event.kind() == telemetry::MACHINE_DONE)
        fold_machine(lanes, app, event);
}

void fold_drills(const telemetry::Event& event, TimelineData& out) {
    if (event.kind() != telemetry::DRILL_STARTED && event.kind() != telemetry::DRILL_STOPPED)
        return;
    const QString id = first_word(event);
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
        else if (role == Role::Controller || role == Role::Host)
            fold_watch(lanes, event);
    }
    for (const auto& host : session.now().hosts)
        if (host.link.gap_missing > 0)
            out.gaps.push_back(
                {host.link.gap_from_ns, host.link.gap_to_ns, host.link.gap_missing, -1});
    // The state at the end: that which is shown, unless the lanes go on behind the cursor.
    const bool shown = session.mode() == TimeMode::Live ? to_ns >= session.now().now_ns
                                                        : to_ns == session.cursor();
    end_lanes(shown ? session.now()
                    : cluster_now(*session.cluster(), session.history().at(to_ns), to_ns),
              out);
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
            drills.try_emplace(first_word(event).toStdString(),
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
