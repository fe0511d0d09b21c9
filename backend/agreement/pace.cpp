// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/pace.h"

#include <algorithm>

#include "backend/agreement/bounds.h"

namespace zz::agreement {

Pace::Pace() : needed_(kLateBatchesMin) {}

void Pace::note(bool late) {
    batches_.push_back(late);
    late_ += late;
    if (batches_.size() > 2 * needed_) {
        late_ -= batches_.front();
        batches_.pop_front();
    }
}

void Pace::replaced(Instant now) {
    needed_ = std::min(2 * needed_, kLateBatchesMax);
    halve_at_ = now + kPaceSpan;
    begin_view();
}

void Pace::begin_view() {
    batches_.clear();
    late_ = 0;
}

void Pace::on_time(Instant now) {
    if (now < halve_at_)
        return;
    needed_ = std::max(needed_ / 2, kLateBatchesMin);
    halve_at_ = needed_ > kLateBatchesMin ? now + kPaceSpan : kNever;
    for (; batches_.size() > 2 * needed_; batches_.pop_front())
        late_ -= batches_.front();
}

} // namespace zz::agreement
