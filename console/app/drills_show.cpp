// SPDX-License-Identifier: GPL-3.0-or-later
// What the drills pane says: the plan, the stage with its lease, prediction beside observation, the
// history.
#include <QLabel>
#include <QTableView>
#include <algorithm>

#include "console/app/drills_pane.h"
#include "console/app/list_panes.h"
#include "console/model/adapters.h"
#include "console/model/event_words.h"
#include "console/view/table_model.h"

namespace zz::console {
namespace {

QString text_of_json(const nlohmann::json& value) {
    if (value.is_null())
        return DrillsPane::tr("not known");
    if (value.is_string())
        return QString::fromStdString(value.get<std::string>());
    if (value.is_array()) {
        QStringList out;
        for (const auto& entry : value)
            out << text_of_json(entry);
        return out.isEmpty() ? DrillsPane::tr("nobody") : out.join(", ");
    }
    return QString::fromStdString(value.dump());
}

QString field(const nlohmann::json& side, const char* key) {
    return side.is_object() && side.contains(key) ? text_of_json(side[key]) : QString();
}

QString margin_field(const nlohmann::json& side, const char* key) {
    return side.is_object() && side.contains("margin") ? field(side["margin"], key) : QString();
}

} // namespace

void DrillsPane::showPlan() {
    const DrillRun& run = current();
    const auto& plan = run.plan;
    if (!plan.is_object()) {
        plan_->setText(run.error.isEmpty()
                           ? (run.stage == DrillStage::Checking
                                  ? tr("Asking the hosts…")
                                  : tr("Check asks the hosts what would happen and what is left "
                                       "of f. Nothing is changed by it."))
                           : run.error.toHtmlEscaped());
        return;
    }
    const QString app = QString::fromStdString(run.question.application);
    QString text;
    const auto row = [&](const QString& label, const QString& value) {
        text += "<tr><td style='padding-right:10px'>" + label.toHtmlEscaped() + "</td><td><b>" +
                value.toHtmlEscaped() + "</b></td></tr>";
    };
    row(tr("Liars"), field(plan, "targets"));
    row(tr("Verdict"), field(plan, "verdict"));
    row(tr("Wakes"), field(plan, "wakes"));
    row(tr("Convicted"), field(plan, "convicted"));
    row(tr("Unresponsive"), field(plan, "unresponsive"));
    row(tr("Left of f, execution"), margin_field(plan, "execution"));
    row(tr("Left of f, agreement"), margin_field(plan, "agreement"));
    row(tr("Undone by"),
        tr("its lease of %1 s, by Stop, or by removal of the liar").arg(run.question.drill.lease));
    QString out = "<table>" + text + "</table><p>" + field(plan, "text").toHtmlEscaped() + "</p>";
    if (plan.value("needs_force", false))
        out += "<p><b>" +
               tr("Beyond f: %1 may stop or give wrong answers.").arg(app).toHtmlEscaped() +
               "</b></p>";
    if (!run.error.isEmpty())
        out += "<p><b>" + run.error.toHtmlEscaped() + "</b></p>";
    plan_->setText(out);
}

void DrillsPane::showRun() {
    const DrillRun& run = current();
    QStringList out;
    for (const auto stage : {DrillStage::Draft, DrillStage::Checked, DrillStage::Injecting,
                             DrillStage::Active, DrillStage::Reverting, DrillStage::Restored}) {
        const bool here =
            run.stage == stage || (run.stage == DrillStage::Checking && stage == DrillStage::Draft);
        out << (here ? "<b>[ " + words(run.stage) + " ]</b>" : words(stage));
    }
    if (run.stage == DrillStage::Failed || run.stage == DrillStage::Unknown)
        out << "<b>[ " + words(run.stage) + " ]</b>";
    steps_->setText(out.join(" &nbsp;→&nbsp; "));
    const ClusterNow& now = session().now();
    QString left;
    if (run.stage == DrillStage::Active || run.stage == DrillStage::Injecting) {
        const auto* drill = now.drill(run.id);
        left = drill == nullptr
                   ? tr("%1 is under way").arg(run.id.isEmpty() ? tr("The drill") : run.id)
               : drill->over
                   ? tr("%1 is over: %2").arg(run.id, drill->ended)
                   : tr("%1: lease ends in %2 s").arg(run.id).arg((drill->lease_ms + 999) / 1000);
    } else if (!run.id.isEmpty()) {
        left = tr("%1: %2").arg(run.id, words(run.stage));
    } else if (const std::size_t others = now.playing(); others > 0) {
        left = others == 1 ? tr("A drill begun elsewhere is running")
                           : tr("%1 drills begun elsewhere are running").arg(others);
    } else {
        left = run.stage == DrillStage::Failed ? tr("It did not begin") : tr("No drill is running");
    }
    lease_left_->setWordWrap(true);
    lease_left_->setText(left);
}

void DrillsPane::showReport() {
    const DrillRun& run = current();
    Table table;
    table.caption = tr("Prediction beside observation");
    table.columns = {{tr("What"), "what", ""},
                     {tr("Predicted"), "predicted", ""},
                     {tr("Observed"), "observed", ""}};
    const auto& report = run.report;
    const nlohmann::json none = nlohmann::json::object();
    const auto& predicted = report.is_object() && report.contains("predicted") ? report["predicted"]
                            : run.plan.is_object()                             ? run.plan
                                                                               : none;
    const auto& observed =
        report.is_object() && report.contains("observed") ? report["observed"] : none;
    if (predicted.is_object() && !predicted.empty()) {
        for (const auto& [key, label] : {std::pair{"verdict", tr("Verdict")},
                                         {"wakes", tr("Wakes")},
                                         {"convicted", tr("Convicted")},
                                         {"unresponsive", tr("Unresponsive")}})
            table.rows.push_back({label, field(predicted, key), field(observed, key)});
        table.rows.push_back({tr("Left of f, execution"), margin_field(predicted, "execution"),
                              margin_field(observed, "execution")});
        table.rows.push_back({tr("Left of f, agreement"), margin_field(predicted, "agreement"),
                              margin_field(observed, "agreement")});
        if (report.is_object() && report.contains("targets"))
            for (const auto& [target, state] : report["targets"].items())
                table.rows.push_back({tr("Drill at %1").arg(QString::fromStdString(target)),
                                      QVariant(), text_of_json(state)});
        if (report.is_object() && report.contains("phases_ms")) {
            std::vector<std::pair<double, QString>> phases;
            for (const auto& [phase, at] : report["phases_ms"].items())
                phases.push_back(
                    {at.get<double>(), QString::fromStdString(phase).replace('_', ' ')});
            std::sort(phases.begin(), phases.end());
            for (const auto& [at, phase] : phases)
                table.rows.push_back({phase, QVariant(), tr("%1 ms").arg(at, 0, 'f', 1)});
        }
    }
    no_report_->setVisible(table.rows.empty());
    report_view_->setVisible(!table.rows.empty());
    report_model_->setTable(std::move(table));
    fit_columns(report_view_, {1, 2});
}

// Those that others began: as hosts list them, and as telemetry has what they caused.
void DrillsPane::addOthers(Table& table) const {
    if (!session().hasSource())
        return;
    const ClusterNow& now = session().now();
    const auto is_mine = [&](const QString& id) {
        return id.isEmpty() || std::any_of(runs_.begin(), runs_.end(),
                                           [&](const DrillRun& run) { return run.id == id; });
    };
    const auto stage_of = [&](const QString& id) {
        const auto* drill = now.drill(id);
        return drill == nullptr ? tr("ended")
               : drill->over    ? tr("over: %1").arg(drill->ended)
                                : tr("running, %1 s left").arg((drill->lease_ms + 999) / 1000);
    };
    const auto runs = phase_runs(session(), session().history().log());
    std::vector<std::pair<std::int64_t, std::vector<QVariant>>> rows;
    for (const auto& run : runs)
        if (!is_mine(run.id)) {
            const auto convicted = run.at(Phase::Convicted);
            rows.push_back({run.injected_ns,
                            {clock_text(run.injected_ns).left(8), tr("elsewhere"), run.application,
                             run.name, stage_of(run.id), QVariant(),
                             convicted ? tr("convicted, %1 s").arg(*convicted / 1000, 0, 'f', 1)
                                       : tr("nobody convicted"),
                             run.id}});
        }
    for (const auto& drill : now.under_way)
        if (!is_mine(drill.id) && std::none_of(runs.begin(), runs.end(), [&](const PhaseRun& run) {
                return run.id == drill.id;
            }))
            rows.push_back(
                {drill.started_ns,
                 {clock_text(drill.started_ns).left(8), tr("elsewhere"),
                  drill.application < 0
                      ? QString()
                      : now.applications[static_cast<std::size_t>(drill.application)].name,
                  drill.name, stage_of(drill.id), QVariant(), QVariant(), drill.id}});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (auto& row : rows)
        table.rows.push_back(std::move(row.second));
}

void DrillsPane::showHistory() {
    Table table;
    table.caption = tr("History of drills");
    table.columns = {{tr("Started"), "started", ""},   {tr("Begun"), "begun", ""},
                     {tr("App"), "application", ""},   {tr("Fault"), "name", ""},
                     {tr("Stage"), "stage", ""},       {tr("Predicted"), "predicted", ""},
                     {tr("Observed"), "observed", ""}, {tr("Id"), "id", ""}};
    for (auto it = runs_.rbegin(); it != runs_.rend(); ++it) {
        const auto& observed = it->report.is_object() && it->report.contains("observed")
                                   ? it->report["observed"]
                                   : nlohmann::json();
        table.rows.push_back(
            {clock_text(it->started_ns).left(8), tr("here"),
             QString::fromStdString(it->question.application),
             QString::fromStdString(it->question.drill.name),
             it->error.isEmpty() ? words(it->stage) : words(it->stage) + ": " + it->error,
             field(it->plan, "verdict"), field(observed, "verdict"), it->id});
    }
    addOthers(table);
    history_model_->setTable(std::move(table));
    constexpr int kAllWidth = 560;
    history_view_->setColumnHidden(1, history_view_->width() < kAllWidth);
    history_view_->setColumnHidden(7, true); // told above, and in exports
    fit_columns(history_view_, {4, 6});
}

} // namespace zz::console
