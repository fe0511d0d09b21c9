// SPDX-License-Identifier: GPL-3.0-or-later
// The style sheet over Fusion: calm borders, visible focus, roomy headers. Sizes follow the font.
#pragma once

#include <QString>

namespace zz::console {

struct Theme;

QString style_sheet(const Theme& theme);

} // namespace zz::console
