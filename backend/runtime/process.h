// SPDX-License-Identifier: Apache-2.0
// What every service does to its own process at start: memory allocator, core dumps, signals, data
// folder. All of it on the main thread before any other thread exists.
#pragma once

#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace zz::runtime {

// Big blocks stay in the process (a page fault costs as much as a round trip on small machines); no
// core dumps, since they would hold keys; SIGPIPE ignored; file mode mask 077; dies with `parent`
// if that is wanted by ZZ_DIE_WITH_PARENT.
void prepare_process();

// SIGTERM and SIGINT as a descriptor that becomes readable once. Blocks both signals: call before
// starting threads.
class StopSignal {
  public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    int fd() const { return fd_; }
    // Reads the descriptor: true once a signal came; stays true.
    bool stopped();

  private:
    int fd_;
    bool stopped_ = false;
};

// A process' claim on its data folder: made if missing, mode 0700, locked against a second process
// (scenario S7).
class DataFolder {
  public:
    static Result<DataFolder> open(const std::string& path);
    DataFolder(DataFolder&& other) noexcept;
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;
    ~DataFolder();

    const std::string& path() const { return path_; }
    // No process ever worked here: what is not found was never there (ZZ-8.4).
    bool fresh() const { return fresh_; }
    // From now on the folder is not fresh. Call before the first message leaves.
    Status mark_used();

  private:
    DataFolder() = default;
    std::string path_;
    int lock_ = -1;
    bool fresh_ = false;
};

// Writes `text` to `path` so that a reader sees the old or the new content, never a part; mode
// 0600.
Status replace_file(const std::string& path, std::string_view text);
Result<std::string> read_file(const std::string& path, std::size_t bytes_max = 64u << 20);

// PATH is the file that says which process runs a service: "PID START\n", where START is the
// kernel's start time of the process, so that a reused pid is not mistaken for it.
Status write_pid_file(const std::string& path);
// The pid if that very process lives, else 0.
int living_pid(const std::string& pid_file);

// What a living process uses; all 0 if it is gone.
struct Usage {
    std::uint64_t cpu_ns = 0;
    std::uint64_t rss_bytes = 0;
    std::uint32_t threads = 0;
};
Usage usage_of(int pid);
std::uint64_t cpu_ns_of(int pid);

} // namespace zz::runtime
