// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/drawn_view.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QShortcut>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "console/view/table_model.h"

namespace zz::console {

DrawnView::DrawnView(QWidget* parent)
    : QWidget(parent), toolbar_(new QHBoxLayout), as_table_(new QToolButton),
      tables_(new QTabWidget) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 8);
    column->setSpacing(6);
    column->addLayout(toolbar_);
    toolbar_->setSpacing(4);
    toolbar_->addStretch(1);
    as_table_->setText(tr("Table"));
    as_table_->setCheckable(true);
    as_table_->setToolTip(tr("Show this view as a table (Ctrl+T)"));
    as_table_->setAccessibleName(tr("Show as table"));
    toolbar_->addWidget(as_table_);
    column->addWidget(tables_, 1);
    tables_->hide();
    tables_->setDocumentMode(true);
    connect(as_table_, &QToolButton::toggled, this, &DrawnView::setShowsTable);
    auto* table = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_T), this);
    table->setContext(Qt::WidgetWithChildrenShortcut);
    connect(table, &QShortcut::activated, as_table_, &QToolButton::toggle);
    auto* copy = new QShortcut(QKeySequence::Copy, this);
    copy->setContext(Qt::WidgetWithChildrenShortcut);
    connect(copy, &QShortcut::activated, this, &DrawnView::copyText);
}

QToolButton* DrawnView::addTool(const QString& text, const QString& hint, const QKeySequence& key) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setToolTip(key.isEmpty() ? hint
                                     : QStringLiteral("%1 (%2)").arg(
                                           hint, key.toString(QKeySequence::NativeText)));
    button->setAccessibleName(hint);
    if (!key.isEmpty()) {
        auto* shortcut = new QShortcut(key, this);
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        connect(shortcut, &QShortcut::activated, button, [button] { button->click(); });
    }
    toolbar_->insertWidget(toolbar_->count() - 2, button);
    return button;
}

void DrawnView::setDrawing(QWidget* drawing) {
    drawing_ = drawing;
    static_cast<QVBoxLayout*>(layout())->addWidget(drawing, 1);
}

bool DrawnView::showsTable() const {
    return as_table_->isChecked();
}

void DrawnView::setShowsTable(bool shown) {
    as_table_->setChecked(shown);
    if (drawing_)
        drawing_->setVisible(!shown);
    tables_->setVisible(shown);
    if (shown && stale_)
        fillTables();
    if (shown && tables_->currentWidget())
        tables_->currentWidget()->setFocus();
}

void DrawnView::tablesChanged() {
    stale_ = true;
    if (showsTable())
        fillTables();
}

void DrawnView::fillTables() {
    stale_ = false;
    std::vector<Table> tables = exportable().tables;
    const int wanted = static_cast<int>(tables.size());
    while (tables_->count() > wanted)
        delete tables_->widget(tables_->count() - 1);
    for (int i = 0; i < wanted; ++i) {
        Table& table = tables[static_cast<std::size_t>(i)];
        auto* view = qobject_cast<QTableView*>(tables_->widget(i));
        if (!view) {
            view = new QTableView;
            view->setAlternatingRowColors(true);
            view->setSelectionBehavior(QAbstractItemView::SelectRows);
            view->verticalHeader()->hide();
            view->horizontalHeader()->setStretchLastSection(true);
            view->setModel(new TableModel(view));
            view->setTabKeyNavigation(false);
            tables_->addTab(view, table.caption);
        }
        tables_->setTabText(i, table.caption);
        view->setAccessibleName(table.caption);
        const bool first_time = view->model()->rowCount() == 0;
        static_cast<TableModel*>(view->model())->setTable(std::move(table));
        if (first_time)
            view->resizeColumnsToContents();
    }
    tables_->tabBar()->setVisible(wanted > 1);
}

void DrawnView::copyText() {
    QApplication::clipboard()->setText(QString::fromUtf8(to_tsv(exportable().tables)));
}

void DrawnView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        themeChanged();
}

} // namespace zz::console
