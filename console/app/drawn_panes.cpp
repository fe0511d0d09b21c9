// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/drawn_panes.h"

#include <QComboBox>
#include <QSettings>
#include <QSpinBox>
#include <algorithm>

#include "console/view/matrix_view.h"
#include "console/view/placement_view.h"
#include "console/view/throughput_view.h"
#include "console/view/timeline_view.h"

namespace zz::console {
namespace {

constexpr int kTargetMost = 10'000'000;
constexpr std::int64_t kCountsNs = 3 * kNs;
constexpr std::int64_t kChartNs = kNs / 4; // charts and lanes are made anew four times a second

} // namespace

PlacementPane::PlacementPane(Session& session, QWidget* parent)
    : Pane(session, "placement", tr("Placement"), parent), view_(new PlacementView) {
    setContent(view_);
    connect(view_, &DrawnView::selected, &session, &Session::select);
    connect(view_, &PlacementView::drillWanted, this, &PlacementPane::drillWanted);
}

Exportable PlacementPane::exportable() const {
    view_->setData(placement_data(session()));
    return view_->exportable();
}

void PlacementPane::refresh() {
    view_->setData(placement_data(session()));
}

MatrixPane::MatrixPane(Session& session, QWidget* parent)
    : Pane(session, "matrix", tr("Response matrix"), parent), view_(new MatrixView) {
    setContent(view_);
    connect(view_, &DrawnView::selected, &session, &Session::select);
    connect(view_, &MatrixView::nextWanted, this, [this] { step(1); });
    connect(view_, &MatrixView::previousWanted, this, [this] { step(-1); });
    connect(view_, &MatrixView::followsLatestChanged, this, [this] { update_now(); });
    connect(view_, &MatrixView::playWanted, this, &MatrixPane::playWanted);
    connect(view_, &MatrixView::evidenceWanted, this, &MatrixPane::evidenceWanted);
    connect(view_, &MatrixView::jumpWanted, this, &MatrixPane::jumpWanted);
}

void MatrixPane::step(int by) {
    const auto all = disagreements(session());
    if (all.empty())
        return;
    const auto* shown = shown_dispute(session(), view_->followsLatest());
    const auto at = std::find(all.begin(), all.end(), shown);
    auto place = at == all.end() ? static_cast<std::ptrdiff_t>(all.size()) - 1 : at - all.begin();
    place = (place + by + static_cast<std::ptrdiff_t>(all.size())) %
            static_cast<std::ptrdiff_t>(all.size());
    const auto& key = all[static_cast<std::size_t>(place)]->key;
    view_->setFollowsLatest(false);
    Selection what = session().selection();
    what.application = key.application;
    what.n = key.n;
    what.vote = key.vote;
    session().select(what);
    update_now();
}

Condition MatrixPane::emptiness() const {
    if (!disagreements(session()).empty())
        return Condition::Live;
    return session().disputes().all().empty() ? Condition::NoData : Condition::Filtered;
}

Exportable MatrixPane::exportable() const {
    if (const auto* dispute = shown_dispute(session(), view_->followsLatest()))
        view_->setData(matrix_data(session(), *dispute));
    return view_->exportable();
}

void MatrixPane::refresh() {
    if (const auto* dispute = shown_dispute(session(), view_->followsLatest()))
        view_->setData(matrix_data(session(), *dispute));
}

TimelinePane::TimelinePane(Session& session, QWidget* parent)
    : Pane(session, "timeline", tr("Timeline"), parent), view_(new TimelineView) {
    setContent(view_);
    connect(view_, &DrawnView::selected, &session, &Session::select);
    connect(view_, &TimelineView::cursorMoved, &session, &Session::seek);
}

void TimelinePane::showRange(qint64 from_ns, qint64 to_ns) {
    view_->setData(timeline_data(session(), application()));
    view_->setWindow({from_ns, to_ns});
}

std::pair<std::int64_t, std::int64_t> TimelinePane::range() const {
    return {view_->window().from_ns, view_->window().to_ns};
}

// With what had come when its range or the cursor was: of later words a recording may know more
// than what was known while it ran.
Exportable TimelinePane::exportable() const {
    const History& history = session().history();
    const std::int64_t until =
        std::max(session().cursor(), std::min(view_->window().to_ns, history.last_ns()));
    view_->setData(timeline_data(session(), application(), history.log_at(until), until));
    return view_->exportable();
}

// The chosen application, else the one of the last disagreement.
int TimelinePane::application() const {
    if (session().selection().application >= 0)
        return session().selection().application;
    const auto* dispute = shown_dispute(session(), true);
    return dispute != nullptr ? dispute->key.application : -1;
}

void TimelinePane::refresh() {
    const int application = this->application();
    const std::int64_t at = session().cursor();
    if (shown_application_ == application && std::llabs(at - shown_ns_) < kChartNs)
        return;
    shown_application_ = application;
    shown_ns_ = at;
    view_->setData(timeline_data(session(), application));
    view_->setCursor(session().mode() == TimeMode::Live ? std::nullopt : std::optional<qint64>(at));
}

ThroughputPane::ThroughputPane(Session& session, QWidget* parent)
    : Pane(session, "throughput", tr("Throughput"), parent), view_(new ThroughputView),
      span_(new QComboBox), target_(new QSpinBox) {
    span_->setAccessibleName(tr("Span of time"));
    for (const int seconds : {30, 60, 120, 600, 3600})
        span_->addItem(seconds < 120 ? tr("last %1 s").arg(seconds)
                                     : tr("last %1 min").arg(seconds / 60),
                       seconds);
    span_->setCurrentIndex(1);
    // What clients were promised: a line across.
    target_->setRange(0, kTargetMost);
    target_->setSingleStep(10);
    target_->setSpecialValueText(tr("no target"));
    target_->setSuffix(tr(" /s"));
    target_->setAccessibleName(tr("Target of requests per second"));
    target_->setToolTip(tr("Target of requests per second: a line in the chart"));
    target_->setValue(QSettings().value("throughput/target", 0).toInt());
    view_->addChoice(target_);
    view_->addChoice(span_);
    connect(target_, &QSpinBox::valueChanged, this, [this](int value) {
        QSettings().setValue("throughput/target", value);
        shown_ns_ = 0;
        update_now();
    });
    setContent(view_);
    connect(view_, &DrawnView::selected, &session, &Session::select);
    connect(view_, &ThroughputView::rangeWanted, this, &ThroughputPane::rangeWanted);
    connect(view_, &ThroughputView::rawWanted, this, [this] {
        shown_ns_ = 0;
        update_now();
    });
    connect(span_, &QComboBox::currentIndexChanged, this, [this] {
        shown_ns_ = 0;
        update_now();
    });
}

std::pair<std::int64_t, std::int64_t> ThroughputPane::range() const {
    const std::int64_t to = session().cursor();
    const std::int64_t span = span_->currentData().toLongLong() * kNs;
    // What counts over time needs a moment until a recording has something to count from.
    const Link* link = session().link();
    const bool recorded = session().isReplay() || (link != nullptr && link->recording().on);
    const std::int64_t first = session().startNs() + (recorded ? kCountsNs : 0);
    return {std::clamp(to - span, std::min(first, to), to), to};
}

Exportable ThroughputPane::exportable() const {
    const auto [from, to] = range();
    return exportable(from, to);
}

Exportable ThroughputPane::exportable(std::int64_t from_ns, std::int64_t to_ns) const {
    // As fine as paper shows it, however wide the window is.
    constexpr int kPaperColumns = 1000;
    view_->setData(data(from_ns, to_ns, kPaperColumns));
    return view_->exportable();
}

void ThroughputPane::refresh() {
    const auto [from, to] = range();
    if (std::llabs(to - shown_ns_) < kChartNs)
        return;
    shown_ns_ = to;
    view_->setData(data(from, to, width()));
}

ThroughputData ThroughputPane::data(std::int64_t from_ns, std::int64_t to_ns, int columns) const {
    ThroughputData out = throughput_data(session(), from_ns, to_ns, view_->showsRaw() ? 0 : columns,
                                         session().selection().application);
    if (target_->value() > 0)
        for (auto& one : out.series)
            one.target = target_->value();
    return out;
}

} // namespace zz::console
