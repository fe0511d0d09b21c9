// SPDX-License-Identifier: Apache-2.0
// Screen: where the demonstration shows itself: a picture redrawn in place on a terminal, plain
// lines as they come elsewhere. Of one thread.
#pragma once

#include <chrono>
#include <cstdio>

#include "backend/demo/view.h"

namespace zz::demo {

// A line, unless nobody reads any more: what is begun must be taken down all the same.
void put_line(std::FILE* file, const std::string& line);

class Screen {
  public:
    Screen();
    // Redraws at most a few times per second; nothing without a terminal.
    void draw(const Picture& picture);
    // A line of progress: printed without a terminal, else part of the picture by the caller.
    void say(const std::string& line);
    // From now on lines are printed below the last picture.
    void leave();

    bool live() const { return live_; }

  private:
    bool live_ = false, drawn_ = false;
    Style style_;
    Clock::time_point next_{};
};

} // namespace zz::demo
