// SPDX-License-Identifier: Apache-2.0
// What `zzctl fill` sends: so many bytes of values under distinct keys, several values a request,
// each request once. The plan keeps what is under way at a time small: agreement replicas hold
// every body until the next stable checkpoint (ZZ-3.1), so requests that are too large or too many
// would cost their memory, not save time. Pure.
#pragma once

#include <memory>
#include <string_view>

#include "backend/services/load_model.h"
#include "protocol/base/result.h"

namespace zz::services {

// "4096", "10MB", "1GB", "1.5GiB": KB, MB, GB, TB are powers of 1000, KiB, MiB, GiB, TiB of 1024.
// At least 1.
Result<std::uint64_t> parse_bytes(std::string_view text);

struct FillPlan {
    std::uint64_t bytes = 0;  // of values in all
    std::uint64_t values = 0; // keys fill:000000000000 and on; the last one may be shorter
    std::uint32_t value_size = 0;
    std::uint32_t values_per_request = 1;
    std::uint32_t lanes = 1;
    std::uint32_t budget = 0; // of each request
    std::uint64_t requests = 0;

    // Bytes in the first `count` requests.
    std::uint64_t bytes_in(std::uint64_t count) const;
};

// An error if values of this size do not fit the application or its limits.
Result<FillPlan> plan_fill(const cluster::Application& application, std::uint64_t bytes,
                           std::uint32_t value_size);

// A model of one lane. Lanes share `next`, the first request that nobody took. Precondition of
// next(): it is below plan.requests. Null for an application kind that cannot be filled.
std::unique_ptr<LaneModel> make_fill_model(cluster::ApplicationKind kind, const FillPlan& plan,
                                           std::shared_ptr<std::uint64_t> next);

} // namespace zz::services
