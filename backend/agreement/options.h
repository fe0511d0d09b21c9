// SPDX-License-Identifier: Apache-2.0
// What an agreement core is told at its start; all of it follows from the cluster file, except the
// wall clock.
#pragma once

#include <vector>

#include "protocol/base/ids.h"
#include "protocol/cluster/limits.h"
#include "protocol/message/configuration.h"

namespace zz::agreement {

struct ClientLanes {
    ClientId client;
    std::uint32_t lanes = 0; // fixed (ZZ-2.4)
};

struct Options {
    cluster::Limits limits;
    message::Config genesis;           // of the cluster file: number 0, epoch 0, every slot
    std::vector<HostId> slot_hosts;    // [i] hosts E(i+1): whose controller may enrol (ZZ-2.1)
    std::vector<ClientLanes> clients;  // any order
    std::vector<PrincipalId> audience; // clients and controllers: get every executed CONFIG
    Timestamp wall_at_zero;            // wall clock at Instant{0} (ZZ-3.4)
};

} // namespace zz::agreement
