// SPDX-License-Identifier: Apache-2.0
// zz-host: the unprivileged network face of a host: telemetry hub, operator endpoint, relay. It
// moves frames and tells people; it is trusted with nothing: controllers and replicas check
// signatures themselves.
#pragma once

namespace zz::services {

int host_main(int argc, char** argv);

} // namespace zz::services
