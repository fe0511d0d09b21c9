// SPDX-License-Identifier: Apache-2.0
// Who we are and within which cluster, application and generation our frames count (ZZ-2.2).
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/base/quorum.h"

namespace zz::auth {

struct Identity {
    ClusterId cluster;
    ApplicationId application;
    Generation generation;
    PrincipalId self;
    Faults faults;
};

} // namespace zz::auth
