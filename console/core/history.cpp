// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/history.h"

#include <algorithm>

namespace zz::console {
namespace {

std::size_t size_of(const Arrival& arrival) {
    return sizeof(Arrival) + (arrival.update ? arrival.update->ByteSizeLong() : 0);
}

} // namespace

void History::take(Arrival arrival) {
    // Times of a history never go back, whatever clocks do.
    if (!arrivals_.empty())
        arrival.at_ns = std::max(arrival.at_ns, arrivals_.back().at_ns);
    if (frames_.empty() || arrival.at_ns - frames_.back().at_ns >= bounds_.frame_ns)
        frames_.push_back({arrival.at_ns, first_ + arrivals_.size(), newest_});
    newest_.apply(arrival);
    log_.take(arrival);
    if (!arrival.backlog)
        series_.take(arrival, newest_);
    bytes_ += size_of(arrival);
    arrivals_.push_back(std::move(arrival));
    forget();
}

void History::forget() {
    while (arrivals_.size() > 1 &&
           (arrivals_.size() > bounds_.arrivals || bytes_ > bounds_.bytes)) {
        bytes_ -= size_of(arrivals_.front());
        arrivals_.pop_front();
        ++first_;
    }
    // The frame that the oldest arrivals are applied to stays.
    while (frames_.size() > 1 && frames_[1].next <= first_)
        frames_.pop_front();
}

State History::at(std::int64_t at_ns) const {
    if (frames_.empty() || at_ns >= last_ns())
        return newest_;
    auto frame =
        std::upper_bound(frames_.begin(), frames_.end(), at_ns,
                         [](std::int64_t at, const Frame& entry) { return at < entry.at_ns; });
    if (frame != frames_.begin())
        --frame;
    State state = frame->state;
    for (std::uint64_t i = std::max(frame->next, first_) - first_; i < arrivals_.size(); ++i) {
        const Arrival& arrival = arrivals_[static_cast<std::size_t>(i)];
        if (arrival.at_ns > at_ns)
            break;
        state.apply(arrival);
    }
    return state;
}

EventLog History::log_at(std::int64_t at_ns) const {
    EventLog out;
    out.take_from(log_, at_ns);
    return out;
}

} // namespace zz::console
