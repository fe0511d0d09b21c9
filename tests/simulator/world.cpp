// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/world.h"

#include <algorithm>

namespace zz::simulator {

namespace {
inline constexpr std::size_t kWaitingFrames =
    4096; // of a paused node: what a socket's queue would hold
}

void World::attach(const PrincipalId& name, Node* node) {
    detach(name);
    Place& place = nodes_[name];
    place.node = node;
    set_wake(name, place);
}

void World::detach(const PrincipalId& name) {
    const auto found = nodes_.find(name);
    if (found == nodes_.end())
        return;
    wakes_.erase({found->second.wake_at, name});
    nodes_.erase(found);
}

void World::pause(const PrincipalId& name) {
    if (const auto found = nodes_.find(name); found != nodes_.end()) {
        found->second.paused = true;
        set_wake(name, found->second);
    }
}

void World::resume(const PrincipalId& name) {
    const auto found = nodes_.find(name);
    if (found == nodes_.end() || !found->second.paused)
        return;
    found->second.paused = false;
    set_wake(name, found->second);
    std::deque<std::pair<PrincipalId, Blob>> waiting;
    waiting.swap(found->second.waiting);
    for (auto& [from, frame] : waiting)
        at(now_, [this, from = from, name, frame = frame] { arrive(from, name, frame); });
}

void World::refresh(const PrincipalId& name) {
    if (const auto found = nodes_.find(name); found != nodes_.end())
        set_wake(name, found->second);
}

void World::set_wake(const PrincipalId& name, Place& place) {
    const Instant wake = place.paused ? kNever : std::max(place.node->wake_at(), now_);
    if (wake == place.wake_at)
        return;
    wakes_.erase({place.wake_at, name});
    place.wake_at = wake;
    if (wake != kNever)
        wakes_.insert({wake, name});
}

void World::send(const PrincipalId& from, const PrincipalId& to, const Blob& frame) {
    if (cuts_.contains(std::minmax(from, to)) || network_random_.chance(weather_.loss_percent))
        return;
    const int copies = network_random_.chance(weather_.duplicate_percent) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        Duration delay = network_random_.between(weather_.delay_min, weather_.delay_max);
        if (network_random_.chance(weather_.late_percent))
            delay += network_random_.between(Duration(0), weather_.late_max);
        after(delay, [this, from, to, frame] { arrive(from, to, frame); });
    }
}

void World::arrive(const PrincipalId& from, const PrincipalId& to, const Blob& frame) {
    const auto found = nodes_.find(to);
    if (found == nodes_.end())
        return;
    Place& place = found->second;
    if (place.paused) {
        place.waiting.emplace_back(from, frame);
        if (place.waiting.size() > kWaitingFrames)
            place.waiting.pop_front();
        return;
    }
    mix(static_cast<std::uint64_t>(now_.ns));
    mix(frame.view());
    place.node->deliver(from, frame);
    refresh(to);
}

void World::at(Instant when, std::function<void()> what) {
    events_.push({std::max(when, now_), ++serial_, std::move(what)});
}

bool World::run(Instant until, const std::function<bool()>& done) {
    while (true) {
        const Instant event = events_.empty() ? kNever : events_.top().at;
        const Instant wake = wakes_.empty() ? kNever : wakes_.begin()->first;
        if (std::min(event, wake) > until)
            break;
        now_ = std::max(now_, std::min(event, wake));
        if (event <= wake) {
            const auto what = events_.top().what;
            events_.pop();
            what();
        } else {
            const PrincipalId name = wakes_.begin()->second;
            Place& place = nodes_.at(name);
            wakes_.erase(wakes_.begin());
            place.wake_at = kNever;
            place.node->on_time();
            refresh(name);
        }
        if (done && done())
            return true;
    }
    now_ = std::max(now_, until);
    return done && done();
}

void World::mix(ByteView bytes) {
    for (std::uint8_t b : bytes)
        hash_ = (hash_ ^ b) * 1099511628211u;
}

void World::mix(std::uint64_t value) {
    for (int i = 0; i < 8; ++i)
        hash_ = (hash_ ^ ((value >> (8 * i)) & 255)) * 1099511628211u;
}

void World::tell(const std::string& line) {
    if (story_)
        story_(now_, line);
}

} // namespace zz::simulator
