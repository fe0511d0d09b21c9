// SPDX-License-Identifier: GPL-3.0-or-later
// How the lists of the console look: their columns are as wide as what is in them, rows as high.
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "console/app/list_panes.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr int kRowsLookedAt = 40, kNarrowMost = 190, kNarrowLeast = 70, kCellPad = 8;
constexpr int kRowsWrapped = 1500;
constexpr int kTextPad = kCellPad + 4; // what a cell is wider than its text

// What a column needs to show its head and what is in it.
int need_of(QTableView* view, int column) {
    auto* header = view->horizontalHeader();
    return std::max(static_cast<QAbstractItemView*>(view)->sizeHintForColumn(column) + kCellPad,
                    header->sectionSizeHint(column) + kCellPad / 2);
}

// The longest text of the column, however its rows are wrapped.
int text_need(const QTableView* view, int column) {
    const auto* model = view->model();
    const QFontMetrics metrics = view->fontMetrics();
    int need = view->horizontalHeader()->sectionSizeHint(column);
    for (int row = 0; row < std::min(model->rowCount(), kRowsLookedAt); ++row)
        need =
            std::max(need, metrics.horizontalAdvance(model->index(row, column).data().toString()) +
                               kTextPad + 2);
    return need;
}

// `room` among those that share it: who needs less than its share takes only that.
std::vector<int> shares(std::vector<int> needs, int room) {
    std::vector<int> out(needs.size(), 0);
    std::vector<std::size_t> open(needs.size());
    for (std::size_t i = 0; i < open.size(); ++i)
        open[i] = i;
    std::sort(open.begin(), open.end(),
              [&](std::size_t a, std::size_t b) { return needs[a] < needs[b]; });
    for (std::size_t k = 0; k < open.size(); ++k) {
        const int fair = room / static_cast<int>(open.size() - k);
        out[open[k]] = k + 1 == open.size() ? room : std::min(needs[open[k]], fair);
        room -= out[open[k]];
    }
    return out;
}

// As many lines as its longest text takes.
void wrap_rows(QTableView* view, const std::vector<int>& wide) {
    const QFontMetrics metrics = view->fontMetrics();
    const int line = metrics.height(), usual = view->verticalHeader()->defaultSectionSize();
    const auto* model = view->model();
    for (int row = 0; row < std::min(model->rowCount(), kRowsWrapped); ++row) {
        int lines = 1;
        for (const int column : wide) {
            const int room = std::max(20, view->columnWidth(column) - kTextPad);
            const QString text = model->index(row, column).data().toString();
            if (metrics.horizontalAdvance(text) <= room)
                continue;
            const QRect box =
                metrics.boundingRect(QRect(0, 0, room, 10'000), Qt::TextWordWrap, text);
            lines = std::max(lines, (box.height() + line / 2) / line);
        }
        const int wanted = usual + (std::min(lines, 4) - 1) * line;
        if (view->rowHeight(row) != wanted)
            view->setRowHeight(row, wanted);
    }
}

void fit(QTableView* view, const std::vector<int>& wide) {
    auto* header = view->horizontalHeader();
    if (std::any_of(wide.begin(), wide.end(), [&](int i) { return i >= header->count(); }))
        return; // it has no columns yet
    header->setResizeContentsPrecision(kRowsLookedAt);
    header->setMinimumSectionSize(28);
    header->setStretchLastSection(false);
    const int all = view->viewport()->width();
    int room = all;
    std::vector<int> widths(static_cast<std::size_t>(header->count()), 0);
    const auto is_wide = [&](int i) {
        return std::find(wide.begin(), wide.end(), i) != wide.end();
    };
    for (int i = 0; i < header->count(); ++i) {
        if (is_wide(i) || view->isColumnHidden(i))
            continue;
        widths[static_cast<std::size_t>(i)] = std::min(need_of(view, i), kNarrowMost);
        room -= widths[static_cast<std::size_t>(i)];
    }
    std::vector<int> needs;
    for (const int i : wide)
        needs.push_back(text_need(view, i));
    int least = 0;
    for (const int need : needs)
        least += std::min(need, std::max(90, all / 5));
    // Too narrow for all: the widest give way, but not the first, which names the row.
    while (room < least && widths.size() > 1) {
        auto widest = std::max_element(widths.begin() + 1, widths.end());
        if (*widest <= kNarrowLeast)
            break;
        *widest -= 2;
        room += 2;
    }
    const auto given = shares(needs, std::max(room, least));
    for (std::size_t k = 0; k < wide.size(); ++k)
        widths[static_cast<std::size_t>(wide[k])] = given[k];
    for (int i = 0; i < header->count(); ++i)
        if (widths[static_cast<std::size_t>(i)] > 0)
            header->resizeSection(i, widths[static_cast<std::size_t>(i)]);
}

// Columns follow the width of their view.
class Fitter : public QObject {
  public:
    Fitter(QTableView* view, std::vector<int> wide)
        : QObject(view), view_(view), wide_(std::move(wide)) {
        setObjectName("fitter");
        view->viewport()->installEventFilter(this);
    }
    void look() {
        std::vector<int> now{view_->viewport()->width(), view_->model()->rowCount()};
        for (int i = 0; i < view_->horizontalHeader()->count(); ++i)
            now.push_back(view_->isColumnHidden(i) ? 0 : 1);
        // What was dragged since stays.
        if (now != fitted_)
            fit(view_, wide_);
        fitted_ = std::move(now);
        if (view_->wordWrap())
            wrap_rows(view_, wide_);
    }
    void again() { fitted_.clear(); }

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Resize)
            look();
        return QObject::eventFilter(watched, event);
    }

  private:
    QTableView* view_;
    std::vector<int> wide_;
    std::vector<int> fitted_; // to which width, rows and columns
};

} // namespace

QTableView* make_table_view(QAbstractItemModel* model, const QString& name) {
    auto* view = new QTableView;
    view->setModel(model);
    view->setAccessibleName(name);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::SingleSelection);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setShowGrid(false);
    view->setAlternatingRowColors(true);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(view->fontMetrics().height() + 8);
    view->horizontalHeader()->setStretchLastSection(true);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return view;
}

void fit_columns(QTableView* view, const std::vector<int>& wide, bool anew) {
    auto* fitter = static_cast<Fitter*>(view->findChild<QObject*>("fitter"));
    if (fitter == nullptr)
        fitter = new Fitter(view, wide);
    if (anew)
        fitter->again();
    fitter->look();
}

QVBoxLayout* list_column(QWidget* box) {
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(10, 8, 10, 8);
    layout->setSpacing(8);
    return layout;
}

QLabel* list_heading(const QString& text) {
    auto* label = new QLabel(text);
    label->setFont(strong_font(label->font()));
    return label;
}

} // namespace zz::console
