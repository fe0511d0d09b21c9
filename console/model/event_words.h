// SPDX-License-Identifier: GPL-3.0-or-later
// Events in words for people, with how bad they are. Pure.
#pragma once

#include <QString>

#include "console/core/event_log.h"
#include "protocol/cluster/cluster.h"

namespace zz::console {

enum class Severity : std::uint8_t { Detail, Info, Notice, Warning, Alarm };
QString words(Severity severity);

// At most as bad as its kind can be: what a client tells of itself is a detail.
Severity severity_of(telemetry::EventKind kind);
Severity severity_of(const telemetry::Event& event);
// "column-of", as `zzctl events` names it.
QString kind_word(const telemetry::Event& event);
QString sentence(const telemetry::Event& event);
// "E1.0", "A3", "controller 2", "host 1".
QString name_of(const telemetry::Principal& who);
// "A", or empty if it is not about one.
QString application_of(const telemetry::Event& event, const cluster::Cluster& cluster);
// Local time with milliseconds: "12:04:31.482".
QString clock_text(std::int64_t wall_ns);
// "0.4 s", "12 s", "3 min": how long ago.
QString age_text(std::int64_t age_ns);

} // namespace zz::console
