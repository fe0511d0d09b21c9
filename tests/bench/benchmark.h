// SPDX-License-Identifier: Apache-2.0
// A benchmark: a name, what it answers, and a run that prints a table and gives its figures. Each
// has a file of its own; all are in benchmarks().
#pragma once

#include <functional>
#include <span>

#include "tests/bench/site.h"

namespace zz::bench {

struct Plan {
    std::string bin;    // folder of zzctl and the services
    bool quick = false; // few seconds and one round: whether it works, not how fast
};

struct Benchmark {
    const char* name;
    const char* text;
    // Figures; "met": false among them tells that a target was missed.
    Result<Json> (*run)(const Plan& plan);
};

Result<Json> run_agreement(const Plan& plan);
Result<Json> run_guests(const Plan& plan);
Result<Json> run_recovery(const Plan& plan);
Result<Json> run_modes(const Plan& plan);
Result<Json> run_soak(const Plan& plan);
Result<Json> run_spares(const Plan& plan);
Result<Json> run_state(const Plan& plan);

std::span<const Benchmark> benchmarks();

// A line of a table, flushed: a benchmark is long.
void print_line(const std::string& line);
// A line of progress on standard error.
void note(const std::string& line);

} // namespace zz::bench
