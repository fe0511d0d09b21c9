// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/child.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

namespace zz::demo {
namespace {

constexpr std::size_t kOutputMax = std::size_t{64} << 20;
constexpr int kWaitStepMs = 20;

volatile std::sig_atomic_t caught = 0;

void note(int number) {
    if (caught == 0)
        caught = number;
}

// Of the new process: never returns.
[[noreturn]] void become(std::vector<char*>& argv, int out, int err) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        std::signal(number, SIG_DFL);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(out, 1);
    dup2(err, 2);
    closefrom(3);
    execv(argv[0], argv.data());
    const std::string text = fmt::format("cannot run {}: {}\n", argv[0], std::strerror(errno));
    [[maybe_unused]] const auto written = write(2, text.data(), text.size());
    _exit(127);
}

} // namespace

Result<std::unique_ptr<Child>> Child::start(const std::vector<std::string>& words) {
    std::vector<std::string> kept = words;
    std::vector<char*> argv;
    for (auto& word : kept)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<int, 2> out{}, err{};
    if (pipe2(out.data(), O_CLOEXEC) != 0)
        return Error{fmt::format("cannot start {}: {}", words[0], std::strerror(errno))};
    if (pipe2(err.data(), O_CLOEXEC) != 0) {
        const Error error{fmt::format("cannot start {}: {}", words[0], std::strerror(errno))};
        close(out[0]);
        close(out[1]);
        return error;
    }
    const pid_t pid = fork();
    if (pid == 0)
        become(argv, out[1], err[1]);
    const int failure = errno;
    close(out[1]);
    close(err[1]);
    if (pid < 0) {
        close(out[0]);
        close(err[0]);
        return Error{fmt::format("cannot start {}: {}", words[0], std::strerror(failure))};
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    return std::unique_ptr<Child>(new Child(pid, out[0], err[0]));
}

Child::~Child() {
    stop();
    for (const int fd : {out_fd_, err_fd_})
        if (fd >= 0)
            close(fd);
}

void Child::take_in(int& fd, std::string& text) {
    std::array<char, 65536> buffer{};
    while (fd >= 0) {
        const ssize_t got = read(fd, buffer.data(), buffer.size());
        if (got > 0) {
            const std::size_t room = kOutputMax - std::min(kOutputMax, text.size());
            text.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && errno == EAGAIN) {
            return;
        } else {
            close(fd);
            fd = -1;
        }
    }
}

void Child::reap() {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_)
        return;
    pid_ = -1;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    take_in(out_fd_, out_);
    take_in(err_fd_, err_);
}

void Child::poll(int wait_ms) {
    if (running() && wait_ms > 0) {
        std::array<pollfd, 2> fds{pollfd{out_fd_, POLLIN, 0}, pollfd{err_fd_, POLLIN, 0}};
        ::poll(fds.data(), fds.size(), wait_ms);
    }
    take_in(out_fd_, out_);
    take_in(err_fd_, err_);
    reap();
}

std::vector<std::string> Child::take_lines() {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end = out_.find('\n'); end != std::string::npos;
         end = out_.find('\n', begin)) {
        lines.push_back(out_.substr(begin, end - begin));
        begin = end + 1;
    }
    out_.erase(0, begin);
    return lines;
}

void Child::signal(int number) {
    if (running())
        kill(pid_, number);
}

void Child::stop(int patience_ms) {
    signal(SIGTERM);
    for (int waited = 0; running() && waited < patience_ms; waited += kWaitStepMs) {
        ::poll(nullptr, 0, kWaitStepMs);
        poll(0);
    }
    signal(SIGKILL);
    while (running()) {
        ::poll(nullptr, 0, kWaitStepMs);
        poll(0);
    }
}

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = note;
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        sigaction(number, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int interrupted() {
    return caught;
}

} // namespace zz::demo
