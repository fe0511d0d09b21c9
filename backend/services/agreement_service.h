// SPDX-License-Identifier: Apache-2.0
// zz-agreement: one agreement replica as a process: replica::Core, its journal, its links. Listens
// at its endpoint of the cluster file, dials the replicas before it, and its zz-host.
#pragma once

namespace zz::services {

int agreement_main(int argc, char** argv);

} // namespace zz::services
