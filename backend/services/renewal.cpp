// SPDX-License-Identifier: Apache-2.0
#include "backend/services/renewal.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace zz::services {

void take_recover(runtime::Node& node, const telemetry::CommandBody& body) {
    if (body.what_case() == telemetry::CommandBody::kRecover &&
        body.recover().application() == node.application().value)
        (void)node.open(Blob(bytes_of(body.recover().frame())),
                        principal(OperatorId(body.operator_())));
}

bool renew(const runtime::Node& node, const std::string& folder, runtime::Loop& loop) {
    const auto& newer = node.newer();
    if (!newer)
        return false;
    const Status kept =
        runtime::keep_generation(folder + std::string(kGenerationFile), newer->frame);
    if (!kept) {
        spdlog::error("generation {}: {}", newer->recover.generation.value, kept.error().text);
        return false;
    }
    loop.end(fmt::format("starts again in generation {} (RECOVER, ZZ-8.4)",
                         newer->recover.generation.value));
    return true;
}

} // namespace zz::services
