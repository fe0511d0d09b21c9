// SPDX-License-Identifier: GPL-3.0-or-later
// DrawnView: a painted view with its table twin beside it ("Show as table"), which screen readers
// read, copies come from and exports are made of. Owner of the toolbar above both. GUI thread.
#pragma once

#include <QWidget>

#include "console/model/selection.h"
#include "console/view/export.h"

class QAction;
class QHBoxLayout;
class QTabWidget;
class QToolButton;

namespace zz::console {

class DrawnView : public QWidget {
    Q_OBJECT

  public:
    // The view as it stands: exactly the visible range.
    virtual Exportable exportable() const = 0;

    bool showsTable() const;
    void setShowsTable(bool shown);
    // All tables as text with tabs, to the clipboard.
    void copyText();

  Q_SIGNALS:
    void selected(const zz::console::Selection& selection);

  protected:
    explicit DrawnView(QWidget* parent);

    // Above the view; constructors of derived classes fill it from the left.
    QHBoxLayout* toolbar() const { return toolbar_; }
    QToolButton* addTool(const QString& text, const QString& hint, const QKeySequence& key = {});
    // What is shown unless the table is; becomes a child.
    void setDrawing(QWidget* drawing);
    // The tables have changed; they are made only while they are visible.
    void tablesChanged();
    void changeEvent(QEvent* event) override;
    virtual void themeChanged() {}

  private:
    void fillTables();

    QHBoxLayout* toolbar_;
    QToolButton* as_table_;
    QWidget* drawing_ = nullptr;
    QTabWidget* tables_;
    bool stale_ = true;
};

} // namespace zz::console
