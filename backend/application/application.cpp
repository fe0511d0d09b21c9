// SPDX-License-Identifier: Apache-2.0
#include "backend/application/application.h"

#include "backend/application/compute/compute.h"
#include "backend/application/kv/kv.h"
#include "backend/application/web/web.h"

namespace zz::application {

std::unique_ptr<Application> make_application(std::string_view kind, const Options& options) {
    if (kind == "kv") {
        return std::make_unique<kv::KeyValue>(options.state_bytes_max);
    }
    if (kind == "compute") {
        return std::make_unique<compute::Compute>();
    }
    if (kind == "web") {
        return std::make_unique<web::Web>(options.state_bytes_max);
    }
    return nullptr;
}

} // namespace zz::application
