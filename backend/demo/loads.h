// SPDX-License-Identifier: Apache-2.0
// Loads: client load on some applications by one `zzctl load` each, begun anew when one ends while
// load is still wanted. Adds up what they found. Of one thread; call tick() often.
#pragma once

#include <map>

#include "backend/demo/ctl.h"

namespace zz::demo {

struct LoadTotal {
    std::uint64_t checked = 0, wrong = 0, errors = 0;
    std::uint32_t runs = 0;
    std::vector<std::string> complaints; // of runs that gave no result
};

class Loads {
  public:
    Loads(const Ctl& ctl, std::uint32_t lanes) : ctl_(ctl), lanes_(lanes) {}
    ~Loads() { stop(); }
    Loads(const Loads&) = delete;
    Loads& operator=(const Loads&) = delete;

    void begin(const std::vector<std::string>& applications, std::chrono::seconds length);
    // Those that end from now on begin again, each time for `length`, until end() is called.
    void renew(std::chrono::seconds length) { again_ = length; }
    void end() { again_ = std::chrono::seconds(0); }

    void tick();
    bool running() const { return !children_.empty(); }
    void stop(); // what still runs, without its result

    const std::map<std::string, LoadTotal>& totals() const { return totals_; }

  private:
    void start(const std::string& application, std::chrono::seconds length);
    void take(const std::string& application, const Child& child);

    const Ctl& ctl_;
    std::uint32_t lanes_;
    std::chrono::seconds again_{0};
    std::map<std::string, std::unique_ptr<Child>> children_;
    std::map<std::string, LoadTotal> totals_;
};

} // namespace zz::demo
