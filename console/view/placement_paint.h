// SPDX-License-Identifier: GPL-3.0-or-later
// Painting of the placement and of the replication cost: on screen and on paper the same.
#pragma once

#include <QHash>
#include <QPainter>
#include <QPixmap>

#include "console/view/export.h"
#include "console/view/placement_layout.h"

namespace zz::console {

// Ten thousand glyphs look like a few dozen: each look is painted once.
class GlyphPixmaps {
  public:
    void prepare(const Theme& theme, double side, double ratio);
    const QPixmap& of(const PlacedReplica& replica, bool stale);

  private:
    const Theme* theme_ = nullptr;
    double side_ = 0;
    double ratio_ = 0;
    QHash<int, QPixmap> known_;
};

struct PlacementPaint {
    const PlacementData& data;
    const PlacementIndex& index;
    const PlacementLayout& layout;
    const Theme& theme;
    QRectF visible;                                           // null: all
    std::optional<std::uint32_t> failing;                     // overlay "if this host fails"
    std::optional<std::pair<std::size_t, std::size_t>> focus; // host, application
    GlyphPixmaps* pixmaps = nullptr;                          // none: vectors
};
void paint_placement(QPainter& painter, const PlacementPaint& what);

double cost_height(const QFont& font);
void paint_cost(QPainter& painter, const QRectF& box, const PlacementData& data,
                const Theme& theme);

double legend_height(const QFont& font, double width);
void paint_legend(QPainter& painter, const QRectF& box, const Theme& theme);

Exportable exportable_of(const PlacementData& data);

} // namespace zz::console
