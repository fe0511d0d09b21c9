// SPDX-License-Identifier: Apache-2.0
#include "backend/recovery/fetch.h"

#include <algorithm>
#include <tuple>

#include "backend/state/node.h"
#include "protocol/crypto/sha256.h"

namespace zz::recovery {

namespace {

inline constexpr std::uint32_t kLateMax = 4;   // doublings of a source's deadline
inline constexpr double kBytesPerNode = 600.0; // what a background hash is charged when it is asked
inline constexpr double kBurstSeconds = 0.25;

// What the right nodes of an answer refer to. They are read only when somebody asks.
class Below {
  public:
    void add(const Blob& node) { unread_.push_back(&node); }
    bool contains(const Digest& hash) {
        for (const Blob* bytes : unread_)
            if (const state::NodePtr node = state::decode_node(*bytes))
                for (const Digest& child : state::references(*node))
                    digests_.insert(child);
        unread_.clear();
        return digests_.contains(hash);
    }

  private:
    std::vector<const Blob*> unread_;
    std::set<Digest> digests_;
};

} // namespace

void Fetch::set_sources(const std::vector<PrincipalId>& first,
                        const std::vector<PrincipalId>& last) {
    std::map<PrincipalId, Source> next;
    const auto keep = [&](const PrincipalId& id, bool last_resort) {
        Source source;
        if (const auto old = sources_.find(id); old != sources_.end())
            source = std::move(old->second);
        source.last_resort = last_resort;
        sources_.erase(id);
        next.emplace(id, std::move(source));
    };
    for (const PrincipalId& id : first)
        keep(id, false);
    for (const PrincipalId& id : last)
        if (!next.contains(id))
            keep(id, true);
    for (auto& [id, gone] : sources_)
        for (const Asked& asked : gone.asked)
            for (const Digest& hash : asked.hashes)
                requeue(hash);
    sources_ = std::move(next);
}

void Fetch::want(Urgency urgency, std::span<const Digest> hashes) {
    for (const Digest& hash : hashes) {
        const bool blocking = urgency == Urgency::Blocking;
        if (!blocking && wanted_.size() >= kWantedMax)
            return;
        auto [at, fresh] = wanted_.try_emplace(hash);
        if (!fresh && (at->second.blocking || !blocking))
            continue;
        at->second.blocking = blocking;
        if (!at->second.in_flight)
            (blocking ? blocking_ : background_).push_back(hash);
    }
}

void Fetch::forget_all() {
    wanted_.clear();
    blocking_.clear();
    background_.clear();
    for (auto& [id, source] : sources_)
        source.asked.clear();
    unavailable_ = false;
}

void Fetch::requeue(const Digest& hash) {
    const auto at = wanted_.find(hash);
    if (at == wanted_.end() || !at->second.in_flight)
        return;
    at->second.in_flight = false;
    (at->second.blocking ? blocking_ : background_).push_front(hash);
}

void Fetch::remember(const Digest& hash) {
    if (!recent_.insert(hash).second)
        return;
    recent_order_.push_back(hash);
    if (recent_order_.size() > kRecentMax) {
        recent_.erase(recent_order_.front());
        recent_order_.pop_front();
    }
}

std::vector<Blob> Fetch::on_nodes(Instant now, const PrincipalId& from,
                                  const message::Nodes& nodes) {
    std::vector<Blob> out;
    const auto source = sources_.find(from);
    if (source == sources_.end())
        return out;
    refill(now);
    Answered answered;
    // Below what this answer brings, and below what came before too: the first is taken, the other
    // no fault. A node of long ago, perhaps of another state, brings nothing along.
    Below fresh, known;
    std::size_t bytes_below = 0;
    const auto take = [&](const Blob& bytes, const Digest& hash) {
        remember(hash);
        fresh.add(bytes);
        known.add(bytes);
        ++nodes_fetched_;
        bytes_fetched_ += bytes.size();
        out.push_back(bytes);
    };
    for (const Blob& bytes : nodes.nodes) {
        const Digest hash = crypto::sha256(bytes.view());
        const auto size = static_cast<double>(bytes.size());
        answered.hashes.insert(hash);
        answered.bytes += bytes.size();
        if (const auto at = wanted_.find(hash); at != wanted_.end()) {
            tokens_ -= at->second.blocking ? 0.0 : size - kBytesPerNode;
            wanted_.erase(at);
            take(bytes, hash);
        } else if (recent_.contains(hash)) {
            known.add(bytes);
        } else if (!known.contains(hash)) {
            ++source->second.bad; // R1: the hash decides.
            ++source->second.faults;
        } else if (bytes_below + bytes.size() <= kBelowBytesMax && fresh.contains(hash)) {
            bytes_below += bytes.size();
            tokens_ = std::max(tokens_ - size, -static_cast<double>(kBelowBytesMax));
            take(bytes, hash);
        } else {
            known.add(bytes);
        }
    }
    for (const Digest& hash : nodes.not_held) {
        answered.hashes.insert(hash);
        if (const auto at = wanted_.find(hash); at != wanted_.end())
            at->second.not_held_by.insert(from);
    }
    settle_answer(now, from, answered);
    return out;
}

// An answer belongs to the oldest ask it has something of; what that ask misses is asked anew.
void Fetch::settle_answer(Instant now, const PrincipalId& from, const Answered& answer) {
    const std::set<Digest>& answered = answer.hashes;
    Source& source = sources_.at(from);
    const auto has_some = [&](const Asked& asked) {
        return std::any_of(answered.begin(), answered.end(),
                           [&](const Digest& hash) { return asked.hashes.contains(hash); });
    };
    auto asked = std::find_if(source.asked.begin(), source.asked.end(), has_some);
    if (asked == source.asked.end()) {
        if (source.asked.empty() || source.bad == 0)
            return;
        asked = source.asked.begin(); // Nothing but wrong bytes.
    } else if (std::ranges::includes(answered, asked->hashes) || answer.bytes >= kCutAnswerBytes) {
        source.late /= 2;
    } else {
        // Crumbs keep a source first for ever, one deadline each (R2).
        source.late = std::min(source.late + 1, kLateMax);
        ++source.faults;
        source.last_late = now;
    }
    for (const Digest& hash : asked->hashes)
        requeue(hash);
    source.asked.erase(asked);
}

void Fetch::on_late(Instant now) {
    for (auto& [id, source] : sources_)
        while (!source.asked.empty() && source.asked.front().deadline <= now) {
            source.late = std::min(source.late + 1, kLateMax);
            ++source.faults;
            source.last_late = now;
            for (const Digest& hash : source.asked.front().hashes) {
                // One that stays silent must not hide that nobody holds a node (R10).
                if (const auto at = wanted_.find(hash);
                    at != wanted_.end() && source.late >= kLateLeft)
                    at->second.not_held_by.insert(id);
                requeue(hash);
            }
            source.asked.pop_front();
        }
}

bool Fetch::sound(const Source& source, Instant now) const {
    return source.bad == 0 && !source.last_resort &&
           (source.late < kLateLeft || now - source.last_late > kLatePause);
}

std::vector<PrincipalId> Fetch::ranked() const {
    std::vector<PrincipalId> out;
    for (const auto& [id, source] : sources_)
        if (source.asked.size() < kAsksPerSource)
            out.push_back(id);
    const auto rank = [this](const PrincipalId& id) {
        const Source& s = sources_.at(id);
        return std::tuple(s.bad > 0, s.last_resort, s.late, s.asked.size(), id);
    };
    std::sort(out.begin(), out.end(),
              [&](const PrincipalId& a, const PrincipalId& b) { return rank(a) < rank(b); });
    return out;
}

void Fetch::pick_from(std::deque<Digest>& queue, const PrincipalId& source,
                      const std::set<PrincipalId>& refused_by, message::NodeFetch& out) {
    std::deque<Digest> rest;
    while (!queue.empty() && out.hashes.size() < kHashesPerAsk) {
        const Digest hash = queue.front();
        queue.pop_front();
        const auto at = wanted_.find(hash);
        if (at == wanted_.end() || at->second.in_flight ||
            (at->second.blocking && &queue == &background_))
            continue; // It came, or stands in the other queue.
        const std::set<PrincipalId>& lacking = at->second.not_held_by;
        if (lacking.contains(source) ||
            !std::includes(lacking.begin(), lacking.end(), refused_by.begin(), refused_by.end())) {
            rest.push_back(hash);
            continue;
        }
        at->second.in_flight = true;
        out.hashes.push_back(hash);
    }
    queue.insert(queue.begin(), rest.begin(), rest.end());
}

message::NodeFetch Fetch::pick(const PrincipalId& source, bool background,
                               const std::set<PrincipalId>& refused_by) {
    message::NodeFetch out;
    pick_from(blocking_, source, refused_by, out);
    if (background) {
        const std::size_t before = out.hashes.size();
        pick_from(background_, source, refused_by, out);
        tokens_ -= kBytesPerNode * static_cast<double>(out.hashes.size() - before);
    }
    return out;
}

void Fetch::refill(Instant now) {
    const double rate = static_cast<double>(background_rate_);
    if (!refilled_once_) {
        tokens_ = rate * kBurstSeconds;
        refilled_once_ = true;
    } else {
        const double passed = std::chrono::duration<double>(now - refilled_).count();
        tokens_ = std::min(tokens_ + rate * passed, rate * kBurstSeconds);
    }
    refilled_ = now;
}

std::vector<Ask> Fetch::asks(Instant now) {
    refill(now);
    on_late(now);
    std::vector<Ask> out;
    if (now < paused_until_)
        return out;
    std::set<PrincipalId> sound_ones;
    for (const auto& [id, source] : sources_)
        if (sound(source, now))
            sound_ones.insert(id);
    for (const PrincipalId& id : ranked()) {
        Source& source = sources_.at(id);
        // The others only get what no sound one holds.
        const bool of_the_sound = sound_ones.contains(id);
        message::NodeFetch fetch =
            pick(id, tokens_ > 0, of_the_sound ? std::set<PrincipalId>() : sound_ones);
        if (fetch.hashes.empty())
            continue;
        Asked asked{{fetch.hashes.begin(), fetch.hashes.end()},
                    now + kSourceDeadline * (1 << source.late)};
        source.asked.push_back(std::move(asked));
        out.push_back({id, std::move(fetch)});
    }
    if (out.empty() && !sources_.empty()) {
        bool gone = false;
        for (auto& [hash, wanted] : wanted_)
            if (!wanted.in_flight && wanted.not_held_by.size() >= sources_.size()) {
                gone = true;
                wanted.not_held_by.clear();
            }
        if (gone) {
            unavailable_ = true;
            paused_until_ = now + kUnavailablePause;
        }
    }
    return out;
}

Instant Fetch::wake_at(Instant now) const {
    Instant at = kNever;
    for (const auto& [id, source] : sources_)
        if (!source.asked.empty())
            at = std::min(at, source.asked.front().deadline);
    if (wanted_.empty())
        return at;
    if (now < paused_until_)
        return std::min(at, paused_until_);
    if (!background_.empty() && tokens_ <= 0)
        at = std::min(at, now + milliseconds(20));
    return at;
}

std::uint64_t Fetch::faults_of(const PrincipalId& source) const {
    const auto at = sources_.find(source);
    return at == sources_.end() ? 0 : at->second.faults;
}

} // namespace zz::recovery
