// SPDX-License-Identifier: Apache-2.0
// The newest entry of each host's audit log that zzctl saw, kept in DIR/run/audit-heads, one line a
// host: NAME NUMBER HASH. `audit verify` asks the logs for them: a cut at the end is found (O4).
#pragma once

#include <map>

#include "backend/services/audit_log.h"
#include "backend/services/layout.h"

namespace zz::services {

using AuditHeads = std::map<HostId, AuditHead>;

// What an answer of that host told.
void note_head(AuditHeads& heads, HostId host, const telemetry::Hello& hello);
// Empty if there is no file; lines that are none are left out.
AuditHeads read_heads(const Layout& layout, const cluster::Cluster& cluster);
// Adds these to the file; of each host the highest number stays.
Status keep_heads(const Layout& layout, const cluster::Cluster& cluster, const AuditHeads& heads);

} // namespace zz::services
