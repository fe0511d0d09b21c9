// SPDX-License-Identifier: Apache-2.0
// LoadRun: N lanes of a load client in a closed loop, each reply checked against a model: a lane
// owns its keys, so it knows what every GET and INCR must answer, and counts what does not. Also
// fills state. Runs in zzctl.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/base/result.h"

namespace zz::services {

struct FillProgress {
    std::uint64_t bytes = 0, bytes_all = 0; // answered, of all
    double bytes_per_second = 0;            // in the last second
    double seconds_left = 0; // at the rate since the begin; 0 if nothing was answered yet
};

struct LoadOptions {
    std::string dir;
    std::string application;
    std::uint32_t clients = 16;
    std::uint32_t seconds = 10;
    std::uint32_t size = 128;  // bytes of a value
    std::uint32_t cost_us = 0; // declared budget; of a compute application: work of each request
    double read_ratio = 0.5;
    std::uint32_t touched = 1, dirtied = 1; // of a compute application: keys of a request
    std::uint64_t fill_bytes = 0;           // not 0: write so many bytes once instead, and stop
    std::function<void(const FillProgress&)> progress; // of a fill, each second; may be empty
};

struct LoadSecond {
    std::uint64_t requests = 0;
    std::uint64_t p50_us = 0, p99_us = 0;
};

struct LoadResult {
    double throughput = 0;
    std::uint64_t p50_us = 0, p99_us = 0, max_us = 0, errors = 0, checked = 0, wrong = 0,
                  requests = 0;
    double cpu_us_per_request = 0;
    std::uint64_t unanswered = 0; // at the end
    std::vector<LoadSecond> series;
    std::string first_wrong; // for people
    double seconds = 0;      // measured
    std::uint64_t filled_bytes = 0, filled_values = 0;
    bool interrupted = false, stalled = false;
};

Result<LoadResult> run_load(const LoadOptions& options);

} // namespace zz::services
