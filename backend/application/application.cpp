// SPDX-License-Identifier: Apache-2.0
#include "backend/application/application.h"

#include "backend/application/compute/compute.h"
#include "backend/application/kv/kv.h"

namespace zz::application {

std::unique_ptr<Application> make_application(std::string_view kind) {
    if (kind == "kv") {
        return std::make_unique<kv::KeyValue>();
    }
    if (kind == "compute") {
        return std::make_unique<compute::Compute>();
    }
    return nullptr;
}

} // namespace zz::application
