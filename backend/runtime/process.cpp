// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "protocol/base/check.h"

namespace zz::runtime {
namespace {

constexpr int kAllocatorKeepBytes = 1'000'000'000;
constexpr int kAllocatorPadBytes = 1 << 20;
constexpr rlim_t kDescriptorsMax = 65'536;
constexpr const char* kUsedFile = "/used";
constexpr const char* kLockFile = "/lock";

Error os_error(const std::string& what) {
    return Error{fmt::format("{}: {}", what, std::strerror(errno))};
}

struct Stat { // of /proc/PID/stat; start 0: there is no such process, or it is a zombie
    unsigned long user = 0, system = 0; // ticks
    long threads = 0, rss_pages = 0;
    unsigned long long start = 0;
};

Stat stat_of(int pid) {
    Stat out;
    auto text = read_file(fmt::format("/proc/{}/stat", pid), 4096);
    const auto end = text ? text->rfind(')') : std::string::npos;
    if (end == std::string::npos)
        return {};
    char state = 0;
    const int fields =
        std::sscanf(text->c_str() + end + 1,
                    " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d "
                    "%llu %*u %ld",
                    &state, &out.user, &out.system, &out.threads, &out.start, &out.rss_pages);
    return fields != 6 || state == 'Z' || state == 'X' ? Stat{} : out;
}

std::uint64_t start_time_of(int pid) {
    return stat_of(pid).start;
}

} // namespace

void prepare_process() {
    mallopt(M_TRIM_THRESHOLD, kAllocatorKeepBytes);
    mallopt(M_MMAP_THRESHOLD, kAllocatorKeepBytes);
    mallopt(M_TOP_PAD, kAllocatorPadBytes);
    mallopt(M_ARENA_MAX, 2);
    // Half-open connections of strangers cost a descriptor each until their time is over (K9).
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = std::max(files.rlim_cur, std::min(files.rlim_max, kDescriptorsMax));
        setrlimit(RLIMIT_NOFILE, &files);
    }
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    std::signal(SIGPIPE, SIG_IGN);
    umask(077);
    if (std::getenv("ZZ_DIE_WITH_PARENT") != nullptr)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

StopSignal::StopSignal() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    ZZ_CHECK(fd_ >= 0, "signalfd failed: {}", std::strerror(errno));
}

StopSignal::~StopSignal() {
    close(fd_);
}

bool StopSignal::stopped() {
    signalfd_siginfo info;
    if (read(fd_, &info, sizeof info) == sizeof info)
        stopped_ = true;
    return stopped_;
}

Result<DataFolder> DataFolder::open(const std::string& path) {
    DataFolder folder;
    folder.path_ = path;
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return os_error(fmt::format("cannot make the data folder {}", path));
    folder.lock_ = ::open((path + kLockFile).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder.lock_ < 0)
        return os_error(fmt::format("cannot open {}{}", path, kLockFile));
    if (flock(folder.lock_, LOCK_EX | LOCK_NB) != 0)
        return Error{fmt::format("another process uses the data folder {}: stop it first", path)};
    folder.fresh_ = access((path + kUsedFile).c_str(), F_OK) != 0;
    return folder;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)), fresh_(other.fresh_) {}

DataFolder::~DataFolder() {
    if (lock_ >= 0)
        close(lock_);
}

Status DataFolder::mark_used() {
    if (!fresh_)
        return Ok{};
    return replace_file(path_ + kUsedFile, "a service has worked in this folder\n");
}

Status replace_file(const std::string& path, std::string_view text) {
    const std::string part = path + ".part";
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return os_error(fmt::format("cannot write {}", part));
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = write(fd, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            const Error error = os_error(fmt::format("cannot write {}", part));
            close(fd);
            return error;
        }
        done += static_cast<std::size_t>(n);
    }
    const bool synced = fdatasync(fd) == 0;
    close(fd);
    if (!synced || std::rename(part.c_str(), path.c_str()) != 0)
        return os_error(fmt::format("cannot replace {}", path));
    return Ok{};
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return os_error(fmt::format("cannot read {}", path));
    std::string out;
    char buffer[16384];
    for (;;) {
        const ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            const Error error = os_error(fmt::format("cannot read {}", path));
            close(fd);
            return error;
        }
        if (n == 0)
            break;
        out.append(buffer, static_cast<std::size_t>(n));
        if (out.size() > bytes_max) {
            close(fd);
            return Error{fmt::format("{} is larger than {} bytes", path, bytes_max)};
        }
    }
    close(fd);
    return out;
}

Status write_pid_file(const std::string& path) {
    return replace_file(path, fmt::format("{} {}\n", getpid(), start_time_of(getpid())));
}

int living_pid(const std::string& pid_file) {
    auto text = read_file(pid_file, 128);
    int pid = 0;
    unsigned long long start = 0;
    if (!text || std::sscanf(text->c_str(), "%d %llu", &pid, &start) != 2 || pid <= 0)
        return 0;
    return start_time_of(pid) == start && start != 0 ? pid : 0;
}

Usage usage_of(int pid) {
    const Stat stat = stat_of(pid);
    if (stat.start == 0)
        return {};
    const auto tick_ns = 1'000'000'000ULL / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    return {(stat.user + stat.system) * tick_ns,
            static_cast<std::uint64_t>(stat.rss_pages) *
                static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
            static_cast<std::uint32_t>(stat.threads)};
}

std::uint64_t cpu_ns_of(int pid) {
    return usage_of(pid).cpu_ns;
}

} // namespace zz::runtime
