// SPDX-License-Identifier: Apache-2.0
// World: simulated time, the network between nodes, and the hash of everything that happened. One
// thread, one seed: the same seed gives the same run and the same trace hash.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "tests/simulator/random.h"

namespace zz::simulator {

// A running process: gets frames and time. Owned by the data center, known to the world while it
// runs.
class Node {
  public:
    virtual ~Node() = default;
    // `link`: the principal at the other end, as the transport would authenticate it.
    virtual void deliver(const PrincipalId& link, const Blob& frame) = 0;
    virtual void on_time() = 0;
    virtual Instant wake_at() const = 0;
    // The process died. Its object may live on for a while, for it may have died inside its own
    // step; it does nothing more.
    virtual void end() {}
};

// What the network does to frames; asynchronous and lossy until the world is healed (ZZ-1.4).
struct Weather {
    Duration delay_min = microseconds(50), delay_max = milliseconds(2);
    std::uint32_t loss_percent = 0, duplicate_percent = 0, late_percent = 0;
    Duration late_max = milliseconds(300);
};

class World {
  public:
    explicit World(std::uint64_t seed) : random_(seed), network_random_(random_.fork()) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Instant now() const { return now_; }
    Random& random() { return random_; }

    // A node that is up; a second one of the same name replaces the first.
    void attach(const PrincipalId& name, Node* node);
    void detach(const PrincipalId& name);
    // Null if it is not up.
    const Node* node(const PrincipalId& name) const {
        const auto found = nodes_.find(name);
        return found == nodes_.end() ? nullptr : found->second.node;
    }
    // Paused nodes get neither frames nor time; frames wait (bounded, the newest stay).
    void pause(const PrincipalId& name);
    void resume(const PrincipalId& name);
    // After a node's step outside on_time/deliver: its wake_at may have changed.
    void refresh(const PrincipalId& name);

    void send(const PrincipalId& from, const PrincipalId& to, const Blob& frame);
    void at(Instant when, std::function<void()> what);
    void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

    void set_weather(const Weather& weather) { weather_ = weather; }
    void cut(const PrincipalId& a, const PrincipalId& b) { cuts_.insert(std::minmax(a, b)); }
    void mend(const PrincipalId& a, const PrincipalId& b) { cuts_.erase(std::minmax(a, b)); }
    void mend_all() { cuts_.clear(); }

    // Runs until `until`, or until `done` says so (asked after every event). True if `done` did.
    bool run(Instant until, const std::function<bool()>& done = {});

    // Everything a core was given or gave goes into the hash; with a sink, as a story too.
    void mix(ByteView bytes);
    void mix(std::uint64_t value);
    std::uint64_t trace_hash() const { return hash_; }
    void set_story(std::function<void(Instant, const std::string&)> sink) {
        story_ = std::move(sink);
    }
    bool tells_story() const { return static_cast<bool>(story_); }
    void tell(const std::string& line);

    std::uint64_t events() const { return serial_; }

  private:
    struct Event {
        Instant at;
        std::uint64_t serial = 0;
        std::function<void()> what;
        bool operator<(const Event& other) const {
            return std::tie(at, serial) > std::tie(other.at, other.serial); // earliest first
        }
    };
    struct Place {
        Node* node = nullptr;
        Instant wake_at = kNever;
        bool paused = false;
        std::deque<std::pair<PrincipalId, Blob>> waiting;
    };
    void arrive(const PrincipalId& from, const PrincipalId& to, const Blob& frame);
    void set_wake(const PrincipalId& name, Place& place);

    Instant now_{};
    Random random_, network_random_;
    Weather weather_;
    std::priority_queue<Event> events_;
    std::uint64_t serial_ = 0;
    std::map<PrincipalId, Place> nodes_;
    std::set<std::pair<Instant, PrincipalId>> wakes_;
    std::set<std::pair<PrincipalId, PrincipalId>> cuts_;
    std::uint64_t hash_ = 1469598103934665603u;
    std::function<void(Instant, const std::string&)> story_;
};

} // namespace zz::simulator
