// SPDX-License-Identifier: Apache-2.0
// A libvirt daemon of its own for a host that is emulated on this machine: no privileges, no system
// daemon, nothing that outlives the data center. Its files lie in the folder of the host; the
// cluster file names its socket by a short path, since sockets have no longer ones:
//   /tmp/zz-TAG/HOST -> DIR/hosts/HOST/libvirt      made by `cluster up`, gone after `cluster down`
// Started by root it sees itself as an ordinary user, as libvirt then wants no account and nothing
// below /var; it still opens what root owns.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/services/layout.h"
#include "protocol/base/result.h"

namespace zz::services {

// What `--hypervisor-uri` says for such a host.
inline constexpr const char* kPrivateUri = "private";

// `tag` is fresh for each data center: letters and digits.
std::string private_uri(const std::string& tag, const std::string& host);
// "/tmp/zz-TAG/HOST"; nothing if the URI of the host is another one.
std::optional<std::string> private_place(const cluster::Host& host);

// Does nothing if it runs. Returns when it listens. Call it before other threads exist.
Status start_private_libvirt(const Layout& layout, const cluster::Host& host);
// The daemon and its emulators, as far as they live.
std::vector<int> private_pids(const Layout& layout, const cluster::Host& host);
// After they have ended.
void forget_private_place(const cluster::Host& host);

} // namespace zz::services
