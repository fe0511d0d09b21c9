// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include "console/app/main_window.h"
#include "console/app/pane.h"

namespace zz::console {

// Names of the views of which something can be seen, in alphabetical order.
inline QStringList in_sight(const MainWindow& window) {
    QStringList out;
    for (const auto* pane : window.panes())
        if (pane->isVisible() && !pane->visibleRegion().isEmpty())
            out << pane->name();
    out.sort();
    return out;
}

} // namespace zz::console
