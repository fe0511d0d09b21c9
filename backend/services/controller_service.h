// SPDX-License-Identifier: Apache-2.0
// zz-controller: runs the replicas and gateways of one host: a controller::Core per application of
// the host, one hypervisor driver on a thread of its own. Reachable only through its zz-host;
// checks everything itself (ZZ-6.8).
#pragma once

namespace zz::services {

int controller_main(int argc, char** argv);

} // namespace zz::services
