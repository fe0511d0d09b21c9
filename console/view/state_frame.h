// SPDX-License-Identifier: GPL-3.0-or-later
// StateFrame: holds one view and says over it what every view must say: empty, connecting, partial,
// stale, lost, gap, incompatible, replay, error. The view below knows nothing of it. GUI thread.
#pragma once

#include <QWidget>

#include "console/view/view_state.h"

class QLabel;
class QPushButton;
class QStackedLayout;

namespace zz::console {

class StateFrame : public QWidget {
    Q_OBJECT

  public:
    // Takes `view` as its child.
    explicit StateFrame(QWidget* view, QWidget* parent = nullptr);

    QWidget* view() const { return view_; }
    const ViewState& viewState() const { return state_; }
    void setViewState(const ViewState& state);

  Q_SIGNALS:
    // The one button was pressed; what it means follows from the condition.
    void actionRequested(zz::console::Condition condition);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    class Strip;
    class Cover;
    class Hatch;

    QWidget* view_;
    Strip* strip_;
    Cover* cover_;
    Hatch* hatch_;
    QStackedLayout* stack_;
    ViewState state_;
};

} // namespace zz::console
