// SPDX-License-Identifier: Apache-2.0
// Ends the machines of a host whose controller is gone, for tools.
#pragma once

#include "hv/libvirt/domains.h"

namespace zz::hv {

// Switches off every domain whose name begins with `prefix` and that has a note of ours; they stay
// defined. Blocks as long as libvirt does.
Status end_domains(const std::string& uri, const std::string& prefix,
                   const Connect& connect = connect_to_libvirt);

} // namespace zz::hv
