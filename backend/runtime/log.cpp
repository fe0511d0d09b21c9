// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/log.h"

#include <cstdlib>
#include <spdlog/sinks/stdout_sinks.h>

namespace zz::runtime {

void start_log(const std::string& name) {
    auto logger =
        std::make_shared<spdlog::logger>(name, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %n: %v", spdlog::pattern_time_type::utc);
    const char* wanted = std::getenv("ZZ_LOG");
    const auto level = wanted != nullptr ? spdlog::level::from_str(wanted) : spdlog::level::warn;
    logger->set_level(level);
    logger->flush_on(spdlog::level::warn);
    spdlog::set_default_logger(std::move(logger));
}

} // namespace zz::runtime
