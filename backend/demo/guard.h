// SPDX-License-Identifier: Apache-2.0
// Guard: a second process that takes a data center down and removes its files if this one is killed
// in a way that it cannot answer (SIGKILL, out of memory). Make it before other children; it ends
// with the object.
#pragma once

#include <sys/types.h>

#include "backend/demo/ctl.h"

namespace zz::demo {

class Guard {
  public:
    explicit Guard(const Ctl& ctl);
    ~Guard(); // the data center is down, or its owner answers for it
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    pid_t pid_ = -1; // none if it could not be made
    int pipe_ = -1;
};

} // namespace zz::demo
