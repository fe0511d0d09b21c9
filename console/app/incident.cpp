// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/incident.h"

#include <algorithm>
#include <optional>

#include "console/app/drawn_panes.h"
#include "console/app/main_window.h"
#include "console/model/event_words.h"
#include "console/view/timeline_paint.h"

namespace zz::console {
namespace {

constexpr std::int64_t kBeforeNs = 10 * kNs, kAfterNs = 20 * kNs;
constexpr std::int64_t kNearNs = 5 * kNs; // a run that is about the same fault

QString names_of(const std::map<Dispute::Member, std::set<std::uint32_t>>& by, Faults faults) {
    QStringList out;
    for (const auto& [member, tellers] : by)
        if (tellers.size() >= faults.weak_quorum())
            out << QString("E%1.%2").arg(member.first).arg(member.second);
    return out.isEmpty() ? MainWindow::tr("nobody") : out.join(", ");
}

// The events around it that are more than details, as told.
Exportable events_of(const EventLog& log, const Dispute& dispute, std::int64_t to_ns) {
    Exportable out;
    out.name = "events";
    out.title = MainWindow::tr("Events");
    Table table;
    table.caption = MainWindow::tr("Events");
    table.columns = {{MainWindow::tr("Time"), "time", ""},
                     {MainWindow::tr("Who"), "who", ""},
                     {MainWindow::tr("What"), "what", ""}};
    for (std::size_t i = log.count_until(dispute.first_ns - kNs); i < log.all().size(); ++i) {
        const auto& event = log.all()[i].event();
        const auto app = event.source().application();
        const bool of_it =
            app == 0 || app == static_cast<std::uint32_t>(dispute.key.application) + 1;
        if (event.wall_ns() > to_ns || table.rows.size() >= 120)
            break;
        if (of_it && severity_of(event) >= Severity::Notice)
            table.rows.push_back({clock_text(event.wall_ns()), name_of(event.source().principal()),
                                  sentence(event)});
    }
    out.tables.push_back(std::move(table));
    return out;
}

// Of the run that the fault was, also if it was before this console connected.
Exportable phases_near(const Session& session, const EventLog& log, const Dispute& dispute,
                       const QString& application) {
    TimelineData of_it;
    for (PhaseRun& run : phase_runs(session, log)) {
        const double first = run.at(Phase::FirstDeviation).value_or(0);
        const std::int64_t at = run.injected_ns + static_cast<std::int64_t>(first * 1e6);
        if (run.application == application && std::llabs(at - dispute.first_ns) < kNearNs)
            of_it.runs.push_back(std::move(run));
    }
    return phases_of(of_it);
}

// Since when clients' measurements are known of this range: hosts keep events, not measurements.
// None: of nothing of it.
std::optional<std::int64_t> measured_from(const Session& session, int application,
                                          std::int64_t from_ns, std::int64_t to_ns) {
    const auto* samples = session.history().series().of(static_cast<std::uint32_t>(application));
    if (samples != nullptr)
        for (const Sample& sample : *samples)
            if (sample.served && sample.wall_ns >= from_ns && sample.wall_ns <= to_ns)
                return sample.wall_ns;
    return std::nullopt;
}

// As a picture, and in words as far as there is none.
void add_throughput(MainWindow& window, int application, std::int64_t from_ns, std::int64_t to_ns,
                    std::int64_t fault_ns, IncidentReport& report) {
    const auto since = measured_from(window.session(), application, from_ns, to_ns);
    const QString begun = clock_text(window.session().history().first_ns()).left(8);
    if (!since) {
        report.facts.push_back(
            {MainWindow::tr("Throughput"),
             MainWindow::tr("not known: the console listens since %1, and hosts keep events, not "
                            "what clients measured. A recording that runs during a fault has it.")
                 .arg(begun)});
        return;
    }
    if (*since > fault_ns)
        report.facts.push_back(
            {MainWindow::tr("Throughput"),
             MainWindow::tr("known from %1 on, after the fault").arg(clock_text(*since).left(8))});
    report.views.push_back(
        static_cast<ThroughputPane*>(window.pane("throughput"))->exportable(from_ns, to_ns));
    // Every point is in the view's own export; here its picture and comparison are enough.
    report.views.back().tables.resize(1);
}

} // namespace

Result<Incident> incident_of(MainWindow& window) {
    Session& session = window.session();
    const Session::Still still(session);
    const auto* dispute = session.hasSource() ? shown_dispute(session, false) : nullptr;
    if (dispute == nullptr)
        return Error{"no disagreement was seen: there is no fault to report"};
    const auto& app =
        session.now().applications[static_cast<std::size_t>(dispute->key.application)];
    const auto verdict = dispute->first_verdict(app.faults);
    Incident out;
    IncidentReport& report = out.report;
    report.title = MainWindow::tr("Fault in %1 at batch %2").arg(app.name).arg(dispute->key.n);
    report.summary = MainWindow::tr("%1: %2.").arg(
        QString::fromStdString(std::string(matrix::to_string(verdict.kind))),
        aftermath(*dispute, app));
    report.facts = {
        {MainWindow::tr("Data center"), session.now().name},
        {MainWindow::tr("Application"),
         MainWindow::tr("%1: %2, %3, f = %4").arg(app.name, app.kind, app.mode).arg(app.faults.f)},
        {MainWindow::tr("Batch"), QString::number(dispute->key.n)},
        {MainWindow::tr("First deviation"), iso_utc(dispute->first_ns)},
        {MainWindow::tr("Verdict"),
         QString::fromStdString(std::string(matrix::to_string(verdict.kind)))},
        {MainWindow::tr("Rule"), QString::fromStdString(std::string(verdict.rule))},
        {MainWindow::tr("Convicted"), names_of(dispute->convicted, app.faults)},
        {MainWindow::tr("Left of f now"),
         app.execution_left
             ? MainWindow::tr("execution %1 of %2").arg(*app.execution_left).arg(app.faults.f)
             : MainWindow::tr("not known")}};
    const std::int64_t from = dispute->first_ns - kBeforeNs;
    const std::int64_t until = dispute->removed_ns.value_or(dispute->first_ns) + kAfterNs;
    const std::int64_t to =
        std::min(std::max(session.cursor(), session.history().last_ns()), until);
    const std::int64_t known = std::max(session.cursor(), to);
    const EventLog log = session.history().log_at(known);
    const Selection before = session.selection();
    Selection of_it;
    of_it.application = dispute->key.application;
    of_it.n = dispute->key.n;
    of_it.vote = dispute->key.vote;
    session.select(of_it);
    report.views.push_back(window.pane("matrix")->exportable());
    // From just before the first deviation until the liar was removed, whatever is on the screen.
    const std::int64_t end = dispute->removed_ns.value_or(dispute->first_ns + 3 * kNs);
    const std::int64_t room = std::max<std::int64_t>((end - dispute->first_ns) / 6, kNs / 50);
    const TimelineData lanes = timeline_data(session, dispute->key.application, log, known);
    report.views.push_back(exportable_of(lanes, {dispute->first_ns - room, end + room}));
    report.views.back().tables.resize(1);
    report.views.push_back(phases_near(session, log, *dispute, app.name));
    add_throughput(window, dispute->key.application, from, to, dispute->first_ns, report);
    report.views.push_back(events_of(log, *dispute, to));
    session.select(before);
    out.header = export_header(session, from, to);
    return out;
}

} // namespace zz::console
