// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/guard.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace zz::demo {
namespace {

// Of the second process. An empty pipe without a writer: the first one is gone.
[[noreturn]] void watch_over(const Ctl& given, int pipe) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        std::signal(number, SIG_IGN);
    char word = 0;
    ssize_t got = 0;
    do
        got = read(pipe, &word, 1);
    while (got < 0 && errno == EINTR);
    if (got == 0) {
        const Ctl ctl(given.program(), given.dir());
        (void)ctl.bring_down();
        std::error_code error;
        std::filesystem::remove_all(ctl.dir(), error);
    }
    _exit(0);
}

} // namespace

Guard::Guard(const Ctl& ctl) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return;
    pid_ = fork();
    if (pid_ == 0) {
        close(ends[1]);
        watch_over(ctl, ends[0]);
    }
    close(ends[0]);
    pipe_ = ends[1];
}

Guard::~Guard() {
    if (pipe_ < 0)
        return;
    const char word = 'd';
    [[maybe_unused]] const auto written = write(pipe_, &word, 1);
    close(pipe_);
    if (pid_ > 0)
        waitpid(pid_, nullptr, 0);
}

} // namespace zz::demo
