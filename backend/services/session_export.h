// SPDX-License-Identifier: Apache-2.0
// A recorded session as tables: what clients felt, the phases of each fault, disputed matrices,
// events. Made by the fold that live views use; the same file gives the same bytes each time.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "protocol/telemetry/session_file.h"

namespace zz::services {

enum class ExportWhat : std::uint8_t { Throughput, Timeline, Matrix, Events };
enum class ExportFormat : std::uint8_t { Csv, Json };

// Reads the session from its begin. `progress` gets 0 to 1 now and then; may be empty.
Status export_session(telemetry::SessionReader& session, ExportWhat what, ExportFormat format,
                      std::FILE* out, const std::function<void(double)>& progress);

} // namespace zz::services
