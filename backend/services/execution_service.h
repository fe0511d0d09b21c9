// SPDX-License-Identifier: Apache-2.0
// zz-execution: one incarnation of an execution replica as a process: execution::Core on the loop's
// thread, the engine with its node store on a thread of its own (ZZ-4.5). It only dials: agreement
// replicas, clients, its zz-host.
#pragma once

namespace zz::services {

int execution_main(int argc, char** argv);

} // namespace zz::services
