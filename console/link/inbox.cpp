// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/link/inbox.h"

#include <algorithm>
#include <set>

#include "console/core/state.h"

namespace zz::console {

void Inbox::put(Arrival arrival) {
    const std::lock_guard lock(mutex_);
    newest_ns_ = arrival.at_ns;
    if (arrivals_.size() >= most_)
        make_room();
    arrivals_.push_back(std::move(arrival));
}

void Inbox::put(Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
}

// Makes a quarter free at once, so that its cost is spread over many arrivals.
void Inbox::make_room() {
    std::set<SourceKey> newer;
    std::deque<Arrival> kept;
    for (auto it = arrivals_.rbegin(); it != arrivals_.rend(); ++it)
        if (!it->update || !it->update->has_facts() ||
            newer.insert(console::key_of(it->update->facts().source())).second)
            kept.push_front(std::move(*it));
    const std::size_t room = most_ - most_ / 4;
    std::size_t excess = kept.size() > room ? kept.size() - room : 0;
    arrivals_.clear();
    for (auto& arrival : kept) {
        if (excess > 0 && arrival.update && arrival.update->has_event()) {
            ++dropped_[arrival.update->host()];
            --excess;
        } else {
            arrivals_.push_back(std::move(arrival));
        }
    }
    // Nothing but facts, snapshots and notes: the oldest go all the same.
    while (arrivals_.size() > room) {
        if (arrivals_.front().update)
            ++dropped_[arrivals_.front().update->host()];
        arrivals_.pop_front();
    }
}

std::vector<Arrival> Inbox::take(std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<Arrival> out;
    for (const auto& [host, dropped] : dropped_) {
        Arrival note;
        // Not later than what waits: times do not go back behind it.
        note.at_ns = arrivals_.empty() ? newest_ns_ : arrivals_.front().at_ns;
        note.note = {NoteKind::Dropped, host, dropped, 0, {}};
        out.push_back(std::move(note));
    }
    dropped_.clear();
    const std::size_t size = std::min(count, arrivals_.size());
    out.reserve(out.size() + size);
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(std::move(arrivals_[i]));
    arrivals_.erase(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(size));
    return out;
}

std::vector<Reply> Inbox::take_replies() {
    const std::lock_guard lock(mutex_);
    return std::exchange(replies_, {});
}

std::size_t Inbox::waiting() const {
    const std::lock_guard lock(mutex_);
    return arrivals_.size();
}

} // namespace zz::console
