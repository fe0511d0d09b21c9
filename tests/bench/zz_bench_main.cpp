// SPDX-License-Identifier: Apache-2.0
// zz-bench: benchmarks by name on real processes of this machine, one after the other. Exit 0 all
// were measured, 1 one could not be, 2 bad usage.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "backend/demo/child.h"
#include "tests/bench/benchmark.h"
#include "tests/bench/machine.h"

namespace {

using zz::bench::Benchmark;
using zz::bench::benchmarks;
using zz::bench::Json;
using zz::bench::note;
using zz::bench::Plan;
using zz::bench::print_line;

int failed(const std::string& text, int code) {
    note(text);
    return code;
}

const Benchmark* find(const std::string& name) {
    const auto all = benchmarks();
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const Benchmark& b) { return name == b.name; });
    return it == all.end() ? nullptr : &*it;
}

int run(const std::vector<const Benchmark*>& chosen, const Plan& plan,
        const std::string& json_file) {
    Json out{{"machine", zz::bench::machine()}, {"quick", plan.quick}, {"results", Json::object()}};
    print_line("machine: " + zz::bench::machine_line(out["machine"]));
    int code = 0;
    for (const Benchmark* benchmark : chosen) {
        print_line(fmt::format("\n{}: {}", benchmark->name, benchmark->text));
        const auto result = benchmark->run(plan);
        if (result) {
            out["results"][benchmark->name] = *result;
            if (result->value("met", true) == false)
                code = failed(fmt::format("{}: missed what is wanted", benchmark->name), 1);
        } else {
            code = failed(fmt::format("{}: {}", benchmark->name, result.error().text), 1);
        }
        if (zz::demo::interrupted() != 0)
            return failed("interrupted", 1);
    }
    if (json_file.empty())
        return code;
    std::ofstream file(json_file, std::ios::trunc);
    file << out.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    file.close();
    return file ? code : failed("cannot write " + json_file, 1);
}

} // namespace

int main(int argc, char** argv) {
    Plan plan;
    plan.bin = zz::demo::own_folder();
    std::vector<std::string> names;
    std::string json_file;
    bool list = false;
    CLI::App app("Benchmarks of ZZ on processes of this machine.", "zz-bench");
    app.add_option("NAME", names, "benchmarks, default: all");
    app.add_flag("--list", list, "names and what they answer");
    app.add_option("--json", json_file, "writes the figures here");
    app.add_flag("--quick", plan.quick, "short and once: whether it works, not how fast");
    app.add_option("--bin", plan.bin,
                   "folder of zzctl and the services, default: that of zz-bench");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (list) {
        for (const auto& benchmark : benchmarks())
            print_line(fmt::format("{:<10} {}", benchmark.name, benchmark.text));
        return 0;
    }
    std::vector<const Benchmark*> chosen;
    for (const auto& name : names) {
        const Benchmark* found = find(name);
        if (found == nullptr)
            return failed(fmt::format("there is no benchmark '{}'; see zz-bench --list", name), 2);
        chosen.push_back(found);
    }
    if (chosen.empty())
        for (const auto& benchmark : benchmarks())
            chosen.push_back(&benchmark);
    plan.bin = std::filesystem::absolute(plan.bin).lexically_normal();
    if (!std::filesystem::exists(plan.bin + "/zzctl"))
        return failed(
            fmt::format("--bin {}: there is no zzctl in it; build it with ./zz build", plan.bin),
            2);
    if (!zz::demo::writable(json_file))
        return failed(fmt::format("--json {}: cannot be written; choose another file", json_file),
                      2);
    zz::demo::catch_interrupts();
    // Unwinding takes data centers down.
    try {
        return run(chosen, plan, json_file);
    } catch (const std::exception& error) {
        return failed(error.what(), 1);
    }
}
