// SPDX-License-Identifier: Apache-2.0
// Pace: whether the primary of the present view orders too slowly although it never lets a timer
// run out (ZZ-3.3; scenario A17). A batch is late if it held a request that waited a quarter of the
// view-change timeout or longer after its client had complained to us. Half of the last batches
// late: another primary. Overload looks the same from here, so each replacement doubles how many
// batches the next one takes, and each span without one halves it again. Owned by agreement::Core.
#pragma once

#include <cstddef>
#include <deque>

#include "protocol/base/instant.h"

namespace zz::agreement {

class Pace {
  public:
    Pace();

    // A batch that the primary proposed in this view was executed.
    void note(bool late);
    bool is_slow() const { return late_ >= needed_; }
    // Another view is wanted for it; `needed` late ones of twice as many batches are wanted next.
    void replaced(Instant now);
    // A view began: its primary starts with a clean slate.
    void begin_view();
    void on_time(Instant now);
    std::size_t needed() const { return needed_; }

  private:
    std::size_t needed_;
    std::size_t late_ = 0; // of batches_
    std::deque<bool> batches_;
    Instant halve_at_ = kNever;
};

} // namespace zz::agreement
