// SPDX-License-Identifier: Apache-2.0
#include "backend/services/event_store.h"

namespace zz::services {

void EventStore::add(const telemetry::SourceKey& source, std::uint64_t number, std::string update) {
    shares_.set(source, shares_.of(source) + update.size() + kEventOverheadBytes);
    auto& numbers = of_[source];
    numbers.push_back(number);
    const bool over = numbers.size() > bounds_.of_source;
    kept_.emplace_hint(kept_.end(), number, Kept{source, std::move(update)});
    if (over)
        forget_oldest(source);
    while (shares_.total() > bounds_.bytes)
        forget_oldest(telemetry::SourceKey(shares_.largest()));
}

void EventStore::forget_oldest(const telemetry::SourceKey& source) {
    const auto of = of_.find(source);
    const auto oldest = kept_.find(of->second.front());
    shares_.set(source, shares_.of(source) - oldest->second.update.size() - kEventOverheadBytes);
    kept_.erase(oldest);
    of->second.pop_front();
    if (of->second.empty())
        of_.erase(of);
    ++forgotten_;
}

} // namespace zz::services
