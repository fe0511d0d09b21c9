// SPDX-License-Identifier: GPL-3.0-or-later
// Pane: one view of the window: its content below the one mechanism that says how good its data is
// (StateFrame). Refreshed with the session, while it is visible. GUI thread.
#pragma once

#include <QWidget>
#include <optional>

#include "console/model/session.h"
#include "console/view/export.h"
#include "console/view/state_frame.h"

namespace zz::console {

// What the session's connection makes of every view.
ViewState view_state_of(const Session& session);
ExportHeader export_header(const Session& session, std::int64_t from_ns, std::int64_t to_ns);

class Pane : public QWidget {
    Q_OBJECT
  public:
    Pane(Session& session, const QString& name, const QString& title, QWidget* parent = nullptr);

    const QString& name() const { return name_; } // "matrix": of layouts, files, options
    const QString& title() const { return title_; }
    // Short, for its tab.
    QString tabTitle() const { return title_.section(' ', 0, 0); }
    Session& session() const { return session_; }
    // Brings it up to date if it can be seen.
    void update_now();
    virtual Exportable exportable() const = 0;
    ExportHeader header() const;

  Q_SIGNALS:
    void actionRequested(zz::console::Condition condition);
    void said(const QString& text); // a line for the status bar

  protected:
    virtual void refresh() = 0;
    // Why there is nothing to see although the connection is fine; Live: there is something.
    virtual Condition emptiness() const { return Condition::Live; }
    virtual bool needsSource() const { return true; }
    // Whether it shows which host refused and why: that then does not stand in its place.
    virtual bool tellsRefusals() const { return false; }
    // Whether the filter narrows what it shows: else nothing is said of the filter.
    virtual bool isFiltered() const { return false; }
    virtual std::pair<std::int64_t, std::int64_t> range() const;
    void setContent(QWidget* content);
    void showEvent(QShowEvent* event) override;

  private:
    Session& session_;
    QString name_, title_;
    StateFrame* frame_ = nullptr;
};

} // namespace zz::console
