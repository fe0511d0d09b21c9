// SPDX-License-Identifier: GPL-3.0-or-later
// Overview: are we safe now? One card per application: faults left of f, who is active, asleep,
// convicted, throughput, the last verdict, how fresh it is. GUI thread.
#pragma once

#include <utility>

#include "console/app/pane.h"

class QScrollArea;

namespace zz::console {

// How many applications can bear another fault, those of which that is not known apart; and whether
// that is all of them, freshly.
std::pair<QString, bool> overview_headline(const ClusterNow& now);

class OverviewPane : public Pane {
    Q_OBJECT
  public:
    explicit OverviewPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;

  protected:
    void refresh() override;

  private:
    class Cards;
    Cards* cards_;
};

} // namespace zz::console
