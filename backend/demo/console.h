// SPDX-License-Identifier: Apache-2.0
// Console: zz-console as a child of the demonstration: a window on the data center, or pictures of
// it. Of one thread.
#pragma once

#include <functional>

#include "backend/demo/ctl.h"

namespace zz::demo {

class Console {
  public:
    // `bin`: folder of zz-console. `screenshots`: folder of pictures; empty: a window.
    // `tour`: begins with the guided tour.
    Console(const Ctl& ctl, std::string bin, std::string screenshots, bool tour)
        : ctl_(ctl), bin_(std::move(bin)), screenshots_(std::move(screenshots)), tour_(tour) {}

    // An Error if it is not there or cannot be started.
    Status open(std::uint32_t seconds);
    void tick();
    // Pictures are waited for, as long as they come: an Error if there was no further one for
    // `patience`. `told` gets a line now and then.
    Status finish(std::chrono::seconds patience,
                  const std::function<void(const std::string&)>& told);
    void stop();
    bool running() const { return child_ && child_->running(); }

  private:
    const Ctl& ctl_;
    std::string bin_, screenshots_;
    bool tour_;
    std::unique_ptr<Child> child_;
};

// A display that a window could be on.
bool has_display();

} // namespace zz::demo
