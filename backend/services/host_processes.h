// SPDX-License-Identifier: Apache-2.0
// The processes of hosts that run on this machine: starting zz-host and zz-controller (they start
// the rest), ending all of them. For zzctl.
#pragma once

#include <vector>

#include "backend/services/layout.h"
#include "protocol/base/result.h"

namespace zz::services {

// Does nothing for what runs already.
Status start_host(const Layout& layout, const cluster::Host& host);
// Every process of the host at once, as a power cut would (SIGKILL).
Status kill_host(const Layout& layout, const cluster::Host& host);
// Asks first (SIGTERM), then kills; nothing of these hosts is left when it returns.
Status stop_hosts(const Layout& layout, const std::vector<cluster::Host>& hosts);
// Of zz-host, zz-controller and every machine of the host that lives now.
std::vector<int> host_pids(const Layout& layout, const cluster::Host& host);

} // namespace zz::services
