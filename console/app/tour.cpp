// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/tour.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <algorithm>

#include "console/app/drill_form.h"
#include "console/app/drills_pane.h"
#include "console/app/main_window.h"
#include "console/model/adapters.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

struct Step {
    const char* caption;
    const char* view;
    const char* told; // a drill of this step: the row of the first active replica; null: none
    const char* liar; // of the drill; null: that replica
    int seconds;      // at least, then on by itself
};

// The two matrices of the talk.
constexpr Step kSteps[] = {
    {QT_TRANSLATE_NOOP("Tour",
                       "Graceful execution: 3f+1 replicas order, only f+1 execute; the spare "
                       "sleeps. It costs what crash tolerance costs."),
     "placement", nullptr, nullptr, 8},
    {QT_TRANSLATE_NOOP("Tour",
                       "A fault that blocks nothing: A4 lies about what it was told. Enough "
                       "columns still match, the client is answered, nobody wakes."),
     "matrix", "P,P,P,Q", "A4", 8},
    {QT_TRANSLATE_NOOP("Tour",
                       "A fault that blocks: one replica tells most of them another answer. No "
                       "value can be accepted; the demand for a wake-up is signed and checked."),
     "matrix", "P,Q,Q,Q", nullptr, 8},
    {QT_TRANSLATE_NOOP("Tour", "Wake-up: the spare is resumed, replays the log and serves at once, "
                               "fetching state on demand."),
     "timeline", nullptr, nullptr, 10},
    {QT_TRANSLATE_NOOP("Tour",
                       "Blame: with the third row one value holds, and who signed another one "
                       "is convicted by what it signed."),
     "matrix", nullptr, nullptr, 10},
    {QT_TRANSLATE_NOOP("Tour", "Removal and rest: the liar's machine is gone, a fresh incarnation "
                               "sleeps, and f+1 replicas execute again."),
     "overview", nullptr, nullptr, 10},
};
constexpr int kLease = 20; // seconds
constexpr int kStepCount = static_cast<int>(std::size(kSteps));

} // namespace

const ApplicationNow* tour_stage(const ClusterNow& now, int application) {
    for (const auto& app : now.applications)
        if (app.faults.f == 1 && app.at_rest && (application < 0 || app.index == application))
            return &app;
    return nullptr;
}

QString tour_matrix(const QString& first, const QStringList& rows) {
    return QString(",A1,A2,A3,A4\n%1,%2\n%3,P,P,P,P\n").arg(rows.value(0), first, rows.value(1));
}

Tour::Tour(MainWindow& window, double pace)
    : QObject(&window), window_(window), dock_(new QDockWidget(tr("Tour"), &window)),
      caption_(new QLabel), next_(new QPushButton(tr("&Next"))),
      leave_(new QPushButton(tr("&End tour"))), pace_(pace) {
    dock_->setObjectName("dock-tour");
    dock_->setAttribute(Qt::WA_DeleteOnClose);
    auto* box = new QWidget;
    auto* layout = new QHBoxLayout(box);
    caption_->setWordWrap(true);
    caption_->setFont(strong_font(caption_->font()));
    caption_->setAccessibleName(tr("Caption of the tour"));
    layout->addWidget(caption_, 1);
    layout->addWidget(next_);
    layout->addWidget(leave_);
    dock_->setWidget(box);
    window.addDockWidget(Qt::BottomDockWidgetArea, dock_);
    connect(next_, &QPushButton::clicked, this, [this] { show(step_ + 1); });
    connect(leave_, &QPushButton::clicked, this, [this] { end({}); });
    connect(dock_, &QObject::destroyed, this, [this] { end({}); });
    connect(&timer_, &QTimer::timeout, this, &Tour::tick);
}

int Tour::steps() {
    return kStepCount;
}

void Tour::begin() {
    for (const auto* other : window_.findChildren<Tour*>(Qt::FindDirectChildrenOnly))
        if (other->timer_.isActive()) {
            end(tr("A tour is under way already"));
            return;
        }
    dock_->show();
    timer_.start(200);
    show(0);
}

void Tour::show(int step) {
    if (ended_ || !dock_)
        return;
    if (step >= kStepCount) {
        end(tr("That was the story."), true);
        return;
    }
    step_ = step;
    since_ns_ = window_.session().cursor();
    checked_ = started_ = over_ = false;
    const Step& now = kSteps[step];
    caption_->setText(QString("%1/%2  %3").arg(step + 1).arg(kStepCount).arg(tr(now.caption)));
    window_.showPane(now.view);
    Q_EMIT stepped(step);
}

void Tour::play() {
    auto& session = window_.session();
    auto* drills = window_.drills();
    const Step& now = kSteps[step_];
    const DrillStage stage = drills->stage();
    if (!checked_) {
        const auto* app = tour_stage(session.now(), application_);
        const auto& all = session.now().applications;
        if (std::none_of(all.begin(), all.end(), [](const auto& one) { return one.faults.f == 1; }))
            end(tr("The tour tells of applications with f = 1, there is none: it ends."));
        if (app == nullptr)
            return;
        Selection what;
        what.application = application_ = app->index;
        session.select(what);
        const QStringList rows = slots_now(*app);
        drills->setDraft(app->name, "matrix", {}, tour_matrix(now.told, rows), "P");
        drills->form()->setParameter("liar", now.liar != nullptr ? now.liar : rows.front());
        drills->form()->setLease(kLease);
        drills->check();
        checked_ = true;
    } else if (!started_ && stage == DrillStage::Checked) {
        drills->startChecked("tour");
        started_ = true;
    } else if (started_ && stage == DrillStage::Restored) {
        over_ = true;
    } else if (stage == DrillStage::Failed || stage == DrillStage::Unknown) {
        // What the next captions tell did not happen.
        end(tr("The tour ends, its drill did not go as planned: %1").arg(drills->trouble()));
    }
}

void Tour::tick() {
    auto& session = window_.session();
    if (!session.mayDrill()) {
        end(tr("The data center is not live any more: the tour ends."));
        return;
    }
    const Step& now = kSteps[step_];
    if (now.told != nullptr && !over_) {
        play();
        return;
    }
    if (static_cast<double>(session.cursor() - since_ns_) > now.seconds * 1e9 * pace_)
        show(step_ + 1);
}

void Tour::end(const QString& text, bool whole) {
    if (ended_) // closing the dock ends it, too
        return;
    ended_ = true;
    timer_.stop();
    if (!text.isEmpty())
        window_.say(text);
    if (dock_)
        dock_->close();
    Q_EMIT finished(whole);
    deleteLater();
}

} // namespace zz::console
