// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/timeline_view.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <algorithm>

#include "console/view/canvas.h"
#include "console/view/table_model.h"

namespace zz::console {
namespace {

constexpr int kBothHeight = 420; // below it the lanes have all of it
constexpr double kSnapPixels = 7;
constexpr double kZoomStep = 0.7;
constexpr double kPanShare = 0.15;

} // namespace

TimelineView::TimelineView(QWidget* parent)
    : DrawnView(parent), splitter_(new QSplitter(Qt::Vertical)), scroll_(new QScrollArea),
      canvas_(new Canvas), phases_(new QTableView), phase_model_(new TableModel(this)) {
    setAccessibleName(tr("Timeline"));
    makeTools();
    connectCanvas();
    scroll_->setWidget(canvas_);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->viewport()->installEventFilter(this);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setFocusProxy(canvas_);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll_->viewport()->setBackgroundRole(QPalette::Base);
    phases_->setModel(phase_model_);
    phases_->setAccessibleName(tr("Phases over repeated drills"));
    phases_->setSelectionBehavior(QAbstractItemView::SelectRows);
    phases_->setAlternatingRowColors(true);
    phases_->verticalHeader()->hide();
    phases_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    phases_->setTabKeyNavigation(false);
    splitter_->addWidget(scroll_);
    splitter_->addWidget(phases_);
    splitter_->setStretchFactor(0, 3);
    splitter_->setStretchFactor(1, 2);
    scroll_->setMinimumHeight(100);
    phases_->setMinimumHeight(40);
    connect(splitter_, &QSplitter::splitterMoved, this, [this] { split_by_hand_ = true; });
    splitter_->setFocusProxy(canvas_);
    setDrawing(splitter_);
}

TimelineView::~TimelineView() = default;

void TimelineView::makeTools() {
    auto* out = addTool(tr("−"), tr("Zoom out"));
    connect(out, &QToolButton::clicked, this, [this] {
        setWindow(zoomed(window_, 1 / kZoomStep, (window_.from_ns + window_.to_ns) / 2));
    });
    auto* in = addTool(tr("+"), tr("Zoom in"));
    connect(in, &QToolButton::clicked, this, [this] {
        setWindow(zoomed(window_, kZoomStep, (window_.from_ns + window_.to_ns) / 2));
    });
    auto* all = addTool(tr("Fit"), tr("Show the last fault, or everything (0)"));
    connect(all, &QToolButton::clicked, this, &TimelineView::fit);
    snap_ =
        addTool(tr("Snap"), tr("Snap to the edges of bars and events"), QKeySequence(Qt::Key_S));
    snap_->setCheckable(true);
    snap_->setChecked(true);
    pin_ = addTool(tr("Pin"), tr("Ignore the time cursor of other views"), QKeySequence(Qt::Key_P));
    pin_->setCheckable(true);
    said_ = new QLabel(tr("Drag to measure, wheel to zoom, Shift+drag to pan"));
    said_->setProperty("role", QStringLiteral("muted"));
    said_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    said_->setMinimumWidth(80);
    toolbar()->insertWidget(toolbar()->count() - 2, said_, 10);
}

void TimelineView::connectCanvas() {
    canvas_->setAccessibleName(tr("Timeline: arrow keys walk lanes and bars, + and - zoom"));
    canvas_->paint = [this](QPainter& painter) {
        painter.fillRect(canvas_->rect(), theme().surface);
        paint_timeline(painter, {data_, layout_, theme(), cursor_, selection_,
                                 canvas_->hasFocus() ? focus_ : std::nullopt});
    };
    canvas_->walk = [this](int columns, int rows) { return walk(columns, rows); };
    canvas_->key = [this](QKeyEvent* event) { return onKey(event); };
    canvas_->drag = [this](QMouseEvent* event) { return onDrag(event); };
    canvas_->wheel = [this](QWheelEvent* event) { return onWheel(event); };
    canvas_->press = [this](const QPointF&, bool activated) {
        if (activated && selection_ && selection_->span() > kWindowLeast) {
            setWindow(*selection_);
            selection_.reset();
            showStatistics();
        }
    };
    canvas_->tip = [this](const QPointF& at) {
        if (const auto bar = barAt(at))
            return describe(*bar);
        return QString();
    };
}

void TimelineView::setData(const TimelineData& data) {
    if (data == data_)
        return;
    const bool first = data_.lanes.empty() && data_.to_ns == 0;
    const std::int64_t moved_on = data.to_ns - data_.to_ns;
    const bool new_run = data.runs.size() != data_.runs.size();
    const bool runs_changed = data.runs != data_.runs;
    data_ = data;
    if (first || (!moved_ && (new_run || !data_.runs.empty())))
        window_ = whole_of(data_);
    else if (!moved_)
        window_ = {window_.from_ns + moved_on, window_.to_ns + moved_on};
    if (focus_ && (focus_->lane >= data_.lanes.size() ||
                   focus_->bar >= data_.lanes[focus_->lane].bars.size()))
        focus_.reset();
    if (runs_changed || first) {
        const bool fresh = phase_model_->rowCount() == 0;
        phase_model_->setTable(phase_table(data_.runs));
        if (fresh && phase_model_->columnCount() > 0)
            phases_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    }
    const bool had_lanes = layout_.lanes.size() == data_.lanes.size();
    phases_->setVisible(!data_.runs.empty() && height() >= kBothHeight);
    relayout();
    if (runs_changed || !had_lanes)
        split();
    tablesChanged();
}

Exportable TimelineView::exportable() const {
    return exportable_of(data_, window_);
}

void TimelineView::setWindow(const TimeWindow& window) {
    moved_ = true;
    if (window == window_)
        return;
    window_ = window;
    relayout();
    tablesChanged();
    Q_EMIT rangeChanged(window_.from_ns, window_.to_ns);
}

void TimelineView::fit() {
    setWindow(whole_of(data_));
    moved_ = false;
}

bool TimelineView::pinned() const {
    return pin_->isChecked();
}

void TimelineView::setCursor(std::optional<qint64> wall_ns) {
    if (pinned() || cursor_ == wall_ns)
        return;
    cursor_ = wall_ns;
    if (cursor_ && (*cursor_ < window_.from_ns || *cursor_ > window_.to_ns)) {
        const std::int64_t half = window_.span() / 2;
        window_ = {*cursor_ - half, *cursor_ + half};
        moved_by_cursor_ = !moved_ || moved_by_cursor_;
        moved_ = true;
        relayout();
    } else if (!cursor_ && moved_by_cursor_) {
        moved_ = moved_by_cursor_ = false;
        window_ = whole_of(data_);
        relayout();
    }
    canvas_->update();
}

void TimelineView::relayout() {
    layout_ = layout_of(data_, window_, std::max(320, scroll_->viewport()->width()),
                        canvas_->font(), scroll_->viewport()->height());
    canvas_->resize(scroll_->viewport()->width(),
                    std::max(static_cast<int>(std::ceil(layout_.size.height())),
                             scroll_->viewport()->height()));
    canvas_->update();
}

// The lanes get what they need, the table the rest; but each something.
void TimelineView::split() {
    const int all = splitter_->height() - splitter_->handleWidth();
    if (split_by_hand_ || all <= 0 || data_.runs.empty())
        return;
    const int rows = phases_->horizontalHeader()->sizeHint().height() + 4 +
                     phase_model_->rowCount() * phases_->verticalHeader()->defaultSectionSize();
    const TimelineLayout natural =
        layout_of(data_, window_, std::max(320, scroll_->viewport()->width()), canvas_->font());
    const int lanes = static_cast<int>(std::ceil(natural.size.height())) + 2;
    const int upper = std::clamp(lanes, std::min(all / 3, 160), std::max(160, all - 110));
    splitter_->setSizes({std::max(upper, all - rows), std::min(rows, all - upper)});
}

void TimelineView::resizeEvent(QResizeEvent* event) {
    DrawnView::resizeEvent(event);
    phases_->setVisible(!data_.runs.empty() && height() >= kBothHeight);
    constexpr int kHintWidth = 700;
    said_->setVisible(width() >= kHintWidth || selection_);
    relayout();
    split();
}

bool TimelineView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == scroll_->viewport() && event->type() == QEvent::Resize)
        relayout();
    return DrawnView::eventFilter(watched, event);
}

void TimelineView::themeChanged() {
    relayout();
}

QString TimelineView::describe(const BarRef& ref) const {
    const TimelineLane& lane = data_.lanes[ref.lane];
    const TimelineBar& bar = lane.bars[ref.bar];
    const QString what = bar.text.isEmpty() ? words(bar.kind) : bar.text;
    const QString since = duration_text(bar.from_ns - data_.origin_ns);
    if (bar.to_ns == kOpenEnd)
        return tr("%1: %2, from %3 on").arg(lane.name, what, since);
    return tr("%1: %2 for %3, from %4 on")
        .arg(lane.name, what, duration_text(bar.to_ns - bar.from_ns), since);
}

std::optional<BarRef> TimelineView::barAt(const QPointF& at) const {
    const auto row = layout_.lane_at(at.y());
    if (!row)
        return std::nullopt;
    const auto& lane = layout_.lanes[*row];
    for (const DrawnBar& bar : drawn_bars(layout_, lane, data_.lanes[lane.index].bars)) {
        if (bar.box.contains(at))
            return BarRef{lane.index, bar.index};
    }
    return std::nullopt;
}

QString TimelineView::walk(int columns, int rows) {
    std::vector<std::size_t> lanes;
    for (std::size_t i = 0; i < data_.lanes.size(); ++i) {
        if (!data_.lanes[i].bars.empty())
            lanes.push_back(i);
    }
    if (lanes.empty())
        return {};
    if (!focus_) {
        focus_ = BarRef{lanes.front(), 0};
    } else if (rows != 0) {
        const auto here = std::find(lanes.begin(), lanes.end(), focus_->lane) - lanes.begin();
        const auto to = std::clamp<std::ptrdiff_t>(here + rows, 0,
                                                   static_cast<std::ptrdiff_t>(lanes.size()) - 1);
        // The bar of the other lane that begins last before the middle of this one.
        const std::int64_t at = data_.lanes[focus_->lane].bars[focus_->bar].from_ns;
        focus_ = BarRef{lanes[static_cast<std::size_t>(to)], 0};
        const auto& bars = data_.lanes[focus_->lane].bars;
        while (focus_->bar + 1 < bars.size() && bars[focus_->bar + 1].from_ns <= at)
            ++focus_->bar;
    } else {
        const auto count = static_cast<std::int64_t>(data_.lanes[focus_->lane].bars.size());
        focus_->bar = static_cast<std::size_t>(std::clamp<std::int64_t>(
            static_cast<std::int64_t>(focus_->bar) + columns, 0, count - 1));
    }
    const TimelineBar& bar = data_.lanes[focus_->lane].bars[focus_->bar];
    if (bar.from_ns > window_.to_ns || bar.to_ns < window_.from_ns) {
        const std::int64_t half = window_.span() / 2;
        setWindow({bar.from_ns - half, bar.from_ns + half});
    }
    for (const auto& lane : layout_.lanes) {
        if (lane.index == focus_->lane)
            scroll_->ensureVisible(0, static_cast<int>(lane.box.center().y()), 0, 40);
    }
    canvas_->update();
    Q_EMIT selected(data_.lanes[focus_->lane].selection);
    return describe(*focus_);
}

bool TimelineView::onKey(QKeyEvent* event) {
    const std::int64_t middle = cursor_.value_or((window_.from_ns + window_.to_ns) / 2);
    const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        setWindow(zoomed(window_, kZoomStep, middle));
        return true;
    case Qt::Key_Minus:
        setWindow(zoomed(window_, 1 / kZoomStep, middle));
        return true;
    case Qt::Key_0:
        fit();
        return true;
    case Qt::Key_Left:
    case Qt::Key_Right:
        if (!shift)
            return false;
        setWindow(panned(window_, event->key() == Qt::Key_Left ? -kPanShare : kPanShare));
        return true;
    case Qt::Key_BracketLeft:
    case Qt::Key_BracketRight:
        stepEvent(event->key() == Qt::Key_BracketRight);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (focus_) {
            const TimelineBar& bar = data_.lanes[focus_->lane].bars[focus_->bar];
            const std::int64_t to = std::min(bar.to_ns, data_.to_ns);
            const std::int64_t room = std::max<std::int64_t>((to - bar.from_ns) / 5, kWindowLeast);
            setWindow({bar.from_ns - room, to + room});
        }
        return true;
    case Qt::Key_Escape:
        if (!selection_)
            return false;
        selection_.reset();
        showStatistics();
        return true;
    default:
        return false;
    }
}

void TimelineView::stepEvent(bool forward) {
    const std::int64_t from = cursor_.value_or(forward ? window_.from_ns : window_.to_ns);
    if (const auto at = next_event(data_, from, forward))
        moveCursor(*at);
}

void TimelineView::moveCursor(qint64 wall_ns) {
    cursor_ = wall_ns;
    if (wall_ns < window_.from_ns || wall_ns > window_.to_ns) {
        const std::int64_t half = window_.span() / 2;
        setWindow({wall_ns - half, wall_ns + half});
    }
    canvas_->update();
    Q_EMIT cursorMoved(wall_ns);
}

qint64 TimelineView::snap(qint64 wall_ns) const {
    if (!snap_->isChecked())
        return wall_ns;
    const double reach =
        kSnapPixels * static_cast<double>(window_.span()) / std::max(1.0, layout_.plot.width());
    return snapped(data_, wall_ns, static_cast<std::int64_t>(reach));
}

bool TimelineView::onDrag(QMouseEvent* event) {
    const double x = event->position().x();
    switch (event->type()) {
    case QEvent::MouseButtonPress: {
        const bool pans =
            event->button() == Qt::MiddleButton || event->modifiers().testFlag(Qt::ShiftModifier);
        if (pans)
            pan_from_ = x;
        else if (event->button() == Qt::LeftButton && x < layout_.plot.left()) {
            if (const auto row = layout_.lane_at(event->position().y()))
                Q_EMIT selected(data_.lanes[layout_.lanes[*row].index].selection);
        } else if (event->button() == Qt::LeftButton)
            drag_from_ = snap(layout_.time_at(x));
        return true;
    }
    case QEvent::MouseMove:
        if (pan_from_) {
            const double share = (*pan_from_ - x) / std::max(1.0, layout_.plot.width());
            pan_from_ = x;
            setWindow(panned(window_, share));
        } else if (drag_from_) {
            const qint64 to = snap(layout_.time_at(x));
            selection_ = TimeWindow{std::min(*drag_from_, to), std::max(*drag_from_, to)};
            showStatistics();
        }
        return pan_from_ || drag_from_;
    case QEvent::MouseButtonRelease:
        if (drag_from_ && (!selection_ || std::abs(layout_.x_of(*drag_from_) - x) < 3)) {
            selection_.reset();
            showStatistics();
            focus_ = barAt(event->position());
            moveCursor(*drag_from_);
        }
        pan_from_.reset();
        drag_from_.reset();
        return true;
    default:
        return false;
    }
}

bool TimelineView::onWheel(QWheelEvent* event) {
    const double turns = event->angleDelta().y() / 120.0;
    const double sideways = event->angleDelta().x() / 120.0;
    if (event->modifiers().testFlag(Qt::AltModifier))
        return false; // scrolls the lanes
    if (event->modifiers().testFlag(Qt::ShiftModifier) || std::abs(sideways) > std::abs(turns))
        setWindow(panned(window_, -(turns + sideways) * kPanShare));
    else
        setWindow(
            zoomed(window_, std::pow(kZoomStep, turns), layout_.time_at(event->position().x())));
    event->accept();
    return true;
}

void TimelineView::showStatistics() {
    said_->setVisible(true);
    said_->setText(selection_ ? range_statistics(data_, *selection_)
                              : tr("Drag to measure, wheel to zoom, Shift+drag to pan"));
    canvas_->update();
}

} // namespace zz::console
