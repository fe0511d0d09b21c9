// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/placement_view.h"

#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "console/view/canvas.h"

namespace zz::console {
namespace {

constexpr int kCostHeight = 520; // below it the grid has all of it

} // namespace

PlacementView::PlacementView(QWidget* parent)
    : DrawnView(parent), said_(new QLabel), scroll_(new QScrollArea), canvas_(new Canvas),
      cost_(nullptr) {
    setAccessibleName(tr("Placement"));
    fails_ = addTool(tr("If a host fails"), tr("Show what breaks if the host in focus fails"),
                     QKeySequence(Qt::Key_F));
    fails_->setCheckable(true);
    connect(fails_, &QToolButton::toggled, this, [this] {
        if (fails_->isChecked() && !focus_ && !data_.hosts.empty() && !data_.applications.empty())
            focus_ = {0, 0};
        say();
        canvas_->update();
    });
    index_ = std::make_unique<PlacementIndex>(data_);

    canvas_->setAccessibleName(tr("Hosts and applications: arrow keys walk"));
    canvas_->paint = [this](QPainter& painter) {
        painter.fillRect(canvas_->rect(), theme().surface);
        painter.setFont(drawn_font_);
        const QRectF visible(canvas_->visibleRegion().boundingRect());
        paint_placement(painter, {data_, *index_, layout_, theme(), visible, failing(),
                                  canvas_->hasFocus() ? focus_ : std::nullopt, &pixmaps_});
    };
    canvas_->walk = [this](int columns, int rows) { return walk(columns, rows); };
    canvas_->tip = [this](const QPointF& at) {
        const auto cell = layout_.cell_at(at);
        return cell ? describe(cell->first, cell->second) : QString();
    };
    canvas_->press = [this](const QPointF& at, bool) {
        if (const auto host = layout_.host_at(at)) {
            const auto cell = layout_.cell_at(at);
            focus_ = cell ? *cell : std::pair(*host, std::size_t{0});
            say();
            canvas_->update();
            if (!data_.applications.empty())
                Q_EMIT selected(selection(focus_->first, cell ? focus_->second : 0));
        }
    };
    scroll_->setWidget(canvas_);
    scroll_->setMinimumHeight(90);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->viewport()->installEventFilter(this);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setFocusProxy(canvas_);
    scroll_->viewport()->setBackgroundRole(QPalette::Base);
    for (QScrollBar* bar : {scroll_->horizontalScrollBar(), scroll_->verticalScrollBar()})
        connect(bar, &QScrollBar::valueChanged, canvas_, qOverload<>(&QWidget::update));

    auto* below = new Canvas;
    below->setFocusPolicy(Qt::NoFocus);
    below->setAccessibleName(tr("Legend and cost of replication; see the table"));
    below->paint = [this, below](QPainter& painter) {
        painter.fillRect(below->rect(), theme().surface);
        const double legend = legend_height(font(), below->width() - 8);
        paint_legend(painter, QRectF(4, 4, below->width() - 8, legend), theme());
        paint_cost(painter,
                   QRectF(4, legend + 16, std::min(900, below->width()) - 8, cost_height(font())),
                   data_, theme());
    };
    cost_ = below;
    makeBody();
    say();
}

void PlacementView::makeBody() {
    said_->setWordWrap(true);
    auto* body = new QWidget;
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(scroll_, 1);
    column->addWidget(said_);
    column->addWidget(cost_);
    body->setFocusProxy(canvas_);
    setDrawing(body);
}

PlacementView::~PlacementView() = default;

void PlacementView::setData(const PlacementData& data) {
    if (data == data_)
        return;
    data_ = data;
    index_ = std::make_unique<PlacementIndex>(data_);
    if (focus_ &&
        (focus_->first >= data_.hosts.size() || focus_->second >= data_.applications.size()))
        focus_.reset();
    relayout();
    say();
    cost_->update();
    tablesChanged();
}

Exportable PlacementView::exportable() const {
    return exportable_of(data_);
}

bool PlacementView::showsFailure() const {
    return fails_->isChecked();
}

void PlacementView::setShowsFailure(bool shown) {
    fails_->setChecked(shown);
}

std::optional<std::uint32_t> PlacementView::failing() const {
    if (!showsFailure() || !focus_)
        return std::nullopt;
    return static_cast<std::uint32_t>(focus_->first);
}

void PlacementView::say() {
    const std::vector<Violation> broken = violations(data_);
    QStringList texts;
    for (std::size_t i = 0; i < broken.size() && i < 3; ++i)
        texts << broken[i].text;
    QString text = broken.empty()
                       ? tr("Placement rule holds: no host has two replicas of one kind of an "
                            "application.")
                       : tr("Placement rule broken: %1.").arg(texts.join(QStringLiteral("; ")));
    if (broken.size() > 3)
        text += tr(" And %1 more.").arg(broken.size() - 3);
    if (const auto host = failing())
        text = if_host_fails(data_, *host) + u'\n' + text;
    said_->setText(text);
    said_->setVisible(height() >= kCostHeight || failing() || !broken.empty());
    QPalette colours = said_->palette();
    colours.setColor(QPalette::WindowText, broken.empty() ? theme().good_text : theme().bad_text);
    said_->setPalette(colours);
}

void PlacementView::relayout() {
    const QSize room = scroll_->viewport()->size();
    drawn_font_ = font();
    layout_ = layout_of(data_, room.width(), drawn_font_, room.height());
    // On a large screen it is drawn larger, as long as all of it stays in sight.
    for (const double factor : {1.2, 1.4}) {
        QFont larger = font();
        larger.setPointSizeF(font().pointSizeF() * factor);
        const PlacementLayout large = layout_of(data_, room.width(), larger, room.height());
        if (!layout_.cards || !large.cards || large.size.height() >= room.height())
            break;
        drawn_font_ = larger;
        layout_ = large;
    }
    canvas_->resize(
        std::max(static_cast<int>(std::ceil(layout_.size.width())), scroll_->viewport()->width()),
        std::max(static_cast<int>(std::ceil(layout_.size.height())),
                 scroll_->viewport()->height()));
    cost_->setFixedHeight(static_cast<int>(
        std::ceil(legend_height(font(), width() - 24) + 18 + cost_height(font()))));
    canvas_->update();
}

void PlacementView::resizeEvent(QResizeEvent* event) {
    DrawnView::resizeEvent(event);
    const bool roomy = height() >= kCostHeight;
    cost_->setVisible(roomy);
    said_->setVisible(roomy || failing() || !violations(data_).empty());
    relayout();
}

bool PlacementView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == scroll_->viewport() && event->type() == QEvent::Resize)
        relayout();
    return DrawnView::eventFilter(watched, event);
}

void PlacementView::themeChanged() {
    pixmaps_ = {};
    say();
    relayout();
}

QString PlacementView::describe(std::size_t host, std::size_t application) const {
    const PlacementHost& where = data_.hosts[host];
    const PlacementApplication& app = data_.applications[application];
    QStringList lines{tr("%1 on %2").arg(app.name, where.name)};
    if (where.memory_bytes)
        lines << tr("processes of %1 hold %L2 MiB; its bar compares hosts, the fullest is whole")
                     .arg(where.name)
                     .arg(*where.memory_bytes >> 20);
    for (const PlacedReplica* replica : index_->at(host, application)) {
        QString line =
            name_of(*replica) + QStringLiteral(": ") + words(replica->state, replica->badges);
        if (replica->primary)
            line += tr(", primary");
        if (replica->stale || where.stale)
            line += tr(", stale");
        lines << line;
    }
    if (lines.size() == 1)
        lines << tr("no replica");
    const FaultsLeft left = faults_left(data_, static_cast<std::uint32_t>(application));
    const auto number = [](const std::optional<int>& value) {
        return value ? QString::number(*value) : tr("not known");
    };
    lines << tr("faults left: agreement %1, execution %2 of %3")
                 .arg(number(left.agreement), number(left.execution))
                 .arg(app.faults.f);
    return lines.join(u'\n');
}

Selection PlacementView::selection(std::size_t host, std::size_t application) const {
    Selection out;
    out.host = data_.hosts[host].id;
    if (application >= data_.applications.size())
        return out;
    out.application = data_.applications[application].position;
    for (const PlacedReplica* replica : index_->at(host, application)) {
        if (replica->role == Role::Execution || out.part == Part::None) {
            out.part = replica->role == Role::Execution ? Part::Execution : Part::Agreement;
            out.index = replica->index;
            out.incarnation = replica->incarnation;
        }
    }
    return out;
}

QString PlacementView::walk(int columns, int rows) {
    if (data_.hosts.empty() || data_.applications.empty())
        return {};
    if (!focus_) {
        focus_ = {0, 0};
    } else {
        const auto moved = [](std::size_t from, int by, std::size_t count) {
            return static_cast<std::size_t>(std::clamp<std::int64_t>(
                static_cast<std::int64_t>(from) + by, 0, static_cast<std::int64_t>(count) - 1));
        };
        focus_ = {moved(focus_->first, columns, data_.hosts.size()),
                  moved(focus_->second, rows, data_.applications.size())};
    }
    const QRectF box = layout_.cell(focus_->first, focus_->second);
    scroll_->ensureVisible(static_cast<int>(box.center().x()), static_cast<int>(box.center().y()),
                           80, 60);
    say();
    canvas_->update();
    Q_EMIT selected(selection(focus_->first, focus_->second));
    return describe(focus_->first, focus_->second);
}

void PlacementView::contextMenuEvent(QContextMenuEvent* event) {
    if (!focus_)
        return;
    QMenu menu(this);
    const Selection chosen = selection(focus_->first, focus_->second);
    menu.addAction(tr("If %1 fails").arg(data_.hosts[focus_->first].name), this,
                   [this] { setShowsFailure(true); });
    if (chosen.part != Part::None)
        menu.addAction(tr("Drill on this replica…"), this,
                       [this, chosen] { Q_EMIT drillWanted(chosen); });
    Selection whole;
    whole.part = Part::Host;
    whole.host = data_.hosts[focus_->first].id;
    menu.addAction(tr("Drill on all of %1…").arg(data_.hosts[focus_->first].name), this,
                   [this, whole] { Q_EMIT drillWanted(whole); });
    menu.exec(event->globalPos());
}

} // namespace zz::console
