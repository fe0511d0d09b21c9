// SPDX-License-Identifier: GPL-3.0-or-later
// Translation of the words that stand outside of any QObject.
#pragma once

#include <QCoreApplication>
#include <QString>

namespace zz::console {

// `count` chooses the plural form and replaces %n; negative: there is none.
inline QString tr(const char* text, int count = -1) {
    return QCoreApplication::translate("zz::console", text, nullptr, count);
}

} // namespace zz::console
