// SPDX-License-Identifier: GPL-3.0-or-later
// Painting of the timeline: on screen, on paper, in pictures the same. GUI thread.
#pragma once

#include <QPainter>

#include "console/view/export.h"
#include "console/view/timeline_layout.h"

namespace zz::console {

struct BarRef {
    std::size_t lane = 0; // into data.lanes
    std::size_t bar = 0;
    friend bool operator==(const BarRef&, const BarRef&) = default;
};

struct TimelinePaint {
    const TimelineData& data;
    const TimelineLayout& layout;
    const Theme& theme;
    std::optional<std::int64_t> cursor; // shared by all views
    std::optional<TimeWindow> selection;
    std::optional<BarRef> focus;
};
// Origin at the upper left corner; the painter's font is the base font.
void paint_timeline(QPainter& painter, const TimelinePaint& what);

Exportable exportable_of(const TimelineData& data, const TimeWindow& window);
// The phases alone, as a table.
Exportable phases_of(const TimelineData& data);

} // namespace zz::console
