// SPDX-License-Identifier: GPL-3.0-or-later
// The question before a fault: the verb on its button, the focus on Cancel; beyond f or in
// production also a reason and the name of the application, typed. GUI thread.
#pragma once

#include <QString>
#include <optional>

class QWidget;

namespace zz::console {

struct ConfirmText {
    QString application;
    QString verb;
    QString text; // rich
    bool beyond = false;
    bool production = false;
};

// What was typed: the hosts check it again (ZZ-10.4).
struct Confirmed {
    QString reason, name;
};
// None: not confirmed.
std::optional<Confirmed> confirm(QWidget* parent, const ConfirmText& text);

} // namespace zz::console
