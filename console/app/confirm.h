// SPDX-License-Identifier: GPL-3.0-or-later
// The question before a fault: the verb on its button, the focus on Cancel; beyond f or in
// production also a reason and the name of the application, typed. GUI thread.
#pragma once

#include <QString>

class QWidget;

namespace zz::console {

struct ConfirmText {
    QString application;
    QString verb;
    QString text; // rich
    bool beyond = false;
    bool production = false;
};

// True: go on, for `reason`.
bool confirm(QWidget* parent, const ConfirmText& text, QString& reason);

} // namespace zz::console
