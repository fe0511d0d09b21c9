// SPDX-License-Identifier: Apache-2.0
// Realistic values for the drawn views: the talk's matrices, a recovery, a small and a large data
// center.
#pragma once

#include "console/model/matrix_data.h"
#include "console/model/placement_data.h"
#include "console/model/throughput_data.h"
#include "console/model/timeline_data.h"

namespace zz::samples {

inline constexpr std::int64_t kNoon = 1'764'072'271'421'000'000; // wall nanoseconds

Digest digest(char letter);
// rows as letters; '-' missing, '?' pending.
matrix::Matrix matrix_of(Faults faults, const std::vector<std::string>& rows);

console::MatrixData non_blocking();        // E1 = QQQQ, E2 = PQQQ
console::MatrixData blocking();            // E1 = PQQQ, E2 = PPPQ, before anybody woke
console::MatrixData resolved();            // and E3 = PPPQ, woken; E1 convicted
console::MatrixData many(std::uint32_t f); // 2f+1 x 3f+1 with all kinds of entries

console::TimelineData recovery(); // of the blocking fault, with eleven runs before it
console::PlacementData four_hosts();
console::PlacementData many_hosts(std::uint32_t hosts, std::uint32_t applications);
console::ThroughputData two_minutes();

} // namespace zz::samples
