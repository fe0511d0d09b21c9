// SPDX-License-Identifier: Apache-2.0
// Watch: what is known of a running data center, kept fresh by children of its own: `status` again
// and again, one `events --follow`, `classify` for each matrix seen. Of one thread; call tick()
// often.
#pragma once

#include <deque>

#include "backend/demo/facts.h"
#include "backend/demo/shown_matrix.h"

namespace zz::demo {

class Watch {
  public:
    explicit Watch(const Ctl& ctl) : ctl_(ctl) {}

    void tick();
    void stop(); // all its children

    const DataCenterFacts& facts() const { return facts_; }
    // Counts the statuses that were read, so that a caller can wait for one that is newer.
    std::uint64_t facts_number() const { return facts_number_; }
    // Why there is no newer one, empty if all is well.
    const std::string& complaint() const { return complaint_; }
    // Requests per second by the counters of two statuses; 0 if unknown.
    double throughput(const std::string& application) const;

    const std::optional<ShownMatrix>& matrix() const { return matrices_.newest(); }
    // Of `classify` for that matrix: verdict and sentence.
    const Json& verdict() const { return verdict_; }

  private:
    void tick_status();
    void tick_events();
    void tick_classify();

    struct Count {
        Clock::time_point at;
        std::uint64_t requests = 0;
    };

    const Ctl& ctl_;
    std::unique_ptr<Child> status_, events_, classify_;
    Clock::time_point status_next_{}, events_next_{}, status_end_{};
    DataCenterFacts facts_;
    std::uint64_t facts_number_ = 0;
    std::string complaint_;
    std::map<std::string, std::deque<Count>> counts_;
    MatrixBook matrices_;
    bool matrix_changed_ = false;
    Json verdict_ = Json::object();
};

} // namespace zz::demo
