// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/process_facts.h"

#include <filesystem>
#include <unistd.h>

#include "backend/runtime/process.h"

namespace zz::runtime {
namespace {

std::uint32_t open_files() {
    std::error_code error;
    std::uint32_t count = 0;
    std::filesystem::directory_iterator it("/proc/self/fd", error);
    for (; !error && it != std::filesystem::directory_iterator(); it.increment(error))
        ++count;
    return count == 0 ? 0 : count - 1; // Without the one that reads the folder.
}

} // namespace

void fill_process(const transport::Counters& counters, std::int64_t started_wall_ns,
                  telemetry::ProcessFacts& to) {
    const Usage usage = usage_of(getpid());
    to.set_pid(getpid());
    to.set_cpu_ns(usage.cpu_ns);
    to.set_rss_bytes(usage.rss_bytes);
    to.set_threads(usage.threads);
    to.set_open_files(open_files());
    to.set_started_wall_ns(started_wall_ns);
    to.set_frames_in(counters.frames_received);
    to.set_frames_out(counters.frames_sent);
    to.set_bytes_in(counters.bytes_received);
    to.set_bytes_out(counters.bytes_sent);
    to.set_sends_dropped(counters.dropped_full);
}

} // namespace zz::runtime
