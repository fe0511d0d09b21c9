// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/ctl.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

namespace zz::demo {
namespace {

namespace fs = std::filesystem;

constexpr int kStepMs = 50;
constexpr auto kDownPatience = std::chrono::seconds(60);
constexpr int kEndPatienceMs = 5000;

std::string joined(const Words& words) {
    std::string out = "zzctl";
    for (const auto& word : words)
        out += " " + word;
    return out;
}

std::string last_lines(const std::string& text) {
    constexpr std::size_t kTextMax = 2000;
    std::string out = text.size() > kTextMax ? text.substr(text.size() - kTextMax) : text;
    while (!out.empty() && out.back() == '\n')
        out.pop_back();
    return out;
}

std::string command_line(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/cmdline", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Processes of programs in `folder` that name a file below `dir`.
std::vector<pid_t> processes_of(const std::string& folder, const std::string& dir) {
    std::vector<pid_t> pids;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos)
            continue;
        const auto exe = fs::read_symlink(entry.path() / "exe", error);
        if (error || exe.parent_path() != folder)
            continue;
        const pid_t pid = static_cast<pid_t>(std::stol(name));
        if (pid != getpid() && command_line(name).find(dir + "/") != std::string::npos)
            pids.push_back(pid);
    }
    return pids;
}

} // namespace

Result<std::unique_ptr<Child>> Ctl::start(Words words) const {
    words.insert(words.begin(), program_);
    words.insert(words.end(), {"--dir", dir_});
    return Child::start(words);
}

Result<std::string> Ctl::finish(Child& child, const Words& words, std::chrono::seconds patience,
                                bool stops_on_interrupt) const {
    const auto end = Clock::now() + patience;
    while (child.running()) {
        child.poll(kStepMs);
        if (idle_)
            idle_();
        if (stops_on_interrupt && interrupted() != 0) {
            child.stop();
            return Error{"interrupted"};
        }
        if (child.running() && Clock::now() >= end) {
            child.stop();
            return Error{
                fmt::format("'{}' did not end within {} s{}{}", joined(words), patience.count(),
                            child.err().empty() ? "" : "; it said: ", last_lines(child.err()))};
        }
    }
    if (child.exit_code() != 0)
        return Error{fmt::format("'{}' ended with code {}: {}", joined(words), child.exit_code(),
                                 last_lines(child.err().empty() ? child.out() : child.err()))};
    return child.out();
}

Result<std::string> Ctl::run(Words words, std::chrono::seconds patience) const {
    auto child = start(words);
    if (!child)
        return child.error();
    return finish(**child, words, patience, true);
}

Result<Json> Ctl::ask(Words words, std::chrono::seconds patience) const {
    words.push_back("--json");
    const auto printed = run(words, patience);
    if (!printed)
        return printed.error();
    return parse_json(*printed, joined(words));
}

bool Ctl::rest(std::chrono::milliseconds time) const {
    const auto end = Clock::now() + time;
    while (Clock::now() < end && interrupted() == 0) {
        ::poll(nullptr, 0, kStepMs);
        if (idle_)
            idle_();
    }
    return interrupted() == 0;
}

Status Ctl::bring_down() const {
    std::error_code error;
    std::string complaint;
    if (fs::exists(dir_ + "/cluster.toml", error)) {
        const Words words{"cluster", "down"};
        auto child = start(words);
        if (!child)
            complaint = child.error().text;
        else if (const auto done = finish(**child, words, kDownPatience, false); !done)
            complaint = done.error().text;
    }
    const std::string folder = fs::path(program_).parent_path();
    for (const int number : {SIGTERM, SIGKILL}) {
        for (const pid_t pid : processes_of(folder, dir_)) {
            kill(pid, number);
            kill(pid, SIGCONT);
        }
        for (int waited = 0; waited < kEndPatienceMs && !processes_of(folder, dir_).empty();
             waited += kStepMs)
            ::poll(nullptr, 0, kStepMs);
    }
    const auto left = processes_of(folder, dir_);
    if (left.empty())
        return Ok{};
    std::string pids;
    for (const pid_t pid : left)
        pids += fmt::format(" {}", pid);
    return Error{fmt::format("processes of {} do not end; kill them by number:{}{}{}", dir_, pids,
                             complaint.empty() ? "" : "; ", complaint)};
}

Result<Json> parse_json(const std::string& text, const std::string& source) {
    Json parsed = Json::parse(text, nullptr, false);
    if (parsed.is_discarded())
        return Error{fmt::format("'{}' printed no JSON document but: {}", source,
                                 text.empty() ? "nothing" : text.substr(0, 300))};
    return parsed;
}

std::optional<std::uint64_t> number(const Json& object, const char* key) {
    if (!object.is_object() || !object.contains(key) || !object[key].is_number())
        return std::nullopt;
    const double value = object[key].get<double>();
    if (value < 0)
        return std::nullopt;
    return object[key].is_number_integer() ? object[key].get<std::uint64_t>()
                                           : static_cast<std::uint64_t>(value);
}

std::string text(const Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_string()
               ? object[key].get<std::string>()
               : std::string();
}

bool flag(const Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_boolean() &&
           object[key].get<bool>();
}

const Json& list(const Json& object, const char* key) {
    static const Json empty = Json::array();
    return object.is_object() && object.contains(key) && object[key].is_array() ? object[key]
                                                                                : empty;
}

const Json& child(const Json& object, const char* key) {
    static const Json empty = Json::object();
    return object.is_object() && object.contains(key) && object[key].is_object() ? object[key]
                                                                                 : empty;
}

bool writable(const std::string& path) {
    return path.empty() || std::ofstream(path, std::ios::app).good();
}

std::string own_folder() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).parent_path();
}

std::string build_folder() {
    const fs::path bin = own_folder();
    const fs::path above = bin.parent_path().parent_path();
    if (above.filename() == "build")
        return above;
    std::error_code error;
    return fs::absolute("build", error).lexically_normal();
}

} // namespace zz::demo
