// SPDX-License-Identifier: Apache-2.0
// Track: drills of one application one after the other, without waiting: several tracks play side
// by side. Each drill runs as a `zzctl drill start --wait`, its report is taken until prediction
// and observation are equal or the time is over. Of one thread; call tick() often.
#pragma once

#include <deque>
#include <optional>

#include "backend/demo/catalogue.h"

namespace zz::demo {

struct Played {
    Play play;
    Json report;                         // of `zzctl drill report`
    std::vector<std::string> complaints; // empty: it went as predicted
    double seconds = 0;
};

class Track {
  public:
    Track(const Ctl& ctl, std::vector<Play> plays) : ctl_(ctl), left_(plays.begin(), plays.end()) {}

    void tick();
    bool done() const { return left_.empty() && !child_; }
    // The drill that is played now.
    const Play* playing() const { return child_ ? &played_.play : nullptr; }
    // Those that ended since the last call.
    std::vector<Played> take();
    // Begins no further one. Their keys.
    std::vector<std::string> give_up();

  private:
    enum class Stage : std::uint8_t { Drill, Report };

    void begin();
    void drill_ended();
    void report_ended();
    void ask_report();
    void finish();

    const Ctl& ctl_;
    std::deque<Play> left_;
    std::unique_ptr<Child> child_;
    Stage stage_ = Stage::Drill;
    std::string id_;
    Played played_;
    Clock::time_point began_, end_;
    std::vector<Played> ended_;
};

// Sentences about an application's part of a report that is not as predicted.
std::vector<std::string> differences(const Json& report);

} // namespace zz::demo
