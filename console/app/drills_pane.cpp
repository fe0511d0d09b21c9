// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/drills_pane.h"

#include <QCheckBox>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "console/app/confirm.h"
#include "console/app/drill_form.h"
#include "console/app/list_panes.h"
#include "console/model/event_words.h"
#include "console/view/table_model.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr std::size_t kRunsMax = 100;
constexpr std::int64_t kReportEveryNs = 3 * kNs / 2; // each one asks all hosts

} // namespace

QString words(DrillStage stage) {
    switch (stage) {
    case DrillStage::Draft:
        return DrillsPane::tr("draft");
    case DrillStage::Checking:
        return DrillsPane::tr("checking");
    case DrillStage::Checked:
        return DrillsPane::tr("checked");
    case DrillStage::Injecting:
        return DrillsPane::tr("injecting");
    case DrillStage::Active:
        return DrillsPane::tr("active");
    case DrillStage::Reverting:
        return DrillsPane::tr("reverting");
    case DrillStage::Restored:
        return DrillsPane::tr("restored");
    case DrillStage::Failed:
        return DrillsPane::tr("failed");
    case DrillStage::Unknown:
        break;
    }
    return DrillsPane::tr("unknown");
}

const DrillRun& DrillsPane::current() const {
    return drafting_ || runs_.empty() ? draft_ : runs_.back();
}
DrillRun& DrillsPane::current() {
    return drafting_ || runs_.empty() ? draft_ : runs_.back();
}

DrillsPane::DrillsPane(Session& session, QWidget* parent)
    : Pane(session, "drills", tr("Drills"), parent), report_model_(new TableModel(this)),
      history_model_(new TableModel(this)) {
    auto* splitter = new QSplitter(Qt::Horizontal);
    auto* scroll = new QScrollArea;
    scroll->setWidget(makeForm());
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setMinimumWidth(320);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    splitter->addWidget(scroll);
    splitter->addWidget(makeRun());
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    splitter->setSizes({310, 520});
    setContent(splitter);
    connect(&session, &Session::sourceChanged, this, [this] {
        runs_.clear();
        draft_ = {};
        drafting_ = true;
        form_->fillApplications();
    });
    connect(check_, &QPushButton::clicked, this, &DrillsPane::check);
    connect(start_, &QPushButton::clicked, this, &DrillsPane::start);
    connect(stop_, &QPushButton::clicked, this, &DrillsPane::stop);
    connect(repeat_, &QPushButton::clicked, this, &DrillsPane::repeat);
    connect(form_, &DrillForm::edited, this, &DrillsPane::edited);
    connect(&session, &Session::refreshed, this, &DrillsPane::follow);
}

QWidget* DrillsPane::makeForm() {
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    form_ = new DrillForm(session());
    layout->addWidget(form_);
    auto* row = new QHBoxLayout;
    check_ = new QPushButton(tr("&Check"));
    start_ = new QPushButton(tr("&Start drill…"));
    row->addWidget(check_);
    row->addWidget(start_);
    layout->addLayout(row);
    watch_ = new QCheckBox(tr("Then watch it: four &views at once"));
    watch_->setChecked(true);
    layout->addWidget(watch_);
    why_not_ = new QLabel;
    why_not_->setWordWrap(true);
    layout->addWidget(why_not_);
    plan_ = new QLabel;
    plan_->setWordWrap(true);
    plan_->setTextFormat(Qt::RichText);
    plan_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    plan_->setAccessibleName(tr("Plan and prediction"));
    layout->addWidget(plan_);
    layout->addStretch();
    return box;
}

QWidget* DrillsPane::makeRun() {
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    steps_ = new QLabel;
    steps_->setTextFormat(Qt::RichText);
    steps_->setWordWrap(true);
    steps_->setAccessibleName(tr("Stage of the drill"));
    layout->addWidget(steps_);
    auto* row = new QHBoxLayout;
    lease_left_ = new QLabel;
    lease_left_->setFont(title_font(lease_left_->font()));
    stop_ = new QPushButton(tr("S&top this drill"));
    repeat_ = new QPushButton(tr("Re&peat"));
    row->addWidget(lease_left_, 1);
    row->addWidget(stop_);
    row->addWidget(repeat_);
    layout->addLayout(row);
    report_view_ = make_table_view(report_model_, tr("Prediction beside observation"));
    history_view_ = make_table_view(history_model_, tr("History of drills"));
    report_view_->setWordWrap(true);
    history_view_->setWordWrap(true);
    auto* splitter = new QSplitter(Qt::Vertical);
    const auto titled = [](const QString& text, QWidget* what) {
        auto* group = new QWidget;
        auto* inner = new QVBoxLayout(group);
        inner->setContentsMargins(0, 6, 0, 0);
        auto* label = new QLabel(text);
        label->setFont(strong_font(label->font()));
        inner->addWidget(label);
        inner->addWidget(what, 1);
        return group;
    };
    auto* report = new QWidget;
    auto* report_layout = new QVBoxLayout(report);
    report_layout->setContentsMargins(0, 0, 0, 0);
    no_report_ = new QLabel(tr("Check a drill: what the rules predict appears here, and once it "
                               "runs, beside it what is observed."));
    no_report_->setWordWrap(true);
    no_report_->setAlignment(Qt::AlignCenter);
    no_report_->setMargin(24);
    no_report_->setProperty("role", QStringLiteral("muted"));
    report_layout->addWidget(no_report_, 1);
    report_layout->addWidget(report_view_, 1);
    splitter->addWidget(titled(tr("Prediction and observation"), report));
    splitter->addWidget(titled(tr("History"), history_view_));
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 3);
    layout->addWidget(splitter, 1);
    return box;
}

void DrillsPane::setDraft(const QString& application, const QString& name,
                          const QStringList& targets, const QString& csv, const QString& truth) {
    form_->setDraft(application, name, targets, csv, truth);
}

void DrillsPane::edited() {
    if (!drafting_ && !runs_.empty() && runs_.back().stage != DrillStage::Restored &&
        runs_.back().stage != DrillStage::Failed && runs_.back().stage != DrillStage::Unknown)
        return;
    drafting_ = true;
    draft_ = {};
    setStage(DrillStage::Draft);
}

void DrillsPane::setStage(DrillStage stage) {
    current().stage = stage;
    showPlan();
    showRun();
    showReport();
    showHistory();
    Q_EMIT stageChanged();
}

// A drill of ours is under way: it is followed to its end first.
bool DrillsPane::isPlaying() const {
    const DrillStage now = current().stage;
    return now == DrillStage::Injecting || now == DrillStage::Active ||
           now == DrillStage::Reverting;
}

void DrillsPane::check() {
    if (isPlaying()) {
        Q_EMIT said(tr("A drill is under way: wait for its end, or stop it"));
        return;
    }
    drafting_ = true;
    draft_ = {};
    draft_.question = form_->question();
    draft_.question.ask = DeskAsk::Plan;
    setStage(DrillStage::Checking);
    session().askDesk(draft_.question, [this](const DeskResult& result) {
        if (!drafting_ || draft_.stage != DrillStage::Checking)
            return;
        draft_.plan = result.answer;
        draft_.error = QString::fromStdString(result.error);
        if (draft_.error.isEmpty() && !atRest(draft_))
            draft_.error = tr("The application is not at rest yet: wait until its spares sleep.");
        setStage(result.error.empty() ? DrillStage::Checked : DrillStage::Failed);
    });
}

const ApplicationNow* DrillsPane::applicationOf(const DrillRun& run) const {
    const auto* app = session().cluster()->application(run.question.application);
    return app != nullptr ? &session().now().applications[app->id.value] : nullptr;
}

bool DrillsPane::atRest(const DrillRun& run) const {
    const auto* app = applicationOf(run);
    return app != nullptr && app->at_rest;
}

// Who was convicted is gone: what is known here may be older than the report that says so.
bool DrillsPane::replaced(const DrillRun& run) const {
    const auto* app = applicationOf(run);
    const auto observed = run.report.value("observed", nlohmann::json::object());
    const auto convicted = observed.value("convicted", nlohmann::json::array());
    return app != nullptr &&
           std::all_of(app->execution.begin(), app->execution.end(), [&](const ReplicaNow& slot) {
               const auto before = run.incarnations.find(slot.index);
               const auto name = QString("E%1").arg(slot.index).toStdString();
               return std::find(convicted.begin(), convicted.end(), name) == convicted.end() ||
                      before == run.incarnations.end() || slot.incarnation > before->second;
           });
}

void DrillsPane::start() {
    if (current().stage != DrillStage::Checked) {
        check();
        return;
    }
    if (!session().mayDrill())
        return;
    const DrillRun& run = current();
    ConfirmText text;
    text.application = QString::fromStdString(run.question.application);
    text.verb = tr("Start %1").arg(QString::fromStdString(run.question.drill.name));
    text.text = plan_->text();
    text.beyond = run.plan.value("needs_force", false);
    text.production = session().now().environment == QLatin1String(cluster::kProduction.data());
    const auto given = confirm(this, text);
    // The question takes time: what was true before it may not be any more.
    if (!given || !session().mayDrill() || current().stage != DrillStage::Checked)
        return;
    repeats_ = form_->times() - 1;
    begin(given->reason, given->name);
    if (watch_->isChecked())
        Q_EMIT watchWanted();
}

void DrillsPane::startChecked(const QString& reason) {
    if (current().stage == DrillStage::Checked && session().mayDrill())
        begin(reason, {});
}

void DrillsPane::begin(const QString& reason, const QString& confirm) {
    DrillRun run = current();
    run.question.ask = DeskAsk::Start;
    run.question.drill.reason = reason.toStdString();
    run.question.drill.confirm = confirm.toStdString();
    run.question.drill.force = run.plan.value("needs_force", false);
    run.started_ns = session().cursor();
    run.error.clear();
    run.report = nullptr;
    if (const auto* app = applicationOf(run))
        for (const auto& slot : app->execution)
            run.incarnations[slot.index] = slot.incarnation;
    runs_.push_back(run);
    if (runs_.size() > kRunsMax)
        runs_.erase(runs_.begin());
    drafting_ = false;
    setStage(DrillStage::Injecting);
    session().askDesk(run.question, [this](const DeskResult& result) {
        DrillRun& mine = current();
        if (mine.stage != DrillStage::Injecting)
            return;
        mine.id = QString::fromStdString(result.id);
        mine.error = QString::fromStdString(result.error);
        mine.begun_ns = session().cursor();
        setStage(mine.id.isEmpty() ? DrillStage::Failed : DrillStage::Active);
    });
}

// While a drill goes on, its report is made anew again and again from telemetry.
void DrillsPane::follow() {
    if (drafting_ || runs_.empty())
        return;
    DrillRun& run = runs_.back();
    if (run.stage != DrillStage::Active && run.stage != DrillStage::Reverting)
        return;
    showRun();
    const std::int64_t at = session().cursor();
    if (at - run.asked_ns < kReportEveryNs)
        return;
    run.asked_ns = at;
    DeskQuestion ask = run.question;
    ask.ask = DeskAsk::Report;
    ask.id = run.id.toStdString();
    session().askDesk(ask, [this](const DeskResult& result) { reported(result); });
}

void DrillsPane::reported(const DeskResult& result) {
    if (runs_.empty() || runs_.back().id.toStdString() != result.question.id)
        return;
    DrillRun& mine = runs_.back();
    if (mine.stage != DrillStage::Active && mine.stage != DrillStage::Reverting)
        return;
    const std::int64_t at = session().cursor();
    if (!result.error.empty()) {
        mine.error = QString::fromStdString(result.error);
        if (at - mine.started_ns > static_cast<std::int64_t>(mine.question.drill.lease + 30) * kNs)
            setStage(DrillStage::Unknown);
        return;
    }
    mine.error.clear();
    mine.report = result.answer;
    // Its lease is over, or every part of it is.
    const auto* listed = session().now().drill(mine.id);
    const auto targets = mine.report.value("targets", nlohmann::json::object());
    const bool told_so = std::none_of(targets.begin(), targets.end(),
                                      [](const auto& state) { return state == "running"; });
    const bool running =
        at - mine.begun_ns < 2 * kNs || (listed != nullptr && !(listed->over && told_so));
    const auto predicted = mine.report.value("predicted", nlohmann::json::object());
    const auto observed = mine.report.value("observed", nlohmann::json::object());
    const auto liars = predicted.value("convicted", nlohmann::json::array());
    const bool convicted =
        !liars.empty() && observed.value("convicted", nlohmann::json::array()) == liars;
    if (running && !convicted) {
        setStage(mine.stage);
    } else if (!replaced(mine) || !atRest(mine)) {
        setStage(DrillStage::Reverting);
    } else {
        setStage(DrillStage::Restored);
        if (repeats_ > 0) {
            --repeats_;
            repeat();
        }
    }
}

// One's own; else the chosen one of those that others began, or the only one.
QString DrillsPane::stoppable() const {
    if (!drafting_ && !runs_.empty() &&
        (runs_.back().stage == DrillStage::Injecting || runs_.back().stage == DrillStage::Active ||
         runs_.back().stage == DrillStage::Unknown))
        return runs_.back().id;
    const auto& now = session().now();
    const int row = history_view_->currentIndex().row();
    if (row >= 0 && row < history_model_->rowCount()) {
        const QString id =
            history_model_->table().rows[static_cast<std::size_t>(row)][7].toString();
        if (const auto* drill = now.drill(id); drill != nullptr && !drill->over)
            return id;
    }
    QString only;
    for (const auto& drill : now.under_way)
        if (!drill.over)
            only = drill.id;
    return now.playing() == 1 ? only : QString();
}

void DrillsPane::stop() {
    const QString id = stoppable();
    if (id.isEmpty())
        return;
    telemetry::CommandBody body;
    body.mutable_drill_stop()->set_id(id.toStdString());
    body.set_reason("stopped at the console");
    repeats_ = 0;
    session().ask(body, [this](const Reply& reply) {
        const auto* host = session().now().host(reply.host);
        const QString name = host != nullptr ? host->name : QString::number(reply.host);
        if (!reply.answered)
            Q_EMIT said(tr("%1: unknown, it does not answer; the lease ends the drill").arg(name));
        else if (!reply.answer.ok())
            Q_EMIT said(tr("%1: %2").arg(name, QString::fromStdString(reply.answer.error())));
        else
            Q_EMIT said(tr("%1: stopped").arg(name));
    });
    if (!drafting_ && runs_.back().id == id)
        setStage(DrillStage::Reverting);
}

void DrillsPane::stopAll() {
    telemetry::CommandBody body;
    body.mutable_drill_stop_all();
    body.set_reason("stop all at the console");
    repeats_ = 0;
    session().ask(body, [this](const Reply& reply) {
        const auto* host = session().now().host(reply.host);
        const QString name = host != nullptr ? host->name : QString::number(reply.host);
        Q_EMIT said(!reply.answered ? tr("%1: unknown, it does not answer").arg(name)
                    : reply.answer.ok()
                        ? tr("%1: all drills stopped").arg(name)
                        : tr("%1: %2").arg(name, QString::fromStdString(reply.answer.error())));
    });
    if (!drafting_ && !runs_.empty() && runs_.back().stage == DrillStage::Active)
        setStage(DrillStage::Reverting);
}

void DrillsPane::repeat() {
    if (runs_.empty() || drafting_)
        return;
    const DrillRun before = runs_.back();
    if (before.stage == DrillStage::Active || before.stage == DrillStage::Injecting ||
        before.stage == DrillStage::Reverting)
        return;
    DrillRun again;
    again.question = before.question;
    again.plan = before.plan;
    draft_ = again;
    drafting_ = true;
    draft_.stage = DrillStage::Checked;
    if (repeats_ > 0)
        begin(QString::fromStdString(before.question.drill.reason), // asked for N times
              QString::fromStdString(before.question.drill.confirm));
    else
        setStage(DrillStage::Checked);
}

void DrillsPane::refresh() {
    const Link* link = session().link();
    QString why;
    if (session().isReplay())
        why = tr("This is a recording: drills are impossible.");
    else if (link != nullptr && !link->may_change())
        why = tr("Operator %1 is a viewer and may change nothing.")
                  .arg(QString::fromStdString(link->self().name));
    else if (!session().now().drills)
        why = tr("The cluster file does not allow drills.");
    else if (session().mode() != TimeMode::Live)
        why = tr("The time cursor is not live: return to live first.");
    else if (session().now().hosts_heard < static_cast<int>(session().now().hosts.size()))
        why = tr("Not every host is heard: what happens could not be seen.");
    why_not_->setText(why);
    why_not_->setVisible(!why.isEmpty());
    const DrillStage now = current().stage;
    const bool busy = isPlaying() || now == DrillStage::Checking;
    check_->setEnabled(session().desk() != nullptr && !busy);
    start_->setEnabled(why.isEmpty() && now == DrillStage::Checked);
    stop_->setEnabled(link != nullptr && link->may_change() && !stoppable().isEmpty());
    repeat_->setEnabled(!drafting_ && !busy && why.isEmpty());
    showRun();
    if (std::llabs(session().cursor() - history_ns_) > kNs) {
        history_ns_ = session().cursor();
        showHistory();
    }
}

Exportable DrillsPane::exportable() const {
    Exportable out;
    out.name = "drills";
    out.title = title();
    out.tables.push_back(history_model_->table());
    out.tables.push_back(report_model_->table());
    return out;
}

} // namespace zz::console
