// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/timeline_layout.h"

#include <QDateTime>
#include <QFontMetricsF>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "console/model/words.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

// A bar that explains a fault outweighs one of the ordinary.
int weight(BarKind kind) {
    switch (kind) {
    case BarKind::Executing:
    case BarKind::Asleep:
    case BarKind::Ordering:
        return 0;
    case BarKind::Unknown:
    case BarKind::Stopped:
        return 1;
    case BarKind::Silent:
        return 3;
    default:
        return 2;
    }
}

constexpr double kLeastSpread = 0.72, kMostSpread = 2;

double ms_of(std::int64_t ns) {
    return static_cast<double>(ns) / 1e6;
}

} // namespace

TimeWindow zoomed(const TimeWindow& window, double factor, std::int64_t about_ns) {
    const double span = static_cast<double>(std::max<std::int64_t>(1, window.span()));
    const double wanted = std::clamp(span * factor, static_cast<double>(kWindowLeast),
                                     static_cast<double>(kWindowMost));
    const double share =
        std::clamp(static_cast<double>(about_ns - window.from_ns) / span, 0.0, 1.0);
    const auto from = about_ns - static_cast<std::int64_t>(std::llround(wanted * share));
    return {from, from + static_cast<std::int64_t>(std::llround(wanted))};
}

TimeWindow panned(const TimeWindow& window, double share) {
    const auto by = static_cast<std::int64_t>(static_cast<double>(window.span()) * share);
    return {window.from_ns + by, window.to_ns + by};
}

TimeWindow whole_of(const TimelineData& data) {
    std::int64_t from = data.from_ns;
    std::int64_t to = data.to_ns;
    if (!data.runs.empty() && data.runs.back().injected_ns > 0) {
        // From the first deviation to the removal: what comes long before and after, the injection
        // and the new image, would press what matters into a few pixels.
        const PhaseRun& run = data.runs.back();
        const double first = run.at(Phase::FirstDeviation).value_or(0);
        double last = first + 1;
        for (int p = 0; p < kPhases; ++p)
            if (static_cast<Phase>(p) != Phase::SpareReady)
                last = std::max(last, run.ms[static_cast<std::size_t>(p)].value_or(0));
        const double before = std::min(first, (last - first) * 0.15);
        from = run.injected_ns + static_cast<std::int64_t>((first - before) * 1e6);
        to = run.injected_ns + static_cast<std::int64_t>((last + (last - first) * 0.1) * 1e6);
    }
    const std::int64_t room = std::max<std::int64_t>((to - from) / 20, kWindowLeast);
    return {from - room, std::max(to, from + kWindowLeast) + room};
}

std::vector<Tick> ticks(const TimeWindow& window, std::int64_t origin_ns, double width,
                        double least_px) {
    std::vector<Tick> out;
    if (width <= 0 || window.span() <= 0)
        return out;
    const double least = static_cast<double>(window.span()) * least_px / width;
    double step = std::pow(10.0, std::floor(std::log10(std::max(least, 1.0))));
    for (const double times : {1.0, 2.0, 5.0, 10.0}) {
        if (step * times >= least) {
            step *= times;
            break;
        }
    }
    const auto by = std::max<std::int64_t>(1, std::llround(step));
    const double unit = step >= 1e9 ? 1e9 : 1e6;
    const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step / unit) - 1e-9)));
    std::int64_t k = (window.from_ns - origin_ns) / by;
    if (origin_ns + k * by < window.from_ns)
        ++k;
    for (std::int64_t at = origin_ns + k * by; at <= window.to_ns; at += by) {
        const double value = static_cast<double>(at - origin_ns) / unit;
        out.push_back({at, QLocale().toString(value, 'f', decimals) +
                               (unit > 5e8 ? QStringLiteral(" s") : QStringLiteral(" ms"))});
    }
    return out;
}

QString duration_text(std::int64_t ns) {
    const double value = std::abs(ms_of(ns));
    const QLocale locale;
    if (value >= 60'000)
        return tr("%1 min").arg(locale.toString(value / 60'000, 'f', 1));
    if (value >= 1000)
        return tr("%1 s").arg(locale.toString(value / 1000, 'f', 2));
    return tr("%1 ms").arg(locale.toString(value, 'f', value >= 100 ? 0 : value >= 1 ? 1 : 3));
}

double TimelineLayout::x_of(std::int64_t at_ns) const {
    return plot.left() + plot.width() * static_cast<double>(at_ns - window.from_ns) /
                             static_cast<double>(std::max<std::int64_t>(1, window.span()));
}

std::int64_t TimelineLayout::time_at(double x) const {
    const double share = (x - plot.left()) / std::max(1.0, plot.width());
    return window.from_ns +
           static_cast<std::int64_t>(std::llround(share * static_cast<double>(window.span())));
}

std::optional<QRectF> TimelineLayout::bar_box(const Lane& lane, std::int64_t from_ns,
                                              std::int64_t to_ns) const {
    if (from_ns > window.to_ns || to_ns < window.from_ns)
        return std::nullopt;
    const double left = x_of(std::max(from_ns, window.from_ns));
    const double right = x_of(std::min(to_ns, window.to_ns));
    return QRectF(left, lane.box.top(), std::max(1.0, right - left), lane.box.height());
}

std::optional<std::size_t> TimelineLayout::lane_at(double y) const {
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        if (y >= lanes[i].box.top() - 4 && y < lanes[i].box.bottom() + 4)
            return i;
    }
    return std::nullopt;
}

TimelineLayout layout_of(const TimelineData& data, const TimeWindow& window, double width,
                         const QFont& font, double height) {
    const QFontMetricsF strong(strong_font(font));
    const QFontMetricsF small(small_font(font));
    TimelineLayout out;
    out.window = window;
    double names = 60;
    for (const TimelineLane& lane : data.lanes)
        names = std::max(names, strong.horizontalAdvance(lane.name) +
                                    small.horizontalAdvance(lane.detail) + 30);
    out.gutter = std::min(names, std::max(90.0, width * 0.22));
    // Lanes give way or spread so that all of them are seen and little stays empty.
    double spread = 1;
    const double lanes = static_cast<double>(data.lanes.size());
    if (height > 0 && lanes > 0) {
        double groups = 0;
        QString last;
        for (const TimelineLane& lane : data.lanes) {
            groups += lane.group != last && !lane.group.isEmpty() ? 1 : 0;
            last = lane.group;
        }
        const double fixed = small.height() * 2 + 14 + groups * (small.height() + 4);
        const double wanted = (lanes * 2.05 + 0.55) * strong.height();
        spread = std::clamp((height - fixed) / wanted, kLeastSpread, kMostSpread);
    }
    const double lane_height = std::floor(strong.height() * 1.5 * spread);
    const double gap = std::floor(strong.height() * 0.55 * spread);
    out.axis = {out.gutter, 0, std::max(40.0, width - out.gutter - 14), small.height() * 2 + 10};
    double y = out.axis.bottom() + gap;
    QString group;
    for (std::size_t i = 0; i < data.lanes.size(); ++i) {
        const bool heads = data.lanes[i].group != group && !data.lanes[i].group.isEmpty();
        if (heads)
            y += small.height() + 4;
        group = data.lanes[i].group;
        out.lanes.push_back({i, {out.gutter, y, out.axis.width(), lane_height}, heads});
        y += lane_height + gap;
    }
    out.plot = {out.gutter, out.axis.bottom(), out.axis.width(), y - out.axis.bottom()};
    out.size = {width, y + 4};
    return out;
}

std::vector<DrawnBar> drawn_bars(const TimelineLayout& layout, const TimelineLayout::Lane& lane,
                                 const std::vector<TimelineBar>& bars) {
    std::vector<DrawnBar> out;
    const auto ends_before = [](const TimelineBar& bar, std::int64_t at) { return bar.to_ns < at; };
    auto bar = std::lower_bound(bars.begin(), bars.end(), layout.window.from_ns, ends_before);
    for (; bar != bars.end() && bar->from_ns <= layout.window.to_ns; ++bar) {
        const auto box = layout.bar_box(lane, bar->from_ns, bar->to_ns);
        if (!box)
            continue;
        const auto index = static_cast<std::size_t>(bar - bars.begin());
        // Both within one pixel column: one of them is seen.
        if (!out.empty() && box->right() - out.back().box.left() <= 1.5) {
            DrawnBar& last = out.back();
            ++last.merged;
            if (weight(bar->kind) >= weight(last.kind)) {
                last.kind = bar->kind;
                last.index = index;
            }
            last.box.setRight(std::max(last.box.right(), box->right()));
            continue;
        }
        out.push_back({*box, bar->kind, index, 1});
    }
    return out;
}

std::int64_t snapped(const TimelineData& data, std::int64_t at_ns, std::int64_t reach_ns) {
    std::int64_t best = at_ns;
    std::int64_t distance = reach_ns + 1;
    const auto consider = [&](std::int64_t at) {
        if (at == kOpenEnd || std::abs(at - at_ns) >= distance)
            return;
        distance = std::abs(at - at_ns);
        best = at;
    };
    for (const TimelineLane& lane : data.lanes) {
        for (const TimelineBar& bar : lane.bars) {
            consider(bar.from_ns);
            consider(bar.to_ns);
        }
        for (const TimelineMark& mark : lane.marks)
            consider(mark.at_ns);
    }
    for (const DrillBand& drill : data.drills) {
        consider(drill.from_ns);
        consider(drill.to_ns);
    }
    return best;
}

std::optional<std::int64_t> next_event(const TimelineData& data, std::int64_t at_ns, bool forward) {
    std::optional<std::int64_t> best;
    const auto consider = [&](std::int64_t at) {
        if (forward ? at <= at_ns : at >= at_ns)
            return;
        if (!best || (forward ? at < *best : at > *best))
            best = at;
    };
    for (const TimelineLane& lane : data.lanes) {
        for (const TimelineMark& mark : lane.marks)
            consider(mark.at_ns);
    }
    for (const DrillBand& drill : data.drills)
        consider(drill.from_ns);
    return best;
}

QString range_statistics(const TimelineData& data, const TimeWindow& range) {
    int marks = 0;
    for (const TimelineLane& lane : data.lanes) {
        for (const TimelineMark& mark : lane.marks)
            marks += mark.at_ns >= range.from_ns && mark.at_ns <= range.to_ns ? 1 : 0;
    }
    std::uint64_t missing = 0;
    for (const TimelineGap& gap : data.gaps) {
        if (gap.from_ns < range.to_ns && gap.to_ns > range.from_ns)
            missing += gap.missing;
    }
    QString text = tr("%1 selected").arg(duration_text(range.span()));
    text += tr(" · %1 events").arg(marks);
    if (missing > 0)
        text += tr(" · %1 events missing").arg(missing);
    return text;
}

double percentile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    const double rank = std::ceil(share * static_cast<double>(values.size()));
    const auto at = static_cast<std::size_t>(std::max(1.0, rank)) - 1;
    return values[std::min(at, values.size() - 1)];
}

std::vector<PhaseStatistics> statistics(const std::vector<PhaseRun>& runs) {
    std::vector<PhaseStatistics> out;
    for (int p = 0; p < kPhases; ++p) {
        const auto at = static_cast<std::size_t>(p);
        std::vector<double> values;
        std::vector<double> steps;
        for (const PhaseRun& run : runs) {
            if (!run.ms[at])
                continue;
            values.push_back(*run.ms[at]);
            // Phases may swap; the step counts from the latest one that was not later.
            std::optional<double> before;
            for (std::size_t q = 0; q < run.ms.size(); ++q) {
                if (q != at && run.ms[q] && *run.ms[q] <= *run.ms[at] &&
                    (*run.ms[q] < *run.ms[at] || q < at))
                    before = std::max(before.value_or(*run.ms[q]), *run.ms[q]);
            }
            if (before)
                steps.push_back(*run.ms[at] - *before);
        }
        if (values.empty())
            continue;
        PhaseStatistics one;
        one.phase = static_cast<Phase>(p);
        one.runs = static_cast<int>(values.size());
        one.least = percentile(values, 0);
        one.median = percentile(values, 0.5);
        one.p99 = percentile(values, 0.99);
        if (!steps.empty())
            one.step = percentile(steps, 0.5);
        out.push_back(one);
    }
    return out;
}

Table phase_table(const std::vector<PhaseRun>& runs) {
    Table out;
    out.caption = tr("Phases since the injection, %1 runs").arg(runs.size());
    out.columns = {{tr("Phase"), QStringLiteral("phase"), {}},
                   {tr("Runs"), QStringLiteral("runs"), {}},
                   {tr("Step"), QStringLiteral("step_ms"), QStringLiteral("ms")},
                   {tr("Min"), QStringLiteral("min_ms"), QStringLiteral("ms")},
                   {tr("Median"), QStringLiteral("median_ms"), QStringLiteral("ms")},
                   {tr("p99"), QStringLiteral("p99_ms"), QStringLiteral("ms")}};
    if (!runs.empty())
        out.columns.push_back({tr("Last"), QStringLiteral("last_ms"), QStringLiteral("ms")});
    // As they follow each other in time: phases may swap from fault to fault.
    std::vector<PhaseStatistics> phases = statistics(runs);
    std::stable_sort(phases.begin(), phases.end(),
                     [](const auto& a, const auto& b) { return a.median < b.median; });
    for (const PhaseStatistics& one : phases) {
        const auto last = runs.back().at(one.phase);
        out.rows.push_back({words(one.phase), one.runs, one.step ? QVariant(*one.step) : QVariant(),
                            one.least, one.median, one.p99, last ? QVariant(*last) : QVariant()});
    }
    return out;
}

Table bars_table(const TimelineData& data, const TimeWindow& window) {
    Table out;
    out.caption = tr("Timeline");
    out.columns = {{tr("Application"), QStringLiteral("application"), {}},
                   {tr("Lane"), QStringLiteral("lane"), {}},
                   {tr("What"), QStringLiteral("what"), {}},
                   {tr("From"), QStringLiteral("from_ms"), QStringLiteral("ms")},
                   {tr("To"), QStringLiteral("to_ms"), QStringLiteral("ms")},
                   {tr("Length"), QStringLiteral("length_ms"), QStringLiteral("ms")}};
    const auto since = [&](std::int64_t at) { return ms_of(at - data.origin_ns); };
    // What is seen of it: from the edge of the window; one that goes on has no end.
    const auto row_of = [&](const QVariant& group, const QString& lane, const QString& what,
                            std::int64_t from_ns, std::int64_t to_ns) {
        if (to_ns < window.from_ns || from_ns > window.to_ns)
            return;
        const std::int64_t from = std::max(from_ns, window.from_ns);
        const bool open = to_ns > window.to_ns;
        out.rows.push_back({group, lane, what, since(from),
                            open ? QVariant() : QVariant(since(to_ns)),
                            open ? QVariant() : QVariant(ms_of(to_ns - from))});
    };
    for (const TimelineLane& lane : data.lanes) {
        for (const TimelineBar& bar : lane.bars)
            row_of(lane.group, lane.name, bar.text.isEmpty() ? words(bar.kind) : bar.text,
                   bar.from_ns, bar.to_ns);
        for (const TimelineMark& mark : lane.marks) {
            if (mark.at_ns >= window.from_ns && mark.at_ns <= window.to_ns)
                out.rows.push_back({lane.group, lane.name,
                                    mark.text.isEmpty() ? words(mark.kind) : mark.text,
                                    since(mark.at_ns), since(mark.at_ns), 0.0});
        }
    }
    for (const DrillBand& drill : data.drills)
        row_of(QVariant(), tr("drill"), drill.name + u' ' + drill.id, drill.from_ns, drill.to_ns);
    for (const TimelineGap& gap : data.gaps) {
        if (gap.to_ns >= window.from_ns && gap.from_ns <= window.to_ns)
            out.rows.push_back({QVariant(), tr("gap"), tr("%1 events missing").arg(gap.missing),
                                since(gap.from_ns), since(gap.to_ns),
                                ms_of(gap.to_ns - gap.from_ns)});
    }
    return out;
}

} // namespace zz::console
