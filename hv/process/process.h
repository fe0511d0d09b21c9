// SPDX-License-Identifier: Apache-2.0
// Process: one process of the operating system, as a child or adopted. Inside of hv/process. Not
// copied; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/base/result.h"

namespace zz::hv {

// Tells a process from any later one with the same id.
struct ProcessIdentity {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0; // since boot, /proc/PID/stat field 22
    std::string boot;              // /proc/sys/kernel/random/boot_id
    friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

// From /proc/PID/stat.
struct ProcessLook {
    char state = '?'; // 'R', 'S', 'T', 'Z', ...
    std::uint64_t start_ticks = 0;
    Duration cpu{0};
    std::uint64_t rss_bytes = 0;
};

struct LaunchPlan {
    std::vector<std::string> program;
    std::map<std::string, std::string> environment; // added to ours
    std::string working_folder;
    std::string log_file;
    std::string pid_file; // written before the program begins: no process without a record
};

// How a process ended.
struct ProcessEnd {
    bool known = false; // false: it was no child of ours
    bool by_signal = false;
    int code = 0; // exit status or signal
};

class Process {
  public:
    // Returns when the program runs (its image is loaded) or could not be run.
    static Result<Process> launch(const LaunchPlan& plan);
    // None if no such process lives any more.
    static std::optional<Process> adopt(const ProcessIdentity& identity);

    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    // Leaves the process as it is.
    ~Process();

    pid_t pid() const { return identity_.pid; }
    const ProcessIdentity& identity() const { return identity_; }
    // None if it is gone or a zombie.
    std::optional<ProcessLook> look() const;
    // How it ended, if it did; reaps a child.
    std::optional<ProcessEnd> ended();
    Status stop();             // returns when it stands still
    Status go_on();            // SIGCONT
    Result<ProcessEnd> kill(); // SIGKILL to its whole session; returns when it is gone

  private:
    Process(ProcessIdentity identity, int descriptor, bool child)
        : identity_(std::move(identity)), descriptor_(descriptor), child_(child) {}
    Status signal(int number) const;

    ProcessIdentity identity_;
    int descriptor_ = -1; // pidfd: signals can reach no other process
    bool child_ = false;
    std::optional<ProcessEnd> end_;
};

std::optional<ProcessLook> look_at(pid_t pid);
std::string current_boot();
std::string to_text(const ProcessIdentity& identity);
std::optional<ProcessIdentity> identity_from_text(const std::string& text);

// Whole files, written whole or not at all.
std::optional<std::string> read_file(const std::string& path);
Status write_file(const std::string& path, const std::string& text);

} // namespace zz::hv
