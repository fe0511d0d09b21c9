// SPDX-License-Identifier: GPL-3.0-or-later
// What the throughput view shows: measured series per application, already bucketed to what a
// chart can show, and marks. Plain values; x is milliseconds since 1970 (UTC).
#pragma once

#include <QPointF>
#include <QString>
#include <QVector>
#include <cstdint>
#include <optional>
#include <vector>

#include "console/model/timeline_data.h"

namespace zz::console {

enum class Measure : std::uint8_t { Rate, P50, P99, Active, WakeUps, BytesFetched };
inline constexpr int kMeasures = 6;
QString words(Measure measure); // "requests/s"
QString unit_of(Measure measure);
QString measure_word(Measure measure); // for exports: "requests_per_s"

struct ThroughputSeries {
    QString application;
    QString mode;                 // "zz", "sep", "base", "unreplicated"
    QVector<QPointF> rate;        // requests/s
    QVector<QPointF> p50;         // ms
    QVector<QPointF> p99;         // ms
    QVector<QPointF> active;      // replicas that execute
    QVector<QPointF> wakeups;     // since the start of the record
    QVector<QPointF> bytes;       // fetched since the start of the record
    std::optional<double> target; // requests/s wanted, a line

    const QVector<QPointF>& of(Measure measure) const;

    friend bool operator==(const ThroughputSeries&, const ThroughputSeries&) = default;
};

struct ThroughputMark {
    std::int64_t at_ms = 0;
    MarkKind kind = MarkKind::Note;
    QString application; // empty: all
    QString text;

    friend bool operator==(const ThroughputMark&, const ThroughputMark&) = default;
};

struct ThroughputData {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
    std::vector<ThroughputSeries> series;
    std::vector<ThroughputMark> marks;
    bool raw = false; // not bucketed

    friend bool operator==(const ThroughputData&, const ThroughputData&) = default;
};

// At most two points (lowest, highest) per column of [from, to], in order of x; `points` ascend
// in x. What a chart of that many pixels can show of them, no matter how many there are.
QVector<QPointF> bucketed(const QVector<QPointF>& points, double from, double to, int columns);

} // namespace zz::console
