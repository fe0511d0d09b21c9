// SPDX-License-Identifier: Apache-2.0
// The log of a process: lines on standard error, with UTC time, level and the name of the service.
// The level is that of the environment variable ZZ_LOG (trace, debug, info, warn, error), else
// warn. Never key material or payloads.
#pragma once

#include <spdlog/spdlog.h>
#include <string>

namespace zz::runtime {

// Once, before any thread; `name` is shown in each line.
void start_log(const std::string& name);

} // namespace zz::runtime
