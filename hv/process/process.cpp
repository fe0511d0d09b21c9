// SPDX-License-Identifier: Apache-2.0
#include "hv/process/process.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "hv/process/process_hypervisor.h"

namespace zz::hv {

namespace {

constexpr std::size_t kRecordBytesMax = 1u << 20;

int pidfd_open(pid_t pid) {
    return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

Error failure(const std::string& what, int reason) {
    return Error{fmt::format("{}: {}", what, std::strerror(reason))};
}

// The n-th blank-separated field of /proc/PID/stat counted from the state, which is field 3.
std::vector<std::string> fields_after_name(const std::string& stat) {
    // The name is in parentheses and may hold anything, blanks and parentheses too.
    const std::size_t close = stat.rfind(')');
    if (close == std::string::npos)
        return {};
    std::istringstream in(stat.substr(close + 1));
    std::vector<std::string> out;
    for (std::string field; in >> field;)
        out.push_back(field);
    return out;
}

std::uint64_t number_of(const std::string& text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Calls `done` until it is true or the time is over.
template <class Condition> bool wait_for(Condition done) {
    const auto end = std::chrono::steady_clock::now() + kProcessWaitMax;
    Duration pause = microseconds(50);
    while (!done()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(pause);
        pause = std::min<Duration>(2 * pause, milliseconds(5));
    }
    return true;
}

} // namespace

std::optional<std::string> read_file(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return std::nullopt;
    std::string out;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = read(fd, buffer, sizeof buffer)) > 0 && out.size() < kRecordBytesMax)
        out.append(buffer, static_cast<std::size_t>(got));
    close(fd);
    return got < 0 ? std::nullopt : std::optional(out);
}

Status write_file(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return failure(fmt::format("cannot write {}", fresh), errno);
    const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int reason = errno;
    close(fd);
    if (!written)
        return failure(fmt::format("cannot write {}", fresh), reason);
    if (rename(fresh.c_str(), path.c_str()) != 0)
        return failure(fmt::format("cannot replace {}", path), errno);
    return Ok{};
}

std::optional<ProcessLook> look_at(pid_t pid) {
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
    if (!stat)
        return std::nullopt;
    const std::vector<std::string> fields = fields_after_name(*stat);
    if (fields.size() < 22)
        return std::nullopt;
    static const auto ticks = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    ProcessLook out;
    out.state = fields[0][0];
    const std::uint64_t used = number_of(fields[11]) + number_of(fields[12]);
    out.cpu = Duration(static_cast<std::int64_t>(used * 1'000'000'000u / ticks));
    out.start_ticks = number_of(fields[19]);
    out.rss_bytes = number_of(fields[21]) * page;
    return out;
}

std::string current_boot() {
    std::string id = read_file("/proc/sys/kernel/random/boot_id").value_or("");
    while (!id.empty() && id.back() == '\n')
        id.pop_back();
    return id;
}

std::string to_text(const ProcessIdentity& identity) {
    return fmt::format("{} {} {}\n", identity.pid, identity.start_ticks, identity.boot);
}

std::optional<ProcessIdentity> identity_from_text(const std::string& text) {
    std::istringstream in(text);
    ProcessIdentity out;
    if (!(in >> out.pid >> out.start_ticks >> out.boot) || out.pid <= 1)
        return std::nullopt;
    return out;
}

Process::Process(Process&& other) noexcept
    : identity_(std::move(other.identity_)), descriptor_(std::exchange(other.descriptor_, -1)),
      child_(other.child_), end_(other.end_) {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(identity_, other.identity_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(child_, other.child_);
    std::swap(end_, other.end_);
    return *this;
}

Process::~Process() {
    if (descriptor_ >= 0)
        close(descriptor_);
}

std::optional<Process> Process::adopt(const ProcessIdentity& identity) {
    if (identity.boot != current_boot())
        return std::nullopt;
    const int fd = pidfd_open(identity.pid);
    if (fd < 0)
        return std::nullopt;
    Process out(identity, fd, false);
    // Looked at after the descriptor was taken: both are of the same process.
    if (!out.look())
        return std::nullopt;
    // After a fork or in one process with its former controller it may be our child all the same.
    siginfo_t info{};
    out.child_ =
        waitid(P_PID, static_cast<id_t>(identity.pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
    return out;
}

std::optional<ProcessLook> Process::look() const {
    const auto seen = look_at(identity_.pid);
    if (!seen || seen->start_ticks != identity_.start_ticks || seen->state == 'Z' ||
        seen->state == 'X')
        return std::nullopt;
    return seen;
}

std::optional<ProcessEnd> Process::ended() {
    if (end_)
        return end_;
    if (child_) {
        siginfo_t info{};
        const int waited =
            waitid(P_PID, static_cast<id_t>(identity_.pid), &info, WEXITED | WNOHANG);
        if (waited == 0 && info.si_pid == 0)
            return std::nullopt;
        if (waited == 0)
            end_ = ProcessEnd{true, info.si_code != CLD_EXITED, info.si_status};
        else if (errno == EINTR)
            return std::nullopt;
        else
            end_ = ProcessEnd{}; // Somebody else reaped it.
        return end_;
    }
    // The descriptor becomes readable when the process ends, whoever reaps it.
    pollfd item{descriptor_, POLLIN, 0};
    if (::poll(&item, 1, 0) > 0 || !look())
        end_ = ProcessEnd{};
    return end_;
}

Status Process::signal(int number) const {
    if (syscall(SYS_pidfd_send_signal, descriptor_, number, nullptr, 0) != 0)
        return failure(fmt::format("cannot signal process {}", identity_.pid), errno);
    return Ok{};
}

Status Process::stop() {
    if (const Status sent = signal(SIGSTOP); !sent)
        return sent;
    const bool stopped = wait_for([this] {
        if (child_) { // Takes the notice of the stop, so that none is left over.
            siginfo_t info{};
            if (waitid(P_PID, static_cast<id_t>(identity_.pid), &info, WSTOPPED | WNOHANG) == 0 &&
                info.si_pid != 0)
                return true;
        }
        const auto seen = look();
        return !seen || seen->state == 'T';
    });
    if (!stopped || !look())
        return Error{fmt::format("process {} did not stop: it {}", identity_.pid,
                                 look() ? "hangs in the kernel" : "ended")};
    return Ok{};
}

Status Process::go_on() {
    if (const Status sent = signal(SIGCONT); !sent)
        return sent;
    if (!wait_for([this] {
            const auto seen = look();
            return !seen || seen->state != 'T';
        }))
        return Error{
            fmt::format("process {} does not go on: somebody else stops it", identity_.pid)};
    return Ok{};
}

Result<ProcessEnd> Process::kill() {
    if (const auto end = ended())
        return *end;
    // It leads its session: those it started go with it. An adopted one stands still meanwhile, so
    // that it cannot end and leave its number to another group.
    if (!child_)
        (void)signal(SIGSTOP);
    if (look() && getpgid(identity_.pid) == identity_.pid)
        ::kill(-identity_.pid, SIGKILL);
    if (const Status sent = signal(SIGKILL); !sent && !ended())
        return sent.error();
    if (!wait_for([this] { return ended().has_value(); }))
        return Error{fmt::format("process {} was killed but does not end: it hangs in the kernel",
                                 identity_.pid)};
    return *end_;
}

} // namespace zz::hv
