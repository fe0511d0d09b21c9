// SPDX-License-Identifier: Apache-2.0
// Signs of life over the links that a process dials, for one that may be saved to disk: its
// connections die with it and it is told only when it sends (ZMTP heartbeats). What listens asks
// for none, so that a stopped spare stays connected.
#pragma once

#include "protocol/base/instant.h"
#include "protocol/transport/transport.h"

namespace zz::transport {

// Of links that are dialled after it; an answer is waited for kKeepAliveSilenceMax.
void keep_dialled_links_alive(Context& context, Duration interval);
inline constexpr Duration kKeepAliveSilenceMax = seconds(10);

} // namespace zz::transport
