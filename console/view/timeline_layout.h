// SPDX-License-Identifier: GPL-3.0-or-later
// Where everything of the timeline lies: pure functions of lanes, a window of time and a size.
#pragma once

#include <QFont>
#include <QRectF>
#include <QString>
#include <optional>
#include <vector>

#include "console/model/timeline_data.h"
#include "console/view/table.h"

namespace zz::console {

struct TimeWindow {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 1'000'000'000;

    std::int64_t span() const { return to_ns - from_ns; }
    friend bool operator==(const TimeWindow&, const TimeWindow&) = default;
};

inline constexpr std::int64_t kWindowLeast = 1'000;                   // 1 us
inline constexpr std::int64_t kWindowMost = 7 * 86'400'000'000'000LL; // a week

// factor below 1 zooms in; the time `about_ns` stays where it is.
TimeWindow zoomed(const TimeWindow& window, double factor, std::int64_t about_ns);
TimeWindow panned(const TimeWindow& window, double share);
// Everything that there is, with a little room; the part around the fault if there is a run.
TimeWindow whole_of(const TimelineData& data);

struct Tick {
    std::int64_t at_ns = 0;
    QString text;
};
// Round numbers since `origin_ns`, at least `least_px` apart.
std::vector<Tick> ticks(const TimeWindow& window, std::int64_t origin_ns, double width,
                        double least_px);
// "12.4 ms", "3.2 s": of a length of time.
QString duration_text(std::int64_t ns);

struct TimelineLayout {
    struct Lane {
        std::size_t index = 0; // into data.lanes
        QRectF box;            // of its bars
        bool heads_group = false;
    };
    double gutter = 0; // names of lanes
    QRectF axis;
    QRectF plot;
    std::vector<Lane> lanes;
    QSizeF size;
    TimeWindow window;

    double x_of(std::int64_t at_ns) const;
    std::int64_t time_at(double x) const;
    // Clipped to the plot; nothing if the bar lies outside.
    std::optional<QRectF> bar_box(const Lane& lane, std::int64_t from_ns, std::int64_t to_ns) const;
    std::optional<std::size_t> lane_at(double y) const;
};
// `height`: of what can be seen; 0: it does not matter.
TimelineLayout layout_of(const TimelineData& data, const TimeWindow& window, double width,
                         const QFont& font, double height = 0);

// Bars of a lane as they are drawn: at most one per pixel column, the worst of a column wins.
struct DrawnBar {
    QRectF box;
    BarKind kind = BarKind::Unknown;
    std::size_t index = 0; // into the lane's bars; of the last one when several are merged
    int merged = 1;
};
std::vector<DrawnBar> drawn_bars(const TimelineLayout& layout, const TimelineLayout::Lane& lane,
                                 const std::vector<TimelineBar>& bars);

// The nearest edge of a bar, mark or drill within `reach_ns`, else `at_ns` itself.
std::int64_t snapped(const TimelineData& data, std::int64_t at_ns, std::int64_t reach_ns);
// The next or previous mark or drill after `at_ns`, if any.
std::optional<std::int64_t> next_event(const TimelineData& data, std::int64_t at_ns, bool forward);

// What happened in a range, one line.
QString range_statistics(const TimelineData& data, const TimeWindow& range);

// Statistics of one phase over runs, in ms.
struct PhaseStatistics {
    Phase phase = Phase::Injected;
    int runs = 0;
    double least = 0, median = 0, p99 = 0; // since injected
    std::optional<double> step;            // median since the phase before it that happened
};
std::vector<PhaseStatistics> statistics(const std::vector<PhaseRun>& runs);
// Sorted or not; nearest rank. Precondition: not empty, 0 <= share <= 1.
double percentile(std::vector<double> values, double share);

Table phase_table(const std::vector<PhaseRun>& runs);
Table bars_table(const TimelineData& data, const TimeWindow& window);

} // namespace zz::console
