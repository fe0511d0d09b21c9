// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/throughput_data.h"

#include <QCoreApplication>
#include <algorithm>

namespace zz::console {
namespace {

constexpr const char* kMeasureWords[] = {
    QT_TRANSLATE_NOOP("zz::console::throughput", "requests/s"),
    QT_TRANSLATE_NOOP("zz::console::throughput", "latency p50"),
    QT_TRANSLATE_NOOP("zz::console::throughput", "latency p99"),
    QT_TRANSLATE_NOOP("zz::console::throughput", "active replicas"),
    QT_TRANSLATE_NOOP("zz::console::throughput", "wake-ups"),
    QT_TRANSLATE_NOOP("zz::console::throughput", "bytes fetched"),
};
static_assert(std::size(kMeasureWords) == kMeasures);

} // namespace

QString words(Measure measure) {
    return QCoreApplication::translate("zz::console::throughput",
                                       kMeasureWords[static_cast<std::size_t>(measure)]);
}

QString unit_of(Measure measure) {
    constexpr const char* kUnits[] = {"1/s", "ms", "ms", "", "", "B"};
    return QLatin1String(kUnits[static_cast<std::size_t>(measure)]);
}

QString measure_word(Measure measure) {
    constexpr const char* kWords[] = {"requests_per_s",  "p50_ms",  "p99_ms",
                                      "active_replicas", "wakeups", "fetched_bytes"};
    return QLatin1String(kWords[static_cast<std::size_t>(measure)]);
}

const QVector<QPointF>& ThroughputSeries::of(Measure measure) const {
    switch (measure) {
    case Measure::Rate:
        return rate;
    case Measure::P50:
        return p50;
    case Measure::P99:
        return p99;
    case Measure::Active:
        return active;
    case Measure::WakeUps:
        return wakeups;
    case Measure::BytesFetched:
        return bytes;
    }
    return rate;
}

QVector<QPointF> bucketed(const QVector<QPointF>& points, double from, double to, int columns) {
    if (columns < 1 || !(to > from))
        return {};
    const auto left_of = [](const QPointF& point, double x) { return point.x() < x; };
    auto at = std::lower_bound(points.begin(), points.end(), from, left_of);
    const auto end = std::upper_bound(at, points.end(), to,
                                      [](double x, const QPointF& point) { return x < point.x(); });
    if (end - at <= 2 * columns)
        return {at, end};
    QVector<QPointF> out;
    out.reserve(2 * columns);
    for (int column = 0; column < columns && at != end; ++column) {
        const bool last = column + 1 == columns;
        const double edge = from + (to - from) * (column + 1) / columns;
        const auto stop = last ? end : std::lower_bound(at, end, edge, left_of);
        if (at == stop)
            continue;
        auto [low, high] = std::minmax_element(
            at, stop, [](const QPointF& a, const QPointF& b) { return a.y() < b.y(); });
        if (high->x() < low->x())
            std::swap(low, high);
        out.push_back(*low);
        if (low != high)
            out.push_back(*high);
        at = stop;
    }
    return out;
}

} // namespace zz::console
