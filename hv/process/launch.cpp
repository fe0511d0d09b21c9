// SPDX-License-Identifier: Apache-2.0
// Process::launch: fork, record, exec. The child waits until its record is on disk, so that a
// controller that dies in between leaves no process that nobody knows of.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hv/process/process.h"
#include "protocol/base/check.h"

extern char** environ;

namespace zz::hv {

namespace {

class Pipe {
  public:
    Pipe() { good_ = pipe2(ends_, O_CLOEXEC) == 0; }
    ~Pipe() {
        close_read();
        close_write();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    bool good() const { return good_; }
    int read_end() const { return ends_[0]; }
    int write_end() const { return ends_[1]; }
    void close_read() { close_end(0); }
    void close_write() { close_end(1); }

  private:
    void close_end(int end) {
        if (ends_[end] >= 0)
            close(ends_[end]);
        ends_[end] = -1;
    }
    int ends_[2] = {-1, -1};
    bool good_ = false;
};

// All that the child needs, made before the fork: after it only async-signal-safe calls are
// allowed.
struct ChildPlan {
    std::vector<char*> program;
    std::vector<char*> environment;
    const char* folder = nullptr;
    int log = -1;
    int go = -1;       // read end: one byte lets it go on
    int go_write = -1; // closed first, else the controller's death would not show
    int report = -1;   // write end: the reason why exec failed
};

[[noreturn]] void run_child(const ChildPlan& plan) {
    close(plan.go_write);
    char go = 0;
    // A controller that died closes the pipe without the byte.
    if (read(plan.go, &go, 1) != 1)
        _exit(127);
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        ::signal(number, SIG_DFL);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const bool ready = null >= 0 && dup2(null, 0) >= 0 && dup2(plan.log, 1) >= 0 &&
                       dup2(plan.log, 2) >= 0 && chdir(plan.folder) == 0;
    if (ready) {
        // Whatever the controller forgot to close on exec: 4 is CLOSE_RANGE_CLOEXEC.
        syscall(SYS_close_range, 3u, ~0u, 4u);
        execve(plan.program[0], plan.program.data(), plan.environment.data());
    }
    const int reason = errno;
    [[maybe_unused]] const ssize_t told = write(plan.report, &reason, sizeof reason);
    _exit(127);
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
    std::map<std::string, std::string> all;
    for (char** entry = environ; *entry; ++entry) {
        const std::string text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos)
            all[text.substr(0, equals)] = text.substr(equals + 1);
    }
    for (const auto& [name, value] : added)
        all[name] = value;
    std::vector<std::string> out;
    for (const auto& [name, value] : all)
        out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

void reap(pid_t pid) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

} // namespace

Result<Process> Process::launch(const LaunchPlan& plan) {
    if (plan.program.empty())
        return Error{"the machine's spec names no program"};
    Pipe go;
    Pipe report;
    const int log = open(plan.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (!go.good() || !report.good() || log < 0) {
        const int reason = errno;
        if (log >= 0)
            close(log);
        return Error{fmt::format("cannot prepare {} with its log {}: {}", plan.program[0],
                                 plan.log_file, std::strerror(reason))};
    }
    std::vector<std::string> program = plan.program;
    std::vector<std::string> environment = merged_environment(plan.environment);
    const ChildPlan child_plan{
        pointers(program), pointers(environment), plan.working_folder.c_str(), log,
        go.read_end(),     go.write_end(),        report.write_end()};
    const pid_t pid = fork();
    if (pid == 0)
        run_child(child_plan);
    const int fork_reason = errno;
    close(log);
    if (pid < 0)
        return Error{
            fmt::format("cannot fork for {}: {}", plan.program[0], std::strerror(fork_reason))};
    report.close_write();

    const auto seen = look_at(pid);
    const ProcessIdentity identity{pid, seen ? seen->start_ticks : 0, current_boot()};
    const Status recorded = write_file(plan.pid_file, to_text(identity));
    const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (!seen || !recorded || descriptor < 0) {
        if (descriptor >= 0)
            close(descriptor);
        go.close_write(); // The child ends.
        unlink(plan.pid_file.c_str());
        reap(pid);
        return recorded ? Error{fmt::format("cannot watch the process of {}", plan.program[0])}
                        : recorded.error();
    }
    Process out(identity, descriptor, true);
    // Our own read end is still open, so that a child that died meanwhile costs no SIGPIPE.
    const char byte = 1;
    [[maybe_unused]] const ssize_t written = write(go.write_end(), &byte, 1);
    int reason = 0;
    ssize_t got = 0;
    do { // Ends without bytes when exec closes the pipe.
        got = read(report.read_end(), &reason, sizeof reason);
    } while (got < 0 && errno == EINTR);
    if (got == static_cast<ssize_t>(sizeof reason)) {
        reap(pid);
        unlink(plan.pid_file.c_str());
        return Error{fmt::format("cannot run {} in {}: {}", plan.program[0], plan.working_folder,
                                 std::strerror(reason))};
    }
    return out;
}

} // namespace zz::hv
