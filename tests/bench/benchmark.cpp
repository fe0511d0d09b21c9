// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/benchmark.h"

#include <array>
#include <cstdio>

namespace zz::bench {
namespace {

constexpr std::array<Benchmark, 7> kBenchmarks{
    Benchmark{"agreement",
              "requests/s, latency and CPU of one application for 1, 50, 200 and 1000 lanes of "
              "100-byte writes; async, f = 1",
              run_agreement},
    Benchmark{"guests", "as spares, with execution replicas as virtual machines", run_guests},
    Benchmark{"recovery",
              "time from a blocking fault to the first accepted reply, and each phase, by kind of "
              "fault",
              run_recovery},
    Benchmark{
        "modes",
        "throughput of the comparison modes zz, sep, base and unreplicated at 5 ms of work in "
        "each request, as ratios",
        run_modes},
    Benchmark{"soak", "whether memory of every service stays flat under load, ten minutes",
              run_soak},
    Benchmark{"spares", "the same fault over paused, hibernated and cold spares, by phase",
              run_spares},
    Benchmark{"state", "recovery with 10 MB and with 1 GB of state, as a ratio", run_state},
};

void put(std::FILE* file, const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), file);
    std::fputc('\n', file);
    std::fflush(file);
}

} // namespace

std::span<const Benchmark> benchmarks() {
    return kBenchmarks;
}

void print_line(const std::string& line) {
    put(stdout, line);
}

void note(const std::string& line) {
    put(stderr, "zz-bench: " + line);
}

} // namespace zz::bench
