// SPDX-License-Identifier: Apache-2.0
// The thread that runs libvirt's default event loop: events, keep-alive of remote connections. One
// a process, started at the first call and never ended, because libvirt wants it before the first
// connection and cannot take it back. Inside of hv/libvirt.
#pragma once

#include "protocol/base/result.h"

namespace zz::hv {

// Any thread.
Status start_event_loop();

} // namespace zz::hv
