// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/machine.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

namespace zz::bench {
namespace {

// What follows `key` and a colon in a file of /proc.
std::string field(const std::string& path, const std::string& key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(':');
        if (!line.starts_with(key) || colon == std::string::npos)
            continue;
        const auto begin = line.find_first_not_of(" \t", colon + 1);
        return begin == std::string::npos ? std::string() : line.substr(begin);
    }
    return "unknown";
}

} // namespace

Json machine() {
    utsname name{};
    uname(&name);
    std::array<double, 3> load{};
    getloadavg(load.data(), 3);
    return {{"cores", sysconf(_SC_NPROCESSORS_ONLN)},
            {"cpu", field("/proc/cpuinfo", "model name")},
            {"memory_mib",
             std::strtoull(field("/proc/meminfo", "MemTotal").c_str(), nullptr, 10) / 1024},
            {"load", load},
            {"kernel", fmt::format("{} {}", name.sysname, name.release)}};
}

std::string machine_line(const Json& m) {
    return fmt::format("{} cores, {}, {} MiB, {}, load average {:.2f} {:.2f} {:.2f}",
                       m["cores"].get<long>(), m["cpu"].get<std::string>(),
                       m["memory_mib"].get<std::uint64_t>(), m["kernel"].get<std::string>(),
                       m["load"][0].get<double>(), m["load"][1].get<double>(),
                       m["load"][2].get<double>());
}

} // namespace zz::bench
