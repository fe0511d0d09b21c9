// SPDX-License-Identifier: Apache-2.0
// Site: a data center for one benchmark, working files below build/bench-<pid>; taken down and
// removed when the object ends. Of one thread.
#pragma once

#include "backend/demo/facts.h"
#include "backend/demo/guard.h"

namespace zz::bench {

using demo::Ctl;
using demo::Json;
using demo::Words;
using std::chrono::seconds;

class Site {
  public:
    // `zzctl cluster init WORDS` and `cluster up`. `name` tells several of one run apart.
    static Result<std::unique_ptr<Site>> make(const std::string& bin, const std::string& name,
                                              Words init);
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    const Ctl& ctl() const { return ctl_; }
    // Down, and its files removed. An Error says what is left.
    Status close();

    // The application once it is at rest (ZZ-1.7), an Error after `patience`.
    Result<demo::ApplicationFacts> rest(const std::string& application, seconds patience) const;

  private:
    explicit Site(Ctl ctl) : ctl_(std::move(ctl)), guard_(ctl_) {}

    Ctl ctl_;
    demo::Guard guard_;
    bool open_ = true;
};

// A client with one lane or more, in the background as long as a benchmark needs it. Wrong replies
// end a benchmark: what is measured must be right.
class Background {
  public:
    static Result<std::unique_ptr<Background>> begin(const Site& site, Words load);
    // Until it has ended by itself, or for so long.
    void wait(seconds patience);
    // Ends it and gives its result. An Error if a reply was wrong.
    Result<Json> end();

  private:
    explicit Background(std::unique_ptr<demo::Child> child) : child_(std::move(child)) {}
    std::unique_ptr<demo::Child> child_;
};

double percentile(std::vector<double> values, double percent); // 0 of none

} // namespace zz::bench
