// SPDX-License-Identifier: Apache-2.0
// zz-gateway: a client principal of one application as a process, with a Redis or HTTP front for
// its users: each connection's operations travel on lanes of the client. Execution replicas dial
// in.
#pragma once

namespace zz::services {

int gateway_main(int argc, char** argv);

} // namespace zz::services
