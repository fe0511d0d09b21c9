// SPDX-License-Identifier: Apache-2.0
// How a service goes over to a later generation (ZZ-8.4): it keeps the RECOVER and ends its process
// in an orderly way; whoever keeps it running starts it again, in that generation.
#pragma once

#include "backend/runtime/loop.h"
#include "backend/runtime/node.h"
#include "backend/services/setup.h"

namespace zz::services {

// A RECOVER that an operator's command brings; other commands are ignored.
void take_recover(runtime::Node& node, const telemetry::CommandBody& body);

// Each turn. True: the loop ends with it, and nothing more may be sent.
bool renew(const runtime::Node& node, const std::string& folder, runtime::Loop& loop);

} // namespace zz::services
