// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/matrix_view.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QResizeEvent>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>

#include "console/view/blame_panel.h"
#include "console/view/canvas.h"
#include "console/view/what_if.h"

namespace zz::console {
namespace {

// Below this width the side panel stands under the matrix.
constexpr int kBesideWidth = 900;
// Under it only if both have room; below this height the matrix has all of it.
constexpr int kUnderHeight = 480;

} // namespace

MatrixView::MatrixView(QWidget* parent)
    : DrawnView(parent), splitter_(new QSplitter(Qt::Horizontal)), scroll_(new QScrollArea),
      canvas_(new Canvas), side_(new QTabWidget), blame_(new BlamePanel), what_if_(new WhatIf) {
    setAccessibleName(tr("Response matrix"));
    makeTools();
    canvas_->setAccessibleName(tr("Response matrix: arrow keys walk its cells"));
    canvas_->paint = [this](QPainter& painter) {
        painter.fillRect(canvas_->rect(), theme().surface);
        paint_matrix(painter, {data_, reading_, layout_, theme(),
                               canvas_->hasFocus() ? focus_ : std::nullopt, &pixmaps_});
    };
    canvas_->walk = [this](int columns, int rows) { return walk(columns, rows); };
    canvas_->tip = [this](const QPointF& at) {
        const auto cell = layout_.cell_at(at);
        return cell ? describe(*cell) : QString();
    };
    canvas_->press = [this](const QPointF& at, bool) {
        if (const auto cell = layout_.cell_at(at))
            select(*cell);
    };
    scroll_->setWidget(canvas_);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->viewport()->installEventFilter(this);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->viewport()->setBackgroundRole(QPalette::Base);
    scroll_->setFocusProxy(canvas_);
    side_->setDocumentMode(true);
    side_->addTab(blame_, tr("Blame"));
    side_->addTab(what_if_, tr("What if…"));
    splitter_->addWidget(scroll_);
    splitter_->addWidget(side_);
    splitter_->setChildrenCollapsible(true);
    scroll_->setMinimumSize(320, 120);
    side_->setMinimumHeight(40);
    connect(splitter_, &QSplitter::splitterMoved, this, [this] { split_by_hand_ = true; });
    splitter_->setStretchFactor(0, 5);
    splitter_->setStretchFactor(1, 2);
    splitter_->setSizes({820, 400});
    splitter_->setFocusProxy(canvas_);
    setDrawing(splitter_);
    connect(blame_, &BlamePanel::evidenceWanted, this, &MatrixView::evidenceWanted);
    connect(blame_, &BlamePanel::jumpWanted, this, &MatrixView::jumpWanted);
    connect(what_if_, &WhatIf::playWanted, this, &MatrixView::playWanted);
}

MatrixView::~MatrixView() = default;

void MatrixView::makeTools() {
    auto* previous =
        addTool(tr("◂ Previous"), tr("Previous disagreement"), QKeySequence(Qt::SHIFT | Qt::Key_N));
    connect(previous, &QToolButton::clicked, this, [this] {
        setFollowsLatest(false);
        Q_EMIT previousWanted();
    });
    position_ = new QLabel;
    position_->setProperty("role", QStringLiteral("muted"));
    toolbar()->insertWidget(toolbar()->count() - 2, position_);
    auto* next = addTool(tr("Next ▸"), tr("Next disagreement (N)")); // a key of the window
    connect(next, &QToolButton::clicked, this, [this] {
        setFollowsLatest(false);
        Q_EMIT nextWanted();
    });
    follow_ = addTool(tr("Follow latest"), tr("Always show the latest disagreement"),
                      QKeySequence(Qt::Key_L));
    follow_->setCheckable(true);
    follow_->setChecked(true);
    connect(follow_, &QToolButton::toggled, this, &MatrixView::followsLatestChanged);
    auto* copy = addTool(tr("Copy as text"), tr("Copy verdict and matrix as text"),
                         QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
    connect(copy, &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(plain_text(data_, reading_)); });
    auto* what_if = addTool(tr("What if…"), tr("Edit this matrix and see its verdict"),
                            QKeySequence(Qt::Key_W));
    connect(what_if, &QToolButton::clicked, this, [this] {
        what_if_->setMatrix(data_.matrix, reading_.names, data_.application);
        showWhatIf();
    });
}

bool MatrixView::followsLatest() const {
    return follow_->isChecked();
}

void MatrixView::setFollowsLatest(bool follows) {
    follow_->setChecked(follows);
}

void MatrixView::showWhatIf() {
    side_->setCurrentWidget(what_if_);
    side_->show();
    if (splitter_->sizes().value(1) == 0)
        splitter_->setSizes({3, 2});
    what_if_->setFocus();
}

void MatrixView::setData(const MatrixData& data) {
    if (data == data_)
        return;
    const matrix::Kind before = reading_.first.kind;
    const std::uint64_t number = data_.n;
    data_ = data;
    reading_ = read(data_);
    if (focus_ && (focus_->row >= data_.matrix.rows() || focus_->column >= data_.matrix.columns()))
        focus_.reset();
    position_->setText(data_.disagreements > 0
                           ? tr("%1 of %2").arg(data_.position).arg(data_.disagreements)
                           : QString());
    blame_->setData(data_, reading_);
    what_if_->setPolicy(data_.policy);
    what_if_->setRows(data_.slots_now);
    if (!what_if_->edited())
        what_if_->setMatrix(data_.matrix, reading_.names, data_.application);
    const double before_height = layout_.size.height();
    relayout();
    if (layout_.size.height() != before_height)
        split();
    tablesChanged();
    // A verdict is worth an announcement; a report is not.
    if (before != reading_.first.kind || number != data_.n)
        canvas_->setAccessibleDescription(reading_.headline + QStringLiteral(". ") +
                                          reading_.sentence);
}

Exportable MatrixView::exportable() const {
    return exportable_of(data_);
}

void MatrixView::relayout() {
    const int width = scroll_->viewport()->width();
    layout_ = layout_of(data_, reading_, std::max(420, width), canvas_->font(),
                        scroll_->viewport()->height());
    canvas_->resize(static_cast<int>(std::ceil(layout_.size.width())),
                    std::max(static_cast<int>(std::ceil(layout_.size.height())),
                             scroll_->viewport()->height()));
    canvas_->update();
}

void MatrixView::resizeEvent(QResizeEvent* event) {
    DrawnView::resizeEvent(event);
    const auto wanted = event->size().width() >= kBesideWidth ? Qt::Horizontal : Qt::Vertical;
    if (splitter_->orientation() != wanted) {
        splitter_->setOrientation(wanted);
        split_by_hand_ = false;
    }
    relayout();
    split();
}

// Beside each other by share; under each other the matrix gets what it needs, and if there is no
// room for both, all of it.
void MatrixView::split() {
    constexpr int kLeast = 170; // of the panel
    const bool across = splitter_->orientation() == Qt::Horizontal;
    const int all = (across ? splitter_->width() : splitter_->height()) - splitter_->handleWidth();
    side_->setVisible(across || height() >= kUnderHeight);
    if (split_by_hand_ || all <= kLeast)
        return;
    const MatrixLayout natural =
        layout_of(data_, reading_, std::max(420, scroll_->viewport()->width()), canvas_->font());
    const int upper = across ? all * 3 / 5
                             : std::clamp(static_cast<int>(std::ceil(natural.size.height())) + 2,
                                          all / 3, all - kLeast);
    splitter_->setSizes({upper, all - upper});
}

bool MatrixView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == scroll_->viewport() && event->type() == QEvent::Resize)
        relayout();
    return DrawnView::eventFilter(watched, event);
}

void MatrixView::themeChanged() {
    pixmaps_ = {};
    relayout();
}

QString MatrixView::describe(const MatrixCell& cell) const {
    const matrix::Entry& entry = data_.matrix.at(cell.row, cell.column);
    QString text = tr("%1 told %2: %3")
                       .arg(QString::fromStdString(reading_.names.row(cell.row)),
                            QString::fromStdString(reading_.names.column(cell.column)),
                            entry_words(reading_, entry));
    if (reading_.proven && entry.contradicts(*reading_.proven))
        text += tr("; the proven value is %1")
                    .arg(QString::fromStdString(reading_.names.value(*reading_.proven)));
    return text;
}

QString MatrixView::walk(int columns, int rows) {
    if (data_.matrix.rows() == 0)
        return {};
    if (!focus_) {
        select({0, 0});
        return describe(*focus_);
    }
    const auto moved = [](std::size_t from, int by, std::size_t count) {
        const auto to = static_cast<std::int64_t>(from) + by;
        return static_cast<std::size_t>(
            std::clamp<std::int64_t>(to, 0, static_cast<std::int64_t>(count) - 1));
    };
    select({moved(focus_->row, rows, data_.matrix.rows()),
            moved(focus_->column, columns, data_.matrix.columns())});
    return describe(*focus_);
}

void MatrixView::select(const MatrixCell& cell) {
    focus_ = cell;
    const QRectF box = layout_.cell(cell.row, cell.column);
    scroll_->ensureVisible(static_cast<int>(box.center().x()), static_cast<int>(box.center().y()),
                           60, 40);
    canvas_->update();
    Selection selection;
    selection.application = data_.application_position;
    selection.part = Part::Execution;
    selection.n = data_.n;
    selection.vote = static_cast<std::uint32_t>(data_.kind);
    if (cell.row < data_.rows.size()) {
        const QString number = data_.rows[cell.row].name.mid(1);
        selection.index = number.section(u'.', 0, 0).toUInt();
        selection.incarnation = number.section(u'.', 1, 1).toUInt();
    }
    Q_EMIT selected(selection);
}

} // namespace zz::console
