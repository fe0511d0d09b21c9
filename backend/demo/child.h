// SPDX-License-Identifier: Apache-2.0
// Child: a program started by this one, with what it writes collected. It gets a process group of
// its own, so that an interrupt typed at the terminal reaches only the parent, which decides in
// what order things end; it dies with the parent. Owns the process and its pipes; of one thread.
#pragma once

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "protocol/base/result.h"

namespace zz::demo {

class Child {
  public:
    // words[0] is the path of the program. An Error if it cannot be started; a program that is not
    // there ends with exit code 127.
    static Result<std::unique_ptr<Child>> start(const std::vector<std::string>& words);
    ~Child(); // stops it
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // Takes in what it wrote, waits up to `wait_ms` for more, and notices its end.
    void poll(int wait_ms);
    bool running() const { return pid_ > 0; }
    // Precondition: it has ended. Above 128: ended by signal (code - 128).
    int exit_code() const { return exit_code_; }

    const std::string& out() const { return out_; }
    const std::string& err() const { return err_; }
    // Takes the whole lines that it wrote since the last call.
    std::vector<std::string> take_lines();

    void signal(int number);
    // Asks it to end, after `patience_ms` ends it.
    void stop(int patience_ms = 3000);

  private:
    Child(pid_t pid, int out, int err) : pid_(pid), out_fd_(out), err_fd_(err) {}
    void take_in(int& fd, std::string& text);
    void reap();

    pid_t pid_ = -1;
    int out_fd_ = -1, err_fd_ = -1;
    int exit_code_ = 0;
    std::string out_, err_; // at most kOutputMax each: what comes later is read and dropped
};

// SIGINT, SIGTERM and SIGHUP are noted from now on instead of ending the program.
void catch_interrupts();
// The number of the signal that came first, 0 if none did.
int interrupted();

} // namespace zz::demo
